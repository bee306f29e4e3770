"""The configuration folder as the product's own types: who speaks to whom, what is on record, and what is polled."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from pydantic import BaseModel

from config.checks import check, check_across, check_languages, check_lexicon
from config.decoys import read_decoys
from config.errors import ConfigError, suggest
from config.files import (
    Read,
    RelationshipFiles,
    Stamp,
    common_stamp,
    known_languages,
    read_file,
    read_folder,
    read_languages,
    read_readout_languages,
    stamp_of,
)
from config.schema import ChannelFile, Citation, FeedEntry, SourceEntry
from config.weights import read_weights
from config.yamlfile import Loc
from tracker.detect import Detector
from tracker.detect.lexicon import Language, Lexicon
from tracker.detect.weigh import Weights
from tracker.measuring.blind import Decoy
from tracker.model import Channel, Contact, Feed, Party, Relationship, Selectors, Source, StatusChange
from tracker.readouts import Comparer
from tracker.readouts.words import ReadoutLanguage, ReadoutTerms


@dataclass(frozen=True)
class SeedEntry:
    """A row of the record with its natural key, the same at every load of the same files.

    A key reads `<relationship>/<channel>/status/2022-08-05/suspended` or `…/contact/2024-01-08/held`; a contact that is
    announced without a date has the announcement's day (`…/contact/announced-2024-08-28/announced`), and the second of
    two alike on one day ends in `#2`, by their order in the file.
    """

    key: str
    entry: StatusChange | Contact


@dataclass(frozen=True)
class RelationshipPack:
    """All that is configured of one relationship. `entries`: by channel, its changes by date, then its contacts."""

    relationship: Relationship
    channels: tuple[Channel, ...]
    entries: tuple[SeedEntry, ...]
    feeds: tuple[Feed, ...]
    lexicon: Lexicon
    weights: Weights
    comparer: Comparer
    decoys: tuple[Decoy, ...] = ()

    @property
    def changes(self) -> tuple[StatusChange, ...]:
        return tuple(seed.entry for seed in self.entries if isinstance(seed.entry, StatusChange))

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return tuple(seed.entry for seed in self.entries if isinstance(seed.entry, Contact))

    @cached_property
    def detector(self) -> Detector:
        """The lexicon and the weights made ready, on first use."""
        return Detector(self.lexicon, self.weights)


@dataclass(frozen=True)
class Loaded:
    """The packs as they were loaded, by name, with the stamps of what they were read from and their files."""

    packs: tuple[RelationshipPack, ...]
    common: Stamp
    stamps: Mapping[str, Stamp]
    files: Mapping[str, RelationshipFiles]

    @property
    def stamp(self) -> Stamp:
        """That of all that was read."""
        return self.common.union(*self.stamps.values())


def load_relationships(config_dir: Path) -> tuple[RelationshipPack, ...]:
    """Every relationship below `config_dir`/relationships, by name. Raises ConfigError for the first mistake."""
    return load(config_dir).packs


def load(config_dir: Path, before: Loaded | None = None) -> Loaded:
    """All relationships as their files stand now; a folder that is as it was `before` is not read again, and its pack
    is the same object. Raises ConfigError for the first mistake; nothing has changed then.
    """
    _check_that_it_can_be_read(config_dir)
    root = config_dir / "relationships"
    folders = sorted(path for path in root.glob("*") if path.is_dir()) if root.is_dir() else []
    if not folders:
        wrong = "no relationship is configured here"
        raise ConfigError(root, None, None, wrong, "point OPENLINES_CONFIG at a folder that holds relationships/")
    common, stamps = common_stamp(config_dir), {folder.name: stamp_of(folder) for folder in folders}
    same = {slug for slug, stamp in stamps.items() if before and before.stamps.get(slug) == stamp}
    files = {f.name: before.files[f.name] if f.name in same else read_folder(f) for f in folders}
    languages = known_languages(config_dir)
    for slug in files:
        check_languages(files[slug], languages)
        if slug not in same:
            check(files[slug])
    check_across([*files.values()])
    if before and before.common == common:
        packs = {pack.relationship.slug: pack for pack in before.packs if pack.relationship.slug in same}
    else:
        packs = {}
    words = read_languages(config_dir), read_weights(config_dir), read_readout_languages(config_dir)
    made = (packs.get(slug) or _pack(files[slug], *words, root / slug) for slug in files)
    return Loaded(tuple(made), common, stamps, files)


def _check_that_it_can_be_read(config_dir: Path) -> None:
    """Raise ConfigError for a folder that may not be listed or entered: it would look empty."""

    def refuse(error: OSError) -> NoReturn:
        wrong = f"the folder cannot be read ({error.strerror})"
        raise ConfigError(
            Path(error.filename), None, None, wrong, "let the user that runs Open Lines read it"
        ) from error

    if config_dir.exists() and not config_dir.is_dir():
        wrong = "this is no folder"
        raise ConfigError(config_dir, None, None, wrong, "point OPENLINES_CONFIG at a folder that holds relationships/")
    if config_dir.exists():
        for folder, *_ in os.walk(config_dir, onerror=refuse):
            if not os.access(folder, os.X_OK):
                refuse(PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder))


def feeds_of(packs: Iterable[RelationshipPack]) -> tuple[Feed, ...]:
    """What is polled for the packs: each feed once, with all the relationships for which it is read."""
    feeds: dict[str, Feed] = {}
    for feed in (feed for pack in packs for feed in pack.feeds):
        known = feeds.get(feed.slug)
        feeds[feed.slug] = replace(known, also=(*known.also, feed.relationship)) if known else feed
    return tuple(feeds.values())


def unread_words(recorded: Iterable[Channel], packs: Iterable[RelationshipPack]) -> str | None:
    """Which of the channels on record are in no file, in a sentence: what there is of them stays and is shown."""
    configured = {channel.slug for pack in packs for channel in pack.channels}
    unread = [channel.slug for channel in recorded if channel.slug not in configured]
    match unread:
        case []:
            return None
        case [one]:
            return f"The channel {one} is on record and in no file: nothing is read for it."
    return f"The channels {', '.join(unread)} are on record and in no file: nothing is read for them."


def load_lexicon(path: Path, config_dir: Path) -> Lexicon:
    """A lexicon file in the place of its relationship's own, to try a change. Raises ConfigError."""
    read = read_file(path, Lexicon)
    slug, root = read.data.relationship, config_dir / "relationships"
    known = [folder.name for folder in root.glob("*") if folder.is_dir()]
    if slug not in known:
        raise read.file.error(("relationship",), f'no relationship is called "{slug}"', suggest(slug, known))
    files = read_folder(root / slug)
    check_lexicon(read, files)
    return _speaking(read.data, files, read_languages(config_dir))


def _pack(
    files: RelationshipFiles,
    languages: dict[str, Language],
    weights: Weights,
    compared: dict[str, ReadoutLanguage],
    folder: Path,
) -> RelationshipPack:
    relationship = _relationship(files)
    return RelationshipPack(
        relationship=relationship,
        channels=tuple(_channel(slug, read.data, files) for slug, read in files.channels.items()),
        entries=tuple(seed for slug, read in files.channels.items() for seed in _entries(slug, read, files)),
        feeds=tuple(feed_of(entry, files.slug) for entry in files.feeds.data.root),
        lexicon=_speaking(files.lexicon.data, files, languages),
        weights=weights,
        comparer=_comparer(files, compared),
        decoys=read_decoys(folder / "decoys.yaml", files.channels, relationship.sides),
    )


def _comparer(files: RelationshipFiles, compared: dict[str, ReadoutLanguage]) -> Comparer:
    """What lays two readouts side by side, with the words of the relationship's languages."""
    spoken = [compared[code] for code in files.relationship.data.languages if code in compared]
    return Comparer(files.lexicon.data, spoken, files.readouts.data if files.readouts else ReadoutTerms())


def _speaking(lexicon: Lexicon, files: RelationshipFiles, languages: dict[str, Language]) -> Lexicon:
    """The lexicon with the words of its relationship's languages."""
    return lexicon.speaking([languages[code] for code in files.relationship.data.languages if code in languages])


def _relationship(files: RelationshipFiles) -> Relationship:
    data, offices = files.relationship.data, files.lexicon.data.offices
    first, second = (
        Party(
            party.code,
            party.names,
            party.timezone,
            party.in_text,
            levels={slug: one.level for slug, one in offices.items() if one.party == party.code and one.level},
        )
        for party in data.parties
    )
    return Relationship(files.slug, data.names, (first, second), tuple(data.languages))


def _channel(slug: str, data: ChannelFile, files: RelationshipFiles) -> Channel:
    lexicon = files.lexicon.data
    return Channel(
        slug=slug,
        relationship=files.slug,
        category=data.category,
        names=data.names,
        counterparts=data.counterparts,
        description=data.description,
        cadence=data.cadence,
        established=data.established,
        aliases=lexicon.aliases(slug),
        people=lexicon.people(slug),
    )


def _entries(slug: str, channel: Read[ChannelFile], files: RelationshipFiles) -> Iterator[SeedEntry]:
    """The channel's rows with their keys. Raises ConfigError for a row that stands there twice."""
    known = {**files.shared_sources, **channel.data.sources}
    seen: dict[str, list[StatusChange | Contact]] = {}
    for loc, entry in _rows(slug, channel.data, known):
        key = f"{files.slug}/{slug}/{_day_and_kind(entry)}"
        alike = seen.setdefault(key, [])
        if alike and (isinstance(entry, StatusChange) or _told(entry) in map(_told, alike)):
            raise channel.file.error(loc, "this entry stands here twice", "delete one or correct what tells them apart")
        alike.append(entry)
        yield SeedEntry(key if len(alike) == 1 else f"{key}#{len(alike)}", entry)


def _rows(slug: str, data: ChannelFile, known: dict[str, SourceEntry]) -> Iterator[tuple[Loc, StatusChange | Contact]]:
    for index, change in enumerate(data.history):
        sources = _cited(change.sources, known)
        yield ("history", index), StatusChange(**_fields(change, channel=slug, sources=sources))
    for index, contact in enumerate(data.contacts):
        sources = _cited(contact.sources, known)
        yield ("contacts", index), Contact(**_fields(contact, channel=slug, sources=sources))


def _fields(entry: BaseModel, **others: object) -> dict[str, object]:
    """The entry's values under the names that the product's type gives them too, with `others` in their place."""
    return {name: getattr(entry, name) for name in type(entry).model_fields} | others


def _day_and_kind(entry: StatusChange | Contact) -> str:
    if isinstance(entry, StatusChange):
        return f"status/{entry.effective}/{entry.state}"
    return f"contact/{entry.date or f'announced-{entry.announced}'}/{entry.outcome}"


def _told(entry: StatusChange | Contact) -> StatusChange | Contact:
    """The entry without what is said about it: two that are then equal tell the same event."""
    return replace(entry, sources=(), note=None, contested=None, unconfirmed=())


def _cited(citations: list[Citation], known: dict[str, SourceEntry]) -> tuple[Source, ...]:
    return tuple(_source(known[citation.source], citation.quote) for citation in citations)


def _source(entry: SourceEntry, quote: str | None) -> Source:
    return Source(
        url=entry.url,
        title=entry.title,
        publisher=entry.publisher,
        side=entry.side,
        published=entry.published,
        quote=quote,
    )


def feed_of(entry: FeedEntry, relationship: str) -> Feed:
    """An entry of feeds.yaml as the product polls it."""
    select = Selectors(**entry.select.model_dump()) if entry.select else None
    return Feed(**_fields(entry, relationship=relationship, select=select))
