"""Digests as readers begin and end them, and the operator's page of messages."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from config.smtp import Sender, Smtp
from db.notifications import Subscription
from tests.conftest import Clock
from tests.site import Site
from tests.test_digest import READER, Letterbox, mail_server, serve, text, with_mail
from tests.test_notify import record, subscribe
from tests.web.conftest import serving
from tracker.notifications.notify import Notifying
from tracker.notifications.subscribing import MOST_ASKED
from tracker.service import Service
from tracker.web.app import create_app


@pytest.fixture
def mailing(service: Service) -> Service:
    """A service that would send mail, were its scheduler to run."""
    settings = replace(service.settings, smtp_url=Smtp("127.0.0.1", 1), mail_from=Sender("lines@lines.example"))
    return replace(service, settings=settings)


def asked(client, address: str = READER, every: str = "daily", about: str = "", **more: str):
    form = client.get("/subscribe").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    data = {"csrf_token": token, "address": address, "every": every, "about": about} | more
    return client.post("/subscribe", data=data)


def live(service: Service) -> list[Subscription]:
    with service.store.reading() as db:
        return [fares.subscription for fares in db.notifications.live()]


def test_from_the_form_to_the_digest_and_out_by_one_click(service: Service, clock: Clock):
    box = Letterbox()
    with mail_server(box):
        mailing = with_mail(service, box)
        client = create_app(mailing).test_client()
        answer = asked(client, about="category:military", every="weekly")
        assert "Weekly digest: military channels" in answer.text
        serve(mailing)
        link = re.search(r"https://lines\.example(/subscribe/\S+)", text(box.letters[0][2]))[1]
        assert "Yes, send it to me" in client.get(link).text
        assert live(service)[0].since is None, "looking at the link begins nothing"
        begun = client.post(link)
        assert "The first digest comes after" in begun.text
        assert begun.headers["Cache-Control"] == "private, no-store"
        record(mailing, "dpct")
        record(mailing, "leaders")
        clock.advance(days=4)
        serve(mailing)
        letter = box.letters[1][2]
        assert letter["Subject"] == "Open Lines, weekly: 1 new"
        one_click = letter["List-Unsubscribe"].strip("<>").removeprefix("https://lines.example")
        assert client.get(one_click).status_code == 200
        assert len(live(service)) == 1, "looking at the link ends nothing"
        ended = create_app(mailing).test_client().post(one_click, data={"List-Unsubscribe": "One-Click"})
        assert ended.status_code == 200
        assert live(service) == []
        clock.advance(days=7)
        serve(mailing)
        assert len(box.letters) == 2
        assert "has ended" in client.get(link).text


def test_a_digest_that_was_asked_for_on_a_chinese_page_is_chinese_up_to_the_page_that_ends_it(service: Service):
    box = Letterbox()
    with mail_server(box):
        mailing = with_mail(service, box)
        client = create_app(mailing).test_client()
        chinese = client.get("/subscribe?language=zh").text
        assert '<option value="zh" selected>中文</option>' in chinese
        assert '<option value="en" selected>English</option>' in client.get("/subscribe").text
        asked(client, about="category:military", language="zh")
        serve(mailing)
    letter = box.letters[0][2]
    assert letter["Subject"] == "Open Lines：您要订阅这份摘要吗？"
    assert "发送每日摘要（军事渠道）" in text(letter)
    link = re.search(r"https://lines\.example(/subscribe/\S+)", text(letter))[1]
    asking = client.get(link).text
    assert '<html lang="zh-Hans"' in asking
    assert "每日摘要：军事渠道" in asking
    begun = client.post(re.search(r'<form method="post" action="(/subscribe[^"]+)"', asking)[1]).text
    ended = client.post(re.search(r'<form method="post" action="(/unsubscribe[^"]+)"', begun)[1]).text
    assert '<html lang="zh-Hans"' in begun
    assert "此摘要已终止" in ended, ended


def test_the_answer_is_the_same_whether_or_not_an_address_is_known_and_it_is_asked_once_a_day(mailing, clock):
    client = create_app(mailing).test_client()
    first = asked(client).text
    again = asked(client).text
    assert first == again
    assert len(live(mailing)) == 1
    number = live(mailing)[0].id
    with mailing.store.writing() as db:
        db.notifications.confirm(number, now=clock(), next_try=clock())
    clock.advance(days=2)
    assert asked(client).text == first
    assert len(live(mailing)) == 1, "it has this digest"
    asked(client, every="weekly")
    assert len(live(mailing)) == 2, "it may have another"


def test_too_many_addresses_within_an_hour_are_refused(mailing, clock):
    client = create_app(mailing).test_client()
    for number in range(MOST_ASKED):
        asked(client, f"reader{number}@desk.example")
    refused = asked(client, "one-more@desk.example")
    assert (refused.status_code, len(live(mailing))) == (429, MOST_ASKED)
    clock.advance(hours=1, seconds=1)
    assert asked(client, "one-more@desk.example").status_code == 200


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"address": "nobody"}, "&#39;nobody&#39; is no mail address"),
        ({"address": "a@b.example\r\nBcc: c@d.example"}, "is no mail address"),
        ({"every": "hourly"}, "every is &#39;hourly&#39;. Send one of daily, weekly"),
        ({"language": "eo"}, "language is &#39;eo&#39;. Send one of en, zh"),
        ({"about": "channel:moon"}, "channel is &#39;moon&#39;, which is none that there is"),
    ],
)
def test_what_cannot_be_is_refused_in_words(mailing, form: dict[str, str], says: str):
    answer = asked(create_app(mailing).test_client(), **form)
    assert answer.status_code == 400
    assert says in re.sub(r"</?p[^>]*>\s*", " ", answer.text).replace("  ", " ").replace(" \n", "")
    assert live(mailing) == []


def test_links_that_belong_to_nothing_and_forms_without_a_token_are_refused(mailing):
    client = create_app(mailing).test_client()
    assert client.get("/unsubscribe/nothing").status_code == 404
    assert client.post("/subscribe/nothing").status_code == 404
    assert client.post("/subscribe", data={"address": READER, "every": "daily"}).status_code == 400


def test_a_service_without_mail_says_so_and_offers_none(service):
    client = create_app(service).test_client()
    assert "This service sends no mail." in client.get("/subscribe").text
    assert 'href="/subscribe"' not in client.get("/").text


def test_the_operator_sees_what_was_given_up_and_sends_it_again(
    service: Service, site: Site, clock, page: Page, sign_in
):
    site.serve("/hook", 500)
    subscribe(service, site.url("/hook"))
    record(service)
    notifying = Notifying(service, lots=lambda: 0.0)
    for _ in range(17):
        for turn in notifying.tick().result():
            turn.result()
        clock.advance(hours=12)
    assert create_app(service).test_client().get("/deliveries").status_code == 302
    metrics = create_app(service).test_client().get("/metrics").text
    assert 'openlines_messages{state="dead"} 1' in metrics
    assert "openlines_receivers_failing_week 1" in metrics
    with service.store.writing() as db:
        db.accounts.add_user("olga", "admin", None, at=clock())
    with serving(service) as address:
        sign_in(service, page, address, "olga")
        page.goto(f"{address}/deliveries")
        assert "FAILING FOR A WEEK" in page.inner_text("main")
        site.serve("/hook")
        page.get_by_role("button", name="Send message 1 again").first.click()
        page.wait_for_url("**/deliveries")
    for turn in notifying.tick().result():
        turn.result()
    notifying.stop()
    with service.store.reading() as db:
        assert [one.state for one in db.notifications.deliveries()] == ["sent"]


def test_the_form_works_without_scripts_on_a_small_screen(mailing, browser):
    with serving(mailing) as address:
        context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{address}/subscribe?channel=dpct")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_label("Mail address").fill(READER)
        page.get_by_label("How often").select_option("weekly")
        page.get_by_role("button", name="Ask this address").press("Enter")
        assert "Weekly digest: Defense Policy Coordination Talks" in page.inner_text("main")
        context.close()
    assert live(mailing)[0].filter.channel == "dpct"
