"""A small pair of powers as real files, to be broken one line at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.load import RelationshipPack, load_relationships

SHIPPED = Path(__file__).parents[2] / "config"

RELATIONSHIP = """\
names: {en: North and South, zh: 南北}
languages: [en, zh]
parties:
- code: north
  names: {en: North, zh: 北}
  timezone: Europe/Oslo
- code: south
  names: {en: South, zh: 南}
  timezone: Africa/Cairo
channels:
- hotline
- sea-talks
"""

HOTLINE = """\
names:
  en: Hotline
  zh: 热线
category: military
counterparts:
  north: Ministry of Defence
  south: General Staff
description: A telephone between two desks.
cadence: annual
established: 1998-04

history:
- state: active
  effective: 1998-04
  cause: Agreement signed.
  sources: [north-1998]

- state: suspended
  effective: 2022-08-05
  cause: The South hung up.
  note: Local date.
  sources:
  - north-1998
  - source: gazette-2022
    quote: We have hung up.

contacts:
- date: 2021-12-14
  end: 2021-12-16
  outcome: held
  form: video
  round: 3
  sources: [gazette-2022]

- announced: 2023-01-09
  outcome: announced
  asked_by: north
  sources: [gazette-2022]

sources:
  north-1998:
    url: https://north.example/1998
    title: Agreement on the line
    publisher: Ministry of Defence
    side: north
    published: 1998-04
"""

SEA_TALKS = """\
names: {en: Sea talks, zh: 海上会谈}
category: military
counterparts: {north: Navy, south: Navy}
description: Talks at sea.
history:
- state: planned
  effective: 2023-01-09
  expected: 2023
  cause: Agreed.
  sources: [gazette-2022]
"""

SOURCES = """\
gazette-2022:
  url: https://gazette.example/2022
  title: The line and the talks
  publisher: The Gazette
  side: third-party
  published: 2022-08-06
"""

FEEDS = """\
- slug: north-news
  publisher: Ministry of Defence
  side: north
  lang: en
  kind: feed
  url: https://north.example/feed
  every: 30m

- slug: south-list
  publisher: General Staff
  side: south
  lang: zh
  kind: listing
  url: http://south.example/list/
  select:
    item: ul li
    link: a
    title: a
    date: small
  date_format: "%Y-%m-%d"
  timezone: Africa/Cairo
  full_text: true
  every: 2h
"""

LEXICON = """\
relationship: north-south
parties:
  north: [North]
  south: [South]
pair: [North and South]
others: {}
offices: {}
channels:
  hotline:
    names: [hotline]
signals:
  meet: [spoke]
marks: {}
"""

FOLDER = Path("config/relationships/north-south")


class Folder:
    """The configuration below the current directory, and what the product says of it."""

    def write(self, name: str, text: str | bytes) -> None:
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def replace(self, name: str, old: str, new: str) -> None:
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} should stand once in {name}"
        self.write(name, text.replace(old, new))

    def load(self) -> RelationshipPack:
        (pack,) = load_relationships(Path("config"))
        return pack

    def refusal(self) -> str:
        with pytest.raises(ConfigError) as caught:
            load_relationships(Path("config"))
        return str(caught.value).replace(str(FOLDER) + "/", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    folder = Folder()
    folder.write("relationship.yaml", RELATIONSHIP)
    folder.write("channels/hotline.yaml", HOTLINE)
    folder.write("channels/sea-talks.yaml", SEA_TALKS)
    folder.write("sources.yaml", SOURCES)
    folder.write("feeds.yaml", FEEDS)
    folder.write("lexicon.yaml", LEXICON)
    return folder


NOBODY = 65534
"""The user who owns nothing."""


@pytest.fixture
def not_root() -> Iterator[None]:
    """As somebody who is not let in everywhere, whoever runs the tests: its files are given to them as well."""
    if os.geteuid():
        yield
        return
    for path in (Path(), *Path().rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)
