"""Passkeys, with the authenticator that Chromium brings for tests."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from db.passkeys import Passkey
from tests.web.conftest import reached_at, serving_application
from tests.web.test_accounts import act, with_password
from tests.web.test_pages import signed_in, words_of
from tracker import accounts
from tracker.errors import Refused
from tracker.service import Service, utc_now
from tracker.web.app import create_app
from tracker.web.people.passkeys import Made, Site, Used, site_of

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@contextmanager
def serving_at_localhost(service: Service) -> Iterator[str]:
    """The product where browsers take passkeys without https; it learns its address when it has its port."""
    app = create_app(service)
    with serving_application(app) as address:
        address = address.replace("127.0.0.1", "localhost")
        there = replace(service, settings=replace(service.settings, base_url=address))
        app.extensions["openlines"].service = there
        yield address


def sign_in_by_link(service: Service, page: Page, address: str) -> None:
    page.goto(f"{address}/login/{accounts.make_link(service.store, 'ana', act(service))}")
    page.get_by_role("button", name="Sign in").click()


def authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def sent_again(address: str, form: str) -> tuple[int, str]:
    """The same form from a client that has no cookie of the first one, but a token for forms of its own."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(f"{address}/login", timeout=20).read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    fields = dict(urllib.parse.parse_qsl(form)) | {"csrf_token": token}
    try:
        answer = opener.open(f"{address}/login/passkey", urllib.parse.urlencode(fields).encode(), timeout=20)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    return answer.status, words_of(answer.read().decode())


def test_a_passkey_is_added_signs_in_without_a_name_once_each_time_and_is_removed(service, page):
    service = replace(service, clock=utc_now)
    with service.store.writing() as db:
        db.accounts.add_user("ana", "reviewer", None, at=service.clock())
    with serving_at_localhost(service) as address:
        authenticator(page)
        sign_in_by_link(service, page, address)
        page.goto(f"{address}/account")
        page.get_by_label("What to call it").fill("Office laptop")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_role("row", name="Office laptop")).to_contain_text("not yet")
        page.set_viewport_size({"width": 360, "height": 800})
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
        page.locator(".menu summary").click()
        page.get_by_role("button", name="Sign out").click()

        page.goto(f"{address}/login?next=/changes")
        with page.expect_request(f"{address}/login/passkey") as request:
            page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{address}/changes")
        status, words = sent_again(address, request.value.post_data)
        assert status == 401
        assert "took too long, or was sent twice" in words

        page.goto(f"{address}/account")
        expect(page.get_by_role("row", name="Office laptop")).not_to_contain_text("not yet")
        page.get_by_role("button", name="Remove the passkey Office laptop").click()
        expect(page.locator("main")).to_contain_text("You have none.")
        page.locator(".menu summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{address}/login")
        sent = []
        page.route(
            "**/login/passkey", lambda route: (sent.append(route.request.post_data), route.fulfill(body="Kept."))
        )
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("body")).to_have_text("Kept.")
        status, words = sent_again(address, sent[0])
        assert status == 401
        assert "not known here any more" in words
    with service.store.reading() as db:
        whats = [(row.what, row.detail) for row in reversed(db.audit.newest(person="ana", most=99))]
    assert [what for what in whats if what[0] in ("signed-in", "passkey-added", "passkey-removed")] == [
        ("signed-in", "link"), ("passkey-added", "Office laptop"), ("signed-in", "passkey"),
        ("passkey-removed", "Office laptop"),
    ]  # fmt: skip


def test_without_script_the_page_says_what_to_do(service):
    service = reached_at(service, "https://lines.example.org")
    page = create_app(service).test_client().get("/login").text
    assert "Without one, sign in with your password, or ask an admin for a one-time link" in page
    assert re.search(r'class="controls" hidden', page)


@pytest.mark.parametrize(
    ("base_url", "site"),
    [
        ("https://Lines.example.org", Site("lines.example.org", "https://lines.example.org")),
        ("https://lines.example.org:8443/deep", Site("lines.example.org", "https://lines.example.org:8443")),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://lines.example.org", None),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
    ],
)
def test_passkeys_belong_to_the_address_of_the_service_where_browsers_take_them(base_url, site):
    assert site_of(base_url) == site


def test_where_browsers_take_none_the_pages_say_so_and_offer_none(service):
    client = signed_in(service)
    assert "browsers take passkeys from sites with https" in words_of(client.get("/account").text)
    assert "passkey" not in client.get("/login").text.lower()
    assert client.post("/account/passkeys/options").status_code == 404
    assert client.post("/login/passkey/options").status_code == 404


def test_a_passkey_is_added_only_soon_after_signing_in(service, clock):
    service = replace(service, settings=replace(service.settings, base_url="http://localhost"))
    client = signed_in(service)
    assert client.post("/account/passkeys/options").get_json()["rp"] == {"name": "Open Lines", "id": "localhost"}
    clock.advance(minutes=16)
    assert "Sign in again to add a passkey" in client.get("/account").text
    assert client.post("/account/passkeys/options").status_code == 403
    assert client.post("/account/passkeys", data={"credential": "{}"}).status_code == 403


def test_a_challenge_is_good_once_for_five_minutes_and_for_whom_it_was_given(service, clock):
    with service.store.writing() as db:
        now = clock()
        five = {"now": now, "expires_at": now.replace(minute=now.minute + 5)}
        once, late, anas = (db.passkeys.challenge(user, **five) for user in ("", "", "ana"))
        assert db.passkeys.use_challenge(once, "", now=now)
        assert not db.passkeys.use_challenge(once, "", now=now)
        assert not db.passkeys.use_challenge(anas, "", now=now)
        assert not db.passkeys.use_challenge(late, "", now=five["expires_at"])


def test_answers_that_are_none_are_refused_in_words_and_count_as_tries(service):
    service = replace(service, settings=replace(service.settings, base_url="http://localhost"))
    client = with_password(service)
    answers = [
        client.post("/login/passkey", data={"credential": text}) for text in ("", "{}", "[]", "null", '{"id":1}')
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert "could not be verified" in answers[0].text
    assert [client.post("/login/passkey").status_code for _ in range(30)][-1] == 429


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ANSWER = st.fixed_dictionaries(
    {"id": JSON | st.just("YQ"), "rawId": JSON | st.just("YQ"), "type": JSON | st.just("public-key")},
    optional={
        "response": st.fixed_dictionaries(
            {},
            optional={
                name: JSON | st.sampled_from(["", "e30", "eyJ0eXBlIjoieCIsImNoYWxsZW5nZSI6IllRIiwib3JpZ2luIjoieCJ9"])
                for name in ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
            },
        )
    },
)


PASSKEY = Passkey("YQ", "ana", "", "YQ", 0, utc_now())
HERE = Site("localhost", "http://localhost")


@given(answer=ANSWER.map(json.dumps) | st.text())
def test_whatever_a_browser_sends_as_a_passkey_is_refused_in_words_unless_it_is_one(answer):
    for check in (lambda: Made.read(answer).verified(HERE), lambda: Used.read(answer).verified(HERE, PASSKEY)):
        with pytest.raises(Refused, match="could not be verified"):
            check()
