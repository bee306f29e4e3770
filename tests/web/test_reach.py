"""Accounts that are limited to some relationships: what they see, and what they are refused in words."""

import shutil
from dataclasses import replace

import pytest

from db.store import open_store
from tests.commands import run
from tests.conftest import Clock, settings_in
from tests.make import release
from tests.many import partner, release_on, slug_of, write_packs
from tests.web.test_authorisation import lines_of
from tests.web.test_pages import signed_in
from tracker import accounts
from tracker.accounts import COMMAND_LINE, Act
from tracker.errors import Conflict, Refused
from tracker.model import Status
from tracker.operating.seed import seed
from tracker.polling.handin import take
from tracker.service import open_service
from tracker.web.app import create_app


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three synthetic pairs with their record, and a candidate of each of the first two; nobody has it open."""
    folder = tmp_path_factory.mktemp("three")
    write_packs(folder / "config", 3)
    settings = replace(settings_in(folder), config=folder / "config")
    service = open_service(settings, migrate=True, clock=Clock())
    service.prepare()
    seed(service.store, service.packs, at=service.clock())
    for number in (0, 1):
        title, text = release_on(number)
        take(service, release(side="hub", title=title, summary=text, url=f"https://hub.example/{number}"))
    service.store.close()
    return service


@pytest.fixture
def three(made, tmp_path):
    """The same over a copy of its own."""
    file = tmp_path / "copy.db"
    shutil.copyfile(made.store.path, file)
    service = replace(made, store=open_store(f"sqlite:///{file}"))
    yield service
    service.store.close()


def candidate_of(service, number):
    with service.store.reading() as db:
        waiting = db.candidates.queue(Status.PENDING, most=9)
    return next(found for found in waiting if found.channel.startswith(partner(number)[0]))


def act(service):
    return Act(COMMAND_LINE, service.clock())


@pytest.fixture
def limited(three):
    """A reviewer of the first pair alone."""
    client = signed_in(three, "reviewer", "ana")
    accounts.limit_user(three.store, "ana", [slug_of(0)], act(three))
    return client


def test_every_view_for_reviewers_and_admins_says_what_it_checks(three):
    app = create_app(three)
    by_rule = {rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    unsaid = [
        line
        for line, rule in lines_of(app).items()
        if getattr(by_rule[rule], "open_to", None) in ("reviewer", "admin") and by_rule[rule].within is None
    ]
    assert unsaid == []


def test_the_queue_has_what_is_in_reach_alone(three, limited):
    page = limited.get("/review").text
    assert "Hubland and Avaria" in page
    assert "Hubland and Boraria" not in page
    assert '<span class="pill">1</span>' in page
    assert f'value="{slug_of(0)}"' in page
    assert f'value="{slug_of(1)}"' not in page
    assert '<span class="pill">2</span>' in signed_in(three, "reviewer", "eva").get("/review").text


def test_deeds_out_of_reach_are_refused_in_words_and_change_nothing(three, limited):
    found = candidate_of(three, 1)
    with three.store.reading() as db:
        change = db.record.entries()["p001-hotline"][0][0].id
    row = f"/claims/change-0{change}/amend"
    for path, sent in (
        (f"/review/{found.id}", {"action": "accept", "version": found.version}),
        ("/review/reject", {"candidate": f"{found.id}~{found.version}", "reason": "No."}),
        (row, {"action": "withdraw", "reason": "No."}),
    ):
        answer = limited.post(path, data=sent)
        assert answer.status_code == 403, path
        assert f"ana is limited to {slug_of(0)}; this is about {slug_of(1)}." in answer.text
    assert limited.get(f"/review/{found.id}").status_code == 403
    assert limited.get(f"/review?relationship={slug_of(1)}").status_code == 403
    assert candidate_of(three, 1).version == found.version
    assert limited.get(f"/review/{candidate_of(three, 0).id}").status_code == 200


def test_a_token_reaches_as_far_as_it_says(three):
    secret = accounts.make_token(three.store, "bot", "admin", act(three), relationships=[slug_of(1)])
    client, headers = create_app(three).test_client(), {"Authorization": f"Bearer {secret}"}
    (listed,) = client.get("/api/v1/candidates", headers=headers).json["candidates"]
    assert listed["channel"] == "p001-hotline"
    refused = client.get(f"/api/v1/candidates/{candidate_of(three, 0).id}", headers=headers)
    assert (refused.status_code, refused.json["title"]) == (403, "Not allowed")
    body = {"decision": "reject", "note": "No."}
    path = f"/api/v1/candidates/{candidate_of(three, 0).id}/review"
    assert client.post(path, json=body, headers=headers | {"If-Match": "1"}).status_code == 403
    words = {"side": "hub", "title": "Hubland and Calaria hold military hotline", "text": "On 8 January 2024, Calaria."}
    sent = client.post("/api/v1/releases", json=words | {"published": "2024-01-09"}, headers=headers)
    assert (sent.status_code, sent.json["candidates"]) == (201, []), "read for the relationships in reach alone"
    (seen,) = candidate_of(three, 0).sightings
    words |= {"side": seen.release.side, "url": seen.release.url, "relationship": slug_of(1)}
    foreign = client.post("/api/v1/releases", json=words | {"published": "2024-01-09"}, headers=headers)
    assert (foreign.status_code, f"read for {slug_of(0)}" in foreign.json["detail"]) == (403, True), "not its to reword"
    (seen_again,) = candidate_of(three, 0).sightings
    assert (seen_again.release.title, seen_again.lost) == (seen.release.title, seen.lost)
    only = client.get(f"/api/v1/candidates?relationship={slug_of(0)}", headers=headers)
    assert only.status_code == 403


def test_an_admin_with_limits_sees_to_no_accounts_and_to_no_feed_of_others(three):
    client = signed_in(three, "admin", "ada")
    signed_in(three, "admin", "root")
    accounts.limit_user(three.store, "ada", [slug_of(0)], act(three))
    assert client.get("/admin/users").status_code == 403
    assert client.post("/feeds/p001-news/pause", data={}).status_code == 403
    assert client.post("/feeds/hub-news/pause", data={}).status_code == 403, "others read it too"
    assert client.post("/feeds/p000-news/pause", data={}).status_code != 403


def test_limits_are_set_on_the_page_of_a_person_and_stand_in_the_audit(three):
    client = signed_in(three, "admin", "ada")
    signed_in(three, "reviewer", "ana")
    client.post("/admin/users/ana", data={"action": "limit", "limited": "1", "relationships": [slug_of(2), slug_of(0)]})
    with three.store.reading() as db:
        assert db.accounts.user("ana").relationships == (slug_of(0), slug_of(2))
        told = db.audit.newest(person="ana", most=1)[0]
    assert (told.what, told.detail) == ("limited", f"{slug_of(0)}, {slug_of(2)}")
    assert f"for {slug_of(0)}, {slug_of(2)} alone" in client.get("/admin/users").text
    client.post("/admin/users/ana", data={"action": "limit"})
    with three.store.reading() as db:
        assert db.accounts.user("ana").relationships is None


@pytest.mark.long
def test_the_command_line_limits_people_and_tokens(three, tmp_path, made):
    signed_in(three, "reviewer", "ana")
    env = {"OPENLINES_CONFIG": str(made.settings.config), "OPENLINES_DATABASE_URL": f"sqlite:///{three.store.path}"}
    assert run(["user", "limit", "ana", slug_of(1)], env=env).stdout == f"ana is there for {slug_of(1)} now.\n".encode()
    assert slug_of(1).encode() in run(["user", "list"], env=env).stdout
    assert b"all relationships" in run(["user", "limit", "ana", "--all"], env=env).stdout
    assert run(["user", "limit", "ana"], env=env).returncode == 2
    made_now = run(["token", "create", "bot", "--relationship", slug_of(0)], env=env)
    with three.store.reading() as db:
        assert db.accounts.token(made_now.stdout.decode().strip()).relationships == (slug_of(0),)


def test_limits_that_make_no_sense_are_refused(three):
    signed_in(three, "admin", "ada")
    with pytest.raises(Conflict, match="last admin"):
        accounts.limit_user(three.store, "ada", [slug_of(0)], act(three))
    with pytest.raises(Refused, match="no relationship “nowhere”"):
        accounts.limit_user(three.store, "ada", ["nowhere"], act(three))
    with pytest.raises(Refused, match="No relationship is named"):
        accounts.limit_user(three.store, "ada", [], act(three))
