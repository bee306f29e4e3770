"""Answers for programs that are opened by the address by which they were cited: their headers say what became of it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.test_amend import amended, cut_of
from tests.web.api_client import Api, assert_problem
from tracker.model import PartialDate
from tracker.service import Service

CITED = [
    "/api/v1/channels/dpct",
    "/api/v1/channels?category=military",
    "/api/v1/changes?channel=dpct",
    "/changes.csv?category=military",
    "/changes.atom",
    "/changes.json?channel=dpct",
    "/channels/dpct/changes.atom",
    "/timeline.svg?from=2022&to=2022",
    "/badge/dpct.svg",
    "/embed/dpct",
]
UNTOUCHED = ["/api/v1/contacts", "/contacts.csv?from=2022-01-01", "/contacts.ics?category=military", "/badge/mmca.svg"]
"""Addresses of rows that a correction of a change of one channel leaves alone."""


@pytest.fixture
def api(seeded: Service) -> Api:
    seeded.clock.advance(hours=1)
    return Api(seeded)


def cited_address(api: Api, path: str) -> str:
    return re.sub(r"^https?://[^/]+", "", api.json(f"/citation?path={quote(path, safe='')}")["address"])


@pytest.mark.parametrize("path", [*CITED, *UNTOUCHED])
def test_a_cited_answer_says_in_its_headers_whether_it_is_what_was_cited_and_what_changed_since(api: Api, path: str):
    address = cited_address(api, path)
    first = api.client.get(address)
    assert (first.status_code, first.headers["Citation-Status"]) == (200, "as-cited; changes-since=0")
    assert f'<{path}>; rel="latest-version"' in first.headers.getlist("Link")
    amended(api.service, cut_of(api.service), effective=PartialDate("2022-08-04"))
    later = api.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    if path in UNTOUCHED:
        assert (later.status_code, later.headers["Citation-Status"]) == (304, "as-cited; changes-since=0")
    else:
        assert (later.status_code, later.headers["Citation-Status"]) == (200, "as-cited; changes-since=1")
        assert later.data == first.data
    assert "s-maxage=3600" not in later.headers["Cache-Control"]
    altered = api.client.get(address[:-4] + "0000")
    assert (altered.status_code, altered.headers["Citation-Status"][:13]) == (200, "not-as-cited;")
    assert "Citation-Status" not in api.client.get(path).headers


@pytest.mark.parametrize("path", [*CITED, *UNTOUCHED])
def test_what_is_no_mark_of_a_citation_is_refused_by_every_output(api: Api, path: str):
    ask = "&" if "?" in path else "?"
    for wrong, field in (("known_at=2024-02-01&cited=nothing", "cited"), ("cited=1.2." + "0" * 32, "known_at")):
        answer = api.client.get(f"{path}{ask}{wrong}")
        if path.startswith("/embed"):
            assert answer.status_code == 400
        else:
            assert_problem(answer, 400, field=field)
