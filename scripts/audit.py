"""Ask the advisories of Python's packages whether something is known against what the locks pin: `make audit`.

    python scripts/audit.py PIP-AUDIT LOCK… [--or-skip]

Ends with 0 where nothing is known, with 1 where something is, and with 3 where the service could not tell of everything
(no network, or a mirror without advisories): what was not asked is not said to be sound. With `--or-skip` the last is
told and is no failure, for places without a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

SOUND, KNOWN, UNTOLD = 0, 1, 3
PATIENCE = 180
"""Seconds for one lock."""


def judged(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """What a report of pip-audit says, as an exit code and lines."""
    told = report["dependencies"]
    known = [(one, flaw) for one in told for flaw in one.get("vulns", ())]
    unasked = [one["name"] for one in told if "skip_reason" in one]
    lines = [
        f"{one['name']} {one['version']}: {flaw['id']}; {_remedy(flaw['fix_versions'])}." for one, flaw in known
    ] + ([f"Of {len(unasked)} of {len(told)} packages nothing could be learnt."] if unasked else [])
    return KNOWN if known else UNTOLD if unasked or not told else SOUND, lines


def _remedy(fixes: list[str]) -> str:
    return f"mended in {', '.join(fixes)}: pin that, and run make lock" if fixes else "no version mends it yet"


def audited(pip_audit: str, lock: str) -> tuple[int, list[str]]:
    command = [
        pip_audit,
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
        "--timeout=10",
        "--format=json",
    ]
    try:
        done = subprocess.run([*command, "-r", lock], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return judged(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return UNTOLD, [f"No answer within {PATIENCE} seconds."]
    except ValueError:
        return UNTOLD, [done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip-audit said nothing."]


def main(pip_audit: str, *locks: str, or_skip: bool) -> int:
    worst = SOUND
    for lock in locks:
        code, lines = audited(pip_audit, lock)
        words = {SOUND: "nothing is known against it.", KNOWN: "VULNERABLE", UNTOLD: "NOT AUDITED"}[code]
        print(f"{lock}: {words}", *lines, sep="\n  ")
        worst = code if worst != KNOWN and code else worst
    return SOUND if worst == UNTOLD and or_skip else worst


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word != "--or-skip"]
    sys.exit(main(*named, or_skip="--or-skip" in sys.argv))
