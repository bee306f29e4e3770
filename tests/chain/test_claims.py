"""Claims at their own addresses, and the heads of the chain over the API."""

from __future__ import annotations

import pytest

from db.store import Store
from tests.chain.conftest import NAME
from tests.web.api_client import Api
from tests.web.test_pages import words_of
from tracker.model import Contact, StatusChange
from tracker.record.lineage import entry_key
from tracker.service import Service
from tracker.web.app import create_app

Rows = dict[str, StatusChange | Contact]


@pytest.fixture(scope="module")
def api(lived_product: Service) -> Api:
    return Api(lived_product)


@pytest.fixture(scope="module")
def rows(lived_product: Service) -> Rows:
    """The rows of the channel in question by what became of them."""
    return by_fate(lived_product.store)


def by_fate(store: Store) -> Rows:
    with store.reading() as db:
        changes, contacts = db.record.entries_of("dpct")
    own = [row for row in (*changes, *contacts) if row.decision]
    replacing = {(type(row), row.replaces): row for row in own if row.replaces}
    (replaced,) = [row for row in own if (type(row), row.id) in replacing]
    return {
        "replaced": replaced,
        "replacing": replacing[type(replaced), replaced.id],
        "withdrawn": next(row for row in own if row.withdrawn_at),
        "stands": next(row for row in own if isinstance(row, Contact) and not row.withdrawn_at),
        "seeded": next(row for row in changes if row.recorded_by == "seed"),
    }


def page(api: Api, claim: str) -> str:
    answer = api.client.get(f"/claims/{claim}")
    assert answer.status_code == 200
    assert NAME not in answer.text
    return words_of(answer.text)


def test_a_claim_shows_its_words_sources_quotes_and_where_its_proof_is(api, rows):
    row = rows["stands"]
    words = page(api, entry_key(row))
    assert "✓ On record" in words
    assert "on the word of both sides" in words
    assert "A summary." in words
    assert "Recorded by a reviewer." in words
    assert "Cited too: 会晤举行 (Department)." in words
    assert f"/claims/{entry_key(row)}/proof" in api.client.get(f"/claims/{entry_key(row)}").text
    assert f"http://127.0.0.1:8000/claims/{entry_key(row)}" in words


def test_a_claim_of_the_seed_says_so_and_that_no_copy_is_kept(api, rows):
    words = page(api, entry_key(rows["seeded"]))
    assert "Recorded by the seed." in words
    assert "No copy of it is kept here." in words


def test_a_replaced_claim_and_the_one_in_its_place_name_each_other(api, rows):
    old, new = entry_key(rows["replaced"]), entry_key(rows["replacing"])
    assert "↷ Replaced by a later row" in page(api, old)
    assert f"Replaced by {new}" in page(api, old)
    assert f"in the place of {old}" in page(api, new)


def test_a_withdrawn_claim_keeps_its_address_and_says_why(api, rows):
    words = page(api, entry_key(rows["withdrawn"]))
    assert "✗ Withdrawn" in words
    assert "Withdrawn by a reviewer. The decision was undone." in words
    assert api.client.get(f"/claims/{entry_key(rows['withdrawn'])}/proof").status_code == 200


def test_every_row_of_the_record_has_a_page_and_a_proof(api, lived_product):
    with lived_product.store.reading() as db:
        entries = [row for changes, contacts in db.record.entries().values() for row in (*changes, *contacts)]
    for row in entries[::7]:
        assert api.client.get(f"/claims/{entry_key(row)}").status_code == 200
        assert api.client.get(f"/claims/{entry_key(row)}/proof").status_code == 200


@pytest.mark.parametrize("claim", ["change-4000", "contact-0", "change-x", "change-01", "deed-1", "change", "change-²"])
def test_what_is_no_claim_is_told_what_one_looks_like(api, claim):
    for address in (f"/claims/{claim}", f"/claims/{claim}/proof"):
        answer = api.client.get(address)
        assert answer.status_code == 404
        assert "change-7 or contact-12" in words_of(answer.text)


def test_a_channel_leads_to_its_claims(api, rows):
    text = api.client.get("/channels/dpct").text
    for fate in ("replacing", "withdrawn", "stands", "seeded"):
        assert f'href="/claims/{entry_key(rows[fate])}"' in text
    text = api.client.get(f"/claims/{entry_key(rows['replacing'])}").text
    assert f'href="/claims/{entry_key(rows["replaced"])}"' in text


def test_a_proof_that_the_reader_has_is_not_made_again(api, lived_product):
    first = api.client.get("/claims/change-1/proof")
    assert first.headers["Content-Disposition"] == 'attachment; filename="openlines-change-1.zip"'
    again = api.client.get("/claims/change-1/proof", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = api.client.get("/claims/change-2/proof", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_the_head_of_the_chain_is_given_and_moves_with_what_is_recorded(lived_service):
    api = Api(lived_service)
    before = api.json("/checkpoint")
    with lived_service.store.reading() as db:
        head = db.chain.head()
    assert before == {"seq": head.seq, "hash": head.hash, "at": head.at.isoformat()[:19] + "Z"}
    (candidate,) = api.hand_in(
        {"title": "Talks", "side": "us", "published": "2024-02-01", "publisher": "P", "lang": "en",
         "text": "The United States and China held the 18th U.S.-PRC Defense Policy Coordination Talks on "
         "February 1, 2024, in Washington."}
    )  # fmt: skip
    assert api.json("/checkpoint") == before, "a report is nothing of the record"
    assert api.decide(candidate, decision="accept").status_code == 200
    after = api.json("/checkpoint")
    assert after["seq"] > before["seq"]
    assert api.json("/checkpoints")["checkpoints"][0] == before | {"day": "2024-02-02"}


def test_the_heads_of_days_come_newest_first_and_page_by_page(api):
    whole = api.json("/checkpoints")
    assert [(day["day"], day["at"][:10]) for day in whole["checkpoints"]] == [
        ("2024-02-02", "2024-02-02"), ("2024-02-01", "2024-02-01"),
    ]  # fmt: skip
    one = api.json("/checkpoints?limit=1")
    two = api.json(f"/checkpoints?limit=1&cursor={one['next']}")
    assert [*one["checkpoints"], *two["checkpoints"]] == whole["checkpoints"]
    assert (whole["next"], two["next"]) == (None, None)


def test_before_anything_is_recorded_the_head_is_that_of_nothing(service):
    api = Api(service)
    assert api.json("/checkpoint") == {"seq": 0, "hash": "0" * 64, "at": None}
    assert api.json("/checkpoints") == {"checkpoints": [], "next": None}
    assert create_app(service).test_client().get("/claims/change-1").status_code == 404
