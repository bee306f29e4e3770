"""Rows and values as SQLite's driver gives and takes them, so that the subjects see no difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from psycopg import Cursor
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown


class Row(tuple):
    """One row: by number, by name, unpacked, or as the keyword arguments of a call."""

    __slots__ = ()
    _places: dict[str, int]

    def __getitem__(self, place: Any) -> Any:
        return tuple.__getitem__(self, self._places[place] if isinstance(place, str) else place)

    def keys(self) -> list[str]:
        return list(self._places)


@lru_cache(maxsize=1_000)
def _rows_with(names: Sequence[str]) -> type[Row]:
    return type("Row", (Row,), {"__slots__": (), "_places": {name: place for place, name in enumerate(names)}})


def row_factory(cursor: Cursor) -> Callable[[Sequence[Any]], Row]:
    if not cursor.description:
        return Row
    return _rows_with(tuple(column.name for column in cursor.description))


class _Text(StrDumperUnknown):
    """Text, without the one character that PostgreSQL cannot keep; where words count to the letter, it is refused."""

    def dump(self, value: str) -> Buffer | None:
        return super().dump(value.replace("\0", "\ufffd") if "\0" in value else value)


class _Flag(Dumper):
    """True and False as 1 and 0: that is how they are stored."""

    oid = Int8Dumper.oid

    def dump(self, value: bool) -> Buffer:
        return b"1" if value else b"0"


class _Truth(Loader):
    """What a condition in a query answers, as a number."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class _Number(Loader):
    """What a sum answers."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)


def adapt(adapters: AdaptersMap) -> None:
    """Let a connection take and give values as SQLite's driver does."""
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, _Flag)
    adapters.register_dumper(str, _Text)
    adapters.register_loader("bool", _Truth)
    adapters.register_loader("numeric", _Number)
