"""How a view of the record is cited: what it showed, hashed, and the sentence or entry that a reader puts in a paper.

Pure. The hash is over the rows of the view in a canonical form, so that it can be reckoned again years later: JSON with
sorted keys, in UTF-8, without what is empty, so that a field that came later changes no older hash. Rows are those of
the record, or facts of another kind, such as the heads of its chain.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import cache
from operator import attrgetter
from typing import Any

from tracker.errors import Refused
from tracker.model import Entry, Source
from tracker.record.lineage import entry_key
from tracker.tongue import gettext, msg

PUBLISHER = "Open Lines"

HASH_SHOWN = 32
"""Hexadecimal digits of the SHA-256 that an address carries: 128 bits."""

_NOT_TOLD = {
    "id", "sources", "recorded_by", "decision", "withdrawn_at", "withdrawn_reason", "derived", "pages",
    "page_read", "passage", "heard_until",
}  # fmt: skip
"""What is said of a row elsewhere, or may change while the row stays as it is."""
_KEPT = "canonical"
"""Where a row has its canonical form once that was asked for."""

_written = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_MARK = re.compile(r"(\d{1,12})\.(\d{1,12})\.([0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """What a cited address keeps beside the two clocks: how many rows there were, their hash, and the revision of the
    record by then: how often it had been written to. Older addresses have another counter there; nothing rests on it.
    """

    revision: int
    count: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.revision}.{self.count}.{self.sha256[:HASH_SHOWN]}"

    @classmethod
    def read(cls, text: str) -> Mark:
        """Raises Refused for what is no mark."""
        match = _MARK.fullmatch(text)
        if not match:
            remedy = gettext("Open the address as it was cited, or leave cited out.")
            raise Refused(gettext("cited is not the mark of a citation."), remedy, field="cited")
        return cls(int(match[1]), int(match[2]), match[3])

    def holds(self, other: Mark) -> bool:
        """Whether the rows are those that were cited; the revision may have moved on."""
        return (self.count, self.sha256[:HASH_SHOWN]) == (other.count, other.sha256[:HASH_SHOWN])


Rows = Mapping[str, bytes]
"""What a view shows: each row by its name (`change-7`, `checkpoint-12`), in its canonical form."""


def mark_of(rows: Rows, revision: int) -> Mark:
    """The mark of a view that shows these rows."""
    return Mark(revision, len(rows), hashlib.sha256(b"\n".join(sorted(rows.values()))).hexdigest())


def hashes(rows: Rows) -> list[tuple[str, str]]:
    """Each row by name, with the SHA-256 of its canonical form."""
    return sorted((name, hashlib.sha256(told).hexdigest()) for name, told in rows.items())


@dataclass(frozen=True)
class Differing:
    """Rows by name that read otherwise in a later view than in an earlier one, are in the later one alone, or gone."""

    otherwise: tuple[str, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.otherwise, *self.new, *self.gone)


def differing(then: Rows, now: Rows) -> Differing:
    """How the rows of a view differ from those that it showed."""
    return Differing(
        otherwise=tuple(sorted(name for name in then.keys() & now.keys() if then[name] != now[name])),
        new=tuple(sorted(now.keys() - then.keys())),
        gone=tuple(sorted(then.keys() - now.keys())),
    )


def entry_rows(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Rows of the record as they are cited."""
    return {entry_key(entry): canonical(entry) for entry in entries}


def json_told(told: Mapping[str, Any]) -> str:
    """A value of a fact that has parts of its own."""
    return _written(told)


def fact(name: str, told: Mapping[str, Any]) -> tuple[str, bytes]:
    """A row that is none of the record, by its name: what it tells in its canonical form, by the same rules."""
    filled = {field: _plain(value) for field, value in told.items() if not _says_nothing(value)}
    return name, _written(filled | {"row": name}).encode()


def canonical(row: Entry) -> bytes:
    """What a row tells, with its sources, in UTF-8 that is the same for the same row.

    Kept with the row, since a row never changes, and most pages hash every row that they show.
    """
    kept = vars(row)
    if _KEPT not in kept:
        told = _filled(row) | {"row": entry_key(row), "sources": sorted(map(_source, row.sources))}
        kept[_KEPT] = _written(told).encode()
    return kept[_KEPT]


def _source(source: Source) -> str:
    return _written(_filled(source))


def _filled(thing: Entry | Source) -> dict[str, Any]:
    names, values_of = _told_of(type(thing))
    values = zip(names, values_of(thing), strict=True)
    return {name: _plain(value) for name, value in values if name in _TOLD_IF_NO or not _says_nothing(value)}


def _says_nothing(value: Any) -> bool:
    """Nothing, or a plain no: a field that came with a later version leaves the form of older rows as it was."""
    return value is None or value is False or value == () or value == ""


_TOLD_IF_NO = frozenset({"substantive"})
"""A field that was written out from the first day on, also where it says no."""


@cache
def _told_of(kind: type[Entry] | type[Source]) -> tuple[tuple[str, ...], attrgetter]:
    names = tuple(field.name for field in fields(kind) if field.name not in _NOT_TOLD)
    return names, attrgetter(*names)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, int) else list(value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class Citation:
    """A view of the record as it is cited. `address` carries both clocks and the mark; `accessed`: the reader's day."""

    title: str
    address: str
    as_of: date
    known_at: datetime
    accessed: date
    mark: Mark

    @property
    def key(self) -> str:
        """The name of the entry in a bibliography: `openlines-20240201-1a2b3c4d`."""
        return f"openlines-{self.as_of:%Y%m%d}-{self.mark.sha256[:8]}"

    @property
    def note(self) -> str:
        """What a reader needs besides the address to find the same rows again."""
        return (
            f"As of {self.as_of.isoformat()}, as known at {_instant(self.known_at)}; revision {self.mark.revision}, "
            f"{self.mark.count} rows, SHA-256 {self.mark.sha256}"
        )


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def text(cited: Citation) -> str:
    """One sentence for a footnote."""
    return (
        f"{PUBLISHER}, “{cited.title}”. {cited.note}. {cited.address} "
        f"(accessed {cited.accessed.isoformat()}). Data: CC BY 4.0."
    )


def bibtex(cited: Citation) -> str:
    """An entry of type misc, in ASCII braces."""
    told = {
        "author": f"{{{PUBLISHER}}}",
        "title": _tex(cited.title),
        "year": f"{cited.known_at.astimezone(UTC):%Y}",
        "month": f"{cited.known_at.astimezone(UTC):%m}",
        "howpublished": f"\\url{{{cited.address}}}",
        "url": cited.address,
        "urldate": cited.accessed.isoformat(),
        "note": _tex(cited.note),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in told.items())
    return f"@misc{{{cited.key},\n{lines}\n}}\n"


def _tex(words: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", re.sub(r"[\\{}~^]", "", words))


def ris(cited: Citation) -> str:
    """An entry of type ELEC (a page of the web)."""
    told = [
        ("TY", "ELEC"),
        ("AU", PUBLISHER),
        ("TI", cited.title),
        ("PY", f"{cited.known_at.astimezone(UTC):%Y/%m/%d}"),
        ("Y2", f"{cited.accessed:%Y/%m/%d}"),
        ("UR", cited.address),
        ("N1", cited.note),
        ("ID", cited.key),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in told)


def csl(cited: Citation) -> str:
    """CSL JSON: a list of one item of type webpage."""
    known = cited.known_at.astimezone(UTC)
    item = {
        "id": cited.key,
        "type": "webpage",
        "title": cited.title,
        "author": [{"literal": PUBLISHER}],
        "container-title": PUBLISHER,
        "issued": {"date-parts": [[known.year, known.month, known.day]]},
        "accessed": {"date-parts": [[cited.accessed.year, cited.accessed.month, cited.accessed.day]]},
        "URL": cited.address,
        "version": str(cited.mark.revision),
        "note": cited.note,
    }
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def gbt7714(cited: Citation) -> str:
    """The Chinese national standard GB/T 7714-2015, an electronic resource on line: [DS/OL] for a data set."""
    known = cited.known_at.astimezone(UTC)
    return (
        f"{PUBLISHER}. {cited.title}[DS/OL]. ({known:%Y-%m-%d})[{cited.accessed:%Y-%m-%d}]. {cited.address}. "
        f"截至 {cited.as_of:%Y-%m-%d}；版本 {cited.mark.revision}；{cited.mark.count} 条；"
        f"SHA-256 {cited.mark.sha256}.\n"
    )


FORMATS: dict[str, tuple[Callable[[Citation], str], str]] = {
    "text": (text, "text/plain"),
    "bibtex": (bibtex, "application/x-bibtex"),
    "ris": (ris, "application/x-research-info-systems"),
    "csl": (csl, "application/vnd.citationstyles.csl+json"),
    "gbt7714": (gbt7714, "text/plain"),
}
"""How each form is written, and its media type."""

FORM_NAMES = {"text": msg("Plain text"), "bibtex": "BibTeX", "ris": "RIS", "csl": "CSL JSON", "gbt7714": "GB/T 7714"}
