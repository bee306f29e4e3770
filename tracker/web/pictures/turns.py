"""Days on which several channels changed at once, named by what the causes of that day have in common. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.model import Precision, StatusChange
from tracker.record.history import ChannelView

LEAST_CHANNELS = 3
"""Channels that changed on one day for one cause, rather than by chance."""

SHARED = 0.6
"""The share of a day's causes that must have the words by which it is named."""

MOST_WORDS = 60
"""Words of a cause that are compared."""

_SMALL = {
    "a", "an", "the", "of", "to", "in", "on", "at", "its", "his", "her", "their", "and", "or", "that", "which", "with",
    "by", "for", "from", "after", "before", "among", "as", "it", "was", "were",
}  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """A day on which the channels of `changes` changed. `cause` is None where their causes share too little."""

    day: date
    changes: tuple[StatusChange, ...]
    cause: str | None

    def explains(self, change: StatusChange) -> bool:
        """Whether the name of the day tells the cause of a change."""
        return bool(self.cause) and change in self.changes and self.cause.casefold() in " ".join(_words(change.cause))


def turns_of(views: Iterable[ChannelView]) -> list[Turn]:
    """The days on which at least `LEAST_CHANNELS` changed, oldest first."""
    days: dict[date, list[StatusChange]] = defaultdict(list)
    for view in views:
        for change in view.states:
            if change.effective.precision is Precision.DAY and not change.derived:
                days[change.effective.first].append(change)
    return [
        Turn(day, tuple(changes), shared_words([change.cause for change in changes]))
        for day, changes in sorted(days.items())
        if len({change.channel for change in changes}) >= LEAST_CHANNELS
    ]


def shared_words(causes: Sequence[str]) -> str | None:
    """The longest run of words that most causes have, without small words at its ends: `countermeasures to the visit`.

    None where it says less than two words.
    """
    written = [cause.split()[:MOST_WORDS] for cause in causes]
    spoken = [_words(cause)[:MOST_WORDS] for cause in causes]
    counted = Counter(run for words in spoken for run in set(_runs(words)))
    common = [run for run, times in counted.items() if times >= max(2, SHARED * len(causes))]
    best = max(common, key=lambda run: (_said(run), counted[run], run), default=())
    best = _finished(best, spoken)
    while best and best[0] in _SMALL:
        best = best[1:]
    while best and best[-1] in _SMALL:
        best = best[:-1]
    if _said(best) < 2:
        return None
    number, place = next(
        (number, place)
        for number, words in enumerate(spoken)
        for place in range(len(words))
        if tuple(words[place : place + len(best)]) == best
    )
    shown = " ".join(written[number][place : place + len(best)]).strip(".,;:")
    return shown[:1].upper() + shown[1:]


def _finished(run: tuple[str, ...], spoken: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A run that always breaks off in the middle of a phrase, without the beginning of that phrase."""
    following = {
        words[place + len(run)] if place + len(run) < len(words) else ""
        for words in spoken
        for place in range(len(words))
        if tuple(words[place : place + len(run)]) == run
    }
    if any(not word or word in _SMALL for word in following):
        return run
    phrase = max((place for place, word in enumerate(run) if word in _SMALL), default=0)
    return run[:phrase] or run


def _words(cause: str) -> list[str]:
    return [word.strip(".,;:").casefold() for word in cause.split()]


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[i:j]) for i in range(len(words)) for j in range(i + 2, len(words) + 1))


def _said(run: Sequence[str]) -> int:
    return sum(word not in _SMALL for word in run)
