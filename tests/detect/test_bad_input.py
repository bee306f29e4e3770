"""Bad input: no exception, spans at the right words, and the event still found where a reader would find it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stream import NEITHER, long_text
from tests.commands import run
from tests.detect.conftest import ROOT
from tests.detect.test_detect import texts
from tracker.detect import Detector, Lexicon, detect, examine
from tracker.detect.match import Index
from tracker.detect.normalise import LONGEST, fold
from tracker.measuring.evaluate import release_from_case
from tracker.model import Release, Signal

ENGLISH = "The Pentagon said that the United States and China held Defense Policy Coordination Talks on Tuesday."
CHINESE = "中美两国国防部1月9日举行国防部工作会晤。"
EVENT = ("dpct", Signal.HELD, "2024-01-09")
PUBLISHED = date(2024, 1, 10)


def between(mark: str) -> Callable[[str], str]:
    return mark.join


def spaces_as(space: str) -> Callable[[str], str]:
    return lambda text: text.replace(" ", space)


def tagged(before: str, after: str) -> Callable[[str], str]:
    """A word within the channel's name between tags."""
    return lambda text: re.sub("Policy|部工作", lambda word: before + word.group() + after, text)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text).replace(" ", "\u3000")


LATIN, CYRILLIC = "ABEKMHOPCTXaekmopctyxi", "АВЕКМНОРСТХаекморстухі"
GREEK = ("ABEZHIKMNOPTXYaikovu", "ΑΒΕΖΗΙΚΜΝΟΡΤΧΥαικονυ")
DISGUISES = {
    "zero-width spaces": between("\u200b"),
    "zero-width joiners": between("\u200d"),
    "soft hyphens": between("\u00ad"),
    "variation selectors": between("\ufe0f"),
    "accents on their own": between("\u0301\u0302"),
    "fillers": between("\u3164"),
    "byte-order mark": lambda text: "\ufeff" + text,
    "right to left": lambda text: f"\u202e{text}\u202c",
    "bidirectional isolates": between("\u2066\u2069"),
    "NUL": between("\0"),
    "control characters": between("\x08"),
    "half surrogates": lambda text: "\ud83d" + "\udc00".join(text),
    "full width": full_width,
    "mathematical letters": lambda text: re.sub("[a-z]", lambda c: chr(0x1D41A + ord(c.group()) - 97), text),
    "Cyrillic letters": lambda text: text.translate(str.maketrans(LATIN, CYRILLIC)),
    "Greek letters": lambda text: text.translate(str.maketrans(*GREEK)),
    "flags and hands": lambda text: f"🇺🇸🤝🇨🇳 {text} 👨‍👩‍👧👍🏽",
    "emoji after the name": lambda text: re.sub("Talks|会晤", lambda word: word.group() + "🎉", text),
    "no-break spaces": spaces_as("\u00a0"),
    "tabs": spaces_as("\t"),
    "mixed spaces": spaces_as(" \u200b\u3000\u2009 "),
    "paragraph": lambda text: f"<p>{text}</p>",
    "bold": tagged("<b>", "</b>"),
    "link": tagged(f'<a href="https://news.example/?{"a=1&b=2&" * 60}">', "</a>"),
    "tag escaped twice": tagged("&lt;b class=&quot;x&quot;&gt;", "&lt;/b&gt;"),
    "comment and script": lambda text: f"<!-- a --><script>if (1 < 2) f('<p>');</script>{text}",
    "style and an open script": lambda text: f"<STYLE type='a'>p {{ top: 0 }}</style >{text}<script>",
    "&nbsp;": spaces_as("&nbsp; "),
    "&amp;nbsp;": spaces_as("&amp;nbsp;"),
    "numbered entities": lambda text: re.sub("[Plk国]", lambda c: f"&#{ord(c.group())};", text),
    "words broken by an entity": lambda text: text.replace("rdin", "r&shy;d&#8203;in").replace("作会", "作&shy;会"),
    "small letters": str.lower,
    "letters that grow": lambda text: "İﷺﬁ" * 20 + " " + text,
}


def in_summary(text: str) -> Release:
    return Release(1, "third-party", "en", "", "News", text, PUBLISHED)


def in_title(text: str) -> Release:
    return Release(1, "third-party", "en", "", text, "", PUBLISHED)


def told(release: Release, detector: Detector) -> set[tuple[str, Signal, str | None]]:
    """What is flagged, after a look at every quotation."""
    seen = examine(release, detector)
    for sighting in seen:
        for e in sighting.evidence:
            assert e.text == getattr(release, e.field)[e.start : e.end] != ""
    return {(s.channel, s.signal, str(s.date) if s.date else None) for s in seen if s.flagged}


@pytest.mark.parametrize("make", [in_summary, in_title])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
@pytest.mark.parametrize("disguise", DISGUISES)
def test_an_event_is_found_through_every_disguise(detector: Detector, disguise: str, text: str, make):
    assert EVENT in told(make(DISGUISES[disguise](text)), detector)


def test_a_quotation_holds_the_whole_word_with_what_stood_within_it(detector: Detector):
    text = "中美国防部工作会&#26212;9日举行。PRC and U.S. officials held <b>Defense</b> Policy Coordination Talk&#115;."
    quoted = {e.text for sighting in detect(in_summary(text), detector) for e in sighting.evidence}
    assert {"中美国防部工作会&#26212;", "Defense</b> Policy Coordination Talk&#115;"} <= quoted, quoted


JUNK = {
    "empty": "",
    "blank": " \n\t\u3000\u200b" * 50,
    "read in the wrong encoding": (ENGLISH + CHINESE).encode().decode("latin-1"),
    "two encodings": (CHINESE.encode("gbk") + ENGLISH.encode() + CHINESE.encode()).decode("utf-8", "replace"),
    "stray bytes": (CHINESE.encode("gbk") + ENGLISH.encode()).decode("utf-8", "surrogateescape"),
    "nothing but marks": "\u200b\u202e\ufeff\u2067" * 500,
    "nothing but emoji": "👨‍👩‍👧🇺🇸🇨🇳" * 500,
    "open brackets": "<" * 500 + "&" * 500 + "[" * 500 + "(US" * 500,
    "a pattern": ".*(a|b)+[x-z]{3}(?P<n>\\1)^$" * 50,
    "every plane": "".join(map(chr, range(0, 0x110000, 97))),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_does_no_harm_by_itself_and_beside_an_event(detector: Detector, name: str):
    assert told(in_summary(JUNK[name]), detector) <= {EVENT}
    told(in_title(JUNK[name]), detector)
    assert EVENT in told(in_summary(f"{ENGLISH}\n{JUNK[name]}"), detector)


def neutral(size: int) -> str:
    """English and Chinese sentences that name nobody, so many bytes of them."""
    sentences = [f"{sentence} " for language in NEITHER.values() for sentence in language]
    return long_text(size, (sentence for _ in range(size) for sentence in sentences))


def one_line(size: int) -> str:
    """The same without an end of a sentence, up to where reading cuts it."""
    line = re.sub("[.。]", ",", neutral(size))
    return line[: len(line) // LONGEST * LONGEST]


LONG = {
    "5 MB": lambda: f"{neutral(2_500_000)}\n{ENGLISH}\n{neutral(2_500_000)}",
    "one line of 1 MB": lambda: one_line(1_000_000) + ENGLISH,
    "a thousand sentences that all name the channel": lambda: CHINESE * 1_000,
    "one sentence that names nothing else": lambda: "中美国防部工作会晤" * 5_000,
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name == "5 MB")) for name in LONG])
def test_a_long_text_is_read_to_its_end(detector: Detector, name: str):
    assert "dpct" in {channel for channel, _, _ in told(in_summary(LONG[name]()), detector)}


def test_a_title_too_long_to_be_one_is_read_to_its_end(detector: Detector):
    assert EVENT in told(in_title(f"{neutral(200_000)}\n{ENGLISH}"), detector)


def steps(release: Release, detector: Detector) -> int:
    """How many calls it takes to read a release: the same on every machine."""
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(one_more)
    try:
        detect(release, detector)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("sentence", [ENGLISH + " ", CHINESE])
def test_four_times_as_many_sentences_that_tell_an_event_take_four_times_the_work(detector: Detector, sentence: str):
    few, many = (steps(in_summary(sentence * times), detector) for times in (150, 600))
    assert many / few < 4.4


def run_detect(lines: bytes) -> subprocess.CompletedProcess[bytes]:
    return run(["detect"], stdin=lines)


def as_line(name: str, summary: str) -> dict[str, str]:
    return {
        "id": name, "title": "News", "summary": summary, "side": "third-party", "lang": "en", "published": "2024-01-10"
    }  # fmt: skip


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_command_reads_all_of_it_from_standard_input(ascii_only: bool):
    bad = {name: disguise(ENGLISH + CHINESE) for name, disguise in DISGUISES.items()} | JUNK
    bad |= {"one line of 1 MB": LONG["one line of 1 MB"]()} if ascii_only else {}
    releases = [as_line(name, text) for name, text in bad.items()]
    lines = "\n".join(json.dumps(release, ensure_ascii=ascii_only) for release in releases)
    done = run_detect(lines.encode("utf-8", "surrogatepass"))
    assert done.returncode == 0, done.stderr
    answers = {answer["id"]: answer["candidates"] for answer in map(json.loads, done.stdout.splitlines())}
    assert list(answers) == list(bad)
    assert all(answers[name] for name in DISGUISES)
    for name, found in answers.items():
        if ascii_only or not re.search("[\ud800-\udfff]", bad[name]):
            assert all(e["text"] == bad[name][e["start"] : e["end"]] for c in found for e in c["evidence"]), name


def test_the_command_reads_lines_with_a_byte_order_mark_and_stray_bytes_and_says_which():
    first, second = (json.dumps(as_line(name, ENGLISH)).encode() for name in ("a", "b"))
    done = run_detect(b"\xef\xbb\xbf" + first + b"\n" + second.replace(b"Pentagon", b"\xcc\xd2gon") + b"\n")
    assert [len(json.loads(line)["candidates"]) for line in done.stdout.splitlines()] == [1, 1]
    assert done.stderr.decode().splitlines() == [
        "<stdin>, line 2 is not UTF-8 throughout; what cannot be read stands as U+FFFD. Save it as UTF-8."
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[" * 100_000, "line 1 is not JSON"),
        (json.dumps(as_line("a", "x") | {"published": "9999-12-31"}), "'published' holds '9999-12-31'"),
    ],
)
def test_the_command_refuses_in_one_sentence_what_cannot_be_read(line: str, words: str):
    done = run_detect(line.encode())
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("^talks$", "^talks$"),
        (r"\btalks\b", r"\btalks\b"),
        ("(?:hot|cold).line", "?:hot.line"),
        ("talks+?", "talks+?"),
        ("[a-z]talks{3}", "a ztalks{3}"),
    ],
)
def test_a_term_that_is_a_regular_expression_is_taken_literally(lexicon: Lexicon, term: str, text: str):
    changed = Lexicon.model_validate(lexicon.model_dump() | {"pair": [term]})
    index = Index(changed)

    def pairs(said: str) -> list[str]:
        folded = fold(said)
        return [folded.text[m.start : m.end] for m in index.find(folded, PUBLISHED) if m.kind == "pair"]

    assert pairs(f"They said {text} twice.") == [text.replace("-", " ") if "-" in text else text]
    assert pairs("They held talks, talkss, xtalkssss, hotxline and hot line.") == []


releases = st.builds(
    Release,
    id=st.none(),
    side=st.sampled_from(["us", "cn", "third-party"]),
    lang=st.just("en"),
    publisher=st.just(""),
    title=texts,
    summary=texts | st.text(st.characters(), max_size=80),
    published=st.dates(date(1900, 1, 1), date(2199, 12, 31)),
)


@settings(max_examples=100)
@given(many=st.lists(releases, max_size=6), order=st.randoms())
def test_the_order_of_releases_makes_no_difference(detector: Detector, many: list[Release], order):
    alone = [examine(release, detector) for release in many]
    places = list(range(len(many)))
    order.shuffle(places)
    for place in places:
        told(many[place], detector)
        assert examine(many[place], detector) == alone[place]


UNRELATED = [sentence for language in NEITHER.values() for sentence in language]
CASES = [
    json.loads(line)
    for file in sorted((ROOT / "training/cases").glob("*.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]


def flagged(release: Release, detector: Detector) -> set[tuple[str, Signal]]:
    return {(sighting.channel, sighting.signal) for sighting in detect(release, detector)}


def going_on(release: Release, sentence: str) -> Release:
    space = " " if sentence.isascii() else ""
    return Release(**{**vars(release), "summary": release.summary + space + sentence})


@pytest.mark.long
def test_an_unrelated_sentence_at_the_end_of_a_case_removes_no_finding(detector: Detector):
    """For each case one sentence, all of them in turn; the next test tries the two at random."""
    lost = []
    for number, case in enumerate(CASES):
        release, sentence = release_from_case(case), UNRELATED[number % len(UNRELATED)]
        before = flagged(release, detector)
        if before and not before <= flagged(going_on(release, sentence), detector):
            lost.append((case["id"], sentence))
    assert lost == []


@settings(max_examples=150)
@given(release=releases, end=st.sampled_from([" today.", "。", "!"]), sentence=st.sampled_from(UNRELATED))
def test_an_unrelated_sentence_at_the_end_of_any_text_removes_no_finding(
    detector: Detector, release: Release, end: str, sentence: str
):
    ended = Release(**{**vars(release), "summary": release.summary + end})
    assert flagged(ended, detector) <= flagged(going_on(ended, sentence), detector)


@pytest.mark.parametrize("told", ["Defense Telephone Link call with China", "dialogue on AI with China today"])
@pytest.mark.parametrize("title", ["China", "talks", "suspended"])
def test_a_number_in_an_unrelated_sentence_is_not_taken_for_the_two_sides(detector: Detector, title: str, told: str):
    """What says little by itself was read by the verb of the next sentence: "for two days", "all but two of them"."""
    release = Release(None, "us", "en", "", title, f"{told}.", date(2024, 1, 10))
    before = flagged(release, detector)
    assert before
    assert [s for s in UNRELATED if not before <= flagged(going_on(release, s), detector)] == []
