"""Several servers over one database: what a reviewer decided through one of them is what each of them says next."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.make import sighting
from tests.test_review import US, arrive
from tracker.reviewing import review
from tracker.service import Service, utc_now

ROUNDS = 12


class Server:
    """The product in a process of its own, asked over one connection that stays open."""

    def __init__(self, service: Service) -> None:
        settings = {"OPENLINES_VAR": str(service.settings.var), "OPENLINES_PORT": "0", "OPENLINES_LOG_LEVEL": "error"}
        settings["OPENLINES_DATABASE_URL"] = service.settings.database_url
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tracker", "serve", "--no-scheduler"],
            cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def connect(self) -> None:
        address = re.search(r"http://([\d.:]+)", self.process.stdout.readline())
        assert address, "it did not start"
        self.connection = http.client.HTTPConnection(address.group(1), timeout=30)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, bytes]:
        """Status, tag and body of the answer."""
        sent = json.dumps(body) if body else None
        self.connection.request(method, path, sent, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.connection.getresponse()
        return answer.status, answer.headers.get("ETag", ""), answer.read()


@pytest.fixture(params=[2, 4])
def servers(seeded_2023: Service, request: pytest.FixtureRequest) -> Iterator[list[Server]]:
    running = [Server(seeded_2023) for _ in range(request.param)]
    try:
        for server in running:
            server.connect()
        yield running
    finally:
        for server in running:
            server.process.terminate()
        for server in running:
            server.process.communicate()


@pytest.mark.long
def test_a_decision_shows_in_the_next_read_in_every_process(seeded_2023: Service, servers: list[Server]):
    """Accepted through each server by turns, and undone by a further process, which is this one."""
    service = replace(seeded_2023, clock=utc_now)
    (candidate,) = arrive(service, US, sighting())
    with service.store.writing() as db:
        token = "Bearer " + db.accounts.make_token("ana", "reviewer", at=utc_now())
    tags = dict.fromkeys(servers, '"none"')

    def all_say(state: str, cause: str) -> None:
        for server in servers:
            status, tag, body = server.ask("GET", "/api/v1/channels/dpct", If_None_Match=tags[server])
            assert status == 200, "what the reader has is not what stands"
            told = json.loads(body)
            assert (told["state"], told["cause"] == cause) == (state, state == "resumed")
            status, tags[server], _ = server.ask("GET", "/api/v1/channels/dpct", If_None_Match=tag)
            if status == 200:  # a minute began between the two: what was not polled is told by the minute
                status, *_ = server.ask("GET", "/api/v1/channels/dpct", If_None_Match=tags[server])
            assert status == 304

    all_say("suspended", "")
    for number in range(ROUNDS):
        cause = f"The talks were held; decided for the {number}. time."
        status, _, answer = servers[number % len(servers)].ask(
            "POST", f"/api/v1/candidates/{candidate.id}/review", {"decision": "accept", "cause": cause},
            Authorization=token, Content_Type="application/json", If_Match=f'"{candidate.version}"',
        )  # fmt: skip
        assert status == 200, answer
        all_say("resumed", cause)
        with service.store.reading() as db:
            version = db.candidates.get(candidate.id).version
        candidate = review.undo(service.store, candidate.id, version, by="ana", at=utc_now())
        all_say("suspended", cause)
