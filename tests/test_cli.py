"""The commands as an operator runs them: real files, and real processes where signals and two at once matter."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest

from db.record import Origin
from db.store import open_store
from tests.commands import run
from tests.conftest import ROOT, THEN, Clock, Shipped
from tests.feeds.test_poll import HARBOR, TALKS, rss
from tests.make import change, release, source
from tests.site import Handler, Site
from tracker.cli import cli
from tracker.feeds import hosts
from tracker.feeds.hosts import PER_HOST
from tracker.model import State

RELEASE = {
    "id": "x-1", "title": "Talks", "summary": TALKS[1], "side": "us", "lang": "en", "published": "2024-01-10",
    "url": "https://news.example/1",
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    ours = {"OPENLINES_VAR": str(tmp_path / "var"), "OPENLINES_WATCH": "off", "OPENLINES_LOG_LEVEL": "warning"}
    return ours | {"COLUMNS": "200"}


@pytest.fixture
def tracker(settings):
    """Runs a command to its end; answers what a finished process would."""

    def tracker(*arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        done = run(arguments, stdin=stdin.encode(), env=settings | env)
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return tracker


@pytest.fixture
def environment(settings) -> dict[str, str]:
    """Of a process that the test starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENLINES_")} | settings


@pytest.fixture
def seeded_folder(shipped: Shipped, tmp_path: Path) -> None:
    """A database where the commands look for it."""
    shipped.over(tmp_path, Clock(), THEN)


def feed_entry(slug: str, url: str) -> str:
    lines = (f"slug: {slug}", "publisher: P", "side: us", "lang: en", "kind: feed", f"url: {url}", "every: 30m")
    return "- " + "\n  ".join((*lines, "allow_private: true")) + "\n"


def configured(folder: Path, feeds: str) -> Path:
    """A copy of the shipped configuration with other feeds."""
    copy = folder / "config"
    shutil.copytree(ROOT / "config" / "relationships", copy / "relationships")
    (copy / "relationships" / "us-china" / "feeds.yaml").write_text(feeds, encoding="utf-8")
    return copy


def one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


def test_the_commands_are_processes_that_read_and_write_and_end_as_a_shell_expects(
    tracker, environment, tmp_path, site: Site
):
    def process(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tracker", *arguments],
            cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    config = configured(tmp_path, feed_entry("a-feed", site.serve("/a-feed", body=rss(TALKS))))
    environment |= {"OPENLINES_CONFIG": str(config)}
    code, told, wrong = process("seed")
    assert (code, told, one_sentence(wrong)) == (2, "", True)
    assert tracker("migrate", OPENLINES_CONFIG=str(config)).returncode == 0
    assert "27 channels" in tracker("seed", "--until", "2023-11-01", OPENLINES_CONFIG=str(config)).stdout
    assert re.search(r"a-feed\W+read\W+1\W+1\W+0\W+1", process("poll")[1])
    code, told, wrong = process("detect", stdin=json.dumps(RELEASE | {"summary": TALKS[1] + " 会晤 \ud83d"}))
    assert (code, wrong, json.loads(told)["candidates"][0]["channel"]) == (0, "", "dpct")


def test_a_command_begins_with_garbage_looked_for_again(tracker, seeded_folder):
    gc.disable()  # as a process begins, until what it needs is loaded
    try:
        tracker("user", "list")
        assert gc.isenabled()
    finally:
        gc.enable()


def test_where_nobody_signs_in_the_list_says_so_beside_its_output(tracker, seeded_folder):
    told = tracker("user", "list")
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr == "Nobody can sign in yet: python -m tracker user add NAME\n"


def test_migrate_makes_the_database_once(tracker):
    assert "applied m0001" in tracker("migrate").stdout
    assert "is up to date" in tracker("migrate").stdout


def test_migrate_names_the_folders_and_the_file_that_it_made(tracker, tmp_path):
    folder = tmp_path / "typo" / "deep"
    env = {"OPENLINES_DATABASE_URL": f"sqlite:///{folder}/x.db"}
    told = tracker("migrate", **env).stdout
    assert told.startswith(f"Made the folders {folder.parent}, {folder} and the database {folder}/x.db.\n"), told
    assert "Made" not in tracker("migrate", **env).stdout
    env = {"OPENLINES_DATABASE_URL": f"sqlite:///{folder}/y.db"}
    assert tracker("migrate", **env).stdout.startswith(f"Made the database {folder}/y.db.\n")


def test_seed_twice_changes_nothing_and_says_so(tracker):
    tracker("migrate")
    assert "27 channels" in tracker("seed").stdout
    assert "Nothing changed" in tracker("seed").stdout


def test_commands_on_a_missing_database_say_what_to_run(tracker):
    done = tracker("seed")
    assert done.returncode == 2
    assert one_sentence(done.stderr)
    assert "python -m tracker migrate" in done.stderr


def test_detect_reads_json_lines_and_writes_explained_candidates(tracker):
    done = tracker("detect", stdin=json.dumps(RELEASE) + "\n")
    (answer,) = [json.loads(line) for line in done.stdout.splitlines()]
    (found,) = answer["candidates"]
    assert answer["id"] == "x-1"
    assert (found["channel"], found["signal"], found["state"], found["date"]) == (
        "dpct",
        "held",
        "active",
        "2024-01-09",
    )
    for words in found["evidence"]:
        assert RELEASE[words["field"]][words["start"] : words["end"]] == words["text"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "line 1 is not JSON"),
        ("[]", "line 1 is no object"),
        (json.dumps(RELEASE | {"published": "2024-02-30"}), "published"),
        (json.dumps({k: v for k, v in RELEASE.items() if k != "title"}), "title"),
        (
            json.dumps(RELEASE | {"side": "xx"}),
            "<stdin>, line 1: the field 'side' holds 'xx'; write one of us, cn, third-party.",
        ),
        (json.dumps(RELEASE | {"lang": "zho"}), "<stdin>, line 1: the field 'lang' holds 'zho'; write one of en, zh."),
    ],
)
def test_detect_names_line_and_field_of_bad_input(tracker, line, words):
    done = tracker("detect", stdin=line + "\n")
    assert done.returncode == 2
    assert words in done.stderr
    assert one_sentence(done.stderr)


def test_evaluate_prints_figures_and_misses(tracker, tmp_path):
    missed = {"relevant": True, "updates": [{"channel": "climate", "signal": "held", "date": "2024-01-09"}]}
    right = {"relevant": True, "updates": [{"channel": "dpct", "signal": "held", "date": "2024-01-09"}]}
    cases = [RELEASE | right, RELEASE | {"id": "x-2"} | missed]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(case) for case in cases), encoding="utf-8")
    done = tracker("evaluate", str(file))
    assert done.returncode == 0
    assert "x-2" in done.stdout
    assert "recall" in done.stdout


def test_evaluate_names_the_line_of_a_case_whose_side_there_is_not(tracker, tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text("\n\n" + json.dumps(RELEASE | {"side": "moon", "relevant": False, "updates": []}), encoding="utf-8")
    done = tracker("evaluate", str(file))
    assert (done.returncode, one_sentence(done.stderr)) == (2, True), done.stderr
    assert f"{file}, line 3: the field 'side' holds 'moon'" in done.stderr


HELD = {"channel": "dpct", "signal": "held", "date": "2024-01-09"}


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({"updates": []}, "the label 'relevant' is None; write true or false."),
        ({"relevant": "false", "updates": []}, "the label 'relevant' is 'false'; write true or false."),
        ({"relevant": True}, "the label 'updates' is no list of objects; write [] where there is none."),
        ({"relevant": True, "updates": ["dpct"]}, "the label 'updates' is no list of objects;"),
        ({"relevant": True, "updates": [HELD | {"channel": "dpc"}]}, "the channel 'dpc', which is none; did you mean"),
        ({"relevant": True, "updates": [HELD | {"channel": ["dpct"]}]}, "the channel ['dpct'], which is none;"),
        ({"relevant": True, "updates": [HELD | {"signal": "hold"}]}, "the signal 'hold', which is none; did you mean"),
        ({"relevant": True, "updates": [HELD | {"date": "2024-13-01"}]}, "the date '2024-13-01', which is none;"),
        ({"relevant": True, "updates": [HELD | {"date": 20240109}]}, "the date 20240109, which is none;"),
    ],
)
def test_evaluate_names_the_line_of_a_label_that_is_none(tracker, tmp_path, labels, says):
    file = tmp_path / "cases.jsonl"
    file.write_text("\n" + json.dumps(RELEASE | labels), encoding="utf-8")
    done = tracker("evaluate", str(file))
    assert (done.returncode, one_sentence(done.stderr)) == (2, True), done.stderr
    assert f"{file}, line 2: " in done.stderr
    assert says in done.stderr


@pytest.mark.parametrize("day", ["20240102", "2024-W01-1", "2024-1-2"])
def test_a_day_is_written_as_the_help_says(tracker, day):
    done = tracker("detect", "--explain", "--published", day, stdin="Harvest\n")
    assert (done.returncode, "write YYYY-MM-DD" in done.stderr) == (2, True), done.stderr
    told = tracker("detect", stdin=json.dumps(RELEASE | {"published": day}))
    assert (told.returncode, "write a date as YYYY-MM-DD" in told.stderr) == (2, True), told.stderr


@pytest.mark.parametrize(
    ("command", "env", "says"),
    [
        (["verify", "--proof", "nofile"], {}, "nofile: there is no such file or folder. Name a zip"),
        (["feeds"], {"OPENLINES_CONFIG": "/etc/passwd"}, "/etc/passwd: this is no folder; point OPENLINES_CONFIG"),
        (["feeds"], {"OPENLINES_BASE_URL": f"https://{'é' * 80}.org"}, "is not the address of a site; write one"),
        (["copy-to", "postgresql://127.0.0.1:1/x"], {}, "or the one given to copy-to), then try again"),
        (["feeds", "pause", "mnd-news", "--because", "x" * 301], {}, "has 301 characters. Write 300 at most."),
        (["deliveries", "log", "9223372036854775808"], {}, "9223372036854775808 is not in the range"),
        (["subscriptions", "remove", "99999999999999999999"], {}, "99999999999999999999 is not in the range"),
    ],
    ids=["no proof", "no folder", "no host", "no server", "long reason", "no message", "no subscription"],
)
def test_what_an_operator_mistyped_is_told_with_its_remedy(tracker, seeded_folder, command, env, says):
    done = tracker(*command, **env)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_another_program_is_not_to_be_migrated(tracker, tmp_path):
    theirs = sqlite3.connect(tmp_path / "theirs.db")
    theirs.execute("CREATE TABLE t (x)")
    theirs.close()
    for command in ("feeds", "verify"):
        done = tracker(command, OPENLINES_DATABASE_URL=f"sqlite:///{tmp_path}/theirs.db")
        assert (done.returncode, one_sentence(done.stderr)) == (2, True), done.stderr
        assert "holds no record of Open Lines; name another in OPENLINES_DATABASE_URL" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("output", "ends", "says"),
    [
        (">&-", 0, ""),
        (">/dev/full", 2, "Standard output cannot be written (No space left on device). Make room"),
        ("| true", 0, ""),
    ],
    ids=["closed", "full", "nobody reads"],
)
@pytest.mark.parametrize("command", ["feeds", "verify"])
def test_where_output_cannot_go_a_command_is_done_all_the_same(seeded_folder, environment, command, output, ends, says):
    line = f"(sleep 0.2; {sys.executable} -m tracker {command}; echo $? >&2) {output}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    *sentence, code = done.stderr.splitlines()
    assert int(code) == ends, done.stderr
    assert "\n".join(sentence).startswith(says), done.stderr
    assert len(sentence) == bool(says)


def test_readouts_of_a_pair_that_is_not_configured_are_refused_with_a_remedy(tracker, tmp_path):
    text = (ROOT / "tests/samples/readouts/tune.yaml").read_text(encoding="utf-8")
    text = text.replace("[us, cn]", "[uk, cn]").replace("  us:", "  uk:").replace("us: ", "uk: ")
    (tmp_path / "pairs.yaml").write_text(text, encoding="utf-8")
    done = tracker("readouts", str(tmp_path / "pairs.yaml"))
    assert (done.returncode, one_sentence(done.stderr)) == (2, True), done.stderr
    assert "No relationship is configured between" in done.stderr
    assert "OPENLINES_CONFIG" in done.stderr


@pytest.mark.parametrize("held", ["", "\n \n"])
def test_evaluate_says_of_a_file_without_cases_that_there_is_nothing_to_evaluate(tracker, tmp_path, held):
    file = tmp_path / "cases.jsonl"
    file.write_text(held, encoding="utf-8")
    done = tracker("evaluate", str(file))
    assert (done.returncode, done.stdout, one_sentence(done.stderr)) == (2, "", True), done.stderr
    assert f"{file} holds no case: there is nothing to evaluate." in done.stderr


def test_detect_explains_each_step_of_a_plain_text(tracker):
    text = f"{TALKS[0]}\n\n{TALKS[1]}\n"
    done = tracker("detect", "--explain", "--side", "us", "--published", "2024-01-10", stdin=text)
    assert done.returncode == 0, done.stderr
    steps = ("words:", "dates:", "Ties, the surest first", "of such were right", "Dates, the likeliest first")
    for step in (*steps, "in the clauses that tell the event", "FLAGGED dpct held", "channel: “"):
        assert step in done.stdout
    assert "put aside at once" in tracker("detect", "--explain", stdin="Harvest\nThe wheat is ripe.\n").stdout


def test_detect_tells_what_is_probably_nothing_when_asked(tracker):
    doubtful = RELEASE | {"summary": "The United States hopes to hold Defense Policy Coordination Talks with China."}
    line = json.dumps(doubtful) + "\n"
    assert json.loads(tracker("detect", stdin=line).stdout) == {"id": "x-1", "candidates": []}
    told = json.loads(tracker("detect", "--all", stdin=line).stdout)
    assert told["candidates"] == []
    assert "dpct" in [found["channel"] for found in told["probably_nothing"]]


@pytest.mark.long
def test_evaluate_compares_another_lexicon_case_by_case(tracker, tmp_path):
    shipped = ROOT / "config" / "relationships" / "us-china" / "lexicon.yaml"
    other = tmp_path / "lexicon.yaml"
    text = shipped.read_text(encoding="utf-8")
    other.write_text(re.sub(r"\n  dpct:\n.*?(?=\n  mmca:\n)", "", text, flags=re.DOTALL), encoding="utf-8")
    file = tmp_path / "cases.jsonl"
    right = {"relevant": True, "updates": [{"channel": "dpct", "signal": "held", "date": "2024-01-09"}]}
    file.write_text(json.dumps(RELEASE | right), encoding="utf-8")
    done = tracker("evaluate", str(file), "--compare", str(other))
    assert done.returncode == 0, done.stderr
    assert "x-1: lost dpct held 2024-01-09" in done.stdout
    other.write_text(text.replace("relationship: us-china", "relationship: moon"), encoding="utf-8")
    wrong = tracker("evaluate", str(file), "--compare", str(other))
    assert wrong.returncode == 2
    assert one_sentence(wrong.stderr)
    assert 'no relationship is called "moon"' in wrong.stderr
    other.write_text(text.replace("relationship: us-china", 'relationship: ""'), encoding="utf-8")
    assert 'no relationship is called ""' in tracker("evaluate", str(file), "--compare", str(other)).stderr
    other.write_text(text.replace("party: us\n", "party: moon\n", 1), encoding="utf-8")
    wrong = tracker("evaluate", str(file), "--compare", str(other))
    assert wrong.returncode == 2
    assert '"moon" is no party of this relationship' in wrong.stderr


def test_an_empty_text_is_refused(tracker):
    empty = tracker("detect", "--explain", "/dev/null")
    assert empty.returncode == 2
    assert one_sentence(empty.stderr)
    assert "holds no text" in empty.stderr


@pytest.mark.long
def test_add_file_says_what_the_document_reports(tracker, seeded_folder, tmp_path):
    file = tmp_path / "talks.txt"
    file.write_text(f"{TALKS[0]}\n\n{TALKS[1]}\n", encoding="utf-8")
    arguments = (
        "add-file",
        str(file),
        "--url",
        "https://news.example/talks",
        "--side",
        "us",
        "--published",
        "2024-01-10",
    )
    assert "dpct held 2024-01-09 (pending)" in tracker(*arguments).stdout
    assert "dpct held 2024-01-09 (pending)" in tracker(*arguments).stdout, "handed in twice it is one release"
    wrong = tracker(*arguments[:-3], "uk", *arguments[-2:])
    assert wrong.returncode == 2
    assert "side 'uk' is none that there is. Use one of us, cn, third-party." in wrong.stderr


@pytest.fixture
def add_file(tracker, seeded_folder, tmp_path):
    """Hands a file in as published on a day."""
    file = tmp_path / "talks.txt"
    file.write_text(f"{TALKS[0]}\n\n{TALKS[1]}\n", encoding="utf-8")
    told = ("--url", "https://news.example/talks", "--side", "us", "--published")
    return lambda day: tracker("add-file", str(file), *told, str(day))


def test_add_file_reads_a_text_that_was_wrapped_at_a_column(tracker, seeded_folder, tmp_path):
    file = tmp_path / "mail.txt"
    file.write_text(f"{TALKS[0]}\n\n{textwrap.fill(TALKS[1], 50)}\n", encoding="utf-8")
    told = ("--url", "https://news.example/mail", "--side", "us", "--published", "2024-01-10")
    assert "dpct held 2024-01-09 (pending)" in tracker("add-file", str(file), *told).stdout


def test_add_file_takes_no_day_of_publication_that_has_come_nowhere(add_file):
    refused = add_file((datetime.now(UTC) + timedelta(days=2)).date())
    assert (refused.returncode, one_sentence(refused.stderr)) == (2, True), refused.stderr
    assert re.search(r"published is \S+, a day that has not come\. Give the day .* at the latest\.", refused.stderr)
    assert add_file((datetime.now(UTC) + timedelta(hours=14)).date()).returncode == 0, "where it is tomorrow already"


def test_add_file_says_that_a_document_keeps_the_day_with_which_it_came_first(add_file):
    assert add_file("2024-01-10").stderr == ""
    again = add_file("2024-01-12")
    assert again.returncode == 0
    assert "published on 2024-01-10, and keeps that day: 2024-01-12 was not taken over." in again.stderr


def test_add_url_fetches_a_page_and_reads_it(tracker, seeded_folder, site: Site):
    page = f"<html><head><title>{TALKS[0]}</title></head><body><article><h1>{TALKS[0]}</h1>" + (
        f"<p>{TALKS[1]}</p><p>The two sides exchanged views on many matters over two days of meetings.</p>" * 2
    )
    url = site.serve("/talks", body=page.encode(), Content_Type="text/html; charset=utf-8")
    refused = tracker("add-url", url, "--side", "us", "--published", "2024-01-10")
    assert refused.returncode == 2, "a private address is not fetched unless asked"
    done = tracker("add-url", url, "--side", "us", "--published", "2024-01-10", "--allow-private")
    assert "dpct held 2024-01-09 (pending)" in done.stdout, done.stderr


@pytest.mark.parametrize("allowed", [("--allow-private",), ()])
def test_add_url_asks_for_nothing_before_it_knows_the_side(tracker, seeded_folder, site: Site, allowed):
    wrong = tracker("add-url", site.serve("/talks"), "--side", "zz", *allowed)
    assert (wrong.returncode, wrong.stderr) == (2, "side 'zz' is none that there is. Use one of us, cn, third-party.\n")
    assert site.seen == []


@pytest.mark.parametrize("url", ["notaurl", "https://x.example:9/", "http://127.0.0.1/talks", "http://[1/"])
def test_an_address_that_is_not_asked_is_named_once_and_called_no_feed(tracker, seeded_folder, url):
    wrong = tracker("add-url", url, "--side", "us")
    assert (wrong.returncode, one_sentence(wrong.stderr), wrong.stderr.count(url)) == (2, True, 1), wrong.stderr
    assert "feed's" not in wrong.stderr
    assert "public feeds" not in wrong.stderr
    assert "this feed" not in wrong.stderr


def test_poll_shows_a_table_of_what_came_and_a_broken_feed_stops_nobody(tracker, seeded_folder, tmp_path, site: Site):
    good, broken = site.serve("/good", body=rss(TALKS, HARBOR)), site.serve("/broken", 500)
    config = configured(tmp_path, feed_entry("good", good) + feed_entry("broken", broken))
    env = {"OPENLINES_CONFIG": str(config)}
    done = tracker("poll", **env)
    assert done.returncode == 0, done.stderr
    assert re.search(r"good\W+read\W+2\W+2\W+0\W+1", done.stdout)
    assert "500" in done.stdout
    assert "500" in tracker("feeds", **env).stdout
    assert tracker("poll", "broken", "broken", **env).returncode == 1, "nothing could be read"
    unknown = tracker("poll", "god", **env)
    assert unknown.returncode == 2
    assert "good" in unknown.stderr
    assert "2 releases read again: 0 gained, 0 lost, 0 changed." in tracker("replay", **env).stdout


def test_feeds_of_a_slow_host_wait_for_their_turn_and_do_not_fail(
    tracker, seeded_folder, tmp_path, site: Site, monkeypatch
):
    monkeypatch.setattr(hosts, "LONGEST_TURN", 0.1)
    feeds = [feed_entry(f"feed-{n}", site.serve(f"/{n}", body=rss(HARBOR))) for n in range(PER_HOST + 3)]
    for n in range(PER_HOST):
        site.routes[f"/{n}"] = lambda handler: (handler.pause(0.6), handler.answer(200, rss(HARBOR)))
    done = tracker("poll", OPENLINES_CONFIG=str(configured(tmp_path, "".join(feeds))))
    assert (done.returncode, len(re.findall(r"-\d\W+read\W+1\b", done.stdout))) == (0, len(feeds)), done.stdout


@pytest.mark.long
def test_a_poll_that_is_stopped_by_hand_says_what_it_kept(seeded_folder, environment, tmp_path, site: Site):
    asked = threading.Event()
    url = site.serve("/slow", body=rss(HARBOR))
    site.routes["/slow"] = lambda handler: (asked.set(), handler.pause(1.5), handler.answer(200, rss(HARBOR)))
    config = {"OPENLINES_CONFIG": str(configured(tmp_path, feed_entry("a-feed", url)))}
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", "poll"], cwd=ROOT, env=environment | config,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert asked.wait(60)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (2, "Stopped: 1 of 1 feeds were polled, and what they brought is kept.\n")


@pytest.fixture
def one_feed(seeded_folder, tmp_path, site: Site) -> dict[str, str]:
    """A database and a configuration with one feed, as environment."""
    return {"OPENLINES_CONFIG": str(configured(tmp_path, feed_entry("a-feed", site.url("/a-feed"))))}


def test_a_feed_is_paused_resumed_and_hurried_by_name(tracker, one_feed, site: Site):
    site.serve("/a-feed", body=rss(TALKS))
    paused = tracker("feeds", "pause", "a-feed", "--because", "Its server moves", **one_feed)
    assert paused.returncode == 0, paused.stderr
    table = tracker("feeds", **one_feed).stdout
    assert re.search(r"a-feed.*paused.*Paused by \S+ on .* UTC: Its server moves\.", table)
    tracker("poll", **one_feed)
    assert site.seen == [], "a paused feed is polled only when it is named"
    hurried = tracker("feeds", "now", "a-feed", **one_feed)
    assert (hurried.returncode, one_sentence(hurried.stderr)) == (2, True)
    assert "feeds resume a-feed" in hurried.stderr
    assert "a-feed is resumed. No scheduler runs now" in tracker("feeds", "resume", "a-feed", **one_feed).stdout
    assert "is not paused" in tracker("feeds", "resume", "a-feed", **one_feed).stderr
    tracker("poll", **one_feed)
    assert len(site.seen) == 1
    assert "a-feed is due." in tracker("feeds", "now", "a-feed", **one_feed).stdout
    assert re.search(r"a-feed.* read ", tracker("feeds", **one_feed).stdout)


def test_hurrying_a_feed_whose_host_asked_to_be_left_alone_says_when_it_is_polled(tracker, one_feed, site: Site):
    site.serve("/a-feed", status=429, Retry_After="7200")
    tracker("poll", **one_feed)
    hurried = tracker("feeds", "now", "a-feed", **one_feed).stdout
    assert re.fullmatch(
        r"a-feed is due\. Its host asked to be left alone: it is polled at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\s*", hurried
    )


LONG = "embassy-of-a-party-with-a-long-name"


@pytest.fixture
def long_feed(seeded_folder, tmp_path, site: Site) -> dict[str, str]:
    """A database and a configuration with a feed of a long name, as environment of a narrow shell."""
    config = configured(tmp_path, feed_entry(LONG, site.serve("/a-feed", body=rss(TALKS))))
    return {"OPENLINES_CONFIG": str(config), "COLUMNS": "40"}


def test_nothing_is_cut_where_the_output_is_no_terminal(tracker, long_feed):
    for command in (("feeds",), ("poll",), ("sources",)):
        told = tracker(*command, **long_feed).stdout
        assert "\N{HORIZONTAL ELLIPSIS}" not in told, told
        assert LONG in told or command == ("sources",)
    assert "share of both" in told, "a heading stands in one line"


def test_the_name_that_other_commands_take_is_whole_on_a_narrow_terminal(tracker, long_feed):
    narrow = long_feed | {"FORCE_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"}
    for command in ("feeds", "poll"):
        assert LONG in tracker(command, **narrow).stdout
    told = tracker("sources", **narrow).stdout
    assert all(category in told for category in ("military", "diplomatic", "law-enforcement"))


def test_cited_pages_are_read_again_when_they_are_due_or_named(tracker, one_feed, tmp_path, site: Site):
    talks = site.serve("/talks", body=b"<title>Talks</title><p>" + TALKS[1].encode() * 3)
    store = open_store(f"sqlite:///{tmp_path}/var/openlines.db")
    with store.writing() as db:
        sources = (source(url=talks, quote=None, published=None),)
        db.record.add(
            change(State.ACTIVE, "2023-01-08", sources=sources), Origin(datetime(2024, 1, 1, tzinfo=UTC), "ana")
        )
    store.close()
    nothing = tracker("watch", **one_feed)
    assert re.search(r"None of \d+ cited pages is due\. The next is, at .* UTC: http", nothing.stdout), nothing.stderr
    read = tracker("watch", talks, **one_feed)
    assert re.search(rf"{talks}\W+same\W+same\W", read.stdout), read.stderr
    wrong = tracker("watch", talks + "s", **one_feed)
    assert (wrong.returncode, one_sentence(wrong.stderr)) == (2, True)
    assert f'did you mean "{talks}"?' in wrong.stderr


@pytest.mark.parametrize("command", ["pause", "resume", "now"])
def test_an_unknown_feed_is_answered_with_the_nearest_name(tracker, one_feed, command):
    wrong = tracker("feeds", command, "a-fed", **one_feed)
    assert (wrong.returncode, one_sentence(wrong.stderr)) == (2, True)
    assert "There is no feed 'a-fed'; did you mean \"a-feed\"?" in wrong.stderr


@pytest.mark.long
def test_replay_shows_what_differs_and_writes_only_when_told(tracker, seeded_folder, tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/var/openlines.db")
    missed = release(title=TALKS[0], summary=TALKS[1], published=date(2024, 1, 10))
    with store.writing() as db:
        db.releases.keep(missed, guid="1", canonical_url=None, now=datetime(2024, 1, 10, tzinfo=UTC))
    store.close()
    shown = tracker("replay").stdout
    assert re.search(r"gained +dpct +nothing -> held 2024-01-09 .*Talks With the PLA", shown)
    assert re.search(r"handed in\W+en\W+1\W+0\W+0", shown)
    assert "1 releases read again: 1 gained, 0 lost, 0 changed." in shown
    assert "Nothing was written. Say --write" in shown, "nobody can be asked here"
    assert "Nothing was written." in tracker("replay", "--dry-run").stdout
    assert "Taken in: 1 new sighting(s)." in tracker("replay", "--write").stdout
    assert "0 gained, 0 lost, 0 changed" in tracker("replay", "--write").stdout
    wrong = tracker("replay", "--feed", "nowhere")
    assert wrong.returncode == 2
    assert one_sentence(wrong.stderr)


def test_export_writes_files_and_says_what_it_left_out(tracker, seeded_folder, tmp_path):
    empty = tracker("export", "--cases")
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "0 cases.\n")
    file = tmp_path / "out.jsonl"
    assert tracker("export", "--samples", str(file)).returncode == 0
    assert file.read_text() == ""
    assert "--cases" in tracker("export").stderr
    nowhere = tracker("export", "--cases", str(tmp_path / "no" / "folder.jsonl"))
    assert nowhere.returncode == 2
    assert one_sentence(nowhere.stderr)


def test_sample_measures_what_came_unless_it_is_off(tracker, seeded_folder):
    assert "us-china: 0 releases passed, 0 of them flagged." in tracker("sample").stdout
    off = tracker("sample", OPENLINES_SAMPLE="0")
    assert off.returncode == 2
    assert "OPENLINES_SAMPLE is 0" in off.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("every: 30m", "evry: 30m", r"feeds\.yaml, line 7, .*evry.*every"),
        ("every: 30m", "every: 30", r"feeds\.yaml, line 7, a-feed\.every: \"30\" has no unit"),
        ("side: us", "side: uk", r"feeds\.yaml, line 3, .*side.*uk"),
    ],
)
def test_a_bad_configuration_is_one_sentence_with_file_line_and_field_and_writes_nothing(
    tracker, tmp_path, old, new, words
):
    config = configured(tmp_path, feed_entry("a-feed", "https://news.example/").replace(old, new))
    done = tracker("seed", OPENLINES_CONFIG=str(config))
    assert done.returncode == 2
    assert one_sentence(done.stderr)
    assert re.search(words, done.stderr), done.stderr
    assert not (tmp_path / "var").exists()


def test_a_wrong_setting_is_refused_with_the_values_allowed(tracker):
    done = tracker("migrate", OPENLINES_POLL="maybe")
    assert done.returncode == 2
    assert "OPENLINES_POLL" in done.stderr
    assert "maybe" in done.stderr
    assert one_sentence(done.stderr)


@pytest.mark.long
def test_people_and_tokens_are_added_once_and_taken_away(tracker, seeded_folder):
    assert tracker("user", "add", "ana", "--password-stdin", stdin="correct horse battery\n").returncode == 0
    assert "is a user ana already" in tracker("user", "add", "ana", "--password-stdin", stdin="x" * 12 + "\n").stderr
    assert "too short" in tracker("user", "add", "ben", "--password-stdin", stdin="short\n").stderr
    assert "ana\treviewer\tenabled" in tracker("user", "list").stdout
    assert "/login/" in tracker("user", "link", "ana").stdout
    assert tracker("user", "disable", "ana").returncode == 0
    token = tracker("token", "create", "notebook", "--role", "reader").stdout.strip()
    assert token.startswith("ol_")
    assert "in use" in tracker("token", "create", "notebook").stderr
    assert "notebook\treader\tin use" in tracker("token", "list").stdout
    assert tracker("token", "revoke", "notebook").returncode == 0


def test_a_taken_name_is_said_before_a_password_is_asked_for(tracker, seeded_folder):
    tracker("user", "add", "ana", "--password-stdin", stdin="correct horse battery\n")
    for arguments in (("ana",), ("ana", "--password-stdin")):
        taken = tracker("user", "add", *arguments, stdin="short\n")
        assert (taken.returncode, taken.stdout, one_sentence(taken.stderr)) == (2, "", True), taken
        assert "There is a user ana already" in taken.stderr


@pytest.mark.parametrize("command", ["add", "password"])
def test_without_a_terminal_a_password_is_not_asked_for(tracker, seeded_folder, command):
    tracker("user", "add", "ana", "--password-stdin", stdin="correct horse battery\n")
    asked = tracker("user", command, "ana" if command == "password" else "ben", stdin="correct horse battery\n" * 2)
    assert (asked.returncode, asked.stdout, one_sentence(asked.stderr)) == (2, "", True), asked
    assert "--password-stdin" in asked.stderr


@pytest.fixture
def serving(environment):
    """Starts `serve` in a process of its own; answers it with its address and sign-in link."""
    running = []

    def start(**env: str):
        process = subprocess.Popen(
            [sys.executable, "-m", "tracker", "serve"],
            cwd=ROOT, env=environment | {"OPENLINES_PORT": "0"} | env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # What a shell starts in the background ignores Ctrl-C, the suite included; a person's `serve` does not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        running.append(process)
        address = re.search(r"http://[\d.:]+", process.stdout.readline()).group()
        return process, address

    yield start
    for process in running:
        process.kill()
        process.communicate()


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.status, answer.read().decode()


def test_serve_answers_prints_a_one_time_link_and_ends_cleanly(seeded_folder, serving):
    process, address = serving(OPENLINES_POLL="off")
    link = re.search(r"http://\S+/login/\S+", process.stdout.readline()).group()
    status, page = get(address + "/")
    assert status == 200
    assert "Defense Policy Coordination Talks" in page
    status, page = get(link)
    assert status == 200
    assert "Sign in" in page
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert "Traceback" not in process.stderr.read()


def test_serve_has_made_the_first_pages_when_it_says_where_it_is_and_may_be_ended_at_once(seeded_folder, serving):
    process, _ = serving(OPENLINES_POLL="off", OPENLINES_LOG_LEVEL="debug")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    said = process.stderr.read()
    assert "GET /: 200" in said
    assert "Aborted" not in said
    assert "Traceback" not in said


def test_with_feeds_that_cannot_be_reached_it_still_serves_and_says_so(seeded_folder, serving, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/feed"
    env = {"OPENLINES_CONFIG": str(configured(tmp_path, feed_entry("a-feed", url)))}
    _, address = serving(**env)
    for _ in range(100):
        if "a-feed" in (page := get(address + "/feeds")[1]) and "refused" in page:
            break
        signal.sigtimedwait([], 0.1)
    assert "refused" in page


@dataclass
class SlowFeed:
    """A feed that answers when it is let go; `asked` counts the requests that arrived."""

    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, handler: Handler) -> None:
        self.asked.release()
        self.go.wait(30)
        handler.answer(body=rss(TALKS, HARBOR))


@pytest.fixture
def slow(site: Site) -> Iterator[SlowFeed]:
    feed = site.routes["/a-feed"] = SlowFeed()
    yield feed
    feed.go.set()


@pytest.fixture
def scheduling(environment, one_feed) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts `schedule` in a process of its own, which says on its standard output when it has begun."""
    running = []

    def start() -> subprocess.Popen:
        command = [sys.executable, "-u", "-m", "tracker", "schedule"]
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment | one_feed, stdout=subprocess.PIPE))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def kept(tmp_path: Path) -> tuple[int, int, int]:
    """Polls, releases and candidates that are in the database."""
    store = open_store(f"sqlite:///{tmp_path}/var/openlines.db")
    with store.reading() as db:
        polls = db.feeds.reads_since(datetime(2000, 1, 1, tzinfo=UTC))
        found = len(polls), db.releases.count(feed="a-feed"), len(db.candidates.queue("pending", most=9))
    store.close()
    return found


def test_sigterm_during_a_poll_lets_it_finish_and_the_next_start_polls_again(
    tracker, one_feed, scheduling, slow, tmp_path
):
    process = scheduling()
    assert slow.asked.acquire(timeout=30)
    process.send_signal(signal.SIGTERM)
    assert kept(tmp_path) == (0, 0, 0)
    slow.go.set()
    assert process.wait(30) == 0
    assert kept(tmp_path) == (1, 2, 1)
    assert "No scheduler runs" not in tracker("feeds", "now", "a-feed", **one_feed).stdout
    again = scheduling()
    assert slow.asked.acquire(timeout=30)
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    assert kept(tmp_path) == (2, 2, 1)


def test_a_poll_that_is_killed_leaves_nothing_and_is_read_whole_later(tracker, one_feed, scheduling, slow, tmp_path):
    process = scheduling()
    assert slow.asked.acquire(timeout=30)
    process.kill()
    process.wait()
    slow.go.set()
    assert kept(tmp_path) == (0, 0, 0)
    tracker("poll", "a-feed", **one_feed)
    assert kept(tmp_path) == (1, 2, 1)


def test_two_schedulers_in_two_processes_poll_a_due_feed_once(scheduling, slow, tmp_path):
    first, second = scheduling(), scheduling()
    assert slow.asked.acquire(timeout=30)
    for process in (first, second):
        assert b"Polling 1 feeds" in process.stdout.readline()
    assert not slow.asked.acquire(timeout=1), "asked twice"
    slow.go.set()
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert kept(tmp_path) == (1, 2, 1)


def test_a_port_in_use_is_one_sentence(tracker, seeded_folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = tracker("serve", OPENLINES_PORT=port)
    assert done.returncode == 2
    assert one_sentence(done.stderr)
    assert f"Port {port} on 127.0.0.1 is in use." in done.stderr


def test_a_host_that_nothing_resolves_is_one_sentence(tracker, seeded_folder):
    done = tracker("serve", OPENLINES_HOST="nonsense.invalid", OPENLINES_PORT="0")
    assert (done.returncode, one_sentence(done.stderr)) == (2, True), done.stderr
    assert "Cannot listen on nonsense.invalid:0" in done.stderr
    assert "OPENLINES_HOST" in done.stderr


def test_every_command_is_found_under_its_name():
    context = click.Context(cli)
    assert cli.list_commands(context)
    for name in cli.list_commands(context):
        assert cli.get_command(context, name).name == name
    assert cli.get_command(context, "nothing") is None


def test_every_command_of_the_readme_exists(tracker):
    commands = set(re.findall(r"python -m tracker ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    helped = tracker("--help").stdout
    assert commands
    assert all(f"  {command} " in helped for command in commands), commands


def test_sources_counts_on_whose_word_the_record_rests_and_lists_what_to_seek(tracker, seeded_folder):
    printed = tracker("sources", "--since", "2020", "--category", "military", "--list")
    assert printed.returncode == 0
    (pair,) = json.loads(tracker("sources", "--since", "2020", "--category", "military", "--list", "--json").stdout)
    counted = pair["categories"]["military"]
    assert pair["categories"].keys() == {"military"}
    assert counted["claims"] == sum(counted[on] for on in ("both", "us", "cn", "third-party", "none"))
    assert counted["share_both"] == round(counted["both"] / counted["claims"], 4)
    row = next(line for line in printed.stdout.splitlines() if "military" in line)
    assert [int(figure) for figure in re.findall(r" (\d+) ", row)][:2] == [counted["claims"], counted["both"]]
    assert len(pair["unheard"]) == counted["claims"] - counted["both"]
    assert [row["date"] for row in pair["unheard"]] == sorted((row["date"] for row in pair["unheard"]), reverse=True)
    assert "2023-06-02  defense-ministers: contact held; unheard: United States and China" in printed.stdout


def test_sources_says_what_it_cannot_count(tracker):
    tracker("migrate")
    empty = tracker("sources")
    assert (empty.returncode, one_sentence(empty.stderr)) == (2, True)
    assert "python -m tracker seed" in empty.stderr
    tracker("seed", "--until", "2020-06-01")
    unknown = tracker("sources", "--relationship", "us-chna")
    assert unknown.returncode == 2
    assert 'No relationship is called "us-chna"' in unknown.stderr
    assert "YYYY-MM" in tracker("sources", "--since", "lately").stderr
