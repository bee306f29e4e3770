"""How many requests a second a server answers over a few kept-alive connections.

    python -m bench.load PORT PATH SECONDS [HEADER: VALUE]...

Asked by wrk where it is installed (Debian: `apt install wrk`), since a client in Python takes as long as the server;
else by as many processes of this module as there are connections.
"""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping

SECONDS = 1
MOST_DOUBLED = 5
CONNECTIONS = 4


def ask(port: int, path: str, headers: Mapping[str, str]) -> tuple[http.client.HTTPMessage, bytes]:
    """One answer, which has to be 200 or 304."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in (200, 304), (answer.status, body[:300])
    return answer.headers, body


def rate(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Requests a second, over as many seconds as it takes on a busy machine until there is an answer to count."""
    ask(port, path, headers)
    given = [f"{name}: {value}" for name, value in headers.items()]
    measure = _by_wrk if shutil.which("wrk") else _by_processes
    rates = (measure(port, path, given, SECONDS * 2**doubled) for doubled in range(MOST_DOUBLED + 1))
    found = next(filter(None, rates), None)
    assert found, f"{path} has no answer in {SECONDS * 2**MOST_DOUBLED} s"
    return found


def _by_wrk(port: int, path: str, headers: list[str], seconds: int) -> float:
    options = [f"--connections={CONNECTIONS}", f"--duration={seconds}", "--threads=1"]
    options += [option for header in headers for option in ("--header", header)]
    told = subprocess.run(
        ["wrk", *options, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    assert not re.search(r"Non-2xx|Socket errors", told), told
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


def _by_processes(port: int, path: str, headers: list[str], seconds: int) -> float:
    command = [sys.executable, "-m", "bench.load", str(port), path, str(seconds), *headers]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CONNECTIONS)]
    return sum(int(process.communicate()[0]) for process in asking) / seconds


def count(port: int, path: str, seconds: float, headers: Mapping[str, str]) -> int:
    """Answers over one connection in so many seconds."""
    connection, done, until = http.client.HTTPConnection("127.0.0.1", port), 0, time.monotonic() + seconds
    while time.monotonic() < until:
        connection.request("GET", path, headers=dict(headers))
        connection.getresponse().read()
        done += 1
    return done


if __name__ == "__main__":
    print(count(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), dict(h.split(": ", 1) for h in sys.argv[4:])))
