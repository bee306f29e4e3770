"""Requests that come when they come, whether or not those before them are answered: an open loop.

A client that waits for an answer before it asks again is held up by the server that it measures, and tells nothing of
those who would have come meanwhile (coordinated omission). Here request n is due at n / rate seconds, and how long it
took is counted from then. wrk and h2load have no such loop; locust and molotov take more of a core than the server.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PATIENCE = 30
"""Seconds after which a request that has no answer is an error."""

MOST_AT_ONCE = 500
"""Requests in hand, beyond which those that are due are errors: the server has been left behind."""


@dataclass(frozen=True)
class Kind:
    """What is asked, how often among others, and with which headers. `known`: by a reader who has the last answer."""

    name: str
    path: str
    weight: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    known: bool = False


@dataclass
class Measured:
    """Seconds from when requests were due until their answer was there whole, by kind; sizes of bodies; what failed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, int] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    late: float = 0
    """The longest that this generator itself came late to a request, which counts as the server's."""

    def all(self) -> list[float]:
        return [one for times in self.seconds.values() for one in times]


def percentile(times: Sequence[float], share: float) -> float:
    """The time that so large a share of the times does not exceed."""
    return sorted(times)[max(math.ceil(share * len(times)) - 1, 0)] if times else math.nan


class Client:
    """Connections to one server that are kept alive; a request takes one that is free, or a new one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._tags: dict[str, str] = {}

    async def get(self, kind: Kind) -> tuple[int, int]:
        """The status, and the size of the body. Raises OSError or asyncio.IncompleteReadError."""
        given = dict(kind.headers)
        if kind.known and kind.name in self._tags:
            given["If-None-Match"] = self._tags[kind.name]
        status, headers, body = await self.ask("GET", kind.path, given)
        if "etag" in headers:
            self._tags[kind.name] = headers["etag"]
        return status, len(body)

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        while self._free and self._free[-1][0].at_eof():
            self._free.pop()[1].close()
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(_request(method, path, headers, body))
            status, answered, told = await _answer(reader)
        except BaseException:
            writer.close()
            raise
        if answered.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._free.append((reader, writer))
        return status, answered, told

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()


def _request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    given = {"Host": "127.0.0.1"} | headers | ({"Content-Length": str(len(body))} if body else {})
    return (
        "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{n}: {v}\r\n" for n, v in given.items()), "\r\n"]).encode() + body
    )


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        body = await reader.readexactly(0 if status == 304 else int(headers.get("content-length", 0)))
    return status, headers, body


def turns(kinds: Sequence[Kind]) -> list[Kind]:
    """The kinds in an order that spreads each evenly among the others."""
    places = [
        ((turn + number / len(kinds)) / kind.weight, number)
        for number, kind in enumerate(kinds)
        for turn in range(kind.weight)
    ]
    return [kinds[number] for _, number in sorted(places)]


async def load(client: Client, kinds: Sequence[Kind], rate: float, seconds: float) -> Measured:
    """So many requests a second of the kinds in turn, for so long; ends when each has its answer or failed."""
    measured, order, began = Measured(), turns(kinds), time.perf_counter()
    running: set[asyncio.Task[None]] = set()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        measured.late = max(measured.late, time.perf_counter() - due)
        if len(running) >= MOST_AT_ONCE:
            measured.errors["not asked, too many wait"] += 1
            continue
        task = asyncio.create_task(_one(client, order[number % len(order)], due, measured))
        running.add(task)
        task.add_done_callback(running.discard)
        if wait <= 0:
            await asyncio.sleep(0)
    if running:
        await asyncio.wait(running)
    return measured


async def _one(client: Client, kind: Kind, due: float, measured: Measured) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            status, size = await client.get(kind)
    except (OSError, EOFError, ValueError, TimeoutError) as error:
        measured.errors[f"{kind.name}: {type(error).__name__}"] += 1
        return
    if status in (200, 304):
        measured.seconds[kind.name].append(time.perf_counter() - due)
        measured.sizes[kind.name] = max(size, measured.sizes.get(kind.name, 0))
    else:
        measured.errors[f"{kind.name}: {status}"] += 1
