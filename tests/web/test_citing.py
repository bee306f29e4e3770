"""A view is cited, opened years later, and asked for by its time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import quote

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from db.record import Origin
from tests.conftest import EVERYTHING, Shipped
from tests.make import change, contact, source
from tests.test_amend import amended, cut_of
from tests.test_ledger import INSTANTS, histories
from tests.web.api_client import Api, api_over, assert_problem
from tracker.model import Category, Outcome, PartialDate, Passage, Signal, State
from tracker.record.citation import Mark, canonical, entry_rows, mark_of
from tracker.record.history import in_force
from tracker.service import Service


@pytest.fixture
def api(seeded: Service) -> Api:
    seeded.clock.advance(hours=1)
    return Api(seeded)


@pytest.fixture(scope="module")
def whole(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The same a month later, for tests that leave it alone."""
    with api_over(shipped, tmp_path_factory.mktemp("citing"), EVERYTHING) as api:
        api.service.clock.advance(days=30, hours=1)
        yield api


def cited_on(page: str) -> str:
    """The cited address that a page shows, without its host."""
    address = unescape(re.search(r'class="address">(http[^<]+cited=[^<]+)<', page)[1])
    return re.sub(r"^https?://[^/]+", "", address)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


@given(histories(), st.sampled_from(INSTANTS), st.sampled_from(INSTANTS))
def test_the_hash_of_a_cited_view_never_changes_whatever_is_written_later(rows, known_at, later):
    """The rows known at an instant hash alike when they are cited and after all that follows."""
    cut = [row for row in rows if row.recorded_at <= known_at]
    assert marked(in_force(rows, known_at), 1).holds(marked(in_force(cut, known_at), 9))
    assert marked(in_force(rows, later), 1) == marked(in_force(reversed(rows), later), 1), "in whatever order"


def marked(rows, revision: int) -> Mark:
    return mark_of(entry_rows(rows), revision)


def test_the_canonical_form_is_the_one_that_was_cited_from_the_first_day_on() -> None:
    """Written out, since old citations rest on every byte of it."""
    at = datetime(2024, 1, 9, 12, tzinfo=UTC)
    cited = source(
        quote="取消", side="cn", says=Signal.SUSPENDED, dated=PartialDate("2022-08"), persons=("minister",),
        recorded_at=at, passage=Passage(1, 1),
    )  # fmt: skip
    row = change(State.SUSPENDED, "2022-08-05", id=7, recorded_at=at, recorded_by="ann", sources=(cited,), decision=3)
    assert canonical(row).decode() == (
        '{"cause":"Something happened.","channel":"dpct","effective":"2022-08-05",'
        '"recorded_at":"2024-01-09T12:00:00+00:00","row":"change-7","sources":["{\\"dated\\":\\"2022-08\\",'
        '\\"persons\\":[\\"minister\\"],\\"published\\":\\"2024-01-09\\",\\"publisher\\":\\"A paper\\",'
        '\\"quote\\":\\"取消\\",\\"recorded_at\\":\\"2024-01-09T12:00:00+00:00\\",\\"says\\":\\"suspended\\",'
        '\\"side\\":\\"cn\\",\\"title\\":\\"A report\\",\\"url\\":\\"https://example.org/1\\"}"],'
        '"state":"suspended"}'
    )
    met = contact(Outcome.HELD, "2024-01-08", id=7, end=date(2024, 1, 9), sources=(), substantive=False, round=17)
    assert canonical(met).decode() == (
        '{"channel":"dpct","date":"2024-01-08","end":"2024-01-09","outcome":"held","round":17,"row":"contact-7",'
        '"sources":[],"substantive":false}'
    )
    assert canonical(replace(met, round=18)) != canonical(met), "what is kept of a row is not taken for another's"


@pytest.mark.parametrize(
    "path", ["/", "/channels/dpct", "/changes?category=military", "/contacts", "/channels/dpct?as_of=2023-01-01"]
)
def test_a_cited_page_opened_later_shows_what_it_showed_and_what_changed_since(api: Api, path: str) -> None:
    address = cited_on(api.client.get(path).text)
    assert "✓ As cited" in api.client.get(address).text
    assert "nothing changed" in text_of(api.client.get(address).text)
    api.service.clock.advance(days=400)
    amended(api.service, cut_of(api.service), effective=PartialDate("2022-08-04"))
    later = api.client.get(address).text
    assert "✓ As cited" in later
    assert "Since you cited this: " + ("nothing changed" if path == "/contacts" else "1 correction") in text_of(later)
    assert cited_on(later).partition("cited=")[0] == address.partition("cited=")[0], (
        "citing it again cites the same view"
    )


@pytest.mark.parametrize("path", ["/", "/channels/dpct", "/feeds"])
def test_a_page_of_the_past_offers_that_past_to_be_cited(api: Api, path: str) -> None:
    then = "known_at=2024-01-31T12:00:00Z"
    for asked in (then, f"{then}&as_of=2023-01-01"):
        page = api.client.get(f"{path}?{asked}").text
        assert "Cite this page as it stood then" in page
        assert "as it is now" not in page[page.index('<details class="cite">') :]
        assert "引用本页当时的内容" in api.client.get(f"{path}?{asked}&language=zh").text
    for asked in ("", "as_of=2023-01-01"):
        assert "Cite this page as it is now" in api.client.get(f"{path}?{asked}").text, "cited from the record of now"


def test_an_altered_mark_is_told_with_the_way_to_see_which_rows_differ(api: Api) -> None:
    address = cited_on(api.client.get("/channels/dpct").text)
    altered = api.client.get(address[:-4] + "0000").text
    assert "✗ Not what was cited" in altered
    rows = api.json(f"/citation?path={quote('/channels/dpct')}")["rows"]
    assert len(rows) == len({row["row"] for row in rows}) > 5
    assert api.client.get("/channels/dpct?known_at=2024-02-01&cited=nothing").status_code == 400
    assert api.client.get("/channels/dpct?cited=1.2." + "0" * 32).status_code == 400


def test_the_api_tells_of_a_cited_answer_whether_it_holds_and_what_was_done_since(api: Api) -> None:
    cited = api.json(f"/citation?path={quote('/api/v1/changes?channel=dpct')}&title=Changes")
    path = re.sub(r"^https?://[^/]+", "", cited["address"])
    assert api.client.get(path).status_code == 200
    api.service.clock.advance(days=1)
    amended(api.service, cut_of(api.service), effective=PartialDate("2022-08-04"))
    since = api.json(f"/citation?path={quote(path)}")["since"]
    assert (since["holds"], [act["deed"] for act in since["acts"]]) == (True, ["corrected"])
    for wrong in (
        "",
        "dpct",
        "//elsewhere.example/",
        "//[",
        "/channels/dcpt",
        "/nowhere",
        "/channels/dpct/more",
        "/logout",
    ):
        assert_problem(api.get(f"/citation?path={quote(wrong, safe='')}"), 400, field="path")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/channels/dpct?foo=1", "'foo' is not known here"),
        ("/changes?state=open", "none that there is"),
        ("/contacts?from=2024-05-01&to=2024-01-01", "which is after to"),
        ("/channels/dpct?as_of=2022-13-01", "is not a day"),
        ("/channels/dpct?as_of=2022-01-01&as_of=2023-01-01", "as_of is given 2 times"),
        ("/api/v1/changes?stat=active", "Did you mean state?"),
        ("/contacts.csv?outcome=hold", "outcome"),
        ("/changes?from=2024-05-01&state=active", "'state' is not known here"),
        ("/claims/change-1/proof", "no address of this site that can be cited"),
        ("/cite?path=/", "no address of this site that can be cited"),
        ("/login", "no address of this site that can be cited"),
        ("/api/v1/candidates", "role reviewer"),
    ],
)
def test_no_address_is_cited_that_does_not_open(whole: Api, path: str, says: str) -> None:
    asked = quote(path, safe="")
    assert_problem(whole.get(f"/citation?path={asked}"), 400, field="path", says=says)
    assert whole.client.get(f"/cite?path={asked}").status_code == 400


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", None),
        ("/channels/dpct?as_of=2023-01-01", None),
        ("/claims/change-2", None),
        ("/changes?from=2022-08-01&to=2022-08-31", "What changed from 1 Aug 2022 to 31 Aug 2022"),
        ("/timeline?from=2022&to=2022", None),
        ("/api/v1/changes?state=suspended", "/api/v1/changes"),
        ("/contacts.csv", "/contacts.csv"),
    ],
)
def test_a_page_is_cited_under_its_own_title(whole: Api, path: str, title: str | None) -> None:
    if title is None:
        title = unescape(re.search("<title>(.*?)</title>", whole.client.get(path).text)[1]).removesuffix(": Open Lines")
    assert f"“{title}”" in whole.json(f"/citation?path={quote(path, safe='')}")["text"]
    (page,) = whole.client.get(f"/cite?format=csl&path={quote(path, safe='')}").json
    assert page["title"] == title
    assert whole.json(f"/citation?path={quote(path, safe='')}&title=Talks")["text"].startswith("Open Lines, “Talks”")


def test_who_reads_chinese_cites_the_title_in_chinese_and_goes_on_in_their_language(api: Api) -> None:
    chinese = {"Accept-Language": "zh"}
    title = unescape(re.search("<title>(.*?)</title>", api.client.get("/contacts", headers=chinese).text)[1])
    cited = api.client.get("/cite?format=csl&path=/contacts", headers=chinese).json[0]["title"]
    assert re.sub(r"\s*[:：]\s*Open Lines$", "", title) == cited != "Contacts"
    assert api.client.get("/cite?format=csl&path=/contacts").json[0]["title"] == "Contacts"


def test_the_revision_of_a_citation_is_that_of_its_known_at(api: Api) -> None:
    then = quote(api.service.clock().isoformat().replace("+00:00", "Z"))

    def told() -> tuple[str, str]:
        page = api.client.get(f"/channels/dpct?known_at={then}").text
        return re.search(r"revision (\d+)", page)[1], api.json(
            f"/citation?path={quote(f'/channels/dpct?known_at={then}', safe='')}"
        )["revision"]

    assert told() == ("1", 1)
    for _ in range(2):
        amended(api.service, cut_of(api.service), cause=f"Words of {api.service.clock()}.")
    assert told() == ("1", 1)
    assert api.json("/citation?path=/channels/dpct")["revision"] == 3


def test_every_form_of_a_citation_is_read_by_the_programs_that_it_is_for(api: Api) -> None:
    path, title = quote("/channels/dpct", safe=""), "Talks & more {50%}: Open Lines"
    form = {
        name: api.client.get(f"/cite?format={name}&path={path}&title={quote(title)}")
        for name in ("text", "bibtex", "ris", "csl", "gbt7714")
    }
    assert all(answer.status_code == 200 for answer in form.values())
    address = api.json(f"/citation?path={path}")["address"]
    (entry,) = bibtexparser.parse_string(form["bibtex"].text).entries
    assert (entry.entry_type, entry["url"], entry["year"]) == ("misc", address, "2024")
    (item,) = rispy.loads(form["ris"].text)
    assert (item["type_of_reference"], item["urls"], item["title"]) == (
        "ELEC",
        [address],
        "Talks & more {50%}",
    )
    (webpage,) = json.loads(form["csl"].text)
    assert (webpage["type"], webpage["URL"], webpage["issued"]["date-parts"]) == ("webpage", address, [[2024, 2, 1]])
    assert address in form["text"].text
    assert re.search(r"\[DS/OL\]\. \(2024-02-01\)\[2024-02-01\]\. http", form["gbt7714"].text)
    assert form["text"].content_type == form["gbt7714"].content_type == "text/plain; charset=utf-8"
    assert api.client.get(f"/cite?format=word&path={path}").status_code == 400
    forged = api.client.get(f"/cite?format=ris&path={path}&title=Talks%0D%0AUR%20%20-%20http://elsewhere.example/")
    assert rispy.loads(forged.text)[0]["urls"] == [address]


@pytest.mark.parametrize("claim", ["change-1", "contact-1"])
def test_a_claim_is_cited_as_a_file_by_the_address_that_its_page_gives(api: Api, claim: str) -> None:
    page = api.client.get(f"/claims/{claim}").text
    files = [unescape(path) for path in re.findall(r'href="(/cite\?[^"]+)"', page)]
    assert len(files) == 5
    cited = next(api.client.get(file).json[0] for file in files if "format=csl" in file)
    assert re.sub(r"^https?://[^/]+", "", cited["URL"]) == cited_on(page)
    assert cited["title"].endswith(f"claim {claim}")
    rows = api.json(f"/citation?path={quote(f'/claims/{claim}')}")["rows"]
    assert [row["row"] for row in rows] == [claim]


TIMED = [
    "/", "/channels/dpct", "/changes", "/contacts", "/corrections", "/figures", "/timeline", "/claims/change-2",
    "/since?after=2024-01-01", "/channels.csv", "/changes.csv", "/contacts.csv", "/years.csv", "/changes.atom",
    "/changes.json", "/channels/dpct/changes.atom", "/contacts.ics", "/channels/dpct/contacts.ics", "/timeline.svg",
    "/badge/dpct.svg", "/embed/dpct", "/api/v1/channels/dpct", "/api/v1/contacts", "/api/v1/diff?from=2022-08-01",
    "/api/v1/brief?after=2024-01-01", "/api/v1/checkpoint", "/api/v1/checkpoints", "/search?q=talks",
    "/api/v1/search?q=talks", "/feeds", "/feeds/mnd-news", "/method", "/api/v1/feeds",
    "/api/v1/feeds/mnd-news",
    "/api/v1/channels/dpct/coverage",
]  # fmt: skip


@pytest.mark.parametrize("path", TIMED)
def test_a_time_that_http_asks_for_leads_to_the_view_of_that_time(whole: Api, path: str) -> None:
    asked = {"Accept-Datetime": "Sat, 10 Feb 2024 12:00:00 GMT"}
    assert "Accept-Datetime" in whole.client.get(path).headers["Vary"]
    answer = whole.client.get(path, headers=asked)
    assert (answer.status_code, "Accept-Datetime" in answer.headers["Vary"]) == (302, True)
    assert "as_of=2024-02-10&known_at=2024-02-10T12%3A00%3A00Z" in answer.headers["Location"]
    view = whole.client.get(answer.headers["Location"])
    assert view.headers["Memento-Datetime"] == "Sat, 10 Feb 2024 12:00:00 GMT"
    assert f'<{path}>; rel="original timegate"' in view.headers.getlist("Link")


@pytest.mark.parametrize("path", [*TIMED, "/claims/contact-1"])
def test_a_time_before_the_first_memento_leads_to_the_first(whole: Api, path: str) -> None:
    answer = whole.client.get(path, headers={"Accept-Datetime": "Thu, 01 Sep 2022 12:00:00 GMT"})
    assert answer.status_code == 302
    assert "as_of=2024-02-01&known_at=2024-02-01T12%3A00%3A00Z" in answer.headers["Location"]
    view = whole.client.get(answer.headers["Location"])
    assert (view.status_code, view.headers["Memento-Datetime"]) == (200, "Thu, 01 Feb 2024 12:00:00 GMT")
    assert "not on record" not in view.text


def test_the_first_memento_of_a_claim_is_when_it_was_recorded(api: Api) -> None:
    api.service.clock.advance(days=30)
    amended(api.service, cut_of(api.service), effective=PartialDate("2022-08-04"))
    early = {"Accept-Datetime": "Sat, 10 Feb 2024 12:00:00 GMT"}
    answer = api.client.get(f"/claims/change-{cut_of(api.service).id}", headers=early)
    assert "as_of=2024-03-02&known_at=2024-03-02T13" in answer.headers["Location"]
    assert "On record" in api.client.get(answer.headers["Location"]).text


def test_what_is_of_no_time_or_is_asked_for_one_that_is_none_stays(api: Api) -> None:
    asked = {"Accept-Datetime": "Thu, 01 Sep 2022 12:00:00 GMT"}
    later = api.service.clock() + timedelta(days=900)
    future = api.client.get("/", headers={"Accept-Datetime": later.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    assert "as_of=2024-02-01" in future.headers["Location"]
    assert_problem(api.get("/channels", headers={"Accept-Datetime": "yesterday"}), 400, field="Accept-Datetime")
    for path in ("/cite?path=/", "/subscribe", "/healthz", "/login"):
        assert api.client.get(path, headers=asked).status_code != 302
    cursor = api.json("/changes?limit=2")["next"]
    assert api.client.get(f"/api/v1/changes?limit=2&cursor={cursor}", headers=asked).status_code == 200


def test_a_filtered_list_is_cited_with_the_rows_that_it_shows(api: Api) -> None:
    refused = api.json(f"/citation?path={quote('/contacts?category=military&outcome=refused')}")
    shown = api.json("/contacts?category=military&outcome=refused&limit=200")["contacts"]
    assert {row["row"] for row in refused["rows"]} == {f"contact-{contact['id']}" for contact in shown}
    assert refused["count"] == len(shown)
    of_year = api.json(f"/citation?path={quote('/contacts?from=2022-01-01&to=2022-12-31')}")["count"]
    assert of_year == len(api.json("/contacts?from=2022-01-01&to=2022-12-31&limit=200")["contacts"])
    suspended = api.json(f"/citation?path={quote('/api/v1/channels?state=suspended&as_of=2022-09-01')}")["rows"]
    histories = (api.json(f"/channels/{slug}?as_of=2022-09-01")["history"] for slug in suspended_then(api))
    told = {f"change-{change['id']}" for history in histories for change in history if change["id"]}
    assert told == {row["row"] for row in suspended if row["row"].startswith("change")}


FILTERED = {
    ("/", "/channels.csv", "/api/v1/channels"): {
        "state": "active", "category": "military", "word": "both", "only": "overdue", "q": "talks",
    },
    ("/changes", "/changes.csv", "/api/v1/changes"): {"state": "suspended", "category": "military", "channel": "dpct"},
    ("/contacts", "/contacts.csv", "/api/v1/contacts", "/contacts.ics"): {
        "outcome": "refused", "category": "military", "channel": "dpct", "from": "2022-06-01", "to": "2021-12-31",
    },
    ("/feeds",): {"side": "us"},
    ("/search", "/api/v1/search"): {"kind": "contact", "side": "us", "lang": "zh", "from": "2022", "to": "2021"},
}  # fmt: skip
"""Lists with their filters. `relationship` is one of them everywhere, and there is one."""

CITED_WHOLE = {
    "/timeline", "/timeline.svg", "/figures", "/years.csv", "/since", "/corrections", "/changes.atom", "/changes.json",
    "/api/v1/brief", "/api/v1/diff", "/api/v1/corrections", "/api/v1/promises", "/api/v1/figures", "/api/v1/feeds",
}  # fmt: skip
"""What tells of the record of some channels, and is cited by all of it; and what has no filter of its own."""


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [(path, *sent) for paths, filters in FILTERED.items() for path in paths for sent in filters.items()],
)
def test_every_filter_of_a_list_narrows_what_is_cited_to_what_is_shown(whole: Api, path, name, value) -> None:
    all_asked = "as_of=2026-06-01&q=talks" if "search" in path else "as_of=2026-06-01"
    asked = f"{all_asked}&{name}={quote(value)}"
    found, everything = cited(whole, f"{path}?{asked}"), cited(whole, f"{path}?{all_asked}")
    assert 0 < found["count"] < everything["count"]
    assert cited(whole, own(found))["since"]["holds"]
    assert {row["row"] for row in found["rows"]} == shown_by(whole, path, asked)


def shown_by(api: Api, path: str, asked: str) -> set[str]:
    """The rows that a list shows, by the answer of the API where there is one."""
    if "change" in path or "contact" in path:
        kind = "change" if "change" in path else "contact"
        rows = api.json(f"/{kind}s?limit=200&{asked}")[f"{kind}s"]
        return {f"{kind}-{row['id']}" for row in rows if row["id"]}
    if "search" in path:
        hits = api.json(f"/search?limit=200&{asked}")["hits"]
        return {f"{hit['kind']}-{hit['id'] or hit['channel']}" for hit in hits}
    if path == "/feeds":
        return {f"feed-{feed['slug']}" for feed in api.json("/feeds")["feeds"] if feed["side"] == "us"}
    lines = [
        api.json(f"/channels/{line['slug']}?as_of=2026-06-01") for line in api.json(f"/channels?{asked}")["channels"]
    ]
    changes = {f"change-{row['id']}" for line in lines for row in line["history"] if row["id"]}
    return changes | {f"contact-{row['id']}" for line in lines for row in line["contacts"]}


def test_no_list_that_can_be_cited_has_a_filter_that_no_test_asks_for(whole: Api) -> None:
    clocks_and_pages = {"as_of", "known_at", "cited", "limit", "cursor", "before", "after", "fields", "sort"}
    known = {path: {*filters} for paths, filters in FILTERED.items() for path in paths}
    for rule in whole.app.url_map.iter_rules():
        taken = set(getattr(whole.app.view_functions[rule.endpoint], "takes", ()))
        if "cited" in taken and not rule.arguments and rule.rule not in CITED_WHOLE | {"/api/v1/candidates"}:
            asked = taken - clocks_and_pages - {"relationship", "fares"}
            asked -= {"q"} if "search" in rule.rule else {"from", "to"} if rule.rule == "/changes" else set()
            assert asked <= known.get(rule.rule, set()), rule.rule


def test_a_list_that_an_older_version_cited_without_its_filter_holds_still(api: Api) -> None:
    _, _, mark = own(cited(api, "/figures")).partition("?")
    assert cited(api, f"/api/v1/channels?only=overdue&{mark}")["since"]["holds"]
    assert cited(api, f"/channels.csv?word=both&{mark}")["since"]["holds"]


def suspended_then(api: Api) -> list[str]:
    return [line["slug"] for line in api.json("/channels?state=suspended&as_of=2022-09-01")["channels"]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("2024-02-01T12:58:10Z", "2024-02-01T12:58:10Z"),
        ("2024-02-01T20:58:10%2B08:00", "2024-02-01T12:58:10Z"),
        ("2024-02-01T12:58", "2024-02-01T12:58:00Z"),
        ("2024-01-31", "2024-01-31T23:59:59Z"),
    ],
)
def test_an_answer_says_the_known_at_that_it_was_asked_for(api: Api, asked: str, told: str) -> None:
    """The record was read for the last time before, and nothing came since."""
    assert api.json("/channels")["known_at"] < "2024-02-01T13:00:01Z"
    api.service.clock.advance(minutes=1)
    assert api.json(f"/channels?known_at={asked}")["known_at"] == told
    api.service.clock.advance(minutes=5)
    assert api.json("/channels?known_at=2024-02-01T13:04:10Z")["known_at"] == "2024-02-01T13:04:10Z"
    assert "13:04" in text_of(api.client.get("/?known_at=2024-02-01T13:04:10Z").text)


@pytest.mark.parametrize("path", ["/changes.json", "/changes.atom", "/changes?from=2021-01-01&to=2022-12-31"])
def test_what_tells_of_contacts_too_is_cited_with_them(api: Api, path: str) -> None:
    cited = api.json(f"/citation?path={quote(path)}")
    assert {row["row"].partition("-")[0] for row in cited["rows"]} == {"change", "contact"}
    api.service.clock.advance(days=1)
    with api.service.store.writing() as db:
        met = next(row for row in db.record.entries_of("dpct")[1] if row.outcome is Outcome.HELD)
        db.record.add(
            replace(met, replaces=met.id, place="Xi’an", reason="Read again."), Origin(api.service.clock(), "a person")
        )
        db.record.bump()
    since = api.json(f"/citation?path={quote(cited['address'])}")["since"]
    assert (since["holds"], [act["claim"] for act in since["acts"]]) == (True, [f"contact-{met.id}"])


@pytest.mark.parametrize("path", ["/changes.json?", "/changes?from=2021-01-01&to=2022-12-31&"])
def test_what_an_older_version_cited_without_its_contacts_holds_still(api: Api, path: str) -> None:
    _, _, asked = api.json(f"/citation?path={quote('/changes.csv')}")["address"].partition("?")
    assert api.json(f"/citation?path={quote(path + asked)}")["since"]["holds"]
    altered = re.sub(r"cited=(\d+\.\d+\.)", r"cited=\g<1>0", asked)[:-1]
    assert not api.json(f"/citation?path={quote(path + altered)}")["since"]["holds"]


def test_a_cited_address_is_taken_as_the_citation_prints_it(api: Api) -> None:
    address = api.json("/citation?path=/channels/dpct")["address"]
    assert address.startswith("http")
    assert api.json(f"/citation?path={quote(address)}")["since"]["holds"]
    elsewhere = address.replace("://", "://elsewhere.example.")
    assert_problem(api.get(f"/citation?path={quote(elsewhere)}"), 400, field="path", says="no address of this site")


@pytest.mark.parametrize(
    "path", ["/changes", "/api/v1/contacts", "/contacts.csv", "/", "/api/v1/channels", "/timeline.svg"]
)
def test_a_cited_category_holds_though_a_channel_moved_to_another(seeded: Service, path: str) -> None:
    api = Api(seeded)
    seeded.clock.advance(hours=1)
    then = f"{path}?category=military"
    before = cited(api, then)
    address = own(before)
    body = api.client.get(address).data
    seeded.clock.advance(days=1)
    redefined(seeded, category=Category.OTHER)
    assert cited(api, address)["since"]["holds"]
    assert cited(api, address)["rows"] == before["rows"]
    if path != "/":
        assert api.client.get(address).data == body
    after = cited(api, then)
    assert 0 < after["count"] < before["count"]
    assert cited(api, own(after))["since"]["holds"]


def cited(api: Api, path: str) -> dict:
    return api.json(f"/citation?path={quote(path, safe='')}")


def own(citation: dict) -> str:
    """The cited address without its host."""
    return re.sub(r"^https?://[^/]+", "", citation["address"])


def redefined(service: Service, **told: object) -> None:
    """The channel dpct is defined otherwise."""
    with service.store.writing() as db:
        channels = [replace(one, **told) if one.slug == "dpct" else one for one in db.record.channels()]
        db.record.define(db.record.relationships(), channels, at=service.clock())
        db.record.bump()


def test_a_channel_is_shown_under_the_name_that_it_had(seeded: Service) -> None:
    api = Api(seeded)
    seeded.clock.advance(hours=1)
    then = seeded.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    seeded.clock.advance(days=1)
    redefined(seeded, names={"en": "Okapi Talks", "zh": "会谈"}, description="They talk.")
    shown = ("/channels/dpct", "/badge/dpct.svg", "/embed/dpct", "/api/v1/channels/dpct", "/changes.atom")
    for path in shown:
        assert "Okapi Talks" in api.client.get(path).text, path
        assert "Okapi Talks" not in api.client.get(f"{path}?known_at={then}").text, path
    assert "As it is described today" not in api.client.get(f"/channels/dpct?known_at={then}").text
    assert "As it is described today" in api.client.get("/channels/mmca?known_at=" + then).text
