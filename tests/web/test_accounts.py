"""Who gets in, and what they and admins do to accounts through the pages."""

import itertools
import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from db import attempts
from tests.web.conftest import reached_at, serving_application
from tests.web.test_pages import signed_in, words_of
from tracker import accounts
from tracker.accounts import COMMAND_LINE, Act
from tracker.errors import Conflict, Refused
from tracker.passwords import check_password
from tracker.web.app import create_app
from tracker.web.auth import COOKIE
from tracker.web.people.agents import agent_parts
from tracker.web.people.throttle import MOST_OF_ADDRESS, MOST_OF_NAME
from tracker.web.sent import own_path
from tracker.web.serving.server import proxied

PASSWORD = "three old harbours"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""By an easier hash than the product makes: what verifies it is the same, and takes no time."""

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"


def anonymous(service, **environ):
    app = create_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.environ_base.update(environ)
    return client


def with_password(service, name="ana", role="reviewer", **environ):
    """A client that is not signed in yet, and may be by PASSWORD."""
    with service.store.writing() as db:
        db.accounts.add_user(name, role, HASHED, at=service.clock())
    return anonymous(service, **environ)


def try_in(client, password=PASSWORD, name="ana"):
    return client.post("/login", data={"name": name, "password": password})


def act(service):
    return Act(COMMAND_LINE, service.clock())


def test_after_many_wrong_passwords_even_the_right_one_waits_in_every_process(service, clock):
    first, second = with_password(service), anonymous(service, REMOTE_ADDR="203.0.113.9")
    wrong = [try_in(first, "wrong").status_code for _ in range(MOST_OF_NAME)]
    held = try_in(second)
    assert wrong == [401] * MOST_OF_NAME
    assert held.status_code == 429
    assert held.headers["Retry-After"] == "900"
    assert "Too many tries with this name. Wait 15 minutes; a passkey or a one-time link" in words_of(held.text)
    assert try_in(second, name="nobody-of-the-kind").status_code == 401
    clock.advance(minutes=15)
    assert try_in(second).status_code == 303
    assert try_in(second, "wrong").status_code == 401


def test_a_name_that_is_not_known_is_held_back_like_one_that_is(service):
    client = anonymous(service)
    answers = [try_in(client, name="nobody") for _ in range(MOST_OF_NAME + 1)]
    assert [answer.status_code for answer in answers] == [401] * MOST_OF_NAME + [429]


def test_a_name_costs_the_same_work_whether_it_is_known_or_not(service, monkeypatch):
    """Counted, not timed: each try has one hash of a password checked, also where there is none to check."""
    client, checked = with_password(service), []
    with service.store.writing() as db:
        db.accounts.add_user("ben", "reviewer", None, at=service.clock())
        db.accounts.add_user("eve", "reviewer", HASHED, at=service.clock())
        db.accounts.disable_user("eve", at=service.clock())
    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, *given: checked.append(given) or verify(self, *given))
    for number, name in enumerate(("ana", "ben", "eve", "nobody-of-the-kind"), start=1):
        assert try_in(client, "wrong words here", name).status_code == 401
        assert len(checked) == number, name


def test_an_address_that_tries_much_is_held_back_and_no_other(service):
    client = with_password(service, REMOTE_ADDR="2001:db8::1")
    for number in range(MOST_OF_ADDRESS):
        client.environ_base["REMOTE_ADDR"] = f"2001:db8::{number + 1:x}"  # One client has all of a /64.
        assert client.post(f"/login/guess-{number}").status_code == 401
    held = try_in(client)
    assert held.status_code == 429
    assert "from this address" in held.text
    assert client.post("/login/some-secret").status_code == 429
    client.environ_base["REMOTE_ADDR"] = "2001:db8:0:1::1"
    assert try_in(client).status_code == 303


def test_good_sign_ins_count_against_nobody(service):
    client = with_password(service)
    for _ in range(MOST_OF_ADDRESS + 1):
        assert try_in(client).status_code == 303


def test_who_asks_is_whom_the_trusted_proxy_names(service):
    with_password(service)
    app = create_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    sent = urllib.parse.urlencode({"name": "ana", "password": "wrong"}).encode()
    with serving_application(app, **proxied("127.0.0.1")) as address:
        asked = urllib.request.Request(f"{address}/login", sent, {"X-Forwarded-For": "198.51.100.7"})
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(asked, timeout=20)
    with service.store.reading() as db:
        assert [row.address for row in db.audit.newest(most=9)] == ["198.51.100.7"]


@pytest.fixture(scope="module")
def counting(shipped, tmp_path_factory):
    service = shipped.over(tmp_path_factory.mktemp("attempts"), shipped.service.clock, None)
    yield service
    service.store.close()


DAYS = itertools.count()


@given(st.lists(st.integers(0, 30), max_size=60))
def test_counted_tries_are_few_and_what_was_tried_most_stays(counting, keys):
    # Each example is a day of its own: what was counted the day before has ended.
    now = counting.clock() + timedelta(days=next(DAYS))
    window = {"now": now, "ends_at": now + timedelta(minutes=15)}
    with pytest.MonkeyPatch.context() as patch, counting.store.writing() as db:
        patch.setattr(attempts, "MOST_KEYS", 5)
        for key in ("most", "most", "most", *map(str, keys)):
            db.attempts.count(key, **window)
        often = max((keys.count(key) for key in keys), default=0)
        assert often > 3 or db.attempts.count("most", **window).number == 4
    with counting.store.reading() as db:
        assert db.attempts._db.execute("SELECT COUNT(*) FROM sign_in_attempt").fetchone()[0] <= 5


@pytest.mark.sqlite
def test_a_session_is_a_new_secret_at_each_sign_in_and_only_its_hash_is_kept(service):
    client = with_password(service)
    try_in(client)
    first = client.get_cookie(COOKIE).value
    try_in(client)
    second = client.get_cookie(COOKIE).value
    assert first != second
    assert client.get("/account").status_code == 200
    client.set_cookie(COOKIE, first)
    assert client.get("/account").status_code == 302
    kept = b"".join(file.read_bytes() for file in service.store.path.parent.glob("openlines.db*"))
    assert first.encode() not in kept
    assert second.encode() not in kept


@pytest.mark.parametrize(
    ("base_url", "name", "flags"),
    [
        ("https://lines.example.org", f"__Host-{COOKIE}", {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}),
        ("http://127.0.0.1:8000", COOKIE, {"HttpOnly", "Path=/", "SameSite=Lax"}),
    ],
)
def test_the_cookie_is_bound_to_the_host_where_there_is_https(service, base_url, name, flags):
    over = reached_at(service, base_url)
    client = with_password(over)
    cookie = try_in(client).headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert {part.strip() for part in cookie.split(";")[1:] if "Expires" not in part and "Max-Age" not in part} == flags
    sent = {"Cookie": cookie.partition(";")[0]}
    assert create_app(over).test_client(use_cookies=False).get("/account", headers=sent).status_code == 200


def test_signing_out_ends_the_session_itself_and_not_the_cookie_alone(service):
    client = with_password(service)
    try_in(client)
    kept = client.get_cookie(COOKIE).value
    client.post("/logout")
    client.set_cookie(COOKIE, kept)
    assert client.get("/account").status_code == 302


def test_a_link_is_used_up_by_its_button_alone_and_ends_with_the_password(service):
    client = with_password(service)
    first, second = (accounts.make_link(service.store, "ana", act(service)) for _ in range(2))
    assert client.get(f"/login/{first}").status_code == client.head(f"/login/{first}").status_code == 200
    assert client.post(f"/login/{first}").headers["Location"] == "/review"
    assert client.post(f"/login/{first}").status_code == 401
    accounts.set_password(service.store, "ana", "another old harbour", act(service))
    assert client.post(f"/login/{second}").status_code == 401


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("/\\\t\n:.?")).map(lambda text: f"/{text}"))
def test_signing_in_leads_to_this_site_alone(target):
    found = own_path(target)
    assert not re.match(r"[/\\]{2}", re.sub(r"[\t\r\n]", "", found))


def test_somebody_who_has_just_signed_in_sets_a_password_and_later_is_asked_for_it(service, clock):
    with service.store.writing() as db:
        db.accounts.add_user("rea", "reader", None, at=clock())
    client, other = anonymous(service), anonymous(service)
    for one in (client, other):
        home = one.post(f"/login/{accounts.make_link(service.store, 'rea', act(service))}").headers["Location"]
        assert home == "/account"
    twice = {"password": PASSWORD, "again": PASSWORD}
    assert "too short" in client.post("/account/password", data={"password": "short", "again": "short"}).text
    assert "differ" in client.post("/account/password", data=twice | {"again": "x"}).text
    assert client.post("/account/password", data=twice).status_code == 303
    with service.store.reading() as db:
        assert db.accounts.user("rea").password_hash.startswith("$argon2id$")
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    clock.advance(minutes=16)
    changed = {"password": "another old harbour", "again": "another old harbour"}
    assert "The password you have now" in client.get("/account").text
    assert "not your password" in client.post("/account/password", data=changed | {"old": "wrong"}).text
    assert client.post("/account/password", data=changed | {"old": PASSWORD}).status_code == 303


def test_guessing_the_password_in_a_session_that_was_left_open_is_held_back_too(service, clock):
    client = with_password(service)
    try_in(client)
    clock.advance(minutes=16)
    sent = {"password": "another old harbour", "again": "another old harbour"}
    for _ in range(MOST_OF_NAME):
        assert client.post("/account/password", data=sent | {"old": "wrong"}).status_code == 400
    assert client.post("/account/password", data=sent | {"old": PASSWORD}).status_code == 429


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("eleven char", "too short"),
        ("x" * 201, "too long"),
        ("aaaabbbbaaaabbbb", "first that are tried"),
        ("Password1234", "first that are tried"),
        ("annalouise.mei12", "little more than the name"),
    ],
)
def test_a_password_that_others_would_think_of_is_refused_in_words(password, words):
    with pytest.raises(Refused, match=words):
        check_password(password, "AnnaLouise.Mei")


def test_own_sessions_are_listed_in_words_and_ended_one_by_one_or_all_others(service, clock):
    here = with_password(service, HTTP_USER_AGENT=FIREFOX)
    phone, third = anonymous(service, HTTP_USER_AGENT=IPHONE), anonymous(service)
    for client in (here, phone, third):
        try_in(client)
    page = here.get("/account").text
    assert "Firefox on Windows this one" in words_of(page).replace("← ", "")
    assert "Safari on iPhone" in page
    ids = re.findall(r'name="session" value="([0-9a-f]{64})" aria-label="End the session of Safari', page)
    mine = signed_in(service, name="ben")
    assert mine.post("/account/sessions", data={"session": ids[0]}).status_code == 404
    assert here.post("/account/sessions", data={"session": ids[0]}).status_code == 303
    assert [client.get("/account").status_code for client in (here, phone, third)] == [200, 302, 200]
    here.post("/account/sessions", data={"session": "others"})
    assert [client.get("/account").status_code for client in (here, third)] == [200, 302]
    assert mine.get("/account").status_code == 200


def test_when_a_session_or_token_was_last_used_is_written_to_the_minute_and_seldom(service, clock):
    client = signed_in(service)
    token = {"Authorization": f"Bearer {accounts.make_token(service.store, 'notebook', 'reviewer', act(service))}"}

    def seen():
        client.get("/account")
        client.get("/api/v1/candidates", headers=token)
        with service.store.reading() as db:
            return db.accounts.sessions_of("ana", now=clock())[0].seen_at, db.accounts.tokens()[0].used_at

    began = clock()
    assert seen() == (began, began)
    clock.advance(minutes=4, seconds=59)
    assert seen() == (began, began)
    clock.advance(seconds=31)
    assert seen() == (clock().replace(second=0),) * 2


def test_an_admin_adds_a_person_whose_link_is_shown_once(service):
    admin = signed_in(service, "admin", "olga")
    made = admin.post("/admin/users", data={"name": "mei.lin", "role": "reviewer"})
    link = re.search(r"/login/[\w-]{43}", made.text).group()
    assert link not in admin.get("/admin/users").text
    assert anonymous(service).post(link).headers["Location"] == "/review"
    for name, status, words in (
        ("mei.lin", 409, "already"),
        ("two words", 400, "cannot be a name"),
        ("seed", 400, "what the configuration recorded"),
    ):
        refused = admin.post("/admin/users", data={"name": name, "role": "reader"})
        assert (refused.status_code, words in refused.text) == (status, True)
        assert re.search(f'value="{name}"[^>]* autofocus', refused.text), "the focus is where it is wrong"
    assert admin.get("/admin/users/nobody").status_code == 404


def test_another_role_or_being_disabled_ends_every_session_and_link(service):
    admin, client = signed_in(service, "admin", "olga"), with_password(service)
    try_in(client)
    assert admin.post("/admin/users/ana", data={"action": "role", "role": "reader"}).status_code == 303
    assert client.get("/account").status_code == 302
    try_in(client)
    assert client.get("/review").status_code == 403
    link = re.search(r"/login/[\w-]{43}", admin.post("/admin/users/ana", data={"action": "link"}).text).group()
    admin.post("/admin/users/ana", data={"action": "disable"})
    assert client.get("/account").status_code == 302
    assert try_in(client).status_code == client.post(link).status_code == 401
    assert admin.post("/admin/users/ana", data={"action": "link"}).status_code == 409
    admin.post("/admin/users/ana", data={"action": "enable"})
    assert client.post(link).status_code == 401
    assert try_in(client).status_code == 303
    admin.post("/admin/users/ana", data={"action": "sessions"})
    assert client.get("/account").status_code == 302
    assert admin.post("/admin/users/ana", data={}).status_code == 400


def test_an_admin_whose_role_stays_as_it_is_stays_signed_in(service):
    admin = signed_in(service, "admin", "olga")
    answer = admin.post("/admin/users/olga", data={"action": "role", "role": "admin"})
    assert answer.headers["Location"] == "/admin/users/olga?done=role"
    assert admin.get("/admin/users").status_code == 200


def test_the_last_admin_can_be_neither_disabled_nor_demoted(service):
    admin = signed_in(service, "admin", "olga")
    for change in ({"action": "disable"}, {"action": "role", "role": "reader"}):
        refused = admin.post("/admin/users/olga", data=change)
        assert refused.status_code == 409
        assert "olga is the last admin" in refused.text
    signed_in(service, "admin", "ilja")
    assert admin.post("/admin/users/olga", data={"action": "disable"}).headers["Location"] == "/login"
    with pytest.raises(Conflict, match="last admin"):
        accounts.disable_user(service.store, "ilja", act(service))


def test_tokens_are_shown_once_listed_and_revoked(service, raw):
    admin, client = signed_in(service, "admin", "olga"), anonymous(service)
    made = admin.post("/admin/tokens", data={"name": "notebook", "role": "reviewer"}).text
    secret = re.search(r"ol_[\w-]{43}", made).group()
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/candidates", headers=headers).status_code == 200
    assert "ol_" not in admin.get("/admin/tokens").text
    (row,) = raw(service.store).execute("SELECT * FROM token").fetchall()
    assert secret not in str(row), "its hash alone is kept"
    assert admin.post("/admin/tokens", data={"name": "notebook", "role": "reader"}).status_code == 409
    assert admin.post("/admin/tokens/revoke", data={"name": "notebook"}).status_code == 303
    assert client.get("/api/v1/candidates", headers=headers).status_code == 401
    assert "revoked 1 Feb 2024" in words_of(admin.get("/admin/tokens").text)
    assert admin.post("/admin/tokens/revoke", data={"name": "notebook"}).status_code == 404


@pytest.mark.parametrize(
    ("agent", "parts"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (IPHONE, ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", ("Chrome", "Linux")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "Mac")),
        ("curl/8.5.0", ("curl", None)),
        ("", (None, None)),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(agent, parts):
    assert agent_parts(agent) == parts
