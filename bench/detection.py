"""Detection on one core: the first pass, the matching and the whole, long texts, and memory over a long stream.

    python -m bench.detection [RELEASES]

The peer is the same lexicon as one alternation of Python's `re`, run over the text in lower case as it stands: it need
not fold widths, scripts and markup, which ours must. RELEASES is how many more are read for the memory after the first
10,000 (100,000 unless said). Times are those of the processor, so that other work on the machine counts for little.
"""

from __future__ import annotations

import itertools
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.stream import BOTH, NEITHER, long_text, stream
from config.load import RelationshipPack, load_relationships
from tests.many import write_packs
from tracker.detect import Detector, Detectors, Lexicon, detect
from tracker.detect.lexicon import parts, spellings
from tracker.detect.normalise import fold
from tracker.model import Release

ROUNDS = 5
OTHERS = 40
RELEASES = 2_000
PEER_RELEASES = 100
SIZES = (5_000, 50_000, 500_000, 5_000_000)
WARM, MORE = 10_000, 100_000

PUBLISHED = date(2024, 1, 10)
ENDS = {"en": ". ", "zh": "。"}
NAMING = {
    "en": "The United States and China held Defense Policy Coordination Talks on Jan. 8-9 in Washington",
    "zh": "中美两国国防部工作会晤1月8日至9日在华盛顿举行",
}


def rate(call: Callable[[Release], object], releases: Sequence[Release]) -> float:
    """Releases a second of processor time, the median of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for release in releases:
            call(release)
        seconds.append(time.process_time() - started)
    return len(releases) / statistics.median(seconds)


def alternation(terms: Iterable[str]) -> str:
    """Terms of a lexicon as one regular expression, the longest spelling first."""
    spelt = {spelling.lower() for term in terms for part in parts(term) for spelling in spellings(part)}
    return "|".join(_pattern(spelling) for spelling in sorted(spelt, key=lambda s: (-len(s), s)))


def _pattern(spelling: str) -> str:
    words = re.escape(spelling).replace(r"\.\.\.", r"[^.。;!?！？\n]{0,40}?").replace(r"\*", "[a-z0-9]*")
    return rf"\b{words}\b" if spelling.isascii() else words


def peer_first_pass(lexicon: Lexicon) -> Callable[[Release], bool]:
    """Whether a release names both parties, by one alternation with a group for each party and one for the pair."""
    named = dict(lexicon.parties)
    for office in lexicon.offices.values():
        holders = [name for holder in office.holders for name in holder.names]
        named[office.party] = [*named[office.party], *office.terms, *office.own, *holders]
    groups = {"pair": lexicon.pair} | named
    pattern = re.compile("|".join(f"(?P<{name}>{alternation(terms)})" for name, terms in groups.items()))

    def names_both(release: Release) -> bool:
        found = {release.side}
        for match in pattern.finditer(f"{release.title}\n{release.summary}".lower()):
            found.add(match.lastgroup)
            if "pair" in found or found >= named.keys():
                return True
        return False

    return names_both


def peer_matching(lexicon: Lexicon) -> Callable[[Release], int]:
    """How many terms of the whole lexicon a release's text has, by one alternation."""
    pattern = re.compile(alternation(_strings(lexicon.model_dump(exclude={"relationship"}))))
    return lambda release: sum(1 for _ in pattern.finditer(release.summary.lower()))


def find_all(detector: Detector, release: Release) -> int:
    """How many terms of the whole lexicon a release's text has, by the detector's own matching."""
    return len(detector.index.find(fold(release.summary), release.published, release.side))


def _strings(data: object) -> Iterator[str]:
    """All terms below a part of the lexicon: every list of strings there is a list of terms."""
    if isinstance(data, dict):
        data = [value for value in data.values() if isinstance(value, dict | list)]
    for item in data if isinstance(data, list) else ():
        if isinstance(item, str):
            yield item
        else:
            yield from _strings(item)


def long_texts() -> dict[str, Iterable[str]]:
    """Endless texts by their description."""
    mixed = [told for lang, end in ENDS.items() for told in (NAMING[lang] + end, *NEITHER[lang], *BOTH[lang])]
    return {
        "sentences": mixed,
        "sentences that all name a channel": [NAMING[lang] + end for lang, end in ENDS.items()],
        "one line without a full stop": [f"{NAMING['en']}, ", f"{NAMING['zh']}，"],
    }


def seconds_per_megabyte(told: Iterable[str], size: int, detector: Detector) -> float:
    """Processor seconds for each million bytes of one text of a size in bytes; a short one is read several times."""
    release = Release(None, "third-party", "en", "", "News", long_text(size, itertools.cycle(told)), PUBLISHED)
    reads = max(1, 200_000 // size)
    started = time.process_time()
    for _ in range(reads):
        detect(release, detector)
    return (time.process_time() - started) / (reads * size) * 1e6


def peak() -> float:
    """The most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def peaks(detector: Detector, more: int) -> tuple[float, float]:
    """Peak memory after the first releases and after so many more, each of them new."""
    for release in stream(WARM):
        detect(release, detector)
    warm = peak()
    for release in stream(more, first=WARM):
        detect(release, detector)
    return warm, peak()


def with_others(pack: RelationshipPack, pairs: int) -> Detectors:
    """The detector of a relationship with those of so many synthetic ones that read the same feed."""
    with tempfile.TemporaryDirectory() as folder:
        write_packs(Path(folder), pairs, channels=25)
        others = load_relationships(Path(folder))
    return Detectors([pack.detector, *(other.detector for other in others)])


def main() -> None:
    more = int(sys.argv[1]) if len(sys.argv) > 1 else MORE
    (pack,) = load_relationships(Path("config"))
    detector, lexicon = pack.detector, pack.lexicon
    warm, full = peaks(detector, more)

    table = Table("on one core", "ours", "one re", "ratio", "goal", title="detection")
    releases = list(stream(RELEASES))
    few = releases[:PEER_RELEASES]
    for name, ours, peer, goal in (
        ("first pass, releases/s", detector.may_concern, peer_first_pass(lexicon), "10,000"),
        ("all terms found, releases/s", partial(find_all, detector), peer_matching(lexicon), ""),
    ):
        mine, theirs = rate(ours, releases), rate(peer, few)
        table.add_row(name, f"{mine:,.0f}", f"{theirs:,.0f}", f"{mine / theirs:.0f}", goal)
    whole = rate(partial(detect, detector=detector), releases)
    table.add_row("whole detection, releases/s", f"{whole:,.0f}", "", "", "1,500")
    together = rate(with_others(pack, OTHERS).examine, releases)
    name = f"the same for it and {OTHERS} more relationships, against it alone"
    table.add_row(name, f"{together:,.0f}", f"{whole:,.0f}", f"{together / whole:.2f}", "")
    for name, told in long_texts().items():
        times = [seconds_per_megabyte(told, size, detector) for size in SIZES]
        shown = " ".join(f"{seconds:.2f}" for seconds in times)
        table.add_row(f"s/MB at 5, 50, 500, 5,000 kB: {name}", shown, "", f"{times[-1] / times[0]:.2f}", "1: linear")
    name = f"most memory in MB: {WARM:,} releases, {more:,} more"
    table.add_row(name, f"{warm:.0f} {full:.0f}", "", f"{full / warm:.2f}", "1: flat")
    Console().print(table)


if __name__ == "__main__":
    main()
