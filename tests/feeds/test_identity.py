"""What a release is when it comes again, is edited, or is taken out: polls of a real server, and what they leave."""

from __future__ import annotations

import re

import pytest

from tests.feeds import test_poll
from tests.feeds.test_poll import TALKS, feed_at, pending, rss
from tests.site import Site
from tests.test_review import decide, page
from tracker.model import Outcome, Signal, State, Status
from tracker.polling.poll import poll_feed
from tracker.reviewing.review import reject

polled = test_poll.polled

MINUTES = (
    "Statement on the minutes",
    "The two delegations agreed on the text of the minutes after long talks about the safety of ships and aircraft at "
    "sea, and will exchange signed copies through their embassies before the end of the month, an official said.",
)
STATEMENT = (
    "国防部新闻发言人就有关问题答记者问",
    "问：据报道，双方日前就海上军事安全问题进行了沟通。请问发言人对此有何评论？答：中方在有关问题上的立场是一贯的、明确的，"
    "我们愿在平等和尊重的基础上与对方保持沟通，妥善管控分歧，希望对方与中方相向而行。",
)
BRIEFING = (
    "The spokesperson took questions on a range of matters; the full transcript of the briefing follows below, "
    "with video."
)


def releases(service):
    with service.store.reading() as db:
        return [db.releases.history(kept.id) for _, kept in db.releases.stored()]


def again(*items, prefix: str, **over):
    """The same items under other guids and addresses."""
    return rss(*items, prefix=prefix, **over)


@pytest.mark.parametrize(
    ("item", "lang", "edit"), [(MINUTES, "en", ("long", "lengthy")), (STATEMENT, "zh", ("希望", "盼"))]
)
def test_an_item_again_under_another_id_and_address_is_one_release(polled, site: Site, item, lang, edit):
    feed = feed_at(site.serve("/feed", body=rss(item)), lang=lang)
    polled(feed)
    site.serve("/feed", body=again(item, prefix="moved"))
    row = polled(feed)
    assert (row.fresh, row.revised) == (0, 0)
    site.serve("/feed", body=again((item[0], item[1].replace(*edit)), prefix="other"))
    row = polled(feed)
    assert (row.fresh, row.revised) == (0, 1)
    (kept,) = releases(polled.service)
    first, same, nearly = kept.names
    assert first.because is None
    assert same.because == "It came again under another id and address, with the same words."
    assert "nearly the same words" in nearly.because
    assert [name.url for name in kept.names] == [f"https://news.example/{name}0" for name in ("r", "moved", "other")]
    assert polled(feed).overlap == 1, "its newest name is known from then on"


def test_what_comes_again_from_the_other_side_or_much_later_is_another_release(polled, site: Site):
    polled(feed_at(site.serve("/feed", body=rss(MINUTES))))
    polled(feed_at(site.serve("/cn", body=again(MINUTES, prefix="cn")), slug="other", side="cn"))
    later = again(MINUTES, prefix="late", published="Wed, 24 Jan 2024 09:00:00 -0500")
    polled(feed_at(site.serve("/feed", body=later)))
    assert len(releases(polled.service)) == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Daily briefing", ""), ("Daily briefing", "")),
        (("例行记者会", "外交部发言人主持例行记者会"), ("例行记者会", "外交部发言人主持例行记者会")),
        (("Daily briefing", BRIEFING), ("Daily briefing", MINUTES[1])),
        (("Daily briefing of 9 January", BRIEFING), ("Daily briefing of 10 January", BRIEFING)),
        (("Daily briefing", f"9 Jan: {BRIEFING}"), ("Daily briefing", f"10 Jan: {BRIEFING}")),
    ],
    ids=["a title alone", "few words", "another text", "another day in the title", "another day in the text"],
)
def test_what_only_begins_alike_stays_apart(polled, site: Site, before, after):
    feed = feed_at(site.serve("/feed", body=rss(before)))
    polled(feed)
    site.serve("/feed", body=again(after, prefix="next"))
    assert polled(feed).fresh == 1


def test_two_items_side_by_side_are_two(polled, site: Site):
    assert polled(feed_at(site.serve("/feed", body=rss(MINUTES, MINUTES)))).fresh == 2


def test_two_feeds_that_word_one_release_otherwise_do_not_revise_it_for_ever(polled, site: Site):
    one = feed_at(site.serve("/feed", body=rss(MINUTES)))
    short = rss((MINUTES[0], MINUTES[1][:60]))
    two = feed_at(site.serve("/two", body=short), slug="two")
    polled(one), polled(two)
    with polled.service.store.writing() as db:
        db.feeds.sync([one, two], now=polled.service.clock())
    for feed in (one, two, one, two):
        row = polled(feed)
        assert (row.fresh, row.revised) == (0, 0)
    assert len(releases(polled.service)[0].revisions) == 2


def test_revisions_are_kept_with_their_times(polled, site: Site):
    feed = feed_at(site.serve("/feed", body=rss(TALKS)))
    polled(feed)
    site.serve("/feed", body=rss((TALKS[0] + ", Corrected", TALKS[1])))
    polled(feed)
    (kept,) = releases(polled.service)
    before, after = kept.revisions
    assert (before.title, after.title) == (TALKS[0], TALKS[0] + ", Corrected")
    assert before.seen_at < after.seen_at


ON_ONE_LINE = f"The band played. {TALKS[1]} The sun shone."
IN_LINES = f"<p>The band played.</p><p>{TALKS[1]}</p><ul><li>The sun shone.</li></ul>"


@pytest.mark.parametrize(("before", "after"), [(ON_ONE_LINE, IN_LINES), (IN_LINES, ON_ONE_LINE)])
def test_other_line_breaks_are_no_edit(polled, site: Site, before, after):
    edited(polled, site, before)
    kept, found = releases(polled.service), pending(polled.service)
    edited(polled, site, after)
    assert (releases(polled.service), pending(polled.service)) == (kept, found)
    edited(polled, site, after.replace("17th", "18th"))
    assert len(releases(polled.service)[0].revisions) == 2


def test_a_teaser_of_a_text_with_other_line_breaks_takes_nothing_back(polled, site: Site, waiting):
    edited(polled, site, IN_LINES)
    decided = decide(polled.service, candidate(polled, waiting.id))
    edited(polled, site, "The band played. Deputy Assistant Secretary of Defense …")
    same = candidate(polled, decided.id)
    assert (same.status, same.sightings[0].lost) == (Status.ACCEPTED, False)


def test_items_of_a_list_are_read_apart(polled, site: Site):
    items = "<li>Resumption of the Defense Policy Coordination Talks</li><li>Talks on AI between both governments</li>"
    site.serve("/feed", body=rss(("Expectations of the summit", f"<ul>{items}</ul>")))
    polled(feed_at(site.url()))
    assert releases(polled.service)[0].release.summary.splitlines() == [
        "Resumption of the Defense Policy Coordination Talks",
        "Talks on AI between both governments",
    ]
    assert ("ai-dialogue", Signal.RESUMED) not in [(one.channel, one.signal) for one in pending(polled.service)]


def edited(polled, site: Site, text: str):
    site.serve("/feed", body=rss((TALKS[0], text)))
    polled(feed_at(site.url()))


def candidate(polled, number: int):
    with polled.service.store.reading() as db:
        return db.candidates.get(number)


@pytest.fixture
def waiting(polled, site: Site):
    polled(feed_at(site.serve("/feed", body=rss(TALKS))))
    (found,) = pending(polled.service)
    return found


def test_an_edit_that_leaves_the_finding_moves_nothing(polled, site: Site, waiting):
    decided = decide(polled.service, waiting)
    edited(polled, site, TALKS[1].replace("met with", "held talks with"))
    same = candidate(polled, decided.id)
    assert (same.status, same.version, same.again) == (Status.ACCEPTED, decided.version, None)


def test_an_edit_that_changes_the_date_brings_a_decided_candidate_back_and_leaves_the_record(
    polled, site: Site, waiting
):
    decide(polled.service, waiting)
    edited(polled, site, TALKS[1].replace("Jan. 8-9", "Jan. 9-10"))
    back = candidate(polled, waiting.id)
    assert back.status is Status.PENDING
    assert back.again == (
        "Department changed its wording on 2024-02-01: it said held, 2024-01-08 to 2024-01-09, "
        "and now says held, 2024-01-09 to 2024-01-10."
    )
    assert str(back.date) == "2024-01-10"
    (seen,) = back.sightings
    assert (seen.revision, seen.reworded, seen.lost) == (2, back.again, False)
    assert str(page(polled.service).last_contact.date) == "2024-01-08", "nothing changes the record without a person"


def test_a_candidate_that_waits_is_told_anew(polled, site: Site, waiting):
    edited(polled, site, TALKS[1].replace("Jan. 8-9", "Jan. 9-10"))
    told = candidate(polled, waiting.id)
    assert (told.status, str(told.date)) == (Status.PENDING, "2024-01-10")
    assert told.version > waiting.version, "a reviewer decides what they saw"
    assert "changed its wording" in told.again


def test_what_the_new_wording_no_longer_says_stays_with_a_mark_and_comes_back_once(polled, site: Site, waiting):
    decide(polled.service, waiting)
    edited(polled, site, "The band will play on the pier.")
    back = candidate(polled, waiting.id)
    assert (back.status, back.again) == (
        Status.PENDING,
        "Department changed its wording on 2024-02-01: it no longer says held, 2024-01-08 to 2024-01-09.",
    )
    (seen,) = back.sightings
    assert seen.lost
    assert seen.release.summary == TALKS[1], "with the words in which it stood"
    assert page(polled.service).state is State.RESUMED
    decided = decide(polled.service, back)
    edited(polled, site, "The band will play on the quay.")
    assert candidate(polled, waiting.id).version == decided.version
    edited(polled, site, TALKS[1])
    returned = candidate(polled, waiting.id)
    assert (returned.status, returned.sightings[0].lost) == (Status.PENDING, False)
    assert "ceased to say" in returned.again


@pytest.mark.parametrize("teaser", ["", "Deputy Assistant Secretary of Defense Michael Chase met …"])
def test_a_teaser_in_the_place_of_a_text_takes_nothing_back(polled, site: Site, waiting, teaser):
    decided = decide(polled.service, waiting)
    edited(polled, site, teaser)
    same = candidate(polled, decided.id)
    assert (same.status, same.sightings[0].lost) == (Status.ACCEPTED, False)


def test_a_rejected_finding_that_is_taken_back_stays_rejected(polled, site: Site, waiting):
    reject(polled.service.store, waiting.id, waiting.version, by="ana", at=polled.service.clock(), reason="No.")
    edited(polled, site, "The band will play on the pier.")
    kept = candidate(polled, waiting.id)
    assert (kept.status, kept.sightings[0].lost) == (Status.REJECTED, True)


def test_a_meeting_that_becomes_a_cancellation_is_told_in_both_candidates(polled, site: Site, waiting):
    decide(polled.service, waiting)
    edited(polled, site, "The United States cancelled the 17th Defense Policy Coordination Talks with China on Jan. 9.")
    waits = {found.signal: found for found in pending(polled.service)}
    assert set(waits) == {Signal.HELD, Signal.CANCELLED}
    assert "no longer says held" in waits[Signal.HELD].again
    assert "and says cancelled" in waits[Signal.HELD].again
    assert page(polled.service).last_contact.outcome is Outcome.HELD


def window(*numbers: int) -> bytes:
    """A feed of items by number, each published a day after the one of the number below."""
    items = "".join(
        f"<item><guid>n{n}</guid><title>Item {n}</title><link>https://news.example/n{n}</link>"
        f"<pubDate>{n:02} Jan 2024 09:00:00 GMT</pubDate></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>S</title>{items}</channel></rss>'.encode()


def gone(service) -> set[str]:
    return {kept.release.title for kept in releases(service) if kept.gone_since}


def test_an_item_that_is_taken_out_is_noted_and_stays_and_one_that_returns_is_not_gone(polled, site: Site):
    feed = feed_at(site.serve("/feed", body=window(9, 8, 7, 6)))
    polled(feed)
    site.serve("/feed", body=window(10, 9, 7))
    polled(feed)
    assert gone(polled.service) == {"Item 8"}, "6 has scrolled out"
    site.serve("/feed", status=500)
    polled(feed)
    site.serve("/feed", body=window(10, 9, 8, 7))
    polled(feed)
    assert gone(polled.service) == set()
    assert len(releases(polled.service)) == 5


def test_an_empty_feed_and_one_that_was_overrun_take_nothing_out(polled, site: Site):
    feed = feed_at(site.serve("/feed", body=window(4, 3, 2)))
    polled(feed)
    for numbers in ((), (4, 3, 2), (7, 6, 5)):
        site.serve("/feed", body=window(*numbers))
        polled(feed)
        assert gone(polled.service) == set()


def test_what_another_feed_still_shows_is_not_gone(polled, site: Site):
    one = feed_at(site.serve("/feed", body=window(4, 3, 2)))
    two = feed_at(site.serve("/two", body=window(4, 3, 2)), slug="two")
    for feed in (one, two):
        polled(feed)
    with polled.service.store.writing() as db:
        db.feeds.sync([one, two], now=polled.service.clock())
    site.serve("/feed", body=window(4, 2))
    poll_feed(polled.service.store, one, polled.service.detectors["us-china"], polled.service.clock)
    assert gone(polled.service) == set()


GUID, LINK = re.compile(rb"<guid>[^<]*</guid>"), re.compile(rb"<link>[^<]*/r\d</link>")
SHARED_NAMES = {
    "one guid": lambda body: GUID.sub(b"<guid>tag:site</guid>", body),
    "one address and no guid": lambda body: LINK.sub(b"<link>https://news.example/</link>", GUID.sub(b"", body)),
}


@pytest.mark.parametrize("alike", SHARED_NAMES.values(), ids=SHARED_NAMES)
def test_items_that_share_all_names_are_told_apart_by_what_they_say(polled, site: Site, alike):
    items = (TALKS, MINUTES, ("School visit", "The secretary read to children."))
    feed = feed_at(site.serve("/feed", body=alike(rss(*items))))
    assert (polled(feed).fresh, len(releases(polled.service))) == (3, 3)
    row = polled(feed)
    assert (row.fresh, row.revised) == (0, 0)
    site.serve("/feed", body=alike(rss(*items, ("Another", "Something else altogether."))))
    row = polled(feed)
    assert (row.fresh, row.revised) == (1, 0)


def items(*told: tuple[str, str | None, str], date: str = "Wed, 31 Jan 2024 09:00:00 GMT") -> bytes:
    """A feed of items by guid, link and title."""
    entries = "".join(
        f"<item><guid>{guid}</guid><title>{title}</title><pubDate>{date}</pubDate>"
        + (f"<link>{link}</link>" if link else "")
        + "</item>"
        for guid, link, title in told
    )
    return f"<rss version='2.0'><channel><title>S</title>{entries}</channel></rss>".encode()


CUT = "China suspends theater commanders talks with the United States"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("7", "https://m.example/old/7", "Band plays on the pier"), ("7", "https://m.example/new/1", CUT)),
        (("latest", "https://m.example/", "Band plays on the pier"), ("latest", "https://m.example/", CUT)),
        (("latest", None, "Band plays on the pier"), ("latest", None, CUT)),
    ],
    ids=["numbers that begin anew", "a feed of one item", "without an address"],
)
def test_a_guid_that_is_given_to_another_item_names_another_release(polled, site: Site, before, after):
    feed = feed_at(site.serve("/feed", body=items(before)))
    polled(feed)
    site.serve("/feed", body=items(after))
    row = polled(feed)
    assert (row.fresh, row.revised, row.sightings) == (1, 0, 1)
    assert [kept.release.title for kept in releases(polled.service)] == [before[2], CUT]
    row = polled(feed)
    assert (row.fresh, row.revised, row.overlap) == (0, 0, 1)


@pytest.mark.parametrize(
    ("address", "title"),
    [("https://news.example/r0", CUT), ("https://news.example/moved", f"{TALKS[0]}, Corrected")],
    ids=["another title at the same address", "another address with nearly the same words"],
)
def test_an_edited_item_under_its_guid_stays_one_release(polled, site: Site, address, title):
    feed = feed_at(site.serve("/feed", body=rss(TALKS)))
    polled(feed)
    edited = rss((title, TALKS[1])).replace(b"https://news.example/r0", address.encode())
    site.serve("/feed", body=edited)
    row = polled(feed)
    assert (row.fresh, row.revised) == (0, 1)


@pytest.mark.parametrize(
    "link", [None, "https://m.example/", "https://m.example/{item}?sid={read}"], ids=["none", "the site", "a session"]
)
@pytest.mark.parametrize("date", ["Wed, 31 Jan 2024 09:00:00 GMT", "soon"])
def test_short_items_whose_guids_change_at_each_read_come_in_once(polled, site: Site, link, date):
    titles = (CUT, "Band plays on the pier", "Harbor day")
    feed = feed_at(site.url())
    for read in range(25):
        told = [
            (f"{read}-{item}", link and link.format(item=item, read=read), title) for item, title in enumerate(titles)
        ]
        site.serve("/feed", body=items(*told, date=date))
        row = polled(feed)
        polled.service.clock.advance(hours=12)
        assert (row.fresh, row.revised) == ((0, 0) if read else (3, 0)), read
    kept = releases(polled.service)
    assert {len(one.names) for one in kept} == {20}, "the first and the newest"
    assert {one.names[0].guid for one in kept} == {"0-0", "0-1", "0-2"}


def test_what_is_said_in_the_same_words_side_by_side_or_much_later_is_said_anew(polled, site: Site):
    feed = feed_at(site.serve("/feed", body=items(("a", None, "Daily briefing"), ("b", None, "Daily briefing"))))
    assert polled(feed).fresh == 2
    site.serve("/feed", body=items(("c", None, "Daily briefing"), date="Thu, 01 Feb 2024 09:00:00 GMT"))
    assert polled(feed).fresh == 1


def test_items_of_one_title_that_share_a_guid_lose_none_and_are_not_revised_for_ever(polled, site: Site):
    told = [("g", f"https://m.example/{number}", "Statement") for number in range(3)]
    feed = feed_at(site.serve("/feed", body=items(*told)))
    rows = [polled(feed) for _ in range(2)]
    assert [(row.fresh, row.revised) for row in rows] == [(3, 0), (0, 0)]
