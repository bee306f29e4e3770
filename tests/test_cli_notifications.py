"""The operator's commands about messages, over a real database and real receivers."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner, Result
from standardwebhooks import Webhook

from tests.site import Site
from tests.test_digest import READER, Letterbox, mail_server
from tests.test_notify import confirm, record, serve, states, subscribe
from tracker.cli import cli
from tracker.errors import Refused
from tracker.service import Service


@pytest.fixture
def tracker(service: Service):
    """Runs a command over the database of `service`."""

    def run(*arguments: str, **env: str) -> Result:
        own = {"OPENLINES_VAR": str(service.settings.var), "OPENLINES_LOG_LEVEL": "warning", "COLUMNS": "250"}
        own["OPENLINES_DATABASE_URL"] = service.settings.database_url
        return CliRunner().invoke(cli, arguments, env=own | env)

    return run


@pytest.mark.long
def test_a_webhook_is_added_tried_listed_failing_replayed_and_removed(tracker, service, site: Site, clock):
    site.serve("/hook")
    added = tracker("subscriptions", "add-webhook", site.url("/hook"), "--channel", "dpct", "--allow-private")
    assert "Subscription 1: " in added.output, added.output
    assert "Defense Policy Coordination Talks (DPCT)." in added.output
    secret = re.search(r"shown this once: (whsec_\S+)", added.output)[1]
    tried = tracker("subscriptions", "test", "1")
    assert (tried.exit_code, tried.output) == (0, "The receiver answered 200 OK.\n")
    ((_, headers, body),) = site.posted
    assert Webhook(secret).verify(body, headers)["type"] == "test"
    assert secret not in tracker("subscriptions", "list").output

    with service.store.writing() as db:  # the command took the real clock
        db.notifications._db.execute("UPDATE subscription SET since = '2024-01-01T00:00:00.000000Z', next_try = ''")
    site.serve("/hook", 500)
    record(service)
    serve(service)
    assert "FAILING FOR A WEEK, 1 time since 1 Feb 2024" in tracker("subscriptions", "list").output
    assert "The receiver answered 500 Internal Server Error." in tracker("deliveries", "--failed").output
    assert tracker("deliveries", "--dead").output == "There are none.\n"
    for _ in range(12):
        clock.advance(hours=13)
        serve(service)
    assert "contact-1-r0" in tracker("deliveries", "--dead").output
    assert tracker("deliveries", "log", "1").output.count("not taken") > 5
    site.serve("/hook")
    site.posted.clear()
    assert tracker("deliveries", "replay", "--since", "2024-02-01").output.startswith("1 queued")
    with service.store.writing() as db:
        db.notifications._db.execute("UPDATE delivery SET next_try = ''")
        db.notifications._db.execute("UPDATE subscription SET next_try = ''")
    serve(service)
    assert [json.loads(body)["data"]["what"] for _, _, body in site.posted] == ["first"]
    assert tracker("subscriptions", "remove", "1").output == "Subscription 1 has ended.\n"
    assert tracker("subscriptions", "list").output == "Nobody is subscribed.\n"


def test_what_follows_a_message_that_never_arrived_is_not_said_to_be_queued(tracker, service, site: Site, clock):
    subscribe(service, site.serve("/hook", 500))
    first = record(service)
    serve(service)
    for _ in range(12):
        clock.advance(hours=13)
        serve(service)
    confirm(service, first)
    serve(service)
    assert states(service) == [("contact-1-r0", "dead"), ("contact-1-r1", "void")]
    refused = tracker("deliveries", "replay", "2")
    assert refused.output == ""
    assert str(refused.exception).startswith("Not 2: it follows message 1, which never arrived there; replay 1, too.")
    assert states(service)[1] == ("contact-1-r1", "void")
    site.serve("/hook")
    assert tracker("deliveries", "replay", "2", "1").output.startswith("2 queued")
    refused = tracker("deliveries", "replay", "1")
    assert str(refused.exception).startswith("Not 1: it waits to be sent already.")
    with service.store.writing() as db:  # the command took the real clock
        db.notifications._db.execute("UPDATE delivery SET next_try = ''")
        db.notifications._db.execute("UPDATE subscription SET next_try = ''")
    serve(service)
    assert states(service) == [("contact-1-r0", "sent"), ("contact-1-r1", "sent")]
    assert tracker("subscriptions", "remove", "1").exit_code == 0
    assert str(tracker("deliveries", "replay", "2").exception).startswith("Not 2: its receiver has ended.")


def test_addresses_stand_whole_in_what_is_no_terminal(tracker, site: Site):
    url = site.serve("/" + "hook" * 40)
    added = tracker("subscriptions", "add-webhook", url, "--allow-private", "--signals", "--category", "military")
    assert "make sure that nobody who reviews can read them" in added.output
    assert "military channels, with signals" in tracker("subscriptions", "list").output
    assert url in tracker("subscriptions", "list", COLUMNS="80").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add-webhook", "ftp://lines.example/"), "only http and https"),
        (("add-webhook", "https://lines.example/\r\nX-More: 1"), "a line break or another control character"),
        (
            ("add-webhook", "http://127.0.0.1:9/hook"),
            "on port 9, where public servers are not asked.",
        ),
        (
            ("add-webhook", "https://lines.example/", "--channel", "moon"),
            "channel is 'moon', which is none that there is",
        ),
        (
            ("add-webhook", "https://lines.example/", "--channel", "dpct", "--category", "economic"),
            "dpct has the category 'military': nothing would ever be sent. Leave category out.",
        ),
        (("add-mail", READER), "This service sends no mail."),
        (("remove", "7"), "There is no subscription 7."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tracker, arguments: tuple[str, ...], says: str):
    result = tracker("subscriptions", *arguments)
    assert isinstance(result.exception, Refused)
    assert says in str(result.exception)


@pytest.mark.parametrize("command", [("log", "99"), ("log", "-3"), ("replay", "99"), ("replay", "98", "99")])
def test_a_message_that_is_none_is_named_and_nothing_else_is_said(tracker, command: tuple[str, ...]):
    result = tracker("deliveries", *command)
    assert isinstance(result.exception, Refused)
    assert str(result.exception) == f"There is no message {command[1]}. List them with: deliveries"
    assert result.output == ""


def test_a_mail_address_is_asked_by_the_scheduler_and_a_test_reaches_it(tracker, service):
    box = Letterbox()
    with mail_server(box):
        env = {
            "OPENLINES_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
            "OPENLINES_MAIL_FROM": "Lines <lines@lines.example>",
        }
        added = tracker("subscriptions", "add-mail", READER, "--every", "weekly", "--language", "zh", **env)
        assert added.output.startswith(f"{READER} is asked at the scheduler's next tick")
        assert "weekly digest in 中文, all channels" in tracker("subscriptions", "list").output
        assert tracker("subscriptions", "test", "1", **env).output == "The mail server took it.\n"
    assert box.letters[0][2]["From"] == "Lines <lines@lines.example>"
    assert box.letters[0][2]["Subject"] == "Open Lines测试邮件"
