"""What accepting a choice writes: which rows the record gains, which it corrects, and which stand already. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.model import Contact, Level, Source, StatusChange
from tracker.record.disputes import levels_read_anew
from tracker.releases.grouping import says_the_same
from tracker.tongue import msg

Row = StatusChange | Contact

_SHOWN = (
    "state", "effective", "expected", "cause", "outcome", "date", "end", "announced", "form", "place", "round",
    "persons", "summary", "asked_by",
)  # fmt: skip
"""What of a row a choice can say otherwise."""


@dataclass(frozen=True)
class Written:
    """What becomes of one row of a choice: it is new, it takes the place of the row that it `corrects`, or the record
    says all of it in a row that `stands`, and further sources are cited for that.
    """

    row: Row
    corrects: Row | None = None
    stands: Row | None = None

    @property
    def otherwise(self) -> tuple[tuple[str, object, object], ...]:
        """The fields that a correction says otherwise, each with what stood there and what will."""
        if self.corrects is None:
            return ()
        both = ((name, getattr(self.corrects, name, None), getattr(self.row, name, None)) for name in _SHOWN)
        levels = levels_read_anew(self.corrects.sources, self.row.sources)
        return (*((name, was, will) for name, was, will in both if was != will), *levels)


def writes(rows: Sequence[Row], standing: Sequence[Row]) -> tuple[Written, ...]:
    """What becomes of the rows of a choice, given those in force that tell of the event, the nearest first. A row that
    corrects one keeps its sources, and what the choice does not say of it.
    """
    return tuple(_written(row, standing, alone=len(rows) == 1) for row in rows)


def _written(row: Row, standing: Sequence[Row], *, alone: bool) -> Written:
    like = sorted((other for other in standing if type(other) is type(row)), key=lambda o: not says_the_same(row, o))
    stands = next((other for other in like if _adds_nothing(row, other)), None)
    if stands is not None or not like:
        return Written(row, stands=stands)
    corrected = like[0]
    row = replace(
        row,
        **_unasked(row, corrected, alone=alone),
        replaces=corrected.id,
        reason=row.note or "A reviewer decided otherwise.",
        sources=(*_as_read(corrected.sources, row.sources), *uncited(row, corrected)),
    )
    return Written(row, corrects=corrected)


def why_told(written: Iterable[Written]) -> str:
    """Why something is proposed of which the record tells, by what accepting it does: a sentence."""
    written = tuple(written)
    if any(one.corrects for one in written):
        return msg("The record tells of this, and otherwise: accepting corrects it.")
    if any(one.stands is None for one in written):
        return msg("The record tells of a part of this already: accepting adds the rest.")
    return msg("The record tells of this already; the releases become further sources.")


def with_levels(sources: Iterable[Source], levels: Mapping[str, Level | None]) -> tuple[Source, ...]:
    """The sources, those of the sides of `levels` with the level at which these say that they met."""
    return tuple(replace(one, level=levels[one.side]) if one.side in levels else one for one in sources)


def uncited(row: Row, other: Row) -> list[Source]:
    """The sources of `row` that `other` does not cite."""
    cited = {source.document for source in other.sources}
    return [source for source in row.sources if source.document not in cited]


def _as_read(cited: Iterable[Source], read: Iterable[Source]) -> Iterator[Source]:
    """Sources that are cited already, each with the level that a choice reads in it now."""
    levels = {source.document: source.level for source in read}
    return (replace(one, level=levels.get(one.document, one.level)) for one in cited)


def _adds_nothing(row: Row, other: Row) -> bool:
    """Whether a row says all that a choice says, but for the sentence of a contact, which may be that of the state."""
    if tuple(_as_read(other.sources, row.sources)) != other.sources:
        return False
    if isinstance(row, StatusChange):
        return says_the_same(row, other) and row.cause == other.cause
    if row.asked_by and row.asked_by != other.asked_by:
        return False
    return says_the_same(row, other) and all(
        getattr(row, name) == getattr(other, name) for name in ("announced", "form", "place", "persons", "round")
    )


def _unasked(row: Row, corrected: Row, *, alone: bool) -> dict[str, object]:
    """What a choice does not say, and the row that it corrects does. `alone`: the choice is of no other row, so that
    its sentence is that of this one.
    """
    kept: dict[str, object] = {name: getattr(corrected, name) for name in ("contested", "settled")}
    kept["unconfirmed"] = tuple(word for word in corrected.unconfirmed if word != "place" or row.place)
    if isinstance(corrected, StatusChange):
        return kept
    kept |= {"substantive": corrected.substantive, "asked_by": row.asked_by or corrected.asked_by}
    return kept if alone or corrected.summary is None else kept | {"summary": corrected.summary}
