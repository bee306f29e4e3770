"""decoys.yaml: texts of our own writing with known answers, by which reviewers check themselves."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import RootModel, model_validator

from config.errors import suggest
from config.schema import Slug, Strict, Text
from config.yamlfile import YamlFile
from tracker.measuring.blind import Decoy, Truth
from tracker.model import Signal

MOST_DAYS = 3
"""How far from its publication the day may lie that a decoy reports."""


class DecoyEntry(Strict):
    key: Slug
    side: Slug
    lang: Literal["en", "zh"]
    title: Text
    text: Text
    why: Text
    channel: Slug | None = None
    reports: Signal | None = None
    day: int | None = None

    @model_validator(mode="after")
    def _whole(self) -> DecoyEntry:
        told = (self.channel, self.reports, self.day)
        if any(part is None for part in told) and any(part is not None for part in told):
            raise ValueError("channel, reports and day stand together; write all three for an update, else none")
        if self.day is not None and abs(self.day) > MOST_DAYS:
            raise ValueError(f"day is {self.day}; write {MOST_DAYS} at most, and a minus before it for earlier days")
        return self


class DecoysFile(RootModel[list[DecoyEntry]]):
    """decoys.yaml, which a relationship may have."""


def read_decoys(path: Path, channels: Collection[str], sides: Collection[str]) -> tuple[Decoy, ...]:
    """The decoys of a relationship; none where there is no such file. Raises ConfigError for the first mistake."""
    if not path.exists():
        return ()
    file = YamlFile(path)
    entries = file.parse(DecoysFile).root
    keys = [entry.key for entry in entries]
    for place, entry in enumerate(entries):
        if entry.key in keys[:place]:
            raise file.error((place, "key"), f'the decoy "{entry.key}" is there twice', "call one of them otherwise")
        if entry.side not in sides:
            raise file.error((place, "side"), f'no side is called "{entry.side}"', suggest(entry.side, sides))
        if entry.channel and entry.channel not in channels:
            wrong = f'no channel is called "{entry.channel}"'
            raise file.error((place, "channel"), wrong, suggest(entry.channel, channels))
    return tuple(_decoy(entry) for entry in entries)


def _decoy(entry: DecoyEntry) -> Decoy:
    truth = Truth(entry.channel, entry.reports, entry.day) if entry.channel else None
    return Decoy(entry.key, entry.side, entry.lang, entry.title, entry.text, entry.why, truth)
