"""Who did what, as it is written down and shown to admins."""

import re
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.sqlite.migrations import migrations
from db.store import open_store
from tests.commands import run
from tests.engines import REFUSED
from tests.make import sighting, source
from tests.test_review import US, arrive
from tests.web.test_accounts import PASSWORD, act, anonymous, try_in, with_password
from tests.web.test_pages import signed_in, words_of
from tracker import accounts
from tracker.errors import Conflict
from tracker.model import StatusChange
from tracker.reviewing import amend
from tracker.reviewing.amend import ClaimName
from tracker.reviewing.review import reject


def refuse(service, candidate, reason):
    reject(service.store, candidate.id, candidate.version, by="ana", at=service.clock(), reason=reason)


def told(service, **asked):
    with service.store.reading() as db:
        return [(row.actor, row.what, row.subject, row.detail) for row in db.audit.newest(most=99, **asked)]


def rows_of(client, **asked):
    """What the page lists: what and of what, newest first."""
    page = client.get("/admin/audit", query_string=asked).text
    cells = re.findall(r"<tr>\s*<td>.*?</td>\s*<th[^>]*>(.*?)</th>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", page, re.DOTALL)
    return [tuple(words_of(cell.replace("<", " <")).strip() for cell in row) for row in cells]


@pytest.mark.sqlite
def test_sign_ins_also_refused_ones_are_told_and_never_what_was_typed_for_a_name(service):
    client = with_password(service, REMOTE_ADDR="198.51.100.7")
    try_in(client, "wrong")
    try_in(client, name="my secret passphrase")
    try_in(client)
    client.post("/logout")
    client.post("/login/nonsense")
    assert told(service) == [
        ("?", "refused", "?", "link"),
        ("ana", "signed-out", "ana", None),
        ("ana", "signed-in", "ana", "password"),
        ("?", "refused", "?", "password"),
        ("?", "refused", "ana", "password"),
    ]
    with closing(sqlite3.connect(service.store.path)) as connection:
        assert "passphrase" not in "\n".join(connection.iterdump())
    page = signed_in(service, "admin", "olga").get("/admin/audit").text
    assert "198.51.100.7" in page
    assert "Signed in, by password" in page
    assert "somebody unknown" in page


def test_that_somebody_is_held_back_is_told_once(service):
    client = with_password(service)
    for _ in range(15):
        try_in(client, "wrong")
    whats = [what for _, what, _, _ in told(service)]
    assert whats == ["throttled"] + ["refused"] * 10


def test_decisions_amendments_and_paused_sources_are_told_with_their_reasons(seeded_2023):
    (candidate,) = arrive(seeded_2023, US, sighting())
    refuse(seeded_2023, candidate, "A rehearsal.")
    who = {"by": "ana", "at": seeded_2023.clock()}
    name = ClaimName(StatusChange, 1)
    amend.cite(seeded_2023.store, name, source(title="A further readout"), **who)
    new = amend.correct(seeded_2023.store, name, {"cause": "Otherwise."}, reason="It was otherwise.", **who)
    amend.withdraw(seeded_2023.store, new, reason="It was not.", **who)
    slug = seeded_2023.feeds[0].slug
    with seeded_2023.store.writing() as db:
        db.feeds.pause(slug, now=seeded_2023.clock(), by="root", because="Its server moves.")
        db.feeds.resume(slug, now=seeded_2023.clock(), by="root")
    admin = signed_in(seeded_2023, "admin", "olga")
    assert rows_of(admin, kind="decision") == [("ana", "Candidate rejected", "candidate 1 A rehearsal.")]
    assert rows_of(admin, kind="amendment") == [
        ("ana", "Claim withdrawn", f"{new} It was not."),
        ("ana", "Claim corrected", f"{new} It was otherwise."),
        ("ana", "Source cited", f"change-1 {source().url}"),
    ]
    assert rows_of(admin, kind="feed") == [
        ("root", "Source resumed", slug), ("root", "Source paused", f"{slug} Its server moves."),
    ]  # fmt: skip
    assert {who for who, _, _ in rows_of(admin, person="ana")} == {"ana"}
    assert len(rows_of(admin)) == 6
    for address in re.findall(r'<td><a href="([^"]+)"', admin.get("/admin/audit").text):
        assert admin.get(address).status_code == 200, address


def test_what_fails_is_not_told(service):
    signed_in(service, "admin", "olga")
    with pytest.raises(Conflict):
        accounts.change_role(service.store, "olga", "reader", act(service))
    assert told(service) == []


def test_rows_are_never_changed_or_deleted(service, raw):
    try_in(anonymous(service))
    for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'ben'"):
        with pytest.raises(REFUSED, match="never changed or deleted"):
            raw(service.store).execute(statement)


def test_pages_follow_one_another_without_a_gap_or_a_row_twice(seeded_2023, monkeypatch):
    monkeypatch.setattr("tracker.web.people.admin.MOST", 3)
    (candidate,) = arrive(seeded_2023, US, sighting())
    refuse(seeded_2023, candidate, "No.")
    for number in range(7):  # All at the same instant.
        accounts.make_token(seeded_2023.store, f"t{number}", "reader", act(seeded_2023))
    admin, address, seen = signed_in(seeded_2023, "admin", "olga"), "/admin/audit", []
    while address:
        page = admin.get(address).text
        seen += re.findall(r'<td><a href="[^"]+">([^<]+)', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following and following[1].replace("&amp;", "&")
    assert sorted(seen) == ["candidate 1", *(f"t{number}" for number in range(7))]
    for asked in ({"before": "nonsense"}, {"before": "2024-01-01~x~1"}, {"kind": "nonsense"}):
        assert admin.get("/admin/audit", query_string=asked).status_code == 400


@given(st.text(max_size=40))
def test_no_cursor_makes_it_fail(audited, before):
    assert audited.get("/admin/audit", query_string={"before": before}).status_code in (200, 400)


@pytest.fixture(scope="module")
def audited(shipped, tmp_path_factory):
    service = shipped.over(tmp_path_factory.mktemp("audited"), shipped.service.clock, None)
    yield signed_in(service, "admin", "olga")
    service.store.close()


def test_the_command_line_writes_what_it_does(service, clock):
    env = {"OPENLINES_VAR": str(service.settings.var), "OPENLINES_DATABASE_URL": service.settings.database_url}
    for command in ("user add ana --role admin --password-stdin", "user role ana admin", "token create notebook"):
        done = run(command.split(), stdin=f"{PASSWORD}\n".encode(), env=env)
        assert done.returncode == 0, done.stderr
    assert b"ana is the last admin" in run(["user", "disable", "ana"], env=env).stderr
    assert told(service) == [
        ("command line", "token-made", "notebook", "reader"),
        ("command line", "user-added", "ana", "admin"),
    ]


def test_whatever_is_done_to_accounts_is_told(service):
    store, by = service.store, act(service)
    accounts.add_user(store, "olga", "admin", by)
    accounts.add_user(store, "ana", "reader", by)
    accounts.change_role(store, "ana", "reviewer", by)
    accounts.set_password(store, "ana", PASSWORD, by)
    accounts.make_link(store, "ana", by)
    accounts.disable_user(store, "ana", by)
    accounts.enable_user(store, "ana", by)
    with store.writing() as db:
        db.accounts.start_session("ana", now=by.at, expires_at=by.at.replace(year=2030))
    accounts.end_sessions(store, "ana", by)
    accounts.make_token(store, "notebook", "reader", by)
    accounts.revoke_token(store, "notebook", by)
    assert [(what, subject, detail) for _, what, subject, detail in reversed(told(service))] == [
        ("user-added", "olga", "admin"),
        ("user-added", "ana", "reader"),
        ("role-changed", "ana", "reader → reviewer"),
        ("password-set", "ana", None),
        ("link-made", "ana", None),
        ("user-disabled", "ana", None),
        ("user-enabled", "ana", None),
        ("sessions-ended", "ana", "1"),
        ("token-made", "notebook", "reader"),
        ("token-revoked", "notebook", None),
    ]
    assert {who for who, *_ in told(service)} == {"command line"}


AMENDED_BEFORE = """
INSERT INTO relationship (slug, position, names, parties, languages) VALUES ('us-china', 0, '{}', '[]', '[]');
INSERT INTO channel (slug, relationship, position, category, names, counterparts, description)
VALUES ('dpct', 'us-china', 0, 'military', '{}', '{}', '');
INSERT INTO candidate (id, channel, signal, status, opened_at, evidence_at, published)
VALUES (1, 'dpct', 'held', 'pending', '2024-01-01', '2024-01-01', '2024-01-01');
INSERT INTO decision (id, candidate, verdict, decided_by, decided_at, undoes)
VALUES (1, 1, 'accept', 'ben', '2024-01-01T00:00:00.000000Z', NULL),
       (2, 1, 'undo', 'ben', '2024-01-05T00:00:00.000000Z', 1);
INSERT INTO status_change (id, channel, state, effective, cause, recorded_at, recorded_by, seed_key, decision, replaces,
                           reason, withdrawn_at, withdrawn_by, withdrawn_reason)
VALUES
    (1, 'dpct', 'active', '2020', '', '2024-01-01T00:00:00.000000Z', 'seed', 'a', NULL, NULL, NULL, NULL, NULL, NULL),
    (2, 'dpct', 'active', '2021', '', '2024-01-02T00:00:00.000000Z', 'ana', NULL, NULL, 1, 'A year late.',
     '2024-01-03T00:00:00.000000Z', 'ben', 'No.'),
    (3, 'dpct', 'active', '2022', '', '2024-01-02T00:00:00.000000Z', 'seed', 'b', NULL, 1, NULL, NULL, NULL, NULL),
    (4, 'dpct', 'active', '2023', '', '2024-01-01T00:00:00.000000Z', 'ben', NULL, 1, NULL, NULL,
     '2024-01-05T00:00:00.000000Z', 'ben', 'The decision was undone.');
"""


def test_what_people_amended_before_there_was_an_audit_is_in_it(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/old.db", create=True)
    migrations.apply(store._connections.database(), stop_before="m0017_people")
    store._connections.get().executescript(AMENDED_BEFORE)
    store.migrate()
    with store.reading() as db:
        rows = db.audit.newest(kind="amendment", most=9)
    assert [(row.actor, row.what, row.subject, row.detail) for row in rows] == [
        ("ben", "withdrawn", "change-2", "No."),
        ("ana", "corrected", "change-2", "A year late."),
    ]
    store.close()


def test_the_audit_says_reasons_and_roles_in_chinese(seeded_2023):
    (found,) = arrive(seeded_2023, US, sighting())
    refuse(seeded_2023, found, "Not about this channel")
    accounts.add_user(seeded_2023.store, "mei", "reviewer", act(seeded_2023))
    page = signed_in(seeded_2023, "admin", "olga").get("/admin/audit?language=zh").text
    assert "与本渠道无关" in page
    assert '<span class="line quiet">审核员</span>' in page
    assert '<th scope="col">IP地址</th>' in page
