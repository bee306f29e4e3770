"""Search at 100,000 releases, against a plain scan of the same texts and against itself at a tenth of them.

    python -m bench.search [RELEASES]

The releases are put together from sentences of our labelled cases, in both languages, in two databases on disk. Each
query is asked of both, and of a `LIKE` over titles and summaries, by turns; the figures to read are the ratios within
one run. What the index adds to keeping a release is measured on the full database. Times are those of the processor, so
that other work on the machine counts for little.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count as numbers
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from db.search import Narrowed
from db.store import Store, open_store
from tracker.model import Release
from tracker.search import read_query

ROUNDS = 5
AT = datetime(2026, 1, 1, tzinfo=UTC)
CASES = Path(__file__).parent.parent / "training/cases"
SENTENCES = 6
PAGE = 20
POLL = 50
"""Releases that one poll brings."""

QUERIES = {
    "会晤": "two characters",
    "國防部工作會晤": "seven characters, traditional",
    "dpct": "a rare word",
    "talks": "a common word",
    "defense policy coordination talks": "four words",
    '"policy coordination"': "a phrase",
    "美国 会谈 -台湾": "two words and not a third",
    "中": "one character, in nearly half of all",
    "the": "a word that is in half of all",
}


def texts() -> Iterator[Release]:
    """Releases without end, every second one in Chinese."""
    pick = random.Random(7)
    cases = [json.loads(line) for path in sorted(CASES.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    said = {lang: [case for case in cases if case["lang"] == lang] for lang in ("en", "zh")}
    sentences = {
        lang: [part for case in told for part in re.split(r"(?<=[.。!？]) *", case["summary"]) if part]
        for lang, told in said.items()
    }
    for number in numbers():
        lang = ("en", "zh")[number % 2]
        case = pick.choice(said[lang])
        summary = ("" if lang == "zh" else " ").join(pick.choices(sentences[lang], k=SENTENCES))
        published = date(2020, 1, 1) + timedelta(days=number % 2000)
        yield Release(None, case["side"], lang, "Bench", f"{case['title']} {number}", summary, published)


def filled(path: Path, count: int) -> tuple[Store, float]:
    """A store with so many releases, and how many microseconds indexing each took."""
    store = open_store(f"sqlite:///{path}", create=True)
    store.migrate()
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("BEGIN")
    releases = list(islice(texts(), count))
    for number, release in enumerate(releases, 1):
        rows.execute(
            "INSERT INTO release (id, guid, side, publisher, lang, published, first_seen) "
            "VALUES (?, ?, ?, ?, ?, ?, '')",
            (number, str(number), release.side, release.publisher, release.lang, release.published.isoformat()),
        )
        rows.execute(
            "INSERT INTO release_revision (release, number, title, summary, hash, seen_at) VALUES (?, 1, ?, ?, '', '')",
            (number, release.title, release.summary),
        )
    rows.execute("COMMIT")
    rows.close()
    started = time.process_time()
    for first in range(0, count, POLL):
        with store.writing() as db:
            for number, release in enumerate(releases[first : first + POLL], first + 1):
                db.search.keep_release(number, 1, release, now=AT)
    return store, (time.process_time() - started) / count * 1e6


def keeping(store: Store) -> tuple[float, float]:
    """Microseconds that keeping a new release takes in polls of fifty, by turns without the index and with it."""
    told, seconds = list(islice(texts(), 2_000)), {False: 0.0, True: 0.0}
    for first in range(0, len(told), POLL):
        indexed = first // POLL % 2 == 1
        started = time.process_time()
        with store.writing() as db:
            if not indexed:
                db.releases._search.keep_release = lambda *_, **__: None
            for release in told[first : first + POLL]:
                guid = f"a new {release.title}"
                assert db.releases.keep(release, guid=guid, canonical_url=guid, now=AT).fresh
        seconds[indexed] += time.process_time() - started
    return seconds[False] / len(told) * 2e6, seconds[True] / len(told) * 2e6


def milliseconds(ask: Callable[[], object]) -> float:
    started = time.process_time()
    ask()
    return (time.process_time() - started) * 1e3


def ask(store: Store, typed: str) -> int:
    """The first page and the count, as the search page asks for them."""
    with store.reading() as db:
        query = read_query(typed)
        db.search.releases(query, Narrowed(), most=PAGE)
        return db.search.count_releases(query, Narrowed())


def scan(rows: sqlite3.Connection, typed: str) -> None:
    """The same number of releases by a scan; it ranks nothing and knows no forms of words."""
    word = f"%{typed.split()[0].strip(chr(34))}%"
    rows.execute(
        "SELECT release FROM release_revision WHERE title LIKE ? OR summary LIKE ? ORDER BY release DESC", (word, word)
    ).fetchmany(PAGE)
    rows.execute("SELECT COUNT(*) FROM release_revision WHERE title LIKE ? OR summary LIKE ?", (word, word)).fetchone()


def sizes(rows: sqlite3.Connection) -> tuple[float, float]:
    """Megabytes of the index and of the texts."""
    told = dict(rows.execute("SELECT name, SUM(pgsize) / 1e6 FROM dbstat GROUP BY name"))
    index = sum(size for name, size in told.items() if name.startswith(("release_words", "release_document")))
    return index, told["release_revision"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        full, each = filled(Path(folder) / "full.db", count)
        tenth, each_of_tenth = filled(Path(folder) / "tenth.db", count // 10)
        rows = sqlite3.connect(Path(folder) / "full.db")
        table = Table("query", "finds", "ms", "LIKE / ours", "ours / a tenth", title=f"search of {count:,} releases")
        for typed, what in QUERIES.items():
            number = ask(full, typed)
            turns = [
                (
                    milliseconds(lambda typed=typed: ask(full, typed)),
                    milliseconds(lambda typed=typed: scan(rows, typed)),
                    milliseconds(lambda typed=typed: ask(tenth, typed)),
                )
                for _ in range(ROUNDS)
            ]
            ours, floor, small = (statistics.median(column) for column in zip(*turns, strict=True))
            table.add_row(
                f"{typed} ({what})", f"{number:,}", f"{ours:.1f}", f"{floor / ours:.1f}", f"{ours / small:.1f}"
            )
        index, words = sizes(rows)
        bare, whole = keeping(full)
        for store in (full, tenth):
            store.close()
    console = Console()
    console.print(table)
    console.print(f"index {index:.0f} MB of {words:.0f} MB of texts ({index / words:.2f})")
    console.print(f"indexing a release: {each:.0f} µs ({each_of_tenth:.0f} µs in the smaller database)")
    console.print(f"keeping a release: {bare:.0f} µs without the index, {whole:.0f} µs with it ({whole / bare:.2f})")


if __name__ == "__main__":
    main()
