"""What is called off before its day closes the announcement that it is about, as detection reads it and as proposed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.web.api_client import Api
from tests.web.test_pages import signed_in
from tracker.service import Service

TODAY = datetime(2027, 1, 5, 12, tzinfo=UTC)

ENGLISH = (
    "Beijing calls off defense talks",
    "China has called off the session of the Defense Policy Coordination Talks planned for Feb. 10, a Pentagon "
    "spokesman said Monday.",
)
CHINESE = ("国防部例行记者会", "国防部新闻发言人1月4日表示，中方决定取消原定于2月10日举行的中美国防部工作会晤。")
PUT_OFF = ("国防部例行记者会", "中方推迟原定于2月10日举行的中美国防部工作会晤。")
NO_DAY = (
    "Beijing calls off defense talks",
    "China has called off the Defense Policy Coordination Talks, a spokesman said.",
)
BOTH_DAYS = (
    "Defense talks put off",
    "China has postponed the Defense Policy Coordination Talks planned for Feb. 10, and proposed to meet on May 8.",
)
ANOTHER = (
    "Talks off",
    "China has called off the session of the Defense Policy Coordination Talks planned for March 3.",
)


@pytest.fixture
def api(seeded: Service) -> Api:
    seeded.clock.advance(seconds=(TODAY - seeded.clock()).total_seconds())
    return Api(seeded)


def told(title: str, text: str, published: str, number: int = 1) -> dict[str, Any]:
    chinese = not title.isascii()
    return {
        "title": title, "text": text, "side": "cn" if chinese else "us", "lang": "zh" if chinese else "en",
        "published": published, "publisher": "A ministry", "url": f"https://ministry.example/{published}/{number}",
    }  # fmt: skip


def announce(api: Api, day: str, number: int = 1) -> str:
    """Have talks announced and accepted; answers the row's name."""
    text = f"The United States and China will hold the Defense Policy Coordination Talks on {day}."
    (found,) = api.hand_in(told("Defense talks to be held", text, "2026-12-20", number))
    assert found["question"]["proposed"]["contact"]["outcome"] == "announced"
    accept(api, found)
    return open_promises(api)[-1]


def accept(api: Api, found: dict[str, Any], **over: Any) -> None:
    assert api.decide(found, decision="accept", **over).status_code == 200
    api.service.clock.advance(seconds=1)


def open_promises(api: Api) -> list[str]:
    return [one["promised"] for one in api.json("/promises?fate=open")["promises"] if one["channel"] == "dpct"]


def fate_of(api: Api, name: str) -> tuple[str, str | None]:
    (one,) = [one for one in api.json("/promises")["promises"] if one["promised"] == name]
    return one["fate"], one["closed_by"]


@pytest.mark.parametrize(("words", "fate"), [(ENGLISH, "cancelled"), (CHINESE, "cancelled"), (PUT_OFF, "postponed")])
@pytest.mark.parametrize("others", [(), ("March 16",)])
def test_what_its_words_name_is_closed_as_proposed(
    api: Api, words: tuple[str, str], fate: str, others: tuple[str, ...]
) -> None:
    name = announce(api, "Feb. 10")
    kept = [announce(api, day, number) for number, day in enumerate(others, start=2)]
    (found,) = api.hand_in(told(*words, "2027-01-04"))
    assert (found["signal"], found["date"]["date"]) == (fate, "2027-01-04")
    proposed = found["question"]["proposed"]["contact"]
    assert (proposed["date"]["date"], proposed["announced"]) == ("2027-02-10", "2027-01-04")
    assert (found["question"]["calls_off"], found["question"]["which"]) == (name, [])
    held = [one["id"] for one in api.json("/contacts?outcome=held&channel=dpct")["contacts"]]
    accept(api, found)
    became, closed_by = fate_of(api, name)
    row = next(one for one in api.json("/contacts?channel=dpct")["contacts"] if f"contact-{one['id']}" == closed_by)
    assert (became, row["outcome"], row["date"]["date"]) == (fate, fate, "2027-02-10")
    assert open_promises(api) == kept
    assert [one["id"] for one in api.json("/contacts?outcome=held&channel=dpct")["contacts"]] == held
    coming = api.json("/channels/dpct")["next_contact"]
    assert coming is None if not others else coming["date"]["date"] == "2027-03-16"
    later = api.json("/promises?as_of=2027-02-20&fate=lapsed")["promises"]
    assert name not in [one["promised"] for one in later]


def test_where_no_day_is_named_the_only_one_that_is_open_is_closed(api: Api) -> None:
    name = announce(api, "Feb. 10")
    (found,) = api.hand_in(told(*NO_DAY, "2027-01-04"))
    assert found["question"]["calls_off"] == name
    accept(api, found)
    assert fate_of(api, name)[0] == "cancelled"


def test_where_several_are_open_and_none_is_named_all_stay_open_and_the_reviewer_is_asked_which(api: Api) -> None:
    names = [announce(api, "Feb. 10"), announce(api, "March 16", 2)]
    (found,) = api.hand_in(told(*NO_DAY, "2027-01-04"))
    assert (found["question"]["calls_off"], found["question"]["which"]) == (None, names)
    reviewer = signed_in(api.service)
    page = reviewer.get(f"/review/{found['id']}").text
    assert "the words do not say which is meant" in page
    assert all(f'href="/claims/{name}"' in page for name in names)
    assert "which announcement?" in reviewer.get("/review").text
    accept(api, found)
    assert [fate_of(api, name)[0] for name in names] == ["open", "open"]


@pytest.mark.parametrize("words", [NO_DAY, BOTH_DAYS])
def test_a_new_date_announced_with_the_news_is_not_what_was_put_off(api: Api, words: tuple[str, str]) -> None:
    name = announce(api, "Feb. 10")
    new_date = "The United States and China will hold the Defense Policy Coordination Talks on May 8."
    (found,) = api.hand_in(told("Defense talks to be held", new_date, "2027-01-04", 2))
    accept(api, found)
    (anew,) = set(open_promises(api)) - {name}
    (found,) = api.hand_in(told(*words, "2027-01-04", 3))
    assert (found["question"]["calls_off"], found["question"]["which"]) == (name, [])
    accept(api, found)
    assert (fate_of(api, name)[0], fate_of(api, anew)[0]) == (found["signal"], "open")


def test_a_session_of_another_day_than_the_one_announced_leaves_that_open(api: Api) -> None:
    name = announce(api, "Feb. 10")
    (found,) = api.hand_in(told(*ANOTHER, "2027-01-04"))
    assert found["question"]["proposed"]["contact"]["date"]["date"] == "2027-03-03"
    accept(api, found)
    assert fate_of(api, name) == ("open", None)


def test_a_row_that_has_the_day_of_the_news_closes_the_only_one_that_was_open(api: Api) -> None:
    """As rows do that were accepted before the day that is off was asked for."""
    name = announce(api, "Feb. 10")
    (found,) = api.hand_in(told(*CHINESE, "2027-01-04"))
    news = {"outcome": "cancelled", "date": "2027-01-04", "announced": "2027-01-04"}
    accept(api, found, contact=news)
    assert fate_of(api, name)[0] == "cancelled"
    assert api.json("/promises?as_of=2027-01-03&fate=open")["count"] > 0
    before = [one for one in api.json("/promises?as_of=2027-01-03")["promises"] if one["promised"] == name]
    assert [one["fate"] for one in before] == ["open"], "nobody knew on the day before"


def test_the_other_sides_word_on_it_joins_the_row_and_adds_none(api: Api) -> None:
    name = announce(api, "Feb. 10")
    (found,) = api.hand_in(told(*CHINESE, "2027-01-04"))
    accept(api, found)
    (again,) = api.hand_in(told(*ENGLISH, "2027-01-05"))
    assert again["question"]["told"] == 1
    accept(api, again)
    off = [one for one in api.json("/contacts?channel=dpct&outcome=cancelled")["contacts"] if one["announced"]]
    assert [one["date"]["date"] for one in off if one["announced"] > "2027"] == ["2027-02-10"]
    assert fate_of(api, name)[0] == "cancelled"


@pytest.mark.parametrize(
    ("title", "text", "number"),
    [
        ("Statement", "The Defense Policy Coordination Talks set for Feb. 10 were called off by the PRC.", 1),
        ("Statement", "The session of the Defense Policy Coordination Talks that was to be held in Beijing on Feb. 10 "
         "has been cancelled.", 1),
        ("Statement", "The Defense Policy Coordination Talks did not take place on Jan. 3, a Pentagon spokesman said, "
         "denying reports that they had been held.", 1),
        ("Statement", "The Pentagon denied that the Defense Policy Coordination Talks were held on Jan. 3.", 0),
        ("Statement", "China scrapped the Defense Policy Coordination Talks it had agreed to hold on Feb. 10.", 1),
        ("国防部例行记者会", "有关中美国防部工作会晤已于1月3日举行的报道不属实，双方没有举行会晤。", 0),
        ("国防部例行记者会", "1月3日，中方取消了中美国防部工作会晤，会晤未能如期举行。", 1),
        ("国防部：原定会晤取消", "原定于2月10日举行的第二十次中美国防部工作会晤已取消。", 1),
    ],
)  # fmt: skip
def test_what_a_side_denies_or_calls_off_is_not_recorded_as_held(api: Api, title: str, text: str, number: int) -> None:
    announce(api, "Feb. 10")
    held = [one["id"] for one in api.json("/contacts?outcome=held")["contacts"]]
    arrived = api.hand_in(told(title, text, "2027-01-04"))
    assert len(arrived) == number
    for found in arrived:
        proposed = found["question"]["proposed"]
        assert proposed["contact"]["outcome"] in ("cancelled", "postponed", "refused")
        accept(api, found)
    assert [one["id"] for one in api.json("/contacts?outcome=held")["contacts"]] == held
