"""When a cited page is read again, and what became of it: the pure part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.model import PageState, PartialDate
from tracker.releases.watch import (
    CONFIRMED_BY,
    HOST_REST,
    LONGEST_WAIT,
    NOT_FOUND,
    PAGES_AT_ONCE,
    SPREAD,
    Finding,
    Watched,
    Wording,
    after_failure,
    after_finding,
    choose,
    is_new,
    judge,
    noticed,
    stands,
)

NOW = datetime(2024, 2, 1, 12, tzinfo=UTC)
URL = "https://ministry.example/talks"
SAME = Finding(PageState.SAME)

QUOTE = "The two sides agreed to keep the channel open and to meet again in the spring."
LEAD = "Officials of the two ministries met in the capital on Jan. 8-9 for the seventeenth round of policy talks."
REST = "They reviewed the year that had passed, spoke of incidents at sea, and set out a plan of visits for the next."
TALKS = Wording("Talks held", f"Jan. 10\n{LEAD}\n{QUOTE}\n{REST}\nShare this page")
CHINESE = Wording(
    "中美举行工作会晤",
    "发布时间：2024年1月10日\n1月8日至9日，第十七次工作会晤在首都举行。双方同意保持沟通渠道畅通。双方就海上事件和下一年交往计划交换了意见。",
)
FRONT = Wording(
    "Ministry", "Minister opens new harbour wing in the south of the country today.\n" + "News of the day. " * 30
)


def after(text: str, title: str = TALKS.title) -> Wording:
    return Wording(title, text)


STANDS = [
    ("the same", TALKS, PageState.SAME),
    ("another date and menu", after(f"Feb. 3\nHome\n{LEAD}\n{QUOTE}\n{REST}\nFollow us\nPrint"), PageState.SAME),
    ("lines broken elsewhere", after(f"{LEAD} {QUOTE}\n\n{REST}"), PageState.SAME),
    ("other quotation marks and case", after(f"{LEAD.upper()}\n“{QUOTE}”\n{REST}"), PageState.SAME),
    (
        "a sentence more",
        after(f"{LEAD}\n{QUOTE}\n{REST}\nThe ministers are to be told of it later."),
        PageState.EDITED,
    ),
    ("a number edited", after(f"{LEAD.replace('8-9', '9-10')}\n{QUOTE}\n{REST}"), PageState.EDITED),
    ("the quote cut", after(f"{LEAD}\n{REST}"), PageState.WORDS_CHANGED),
    ("the quote reworded", after(f"{LEAD}\n{QUOTE.replace('agreed', 'declined')}\n{REST}"), PageState.WORDS_CHANGED),
    ("a front page", FRONT, PageState.SOFT_GONE),
    ("a sign-in", Wording("Sign in | Ministry", "Please enter your name and your password."), PageState.SOFT_GONE),
    ("no words at all", Wording("Ministry", ""), PageState.SOFT_GONE),
    ("no page but a file", None, PageState.SOFT_GONE),
    ("not found, in Chinese", Wording("您访问的页面不存在", "返回首页"), PageState.SOFT_GONE),
]


@pytest.mark.parametrize(("what", "now", "state"), STANDS, ids=[what for what, *_ in STANDS])
def test_what_became_of_a_page_with_a_quote(what: str, now: Wording | None, state: PageState) -> None:
    found = judge(TALKS, [QUOTE], now)
    assert found.state is state
    assert found.asks is (state not in (PageState.SAME, PageState.EDITED))
    assert found.missing == (() if stands(QUOTE, now or FRONT) else (QUOTE,))


def test_without_a_quote_a_substantial_edit_is_put_to_a_person() -> None:
    small = judge(TALKS, [], after(f"{LEAD}\n{QUOTE}\n{REST.replace('set out', 'laid out')}"))
    number = judge(TALKS, [], after(f"{LEAD.replace('8-9', '9-10')}\n{QUOTE}\n{REST}"))
    cut = judge(TALKS, [], after(f"{LEAD}\n{REST}"))
    assert [(one.state, one.asks) for one in (small, number, cut)] == [
        (PageState.EDITED, False), (PageState.EDITED, True), (PageState.EDITED, True),
    ]  # fmt: skip
    assert judge(TALKS, [], FRONT).state is PageState.SOFT_GONE


def test_small_edits_that_add_up_ask_once() -> None:
    steps = [REST]
    for old, new in (("reviewed", "surveyed"), ("spoke of", "talked about"), ("set out a", "agreed on some")):
        steps.append(steps[-1].replace(old, new))
    wordings = [after(f"{LEAD}\n{QUOTE}\n{rest}") for rest in steps]
    found = [judge(TALKS, [], now, noted=noted) for noted, now in pairwise(wordings)]
    assert [(one.asks, one.again) for one in found] == [(False, False), (True, True), (True, False)]


def test_a_quote_that_never_stood_on_the_page_cannot_have_changed() -> None:
    assert judge(TALKS, ["Words of the feed's own teaser alone."], TALKS) == SAME


def test_a_quote_may_leave_words_out_and_may_be_the_title() -> None:
    assert stands("The two sides agreed … to meet again", TALKS)
    assert stands("agreed [...] to meet again in the spring", TALKS)
    assert not stands("to meet again … The two sides agreed", TALKS)
    assert stands("talks HELD", TALKS)
    assert stands("双方同意保持沟通渠道畅通", CHINESE)
    assert not stands("agreed to keep the chan", TALKS), "words are whole words"
    assert not stands("…", TALKS)


def test_chinese_is_compared_character_by_character() -> None:
    edited = Wording(CHINESE.title, CHINESE.text.replace("同意保持", "讨论"))
    assert judge(CHINESE, ["双方同意保持沟通渠道畅通。"], edited).state is PageState.WORDS_CHANGED
    dated = Wording(CHINESE.title, CHINESE.text.replace("2024年1月10日", "2024年1月11日"))
    assert judge(CHINESE, ["双方同意保持沟通渠道畅通。"], dated).state is PageState.SAME


def test_moved_is_said_where_the_text_still_stands() -> None:
    there = "https://ministry.example/archive/talks"
    assert judge(TALKS, [QUOTE], TALKS, moved_to=there) == Finding(PageState.MOVED, moved_to=there, asks=True)
    assert judge(TALKS, [QUOTE], FRONT, moved_to=there).state is PageState.SOFT_GONE
    assert judge(TALKS, [QUOTE], after(f"{LEAD}\n{REST}"), moved_to=there).state is PageState.WORDS_CHANGED
    assert judge(None, [], TALKS, moved_to=there).state is PageState.MOVED


def test_at_the_first_read_only_a_title_or_the_front_page_tells_that_it_is_lost() -> None:
    assert judge(None, [QUOTE], FRONT) == SAME
    assert judge(None, [QUOTE], FRONT, at_front=True).state is PageState.SOFT_GONE
    for title in ("404", "404 - Not Found", "Page not found | Ministry", "Log in", "登录", "文章已删除", "Error 404"):
        assert judge(None, [], Wording(title, "Some words.")).state is PageState.SOFT_GONE, title
    for title in ("410 soldiers return", "Ministers sign in Beijing", "Hotline found", "登高望远", ""):
        assert judge(None, [], Wording(title, "Some words.")) == SAME, title


def test_a_short_text_is_never_called_edited() -> None:
    caption = Wording("Video", "The minister speaks.")
    assert judge(caption, [], Wording("Video", "The minister spoke.")) == SAME
    assert judge(caption, ["The minister speaks."], Wording("Video", "")).state is PageState.WORDS_CHANGED


def test_a_wall_is_no_wording_of_the_page() -> None:
    assert Wording("Just a moment...", "Enable JavaScript and cookies to continue").is_wall
    assert not Wording("Just a moment of talks", TALKS.text * 5).is_wall


def read(page: Watched, *findings: Finding) -> Watched:
    """The page after these findings, each at its time."""
    for finding in findings:
        page = after_finding(page, finding, page.next_visit)
    return page


def test_gone_is_said_after_several_reads_and_dates_from_the_first() -> None:
    page = read(noticed(URL, None, NOW), SAME)
    first = page.next_visit
    for _ in range(CONFIRMED_BY - 1):
        page = read(page, NOT_FOUND)
        assert (page.state, page.doubted) == (PageState.SAME, PageState.GONE)
    assert timedelta(days=1) < page.next_visit - first < timedelta(days=2)
    before, page = page, read(page, NOT_FOUND)
    assert (page.state, page.since, page.doubted) == (PageState.GONE, first, None)
    assert is_new(before, page, NOT_FOUND)
    assert not is_new(page, read(page, NOT_FOUND), NOT_FOUND)


def test_a_page_that_comes_back_in_time_was_never_gone() -> None:
    page = read(noticed(URL, None, NOW), SAME, NOT_FOUND, NOT_FOUND, SAME)
    assert (page.state, page.doubts, page.doubted_since) == (PageState.SAME, 0, None)
    assert read(page, NOT_FOUND, NOT_FOUND).state is PageState.SAME, "counting begins anew"


def test_a_failure_is_no_verdict_and_is_tried_again_ever_more_rarely() -> None:
    page = read(noticed(URL, None, NOW), SAME, NOT_FOUND)
    waits = []
    for _ in range(12):
        at = page.next_visit
        page = after_failure(page, "It did not answer.", at)
        waits.append(page.next_visit - at)
    assert waits == sorted(waits)
    assert waits[-1] < timedelta(days=8)
    assert (page.state, page.doubts, page.failures) == (PageState.SAME, 1, 12)
    assert read(page, SAME).fault is None
    later = page.next_visit + timedelta(days=20)
    assert after_failure(page, "Too many requests.", page.next_visit, later).next_visit == later


urls = st.text(min_size=1, max_size=40).map(lambda text: f"https://example.org/{text}")


@given(urls, st.booleans())
def test_the_times_between_two_reads_never_shrink(url: str, fresh: bool) -> None:
    page = noticed(url, PartialDate("2024-01-31") if fresh else None, NOW)
    first, waits = page.next_visit - NOW, []
    for _ in range(14):
        at = page.next_visit
        page = read(page, SAME)
        waits.append(page.next_visit - at)
    assert first <= (timedelta(hours=2) if fresh else SPREAD)
    assert waits == sorted(waits)
    assert LONGEST_WAIT <= waits[-1] <= LONGEST_WAIT * 1.1


def test_a_record_loaded_at_once_makes_no_burst() -> None:
    pages = [noticed(f"https://ministry.example/{n}", PartialDate("2015"), NOW) for n in range(700)]
    per_day = [sum(page.next_visit.date() == (NOW + timedelta(days=n)).date() for page in pages) for n in range(1, 7)]
    assert max(per_day) < 130
    assert min(per_day) > 70


@given(st.dictionaries(urls, st.sampled_from("abcd"), max_size=30), st.integers(1, 12))
def test_a_host_is_left_in_peace_between_two_pages_and_a_go_is_short(hosts: dict[str, str], goes: int) -> None:
    due, asked = list(hosts), {}
    for go in range(goes):
        now = NOW + go * timedelta(seconds=25)
        for url in choose(due, hosts, asked, now):
            assert hosts[url] not in asked or now - asked[hosts[url]] >= HOST_REST
            asked[hosts[url]] = now
            due.remove(url)
        assert list(asked.values()).count(now) <= PAGES_AT_ONCE
