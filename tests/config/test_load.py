"""A configuration folder becomes the product's types, or one sentence that says what is wrong with it."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.load import feeds_of, load, load_relationships
from config.weights import read_measured
from tests.config.conftest import FEEDS, FOLDER, HOTLINE, LEXICON, RELATIONSHIP, Folder
from tracker.model import Category, Outcome, PartialDate, Precision, Selectors, Source, State

HOT = "channels/hotline.yaml"
SEA = "channels/sea-talks.yaml"


def test_the_relationship_has_its_parties_and_languages(folder: Folder) -> None:
    relationship = folder.load().relationship
    assert relationship.slug == "north-south"
    assert relationship.sides == ("north", "south", "third-party")
    assert relationship.languages == ("en", "zh")
    assert relationship.parties[1].timezone == "Africa/Cairo"


def test_channels_come_in_the_listed_order(folder: Folder) -> None:
    hotline, sea_talks = folder.load().channels
    assert (hotline.slug, sea_talks.slug) == ("hotline", "sea-talks")
    assert hotline.category is Category.MILITARY
    assert hotline.established == PartialDate("1998-04")
    assert (hotline.cadence, sea_talks.cadence) == ("annual", None)
    assert hotline.counterparts == {"north": "Ministry of Defence", "south": "General Staff"}


def test_entries_cite_sources_by_key_and_may_quote_them(folder: Folder) -> None:
    suspended = folder.load().changes[1]
    assert (suspended.state, suspended.effective.precision) == (State.SUSPENDED, Precision.DAY)
    assert suspended.note == "Local date."
    own, shared = suspended.sources
    assert own.url == "https://north.example/1998"
    assert own.quote is None
    assert shared == Source(
        url="https://gazette.example/2022",
        title="The line and the talks",
        publisher="The Gazette",
        side="third-party",
        published=PartialDate("2022-08-06"),
        quote="We have hung up.",
    )


def test_contacts_have_their_days_and_outcomes(folder: Folder) -> None:
    held, announced = folder.load().contacts
    assert (held.outcome, held.date, held.end, held.round) == (
        Outcome.HELD,
        PartialDate("2021-12-14"),
        date(2021, 12, 16),
        3,
    )
    assert (announced.date, announced.announced, announced.asked_by) == (None, date(2023, 1, 9), "north")


def test_feeds_have_their_pace_in_seconds_and_their_selectors(folder: Folder) -> None:
    feed, listing = folder.load().feeds
    assert (feed.every, feed.timezone, feed.enabled, feed.relationship) == (1800, "UTC", True, "north-south")
    assert (listing.every, listing.full_text) == (7200, True)
    assert listing.select == Selectors(item="ul li", link="a", title="a", date="small")


@pytest.mark.parametrize("older", ["a.older", "page/{page}/", '"index_{page-1}.html"'])
def test_a_listing_may_have_older_pages(folder: Folder, older: str) -> None:
    folder.replace("feeds.yaml", "  full_text", f"  pages: 3\n  next: {older}\n  full_text")
    feed, listing = folder.load().feeds
    assert (feed.pages, feed.next) == (1, None)
    assert (listing.pages, listing.next) == (3, older.strip('"'))


def test_a_sitemap_needs_no_more_than_its_address(folder: Folder) -> None:
    folder.replace("feeds.yaml", "kind: feed", "kind: sitemap")
    assert folder.load().feeds[0].kind == "sitemap"


def test_every_entry_has_a_natural_key_that_a_second_load_repeats(folder: Folder) -> None:
    keys = [seed.key for seed in folder.load().entries]
    assert keys == [
        "north-south/hotline/status/1998-04/active",
        "north-south/hotline/status/2022-08-05/suspended",
        "north-south/hotline/contact/2021-12-14/held",
        "north-south/hotline/contact/announced-2023-01-09/announced",
        "north-south/sea-talks/status/2023-01-09/planned",
    ]
    assert [seed.key for seed in folder.load().entries] == keys


def test_the_second_contact_of_a_day_is_numbered(folder: Folder) -> None:
    second = "- date: 2021-12-14\n  outcome: held\n  form: phone\n  sources: [gazette-2022]\n\n- announced:"
    folder.replace(HOT, "- announced:", second)
    keys = [seed.key for seed in folder.load().entries]
    assert "north-south/hotline/contact/2021-12-14/held#2" in keys


def test_a_source_corrected_in_one_place_is_corrected_everywhere(folder: Folder) -> None:
    folder.replace("sources.yaml", "The Gazette", "The Herald")
    pack = folder.load()
    publishers = {s.publisher for seed in pack.entries for s in seed.entry.sources if "gazette" in s.url}
    assert publishers == {"The Herald"}


def test_an_absolute_folder_is_shown_as_given(folder: Folder, tmp_path: Path) -> None:
    folder.replace("feeds.yaml", "30m", "30")
    with pytest.raises(ConfigError) as caught:
        load_relationships(tmp_path / "config")
    assert str(caught.value).startswith(f"{tmp_path}/config/relationships/north-south/feeds.yaml, line 7, ")


REFUSED = [
    # feeds
    ("feeds.yaml", "30m", "30", 'feeds.yaml, line 7, north-news.every: "30" has no unit; write 30m, 2h or 1d.'),
    (
        "feeds.yaml",
        "30m",
        "soon",
        'feeds.yaml, line 7, north-news.every: "soon" is not a pace; write 30m, 2h or 1d.',
    ),
    (
        "feeds.yaml",
        "30m",
        "8d",
        'feeds.yaml, line 7, north-news.every: "8d" is out of bounds; write 1m at least and 7d at most.',
    ),
    (
        "feeds.yaml",
        "every: 30m",
        "evry: 30m",
        'feeds.yaml, line 7, north-news.evry: "evry" is not a key that belongs here; did you mean "every"?',
    ),
    (
        "feeds.yaml",
        "  every: 30m",
        "  every: 30m\n  enabeld: false",
        'feeds.yaml, line 8, north-news.enabeld: "enabeld" is not a key that belongs here; did you mean "enabled"?',
    ),
    (
        "feeds.yaml",
        "    link: a",
        "    lnk: a\n    link: a",
        'feeds.yaml, line 17, south-list.select.lnk: "lnk" is not a key that belongs here; did you mean "link"?',
    ),
    (
        "feeds.yaml",
        "south-list",
        "north-news",
        'feeds.yaml, line 9, north-news.slug: the slug "north-news" is taken by the feed on line 1; write another.',
    ),
    (
        "feeds.yaml",
        "slug: south-list",
        "slug: South List",
        'feeds.yaml, line 9, South List.slug: "South List" is not a short name; '
        "write small letters and digits joined by hyphens.",
    ),
    (
        "feeds.yaml",
        "https://north.example/feed",
        "https://desk:secret@north.example/feed",
        "feeds.yaml, line 6, north-news.url: the address holds a user name before an @; take it out, for all may read "
        "addresses.",
    ),
    (
        "feeds.yaml",
        "side: south",
        "side: suoth",
        'feeds.yaml, line 11, south-list.side: "suoth" is no side of this relationship; did you mean "south"?',
    ),
    (
        "feeds.yaml",
        "lang: zh",
        "lang: fr",
        'feeds.yaml, line 12, south-list.lang: "fr" is no language of this relationship; write one of en, zh.',
    ),
    (
        "feeds.yaml",
        "kind: feed",
        "kind: fed",
        'feeds.yaml, line 5, north-news.kind: "fed" is not a word that belongs here; did you mean "feed"?',
    ),
    (
        "feeds.yaml",
        "https://north.example/feed",
        "north.example/feed",
        'feeds.yaml, line 6, north-news.url: "north.example/feed" is not a web address; '
        "write one that begins with http:// or https://.",
    ),
    (
        "feeds.yaml",
        "https://north.example/feed",
        "ftp://north.example/feed",
        'feeds.yaml, line 6, north-news.url: "ftp://north.example/feed" is not a web address; '
        "write one that begins with http:// or https://.",
    ),
    (
        "feeds.yaml",
        "Africa/Cairo",
        "Africa/Kairo",
        'feeds.yaml, line 21, south-list.timezone: "Africa/Kairo" is not a time zone; did you mean "Africa/Cairo"?',
    ),
    (
        "feeds.yaml",
        "full_text: true",
        "full_text: perhaps",
        'feeds.yaml, line 22, south-list.full_text: "perhaps" is neither true nor false; write true or false.',
    ),
    (
        "feeds.yaml",
        "  select:\n    item: ul li\n    link: a\n    title: a\n    date: small\n",
        "",
        "feeds.yaml, line 9, south-list: an enabled listing needs select; add it or write enabled: false.",
    ),
    (
        "feeds.yaml",
        "kind: listing",
        "kind: feed",
        "feeds.yaml, line 16, south-list.select: only a listing is read by selectors; "
        "leave the key out or write kind: listing.",
    ),
    (
        "feeds.yaml",
        "kind: listing",
        "kind: sitemap",
        "feeds.yaml, line 16, south-list.select: only a listing is read by selectors; "
        "leave the key out or write kind: listing.",
    ),
    (
        "feeds.yaml",
        "item: ul li",
        "item: ul li[",
        'feeds.yaml, line 16, south-list.select.item: "ul li[" is not a CSS selector '
        "(Malformed attribute selector at position 5); write one such as ul.news li.",
    ),
    (
        "feeds.yaml",
        "title: a",
        "title: a::text",
        'feeds.yaml, line 18, south-list.select.title: "a::text" is not a CSS selector '
        "(Pseudo-element found at position 1); write one such as ul.news li.",
    ),
    (
        "feeds.yaml",
        '"%Y-%m-%d"',
        '"%m-%d"',
        'feeds.yaml, line 20, south-list.date_format: "%m-%d" does not read a day: it names no year (%Y); '
        "write it as strptime does, %Y-%m-%d.",
    ),
    (
        "feeds.yaml",
        '"%Y-%m-%d"',
        "YYYY-MM-DD",
        'feeds.yaml, line 20, south-list.date_format: "YYYY-MM-DD" does not read a day: it names no year (%Y); '
        "write it as strptime does, %Y-%m-%d.",
    ),
    (
        "feeds.yaml",
        '"%Y-%m-%d"',
        '"%Y-%m-%d %Q"',
        'feeds.yaml, line 20, south-list.date_format: "%Y-%m-%d %Q" does not read a day: '
        '"%Q" is no part of a date that is known; write it as strptime does, %Y-%m-%d.',
    ),
    (
        "feeds.yaml",
        "  full_text",
        "  pages: 3\n  full_text",
        "feeds.yaml, line 9, south-list: pages stands here without next; "
        "add the selector or address that leads to the older page.",
    ),
    (
        "feeds.yaml",
        "  full_text",
        "  next: a.older\n  full_text",
        "feeds.yaml, line 22, south-list.next: older pages are read where pages is 2 or more; "
        "write pages: 5 or leave the key out.",
    ),
    (
        "feeds.yaml",
        "  full_text",
        "  pages: 3\n  next: page/{n}/\n  full_text",
        'feeds.yaml, line 23, south-list.next: "page/{n}/" is neither a CSS selector nor an address with {page}; '
        "write one such as a.older or page/{page}/.",
    ),
    (
        "feeds.yaml",
        "  every: 30m",
        "  every: 30m\n  pages: 3\n  next: a.older",
        "feeds.yaml, line 9, north-news.next: a feed has no page to select a link from; "
        'write an address with {page}, as "?paged={page}".',
    ),
    (
        "feeds.yaml",
        "  every: 30m",
        "  every: 30m\n  pages: 99",
        'feeds.yaml, line 8, north-news.pages: "99" is too large; the bound is 10.',
    ),
    (
        "feeds.yaml",
        "kind: feed\n  url: https://north.example/feed",
        "kind: sitemap\n  url: https://north.example/feed\n  pages: 2\n  next: page/{page}/",
        "feeds.yaml, line 8, north-news.next: a sitemap has no older pages; leave the key out.",
    ),
    # the relationship
    (
        "relationship.yaml",
        "- sea-talks",
        "- hotline",
        'relationship.yaml, line 12, channels #2: the channel "hotline" is listed twice; delete one.',
    ),
    (
        "relationship.yaml",
        "- sea-talks",
        "- sea-tlks",
        'relationship.yaml, line 12, channels #2: the channel "sea-tlks" has no file channels/sea-tlks.yaml; '
        'did you mean "sea-talks"?',
    ),
    (
        "relationship.yaml",
        "- sea-talks\n",
        "",
        "channels/sea-talks.yaml: this channel is not listed in relationship.yaml; "
        'add "sea-talks" under channels there or delete this file.',
    ),
    (
        "relationship.yaml",
        "{en: South, zh: 南}",
        "{en: South}",
        'relationship.yaml, line 8, parties.south.names: the key "zh" is missing; '
        "add it: there is one for each language.",
    ),
    (
        "relationship.yaml",
        "code: south",
        "code: north",
        'relationship.yaml, line 7, parties.north.code: both parties are "north"; give one of them another code.',
    ),
    (
        "relationship.yaml",
        "code: south",
        "code: third-party",
        'relationship.yaml, line 7, parties.third-party.code: "third-party" is the side of those who are no party; '
        "write another code.",
    ),
    (
        "relationship.yaml",
        "- code: south\n  names: {en: South, zh: 南}\n  timezone: Africa/Cairo\n",
        "",
        "relationship.yaml, line 4, parties: there are 1 entries; at least 2 are needed.",
    ),
    # the lexicon
    (
        "lexicon.yaml",
        "relationship: north-south",
        "relationship: south-north",
        'lexicon.yaml, line 1, relationship: "south-north" is not the name of this folder; write "north-south".',
    ),
    (
        "lexicon.yaml",
        "  south: [South]",
        "  soth: [South]",
        'lexicon.yaml, line 4, parties.soth: "soth" is no party of this relationship; did you mean "south"?',
    ),
    (
        "lexicon.yaml",
        "  hotline:",
        "  hotlne:",
        'lexicon.yaml, line 9, channels.hotlne: no channel is called "hotlne"; did you mean "hotline"?',
    ),
    (
        "lexicon.yaml",
        "    names: [hotline]",
        "    nmes: [hotline]",
        'lexicon.yaml, line 10, channels.hotline.nmes: "nmes" is not a key that belongs here; did you mean "names"?',
    ),
    (
        "lexicon.yaml",
        "    names: [hotline]",
        "    names: [hotline, 'hot.*line(s|)+[x]']",
        "lexicon.yaml, line 10, channels.hotline.names #2: the term 'hot.*line(s|)+[x]' has a * within a word; "
        "let it end the word, which may then go on in any way.",
    ),
    (
        "lexicon.yaml",
        "    names: [hotline]",
        "    names: [(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)]",
        "lexicon.yaml, line 10, channels.hotline.names #1: the term "
        "'(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)(a|b|c|d)' has over 1000 spellings; write it as several terms.",
    ),
    (
        "lexicon.yaml",
        "offices: {}",
        "offices:\n  chief: {party: soth, terms: [Chief]}",
        'lexicon.yaml, line 8, offices.chief.party: "soth" is no party of this relationship; did you mean "south"?',
    ),
    (
        "lexicon.yaml",
        "offices: {}",
        "offices:\n  chief:\n    party: south\n    holders: [{names: [Al], since: 0}]",
        'lexicon.yaml, line 10, offices.chief.holders #1.since: "0" is not a day that exists; write YYYY-MM-DD.',
    ),
    (
        "lexicon.yaml",
        "offices: {}",
        "offices:\n  chief:\n    party: south\n    holders: [{names: [Al], since: 2021-02-02, until: 2021-02-01}]",
        "lexicon.yaml, line 10, offices.chief.holders #1.until: it ends on 2021-02-01, before it begins on 2021-02-02; "
        "correct one of the two days.",
    ),
    (
        "lexicon.yaml",
        "    names: [hotline]",
        "    names: [hotline]\n    pairings: [{offices: [chief, head]}]",
        'lexicon.yaml, line 11, channels.hotline.pairings #1.offices #1: no office is called "chief"; '
        "describe it under offices.",
    ),
    # channels
    (
        HOT,
        "  zh: 热线\n",
        "",
        'channels/hotline.yaml, line 2, names: the key "zh" is missing; add it: there is one for each language.',
    ),
    (
        HOT,
        "  south: General Staff",
        "  suoth: General Staff",
        'channels/hotline.yaml, line 7, counterparts.suoth: "suoth" is no party of this relationship; '
        'did you mean "south"?',
    ),
    (
        HOT,
        "category: military",
        "category: militray",
        'channels/hotline.yaml, line 4, category: "militray" is not a word that belongs here; did you mean "military"?',
    ),
    (
        HOT,
        "cadence: annual",
        "cadence: anual",
        'channels/hotline.yaml, line 9, cadence: "anual" is not a cadence; did you mean "annual"?',
    ),
    (
        HOT,
        "state: suspended",
        "state: suspnded",
        'channels/hotline.yaml, line 18, history #2.state: "suspnded" is not a word that belongs here; '
        'did you mean "suspended"?',
    ),
    (
        HOT,
        "effective: 2022-08-05",
        "effective: 2022-02-30",
        'channels/hotline.yaml, line 19, history #2.effective: "2022-02-30" is a date that does not exist; '
        "write YYYY-MM-DD, YYYY-MM or YYYY as far as it is known.",
    ),
    (
        HOT,
        "effective: 2022-08-05",
        "effective: 5 August",
        'channels/hotline.yaml, line 19, history #2.effective: "5 August" is not a date; '
        "write YYYY-MM-DD, YYYY-MM or YYYY as far as it is known.",
    ),
    (
        HOT,
        "effective: 2022-08-05",
        "effective: 1997",
        'channels/hotline.yaml, line 19, history #2.effective: "1997" comes after 1998-04, '
        "so the order of dates is broken; move the entry up.",
    ),
    (
        HOT,
        "cause: The South hung up.",
        "cause:",
        "channels/hotline.yaml, line 20, history #2.cause: this is empty; write something or leave the key out.",
    ),
    (
        HOT,
        "  note: Local date.",
        "  expected: 2024",
        "channels/hotline.yaml, line 21, history #2.expected: only a planned channel is expected; "
        "leave the key out or write state: planned.",
    ),
    (
        HOT,
        "end: 2021-12-16",
        "end: 2021-12-13",
        'channels/hotline.yaml, line 29, contacts #1.end: "2021-12-13" is before the contact began (2021-12-14); '
        "correct one of the two dates.",
    ),
    (
        HOT,
        "- date: 2021-12-14\n  end: 2021-12-16\n",
        "- date: 2021-12\n  end: 2021-12-16\n",
        "channels/hotline.yaml, line 29, contacts #1.end: an end stands here without a first day (2021-12); "
        "write date as YYYY-MM-DD, or no end.",
    ),
    (
        HOT,
        "end: 2021-12-16",
        "end: 2021-12",
        'channels/hotline.yaml, line 29, contacts #1.end: "2021-12" names no day; write YYYY-MM-DD.',
    ),
    (
        HOT,
        "- date: 2021-12-14\n  end: 2021-12-16\n",
        "- end: 2021-12-16\n",
        "channels/hotline.yaml, line 28, contacts #1.end: an end stands here without a date; "
        "add the date on which it began.",
    ),
    (
        HOT,
        "- date: 2021-12-14\n  end: 2021-12-16\n  outcome",
        "- outcome",
        'channels/hotline.yaml, line 28, contacts #1: a contact that was "held" has no date; '
        "add date: as far as it is known.",
    ),
    (
        HOT,
        "- announced: 2023-01-09\n  outcome",
        "- outcome",
        "channels/hotline.yaml, line 35, contacts #2: this announcement has no day; add announced: YYYY-MM-DD.",
    ),
    (
        HOT,
        "outcome: held",
        "outcome: hold",
        'channels/hotline.yaml, line 30, contacts #1.outcome: "hold" is not a word that belongs here; '
        'did you mean "held"?',
    ),
    (
        HOT,
        "form: video",
        "form: viedo",
        'channels/hotline.yaml, line 31, contacts #1.form: "viedo" is not a word that belongs here; '
        'did you mean "video"?',
    ),
    (
        HOT,
        "asked_by: north",
        "asked_by: nroth",
        'channels/hotline.yaml, line 37, contacts #2.asked_by: "nroth" is no party of this relationship; '
        'did you mean "north"?',
    ),
    (
        HOT,
        "round: 3",
        "round: 0",
        'channels/hotline.yaml, line 32, contacts #1.round: "0" is too small; the bound is 1.',
    ),
    (
        HOT,
        "  note: Local date.\n  sources:\n  - north-1998\n  - source: gazette-2022\n    quote: We have hung up.\n",
        "  sources: []\n",
        "channels/hotline.yaml, line 21, history #2.sources: there are 0 entries; at least 1 are needed.",
    ),
    # sources
    (
        HOT,
        "sources: [north-1998]",
        "sources: [nroth-1998]",
        'channels/hotline.yaml, line 16, history #1.sources #1: no source is called "nroth-1998"; '
        'did you mean "north-1998"?',
    ),
    (
        HOT,
        "side: north",
        "side: noth",
        'channels/hotline.yaml, line 45, sources.north-1998.side: "noth" is no side of this relationship; '
        'did you mean "north"?',
    ),
    (
        HOT,
        "https://north.example/1998",
        "https://gazette.example/2022",
        "channels/hotline.yaml, line 42, sources.north-1998.url: this address stands under "
        '"gazette-2022" in sources.yaml already; cite that key; what several channels cite belongs in sources.yaml.',
    ),
    (
        HOT,
        "sources:\n  north-1998:",
        "sources:\n  spare-1999:\n    {url: 'https://a.example', title: A, publisher: B, side: north}\n  north-1998:",
        'channels/hotline.yaml, line 41, sources.spare-1999: nothing cites the source "spare-1999"; '
        "cite it in an entry or delete it.",
    ),
    (
        "sources.yaml",
        "gazette-2022:",
        "spare-1999:\n  {url: 'https://a.example', title: A, publisher: B, side: north}\ngazette-2022:",
        'sources.yaml, line 1, spare-1999: nothing cites the source "spare-1999"; cite it in an entry or delete it.',
    ),
    (
        "sources.yaml",
        "gazette-2022:",
        "north-1998:\n  {url: 'https://a.example', title: A, publisher: B, side: north}\ngazette-2022:",
        'channels/hotline.yaml, line 41, sources.north-1998: the key "north-1998" stands in sources.yaml too; '
        "write another key.",
    ),
    (
        "sources.yaml",
        "published: 2022-08-06",
        "published: 2022-13",
        'sources.yaml, line 6, gazette-2022.published: "2022-13" is a date that does not exist; '
        "write YYYY-MM-DD, YYYY-MM or YYYY as far as it is known.",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "sentence"), REFUSED, ids=[case[3][:70] for case in REFUSED])
def test_each_mistake_is_refused_in_one_sentence(folder: Folder, name: str, old: str, new: str, sentence: str) -> None:
    folder.replace(name, old, new)
    assert folder.refusal() == sentence


def test_the_same_entry_twice_is_refused(folder: Folder) -> None:
    contact = HOTLINE[HOTLINE.index("- date: 2021") : HOTLINE.index("- announced:")]
    folder.replace(HOT, "- announced:", contact.replace("gazette-2022", "north-1998") + "- announced:")
    assert folder.refusal() == (
        "channels/hotline.yaml, line 35, contacts #2: this entry stands here twice; "
        "delete one or correct what tells them apart."
    )


def test_a_state_recorded_twice_for_one_day_is_refused(folder: Folder) -> None:
    again = "- state: suspended\n  effective: 2022-08-05\n  cause: Again.\n  sources: [gazette-2022]\n\ncontacts:"
    folder.replace(HOT, "contacts:", again)
    assert folder.refusal().startswith("channels/hotline.yaml, line 27, history #3: this entry stands here twice;")


def another_pair() -> Path:
    """A second relationship beside the folder's, alike but for the names of its channels."""
    other = FOLDER.with_name("other-pair")
    shutil.copytree(FOLDER, other)
    (other / "lexicon.yaml").write_text(LEXICON.replace("north-south", "other-pair").replace("hotline", "phone"))
    renamed = RELATIONSHIP.replace("hotline", "phone").replace("sea-talks", "talks")
    (other / "relationship.yaml").write_text(renamed, encoding="utf-8")
    (other / "channels/hotline.yaml").rename(other / "channels/phone.yaml")
    (other / "channels/sea-talks.yaml").rename(other / "channels/talks.yaml")
    return other


def test_a_channel_may_stand_in_one_relationship_only(folder: Folder) -> None:
    other = FOLDER.with_name("other-pair")
    shutil.copytree(FOLDER, other)
    (other / "lexicon.yaml").write_text(LEXICON.replace("north-south", "other-pair"), encoding="utf-8")
    assert folder.refusal() == (
        'config/relationships/other-pair/relationship.yaml, line 11, channels #1: the channel "hotline" stands in '
        'north-south already; call one of them another name, such as "other-pair-hotline".'
    )
    shutil.rmtree(other)
    another_pair()
    assert [pack.relationship.slug for pack in load_relationships(Path("config"))] == ["north-south", "other-pair"]


def test_a_feed_of_two_relationships_is_one_feed(folder: Folder) -> None:
    other = another_pair()
    first, second = feeds_of(load_relationships(Path("config")))
    assert (first.slug, first.relationships) == ("north-news", ("north-south", "other-pair"))
    assert second.relationships == ("north-south", "other-pair")
    (other / "feeds.yaml").write_text(FEEDS.replace("every: 30m", "every: 45m"))
    assert folder.refusal() == (
        'config/relationships/other-pair/feeds.yaml, line 7, north-news.every: the feed "north-news" has another every '
        "in north-south; write the same in both, or give one of them another slug."
    )
    (other / "feeds.yaml").write_text(FEEDS.replace("north-news", "n-news"))
    assert folder.refusal() == (
        "config/relationships/other-pair/feeds.yaml, line 1, n-news.slug: this address is polled as "
        '"north-news" of north-south; write "north-news" here too, so that it is polled once for both.'
    )


def test_what_did_not_change_is_not_read_again(folder: Folder) -> None:
    other = another_pair()
    before = load(Path("config"))
    (other / "feeds.yaml").write_text("[]\n")
    after = load(Path("config"), before)
    assert after.packs[0] is before.packs[0]
    assert (len(after.packs[1].feeds), len(before.packs[1].feeds)) == (0, 2)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("effective: 2022-08-05", "effective: 2222-08-05", "line 19, history #2.effective"),
        ("- date: 2021-12-14\n  end: 2021-12-16", "- date: 2221-12-14", "line 28, contacts #1"),
        ("end: 2021-12-16", "end: 2221-12-16", "line 28, contacts #1"),
        ("- announced: 2023-01-09", "- announced: 2223-01-09", "line 35, contacts #2.announced"),
        (
            "- announced: 2023-01-09\n  outcome: announced",
            "- outcome: refused\n  date: 2223-01-09",
            "line 35, contacts #2",
        ),
        (
            "- announced: 2023-01-09\n  outcome: announced",
            "- outcome: no-answer\n  date: 2223-01-09",
            "line 35, contacts #2",
        ),
        ("established: 1998-04", "established: 2222-04", "line 10, established"),
        ("published: 1998-04", "published: 2222-04", "line 46, sources.north-1998.published"),
    ],
)
def test_what_has_not_come_cannot_have_happened(folder: Folder, old: str, new: str, where: str) -> None:
    folder.replace(HOT, old, new)
    day = new.split()[-1]
    assert folder.refusal().startswith(f'channels/hotline.yaml, {where}: "{day}" has not come (today is ')


def test_an_address_has_one_slug_in_a_file_too(folder: Folder) -> None:
    twice = "\n- slug: news-again\n  publisher: Ministry of Defence\n  side: north\n  lang: en\n  kind: feed\n"
    (FOLDER / "feeds.yaml").write_text(f"{FEEDS}{twice}  url: https://north.example/feed\n  every: 1h\n")
    assert folder.refusal().endswith('this address is polled as "north-news" of north-south; take one of the two out.')


def test_a_folder_that_may_not_be_read_is_named_and_does_not_look_empty(folder: Folder, not_root: None) -> None:
    (FOLDER / "channels").chmod(0)
    try:
        with pytest.raises(ConfigError) as caught:
            load_relationships(Path("config"))
    finally:
        (FOLDER / "channels").chmod(0o755)
    assert str(caught.value) == (
        "config/relationships/north-south/channels: the folder cannot be read (Permission denied); "
        "let the user that runs Open Lines read it."
    )


def test_a_folder_without_relationships_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_relationships(Path("nowhere"))
    assert str(caught.value) == (
        "nowhere/relationships: no relationship is configured here; "
        "point OPENLINES_CONFIG at a folder that holds relationships/."
    )


def test_a_missing_file_of_the_folder_is_named(folder: Folder) -> None:
    (FOLDER / "feeds.yaml").unlink()
    assert folder.refusal() == "feeds.yaml: there is no such file; create it."


def test_a_folder_name_that_is_no_slug_is_refused(folder: Folder) -> None:
    FOLDER.rename(FOLDER.with_name("North South"))
    assert folder.refusal() == (
        'config/relationships/North South: "North South" is no name for a relationship; '
        "write small letters and digits joined by hyphens."
    )


def test_sources_yaml_may_be_absent_where_nothing_is_shared(folder: Folder) -> None:
    (FOLDER / "sources.yaml").unlink()
    assert folder.refusal() == (
        'channels/hotline.yaml, line 24, history #2.sources #2: no source is called "gazette-2022"; '
        "add it under sources."
    )


@pytest.mark.parametrize("name", ["feeds.yaml", "sources.yaml", "channels/hotline.yaml", "lexicon.yaml"])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(folder: Folder, name: str) -> None:
    (FOLDER / name).unlink()
    os.mkfifo(FOLDER / name)
    assert folder.refusal() == f"{name}: this is no regular file; put a file in its place."


@pytest.mark.parametrize("name", ["weights.json", "measured.json"])
def test_a_pipe_in_the_place_of_weights_or_figures_is_refused_too(folder: Folder, name: str) -> None:
    Path("config/detection").mkdir()
    os.mkfifo(f"config/detection/{name}")
    with pytest.raises(ConfigError, match=f"{name}: this is no regular file"):
        (read_measured if name == "measured.json" else load)(Path("config"))


@pytest.mark.parametrize(
    ("languages", "sentence"),
    [
        ("[en, zho]", 'languages #2: "zho" is no language that is read; write one of en, zh.'),
        ("[en, zh, fr]", 'languages #3: "fr" is no language that is read; write one of en, zh.'),
        ("[en, zh, en]", 'languages #3: "en" is listed twice; delete one.'),
        ("[zh]", 'languages: the language "en" is missing; add en: pages are shown in English.'),
    ],
)
def test_a_language_that_there_are_no_words_of_is_named_with_those_that_there_are(
    folder: Folder, languages: str, sentence: str
) -> None:
    folder.replace("relationship.yaml", "[en, zh]", languages)
    assert folder.refusal() == f"relationship.yaml, line 2, {sentence}"
