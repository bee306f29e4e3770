"""Pairs of readouts that were aligned by hand, as types: what comparing them is measured on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from config.schema import Strict, Text
from config.yamlfile import YamlFile
from tracker.model import Release
from tracker.readouts import PointKind, Readout
from tracker.readouts.measure import Pair

_FOLD = re.compile(r"(?<=[\u2e80-\uffef]) (?=[\u2e80-\uffef])")


def _unfolded(text: str) -> str:
    """YAML folds a line break into a space, which Chinese does not have between its characters."""
    return _FOLD.sub("", text)


Prose = Annotated[Text, AfterValidator(_unfolded)]


class _Readout(Strict):
    lang: Text
    published: AwareDatetime
    title: Prose
    text: Prose


class _Pair(BaseModel):
    """The sides stand under their codes, beside `id` and `points`."""

    model_config = {"extra": "allow"}
    __pydantic_extra__: dict[str, _Readout]

    id: Text
    points: dict[str, tuple[str, str]]


class _PairsFile(Strict):
    sides: Annotated[list[Text], Field(min_length=2, max_length=2)]
    pairs: list[_Pair]


_NULL: Literal["null"] = "null"
"""How a label says that a side does not say it."""


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file. Raises ConfigError for a mistake, also for a quote that its side does not say."""
    file = YamlFile(path)
    data = file.parse(_PairsFile)
    pairs = []
    for index, pair in enumerate(data.pairs):
        said = pair.__pydantic_extra__
        for side in data.sides:
            if side not in said:
                raise file.error(("pairs", index), f'the side "{side}" is missing', "add what it says")
        readouts = [_readout(pair.id, side, said[side]) for side in data.sides]
        labels: dict[str, dict[str, str]] = {}
        for name, quotes in pair.points.items():
            loc = ("pairs", index, "points", name)
            if name.partition(".")[0] not in list(PointKind):
                raise file.error(
                    loc, f'"{name}" is no kind of point', f"write one of {', '.join(PointKind)}", at_key=True
                )
            labels[name] = {}
            for readout, quote in zip(readouts, (_unfolded(" ".join(quote.split())) for quote in quotes), strict=True):
                if quote == _NULL:
                    continue
                if quote not in readout.release.title and quote not in readout.release.summary:
                    raise file.error(loc, f'{readout.side} does not say "{quote}"', "copy it from the text")
                labels[name][readout.side] = quote
            if not labels[name]:
                raise file.error(loc, "neither side says it", "delete it")
        pairs.append(Pair(pair.id, *readouts, labels))
    return pairs


def _readout(pair: str, side: str, said: _Readout) -> Readout:
    release = Release(
        id=f"{pair}-{side}",
        side=side,
        lang=said.lang,
        publisher="Sample",
        title=said.title,
        summary=said.text,
        published=said.published.date(),
    )
    return Readout(release, said.published)
