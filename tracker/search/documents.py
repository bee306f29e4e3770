"""What of a channel, a row of the record and a release is searched, by how much it tells. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tracker.model import Channel, Contact, Release, Source, StatusChange
from tracker.search.words import indexed


class Passage(NamedTuple):
    """A text of what was found that may be shown, and the source whose words it is, if any."""

    text: str
    source: Source | None = None


@dataclass(frozen=True)
class Document:
    """The indexed forms of one thing: what names it counts most, then its own words, then what stands around it."""

    names: str
    words: str
    about: str = ""

    @property
    def digest(self) -> str:
        """Tells two documents apart."""
        told = "\0".join((self.names, self.words, self.about))
        return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def of_channel(channel: Channel) -> Document:
    """Its names of any kind, its description, and the offices and persons who use it."""
    return Document(
        _joined(names_of(channel)),
        _joined([channel.description, *channel.counterparts.values()]),
        _joined(channel.people),
    )


def of_entry(entry: StatusChange | Contact, channel: Channel) -> Document:
    """A row with the words of its sources; its channel's names stand around it."""
    passages = entry_passages(entry)
    dates = (entry.effective, entry.expected) if isinstance(entry, StatusChange) else (entry.date, entry.announced)
    says = entry.state if isinstance(entry, StatusChange) else entry.outcome.replace("-", " ")
    return Document(
        says,
        _joined([*(p.text for p in passages if p.source is None), *(str(date) for date in dates if date)]),
        _joined([*_called(channel), *(p.text for p in passages if p.source)]),
    )


def of_release(release: Release) -> Document:
    return Document(indexed(release.title), indexed(release.summary))


def names_of(channel: Channel) -> list[str]:
    """Every name under which a channel is known."""
    return [*_called(channel), *channel.aliases]


def _called(channel: Channel) -> list[str]:
    return [*channel.names.values(), channel.slug.replace("-", " ")]


def channel_passages(channel: Channel) -> list[Passage]:
    """What of a channel may be shown beside its names."""
    texts = (channel.description, *channel.counterparts.values(), *channel.aliases, *channel.people)
    return [Passage(text) for text in texts]


def entry_passages(entry: StatusChange | Contact) -> list[Passage]:
    """What a row tells, then what its sources say."""
    if isinstance(entry, StatusChange):
        own: tuple[str | None, ...] = (entry.cause,)
    else:
        where = ", ".join(filter(None, (entry.form, entry.place, f"round {entry.round}" if entry.round else None)))
        own = (entry.summary, entry.persons, where)
    told = [Passage(text) for text in (*own, entry.note, entry.contested, entry.settled) if text]
    said = [
        Passage(text, source)
        for source in entry.sources
        for text in (source.quote, f"{source.title} ({source.publisher})")
        if text
    ]
    return told + said


def _joined(texts: Iterable[str]) -> str:
    return indexed("\n".join(texts))
