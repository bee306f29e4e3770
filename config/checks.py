"""What must hold between the files of a relationship, and between relationships. Each check raises ConfigError."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from config.errors import ConfigError, suggest
from config.files import Read, RelationshipFiles
from config.schema import ChannelFile, Citation, FeedEntry, SourceEntry
from config.yamlfile import Loc, YamlFile
from tracker.detect.lexicon import Holder, Lexicon, Pairing
from tracker.model import THIRD_PARTY
from tracker.readouts.words import ReadoutTerms
from tracker.tongue import ENGLISH, gettext, msg


def check(files: RelationshipFiles) -> None:
    """Everything that ties the files of one relationship together."""
    parties = [party.code for party in files.relationship.data.parties]
    _check_relationship(files, parties)
    for channel in files.channels.values():
        _check_channel(channel, files, parties)
    _check_feeds(files, [*parties, THIRD_PARTY])
    _check_sources(files, [*parties, THIRD_PARTY])
    check_lexicon(files.lexicon, files)
    if files.readouts:
        _check_readouts(files.readouts, files)


def check_languages(files: RelationshipFiles, known: Sequence[str]) -> None:
    """A relationship speaks English and other languages that there are words for, each once; `known`: their codes."""
    file, codes = files.relationship.file, files.relationship.data.languages
    if ENGLISH not in codes:
        wrong = f'the language "{ENGLISH}" is missing'
        raise file.error(("languages",), wrong, f"add {ENGLISH}: pages are shown in English")
    for index, code in enumerate(codes):
        if code not in known:
            wrong = f'"{code}" is no language that is read'
            raise file.error(("languages", index), wrong, f"write one of {', '.join(known)}")
        if code in codes[:index]:
            raise file.error(("languages", index), f'"{code}" is listed twice', "delete one")


def check_across(all_files: Sequence[RelationshipFiles]) -> None:
    """Channels and feeds are addressed by their slugs alone: no two relationships may share a channel's, and a feed
    that has one slug in several is one feed, which is polled once for all of them.
    """
    channels: dict[str, str] = {}
    feeds: dict[str, tuple[str, FeedEntry]] = {}
    places: dict[tuple[str, str], tuple[str, str]] = {}
    for files in all_files:
        for index, slug in enumerate(files.channels):
            if slug in channels:
                wrong = f'the channel "{slug}" stands in {channels[slug]} already'
                remedy = f'call one of them another name, such as "{files.slug}-{slug}"'
                raise files.relationship.file.error(("channels", index), wrong, remedy)
            channels[slug] = files.slug
        for index, feed in enumerate(files.feeds.data.root):
            _check_shared(files, index, feed, feeds, places)


def _check_shared(
    files: RelationshipFiles,
    index: int,
    feed: FeedEntry,
    feeds: dict[str, tuple[str, FeedEntry]],
    places: dict[tuple[str, str], tuple[str, str]],
) -> None:
    """What one feed is elsewhere it is here, and one address of one side has one slug."""
    file = files.feeds.file
    owner, known = feeds.setdefault(feed.slug, (files.slug, feed))
    for field in type(feed).model_fields:
        if getattr(feed, field) != getattr(known, field):
            wrong = f'the feed "{feed.slug}" has another {field} in {owner}'
            raise file.error((index, field), wrong, "write the same in both, or give one of them another slug")
    taken, slug = places.setdefault((feed.url, feed.side), (files.slug, feed.slug))
    if slug != feed.slug:
        wrong = f'this address is polled as "{slug}" of {taken}'
        same = taken == files.slug
        do = "take one of the two out" if same else f'write "{slug}" here too, so that it is polled once for both'
        raise file.error((index, "slug"), wrong, do)


def _check_relationship(files: RelationshipFiles, parties: list[str]) -> None:
    file, data = files.relationship.file, files.relationship.data
    if parties[0] == parties[1]:
        raise file.error(("parties", 1, "code"), f'both parties are "{parties[0]}"', "give one of them another code")
    if THIRD_PARTY in parties:
        loc = ("parties", parties.index(THIRD_PARTY), "code")
        raise file.error(loc, f'"{THIRD_PARTY}" is the side of those who are no party', "write another code")
    _check_keys(file, ("names",), data.names, data.languages, "language")
    for index, party in enumerate(data.parties):
        _check_keys(file, ("parties", index, "names"), party.names, data.languages, "language")


def _check_channel(channel: Read[ChannelFile], files: RelationshipFiles, parties: list[str]) -> None:
    file, data = channel.file, channel.data
    _check_keys(file, ("names",), data.names, files.relationship.data.languages, "language")
    _check_keys(file, ("counterparts",), data.counterparts, parties, "party")
    for index, (before, change) in enumerate(pairwise(data.history), start=1):
        if change.effective < before.effective:
            wrong = f'"{change.effective}" comes after {before.effective}, so the order of dates is broken'
            raise file.error(("history", index, "effective"), wrong, "move the entry up")
    for index, contact in enumerate(data.contacts):
        if contact.asked_by is not None and contact.asked_by not in parties:
            raise _not_one_of(file, ("contacts", index, "asked_by"), contact.asked_by, parties, "party")
    for loc, citation in _citations(data):
        if citation.source not in data.sources and citation.source not in files.shared_sources:
            wrong = f'no source is called "{citation.source}"'
            known = [*data.sources, *files.shared_sources]
            raise file.error(loc, wrong, suggest(citation.source, known, "add it under sources"))


def _check_feeds(files: RelationshipFiles, sides: list[str]) -> None:
    file, feeds = files.feeds.file, files.feeds.data.root
    lines: dict[str, int] = {}
    for index, feed in enumerate(feeds):
        if feed.slug in lines:
            wrong = f'the slug "{feed.slug}" is taken by the feed on line {lines[feed.slug]}'
            raise file.error((index, "slug"), wrong, "write another")
        lines[feed.slug] = file.line((index, "slug"))
        for key, wrong, remedy in foreign_to(feed, sides, files.relationship.data.languages):
            raise file.error((index, key), wrong, remedy)


def foreign_to(feed: FeedEntry, sides: Sequence[str], languages: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What of a feed its relationship does not know: the key, what is wrong, and the remedy."""
    if feed.side not in sides:
        yield "side", *_no_such(feed.side, sides, "side")
    if feed.lang not in languages:
        yield "lang", *_no_such(feed.lang, languages, "language")


def _check_sources(files: RelationshipFiles, sides: list[str]) -> None:
    """A document stands in one place, speaks for a side, and is cited."""
    places: dict[str, str] = {}
    for file, loc, key, source in _all_sources(files):
        if source.side not in sides:
            raise _not_one_of(file, (*loc, "side"), source.side, sides, "side")
        if source.url in places:
            wrong = f"this address stands under {places[source.url]} already"
            raise file.error((*loc, "url"), wrong, "cite that key; what several channels cite belongs in sources.yaml")
        places[source.url] = f'"{key}" in {file.path.name}'
    cited: set[str] = set()
    for channel in files.channels.values():
        here = {citation.source for _, citation in _citations(channel.data)}
        cited |= here
        for key in channel.data.sources:
            if key in files.shared_sources:
                wrong = f'the key "{key}" stands in sources.yaml too'
                raise channel.file.error(("sources", key), wrong, "write another key", at_key=True)
        _refuse_unused(channel.file, ("sources",), channel.data.sources, here)
    if files.shared:
        _refuse_unused(files.shared.file, (), files.shared_sources, cited)


def check_lexicon(read: Read[Lexicon], files: RelationshipFiles) -> None:
    """A lexicon speaks of its relationship's parties and channels, and of offices that it describes."""
    file, lexicon = read.file, read.data
    if lexicon.relationship != files.slug:
        wrong = f'"{lexicon.relationship}" is not the name of this folder'
        raise file.error(("relationship",), wrong, f'write "{files.slug}"')
    _check_keys(file, ("parties",), lexicon.parties, [party.code for party in files.relationship.data.parties], "party")
    for slug, office in lexicon.offices.items():
        if office.party not in lexicon.parties:
            raise _not_one_of(file, ("offices", slug, "party"), office.party, list(lexicon.parties), "party")
        if office.names:
            _check_keys(file, ("offices", slug, "names"), office.names, files.relationship.data.languages, "language")
        for index, holder in enumerate(office.holders):
            _check_period(file, ("offices", slug, "holders", index), holder)
    for slug, channel in lexicon.channels.items():
        if slug not in files.channels:
            wrong = f'no channel is called "{slug}"'
            raise file.error(("channels", slug), wrong, suggest(slug, files.channels), at_key=True)
        for part, pairings in (("pairings", channel.pairings), ("talks", channel.talks)):
            for index, pairing in enumerate(pairings):
                loc = ("channels", slug, part, index)
                _check_period(file, loc, pairing)
                for position, office in enumerate(pairing.offices):
                    if office not in lexicon.offices:
                        remedy = suggest(office, lexicon.offices, "describe it under offices")
                        raise file.error((*loc, "offices", position), f'no office is called "{office}"', remedy)


def _check_readouts(read: Read[ReadoutTerms], files: RelationshipFiles) -> None:
    """What is glossed has a name in each language; so has a topic, unless a channel lends it its names."""
    languages, offices = files.relationship.data.languages, files.lexicon.data.offices
    for office in read.data.offices:
        if office not in offices:
            wrong = f'no office is called "{office}" in lexicon.yaml'
            raise read.file.error(("offices", office), wrong, suggest(office, offices), at_key=True)
    for part, subjects in (("topics", read.data.topics), ("gloss", read.data.gloss)):
        for key, subject in subjects.items():
            if part == "gloss" or subject.names:
                _check_keys(read.file, (part, key, "names"), subject.names, languages, "language")
            elif key not in files.channels:
                wrong = f'"{key}" has no names, and no channel is called so'
                raise read.file.error((part, key), wrong, suggest(key, files.channels, "add names"), at_key=True)


def _check_period(file: YamlFile, loc: Loc, period: Holder | Pairing) -> None:
    if period.until < period.since:
        wrong = f"it ends on {period.until}, before it begins on {period.since}"
        raise file.error((*loc, "until"), wrong, "correct one of the two days")


def _all_sources(files: RelationshipFiles) -> Iterator[tuple[YamlFile, Loc, str, SourceEntry]]:
    if files.shared:
        for key, source in files.shared_sources.items():
            yield files.shared.file, (key,), key, source
    for channel in files.channels.values():
        for key, source in channel.data.sources.items():
            yield channel.file, ("sources", key), key, source


def _citations(channel: ChannelFile) -> Iterator[tuple[Loc, Citation]]:
    for part, entries in (("history", channel.history), ("contacts", channel.contacts)):
        for index, entry in enumerate(entries):
            for position, citation in enumerate(entry.sources):
                yield (part, index, "sources", position), citation


def _refuse_unused(file: YamlFile, loc: Loc, sources: Iterable[str], cited: set[str]) -> None:
    for key in sources:
        if key not in cited:
            wrong = f'nothing cites the source "{key}"'
            raise file.error((*loc, key), wrong, "cite it in an entry or delete it", at_key=True)


def _check_keys(file: YamlFile, loc: Loc, found: Iterable[str], wanted: list[str], kind: str) -> None:
    """The keys of a mapping are exactly the `wanted` ones."""
    found = list(found)
    for key in found:
        if key not in wanted:
            wrong = f'"{key}" is no {kind} of this relationship'
            raise file.error((*loc, key), wrong, suggest(key, wanted), at_key=True)
    for key in wanted:
        if key not in found:
            raise file.error(loc, f'the key "{key}" is missing', f"add it: there is one for each {kind}")


def _not_one_of(file: YamlFile, loc: Loc, word: str, known: list[str], kind: str) -> ConfigError:
    return file.error(loc, *_no_such(word, known, kind))


def _no_such(word: str, known: Sequence[str], kind: str) -> tuple[str, str]:
    wrong = {
        "side": msg('"%(word)s" is no side of this relationship'),
        "language": msg('"%(word)s" is no language of this relationship'),
        "party": msg('"%(word)s" is no party of this relationship'),
    }
    return gettext(wrong[kind], word=word), suggest(word, known)
