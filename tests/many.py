"""Packs of many relationships, written as files: one state that is on the map of nobody, and its talks with others.

All of them are samples. The first state's ministry has one feed, which every pack reads; each other state has its own.
"""

from __future__ import annotations

from pathlib import Path

HUB = ("hub", "Hubland", "枢国")
"""The state that is a party to every pair: code, and name in English and Chinese."""

SHARED = "hub-news"
"""The slug of the feed that is read for all pairs."""

_STEMS = ("Av", "Bor", "Cal", "Dor", "El", "Far", "Gal", "Hol")
_ENDS = (("aria", "阿"), ("onia", "奥"), ("island", "岛"), ("umbra", "乌"), ("ethia", "埃"))
_SIGNS = "东南西北上下左右"

_KINDS = (
    ("hotline", "military", "military hotline", "军事热线"),
    ("summit", "diplomatic", "leaders' meeting", "首脑会晤"),
    ("working-group", "other", "working group", "工作组会议"),
)
_STATES = (("active",), ("active", "suspended"), ("active", "suspended", "resumed"))


def partner(number: int) -> tuple[str, str, str]:
    """The other state of a pair, by its number from 0: code, and name in English and Chinese."""
    round_, place = divmod(number, len(_STEMS) * len(_ENDS))
    end, sign = _ENDS[place // len(_STEMS)]
    stem = place % len(_STEMS)
    more = f" {round_ + 1}" if round_ else ""
    return f"p{number:03}", f"{_STEMS[stem]}{end}{more}", f"{sign}{_SIGNS[stem]}国{more.strip()}"


def slug_of(number: int) -> str:
    return f"hub-{partner(number)[0]}"


def write_packs(config: Path, pairs: int, *, channels: int = 3, feed: str = "https://hub.example/feed") -> None:
    """So many pairs below `config`/relationships, each with as many channels; `feed` is the address that all read."""
    for number in range(pairs):
        write_pack(config, number, channels=channels, feed=feed)


def write_pack(config: Path, number: int, *, channels: int = 3, feed: str = "https://hub.example/feed") -> Path:
    """The folder of one pair, written."""
    folder = config / "relationships" / slug_of(number)
    (folder / "channels").mkdir(parents=True)
    names = [_channel_slug(number, place) for place in range(channels)]
    for name, text in (
        ("relationship", _relationship(number, names)),
        ("lexicon", _lexicon(number, names)),
        ("feeds", _feeds(number, feed)),
    ):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    for place, name in enumerate(names):
        (folder / "channels" / f"{name}.yaml").write_text(_channel(number, place), encoding="utf-8")
    return folder


def release_on(number: int, place: int = 0) -> tuple[str, str]:
    """Title and text of a release of the first state that tells of a meeting in a channel of a pair."""
    other, kind = partner(number)[1], _KINDS[place % len(_KINDS)][2]
    title = f"Hubland and {other} hold {kind}"
    return title, f"On 8 January 2024 Hubland and {other} held the {kind} in a third capital. Sample text."


def _channel_slug(number: int, place: int) -> str:
    kind = _KINDS[place % len(_KINDS)][0]
    return f"{partner(number)[0]}-{kind}" + (f"-{place}" if place >= len(_KINDS) else "")


def _relationship(number: int, channels: list[str]) -> str:
    code, english, chinese = partner(number)
    lines = "\n".join(f"- {name}" for name in channels)
    return f"""\
names:
  en: {HUB[1]} – {english}
  zh: {HUB[2]}—{chinese}
languages: [en, zh]
parties:
- code: {HUB[0]}
  names: {{en: {HUB[1]}, zh: {HUB[2]}}}
  timezone: Atlantic/Reykjavik
- code: {code}
  names: {{en: {english}, zh: {chinese}}}
  timezone: Indian/Mauritius
channels:
{lines}
"""


def _lexicon(number: int, channels: list[str]) -> str:
    code, english, chinese = partner(number)
    found = ""
    for place, name in enumerate(channels):
        _, _, told, told_zh = _KINDS[place % len(_KINDS)]
        more = f" {place}" if place >= len(_KINDS) else ""
        found += f"  {name}:\n    names: [{told}{more}, {told_zh}{more}]\n"
    others = "".join(
        f"  {other}: {{names: [{name}, {sign}], counterparts: [{HUB[1]}-{name}, {name}-{HUB[1]}]}}\n"
        for other, name, sign in map(partner, range(40))
        if other != code
    )
    return f"""\
relationship: {slug_of(number)}
parties:
  {HUB[0]}: [{HUB[1]}, {HUB[2]}]
  {code}: [{english}, {chinese}]
pair: [{HUB[1]}-{english}, {english}-{HUB[1]}]
others:
{others}offices: {{}}
channels:
{found}"""


def _feeds(number: int, feed: str) -> str:
    code, english, _ = partner(number)
    private = "\n  allow_private: true" if "//127.0.0.1" in feed else ""
    return f"""\
- slug: {SHARED}
  publisher: Ministry of Hubland
  side: {HUB[0]}
  lang: en
  kind: feed
  url: {feed}
  every: 30m{private}
- slug: {code}-news
  publisher: Ministry of {english}
  side: {code}
  lang: en
  kind: feed
  url: https://{code}.example/feed
  every: 30m
  enabled: false
  reason: A sample.
"""


def _channel(number: int, place: int) -> str:
    code, english, chinese = partner(number)
    _, category, told, told_zh = _KINDS[place % len(_KINDS)]
    more = f" {place}" if place >= len(_KINDS) else ""
    history = "".join(
        f"- state: {state}\n  effective: {2021 + at}-0{1 + number % 9}-1{place % 9}\n  cause: Sample cause {at}.\n"
        f"  sources: [paper-{at}]\n"
        for at, state in enumerate(_STATES[(number + place) % len(_STATES)])
    )
    states = len(_STATES[(number + place) % len(_STATES)])
    sources = "".join(
        f"  paper-{at}:\n    url: https://paper.example/{code}/{place}/{at}\n    title: Sample report {at}\n"
        f"    publisher: Sample paper\n    side: third-party\n"
        f"    published: {2021 + at}-0{1 + number % 9}-1{place % 9}\n"
        for at in range(states)
    )
    return f"""\
names:
  en: {english} {told}{more}
  zh: {chinese}{told_zh}{more}
category: {category}
counterparts:
  {HUB[0]}: Ministry of Hubland
  {code}: Ministry of {english}
description: Sample channel between Hubland and {english}.
cadence: annual
history:
{history}
contacts:
- date: 2021-0{1 + number % 9}-1{place % 9}
  outcome: held
  form: in person
  place: A third capital
  summary: Sample summary.
  sources: [paper-0]
sources:
{sources}"""
