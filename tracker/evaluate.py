"""How well detection does on labelled cases.

A case is a JSON object with `id, title, summary, side, lang, published` (ISO date), perhaps `url` and `publisher`,
and its labels: `relevant` (bool) and `updates`, a list of `{"channel", "signal", "date"}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tracker.detect import STATE_SAID
from tracker.model import PartialDate, Release, Sighting

_REQUIRED = ("id", "title", "summary", "side", "lang", "published")
_SAME = {"cancelled": "suspended", "postponed": "suspended"}


def release_from_case(case: dict[str, Any]) -> Release:
    """The release of a labelled case, or of one line handed to `detect`. Raises ValueError naming the field."""
    if not isinstance(case, dict):
        raise ValueError(
            f"a release is a JSON object with the fields {', '.join(_REQUIRED)}; got {type(case).__name__}"
        )
    for name in _REQUIRED:
        if name not in case:
            raise ValueError(f"the field {name!r} is missing; a release needs {', '.join(_REQUIRED)}")
    for name in _REQUIRED[1:]:
        if not isinstance(case[name], str):
            raise ValueError(f"the field {name!r} holds {case[name]!r}; write text")
    if isinstance(case["id"], bool) or not isinstance(case["id"], str | int):
        raise ValueError(f"the field 'id' holds {case['id']!r}; write text or a whole number")
    for name in ("url", "publisher"):
        if not isinstance(case.get(name), str | None):
            raise ValueError(f"the field {name!r} holds {case[name]!r}; write text or leave it out")
    try:
        published = date.fromisoformat(case["published"])
    except ValueError:
        raise ValueError(f"the field 'published' holds {case['published']!r}; write a date as YYYY-MM-DD") from None
    return Release(
        id=case["id"],
        side=case["side"],
        lang=case["lang"],
        publisher=case.get("publisher") or "",
        title=case["title"],
        summary=case["summary"],
        published=published,
        url=case.get("url"),
    )


def as_json(release_id: int | str | None, sightings: Iterable[Sighting]) -> dict[str, Any]:
    """What `detect` prints for one release."""
    return {
        "id": release_id,
        "candidates": [
            {
                "channel": s.channel,
                "signal": s.signal.value,
                "state": STATE_SAID[s.signal].value,
                "date": s.date.value if s.date else None,
                "confidence": s.confidence,
                "evidence": [
                    {"field": e.field, "start": e.start, "end": e.end, "text": e.text, "role": e.role}
                    for e in s.evidence
                ],
            }
            for s in sightings
        ],
    }


@dataclass
class Tally:
    """Counts over a set of cases. Shares are None where nothing was counted."""

    counts: Counter[str] = field(default_factory=Counter)

    def share(self, part: str, whole: str) -> float | None:
        return self.counts[part] / self.counts[whole] if self.counts[whole] else None

    def figures(self) -> dict[str, float | None]:
        """The figures of the report, by name; each is explained in `Report`."""
        return {
            "release precision": self.share("releases right", "releases flagged"),
            "release recall": self.share("releases right", "releases relevant"),
            "precision": self.share("channels found", "flagged"),
            "recall": self.share("channels found", "expected"),
            "channel right": self.share("channels found", "flagged in relevant"),
            "channel and signal": self.share("signals right", "expected"),
            "date within a day": self.share("dates right", "channels found"),
            "wrong channels": self.share("wrong channels", "flagged"),
        }


@dataclass(frozen=True)
class Miss:
    """A case that was not read as labelled: channel, signal and date of what was expected and what was found."""

    id: int | str
    expected: list[tuple[str, str, str | None]]
    got: list[tuple[str, str, str | None]]


@dataclass
class Report:
    """Figures over all cases and by part ("lang en", "side us", "kind held").

    - release precision: releases flagged (any sighting) that are relevant; release recall: relevant releases flagged.
    - precision: sightings whose channel is expected in that release, among all; recall: expected updates whose channel
      was sighted, among all. An update counts once, and so does a sighting.
    - channel right: the same precision within relevant releases alone.
    - channel and signal: expected updates found with channel and signal, among all expected; a cancelled or postponed
      contact counts as suspended.
    - date within a day: updates found whose date agrees, among those found. Days may differ by one; a month or year
      must be the same or hold the day found; no date agrees with none.
    - wrong channels: sightings of a channel that is not expected there, among all.
    """

    total: Tally = field(default_factory=Tally)
    parts: dict[str, Tally] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)


def evaluate(cases: Iterable[dict[str, Any]], detect: Callable[[Release], list[Sighting]]) -> Report:
    """Run `detect` over labelled cases. Raises ValueError naming the case and field that cannot be read."""
    report = Report()
    for number, case in enumerate(cases, 1):
        try:
            release = release_from_case(case)
            expected = [(u["channel"], u["signal"], u.get("date")) for u in case["updates"]]
            relevant = bool(case["relevant"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"case {number}: the label {error} is missing or no list of objects") from None
        except ValueError as error:
            raise ValueError(f"case {number}: {error}") from None
        got = [(s.channel, s.signal.value, s.date.value if s.date else None) for s in detect(release)]
        counts, agrees = _count(relevant, expected, got)
        names = (f"lang {release.lang}", f"side {release.side}", f"kind {case.get('kind', '-')}")
        for tally in (report.total, *(report.parts.setdefault(name, Tally()) for name in names)):
            tally.counts.update(counts)
        if not agrees:
            report.misses.append(Miss(release.id or number, expected, got))
    return report


_Update = tuple[str, str, str | None]


def _count(relevant: bool, expected: list[_Update], got: list[_Update]) -> tuple[Counter[str], bool]:
    pairs = _paired(expected, got)
    signals = sum(_signal(e) == _signal(g) for e, g in pairs)
    dates = sum(_date_agrees(e[2], g[2]) for e, g in pairs)
    flagged = bool(got)
    counts = Counter(
        {
            "releases": 1,
            "releases relevant": relevant,
            "releases flagged": flagged,
            "releases right": relevant and flagged,
            "expected": len(expected),
            "flagged": len(got),
            "flagged in relevant": len(got) if relevant else 0,
            "channels found": len(pairs),
            "signals right": signals,
            "dates right": dates,
            "wrong channels": len([g for g in got if g[0] not in {e[0] for e in expected}]),
        }
    )
    return counts, len(pairs) == len(expected) == len(got) == signals == dates


def _signal(update: _Update) -> str:
    return _SAME.get(update[1], update[1])


def _paired(expected: list[_Update], got: list[_Update]) -> list[tuple[_Update, _Update]]:
    """Each expected update with one sighting of its channel, best agreement first; nothing is used twice."""
    options = sorted(
        ((i, j) for i, e in enumerate(expected) for j, g in enumerate(got) if e[0] == g[0]),
        key=lambda ij: (
            _signal(expected[ij[0]]) != _signal(got[ij[1]]),
            not _date_agrees(expected[ij[0]][2], got[ij[1]][2]),
            ij,
        ),
    )
    used_expected: set[int] = set()
    used_got: set[int] = set()
    pairs = []
    for i, j in options:
        if i not in used_expected and j not in used_got:
            used_expected.add(i)
            used_got.add(j)
            pairs.append((expected[i], got[j]))
    return pairs


def _date_agrees(expected: str | None, got: str | None) -> bool:
    if expected is None or got is None:
        return expected == got
    if len(expected) < 10:
        return got.startswith(expected)
    if len(got) < 10:
        return False
    return abs(PartialDate(expected).first - PartialDate(got).first) <= timedelta(days=1)


def render(report: Report) -> str:
    """The report as text: a table of figures, then the misses."""
    rows = [("all", report.total), *sorted(report.parts.items())]
    names = list(report.total.figures())
    width = max(len(name) for name, _ in rows) + 2
    lines = [" " * width + "  ".join(["cases", *names])]
    for part, tally in rows:
        cells = [f"{tally.counts['releases']:>5}"]
        for name, value in tally.figures().items():
            cells.append(("-" if value is None else f"{value:.3f}").rjust(len(name)))
        lines.append(part.ljust(width) + "  ".join(cells))
    lines.append("")
    lines.append(f"{len(report.misses)} of {report.total.counts['releases']} cases not read as labelled")
    for miss in report.misses:
        lines.append(f"{miss.id}: expected {_listed(miss.expected)}; got {_listed(miss.got)}")
    return "\n".join(lines)


def _listed(updates: list[_Update]) -> str:
    return ", ".join(f"{channel} {signal} {day or 'undated'}" for channel, signal, day in updates) or "nothing"
