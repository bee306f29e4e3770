"""How well points are aligned, on pairs of readouts that were aligned by hand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tracker.readouts.compare import Comparer
from tracker.readouts.points import Comparison, Point, PointKind, Readout

Labels = Mapping[str, Mapping[str, str]]
"""By the name of a point (`topic.trade`, `date`) what each side says of it; one that does not say it is left out."""


@dataclass(frozen=True)
class Pair:
    """Two readouts and what a careful reader marks in them."""

    id: str
    first: Readout
    second: Readout
    labels: Labels


@dataclass(frozen=True)
class Tally:
    """Marks that were found and are right, that were found, and that should be found."""

    right: int = 0
    found: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.found + other.found, self.wanted + other.wanted)


@dataclass(frozen=True)
class Measured:
    """`only`: that one side alone says a point. `both`: that both do, each by words that meet the labelled ones.

    `by_kind`: the first, by the kind of the point. `wrong`: each mark of the first that is not right, in words.
    """

    only: Tally
    both: Tally
    by_kind: Mapping[PointKind, Tally]
    wrong: tuple[str, ...]


def measure(pairs: Iterable[Pair], comparer: Comparer) -> Measured:
    """The figures of all pairs together."""
    only, both, by_kind, wrong = Tally(), Tally(), dict.fromkeys(PointKind, Tally()), []
    for pair in pairs:
        comparison = comparer.compare(pair.first, pair.second)
        found = {(name_of(point), point.only) for point in comparison.points if point.only}
        wanted = {(name, next(iter(said))) for name, said in pair.labels.items() if len(said) == 1}
        only += _tally(found, wanted)
        for kind in PointKind:
            by_kind[kind] += _tally(*({one for one in marks if _kind(one[0]) == kind} for marks in (found, wanted)))
        wrong += [f"{pair.id}: {name} is not only {side}'s" for name, side in sorted(found - wanted)]
        wrong += [f"{pair.id}: {name} is only {side}'s, not found" for name, side in sorted(wanted - found)]
        shared = {name_of(point) for point in comparison.points if len(point.said) == 2}
        labelled = {name for name, said in pair.labels.items() if len(said) == 2}
        both += replace(_tally(shared, labelled), right=len(_met(comparison, pair.labels) & labelled))
    return Measured(only, both, by_kind, tuple(wrong))


def name_of(point: Point) -> str:
    """`topic.trade`, `date`."""
    return f"{point.kind}.{point.key}" if point.key else point.kind.value


def render(measured: Measured) -> str:
    """The figures as a table in plain text."""
    rows = [("only one side says", measured.only), ("both sides say", measured.both)]
    of_kinds = [(f"  only, {kind}", tally) for kind, tally in measured.by_kind.items() if tally.wanted or tally.found]
    lines = [f"{'':20} {'precision':>9} {'recall':>7} {'right':>6} {'found':>6} {'wanted':>7}"]
    lines += [
        f"{name:20} {tally.precision:9.3f} {tally.recall:7.3f} {tally.right:6} {tally.found:6} {tally.wanted:7}"
        for name, tally in rows + of_kinds
    ]
    return "\n".join(lines)


def _kind(name: str) -> str:
    return name.partition(".")[0]


def _tally(found: set, wanted: set) -> Tally:
    return Tally(len(found & wanted), len(found), len(wanted))


def _met(comparison: Comparison, labels: Labels) -> set[str]:
    """Points that both sides say, each side by words that overlap the labelled quote."""
    return {
        name_of(point)
        for point in comparison.points
        if len(point.said) == 2 and all(_overlaps(comparison, point, side, labels) for side in point.said)
    }


def _overlaps(comparison: Comparison, point: Point, side: str, labels: Labels) -> bool:
    quote = labels.get(name_of(point), {}).get(side, "")
    (release,) = (one.release for one in comparison.readouts if one.side == side)
    for words in point.said[side].words:
        text = getattr(release, words.field)
        start = text.find(quote)
        while quote and start >= 0:
            if start < words.end and words.start < start + len(quote):
                return True
            start = text.find(quote, start + 1)
    return False
