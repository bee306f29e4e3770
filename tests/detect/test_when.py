"""Which of a text's days is that of the event."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.detect.conftest import Detect
from tests.detect.test_detect import ROOT, told
from tracker.detect import Detector, examine
from tracker.detect.findings import findings
from tracker.detect.reading import read
from tracker.detect.when import options
from tracker.measuring.evaluate import release_from_case
from tracker.model import Release, Signal

CASES = ROOT / "training" / "cases"


def days(found) -> dict[tuple[str, str], str | None]:
    return {(channel, signal): day for channel, signal, day, _ in told(found)}


def test_a_day_that_opens_a_clause_is_that_of_what_the_next_one_tells(detector: Detector):
    summary = (
        "发言人26日逐项介绍：10日上午，南部战区司令员吴亚男同美军印太总部司令帕帕罗视频通话；"
        "14日至15日，第18次中美国防部工作会晤在北京举行。"
    )
    release = Release(1, "cn", "zh", "test", "国防部谈两军往来", summary, date(2024, 9, 26))
    found = {(s.channel, s.signal.value): s.date and s.date.value for s in examine(release, detector)}
    assert found["theater-commanders", "held"] == "2024-09-10"
    assert found["dpct", "held"] == "2024-09-15"


def test_the_day_of_the_news_dates_nothing_that_is_to_follow(sightings_in: Detect):
    summary = "26日在北京，王毅同来访的美国国务卿布林肯会谈，双方商定：人工智能政府间对话不久将举行首次会议。"
    found = days(sightings_in("王毅同布林肯会谈", summary, "2024-04-26", side="cn"))
    assert found["ai-dialogue", "announced"] is None


@pytest.mark.parametrize(
    "said", ["星期二在众议院军事委员会说", "星期二对国会议员说", "星期二表示", "星期二下午在听证会上说"]
)
def test_where_and_to_whom_somebody_spoke_dates_his_words_alone(said: str, sightings_in: Detect):
    summary = f"美军印太司令部司令阿奎利诺{said}，他多次要求同解放军东部、南部战区的司令员通话，至今没有得到答复。"
    assert days(sightings_in("印太司令谈军方沟通", summary, "2023-04-19")) == {("theater-commanders", "refused"): None}


def test_a_request_made_again_and_again_on_a_day_that_is_said_has_that_day(sightings_in: Detect):
    summary = "美方周末至周一多次要求中方恢复两国防长通话，均遭中方回绝。"
    found = days(sightings_in("中国拒绝恢复两军对话", summary, "2023-06-20"))
    assert set(found.values()) == {"2023-06-19"}


def test_a_party_that_says_no_itself_says_so_in_the_month_of_its_words(sightings_in: Detect):
    summary = "美方要求中国加入本月下旬的核军控谈判。发言人对此回应，中方不会参加三边军控谈判。"
    own = days(sightings_in("发言人答问", summary, "2020-06-09", side="cn"))
    assert own["nuclear-arms-control", "refused"] in ("2020-06", "2020-06-09")


def test_what_a_spokesman_is_asked_about_has_the_day_on_which_it_was_made_known(sightings_in: Detect):
    summary = "有记者追问外交部5日公布的措施。吴谦8日说，两军战区领导通话不安排了，中美国防部工作会晤也取消。"
    found = days(sightings_in("国防部就取消两军交往答问", summary, "2022-08-08", side="cn"))
    assert set(found.values()) == {"2022-08-05"}


def test_a_visit_that_is_off_has_the_time_of_the_news_and_not_a_day_for_which_it_was_planned(sightings_in: Detect):
    summary = "因战事牵制，特朗普总统推迟了原定本月底的北京之行，同习近平主席的会晤延期，新日期尚未商定。"
    found = days(sightings_in("特朗普推迟访华", summary, "2026-03-17"))
    assert found.keys() == {("leaders", "postponed")}
    assert found["leaders", "postponed"] in ("2026-03", "2026-03-17")


def test_an_end_without_a_day_has_that_of_its_report(sightings_in: Detect):
    summary = "The department has terminated the U.S.-China governors forum, effective at once."
    found = days(sightings_in("Secretary ends governors forum with China", summary, "2020-10-28", side="us"))
    assert found == {("people-to-people", "ended"): "2020-10-28"}


def test_the_next_sentence_may_add_the_day(sightings_in: Detect):
    summary = (
        "What about the recent phone conversation between Minister Wang Wentao and Secretary Raimondo? "
        "It took place on October 8 and was candid."
    )
    found = days(sightings_in("MOFCOM press conference", summary, "2024-10-10", side="cn"))
    assert found == {("trade-consultation", "held"): "2024-10-08"}


def test_what_somebody_said_will_be_on_the_margins_of_something_is_not_said_on_that_day(sightings_in: Detect):
    summary = (
        "President Trump spoke by phone with his Chinese counterpart on Friday. He said he will meet Xi Jinping on the "
        "margins of the gathering that South Korea hosts in late October."
    )
    found = days(sightings_in("Trump says he will see Xi in Gyeongju", summary, "2025-09-20"))
    assert found["leaders", "announced"] == "2025-10"


def test_a_day_that_a_headline_promises_is_not_that_of_the_talks_which_it_reports(sightings_in: Detect):
    summary = "U.S. and Chinese trade negotiators concluded two days of talks at Spain's foreign ministry on Monday."
    found = days(sightings_in("Trade talks end in Madrid; leaders to speak Friday", summary, "2025-09-15"))
    assert found["trade-consultation", "held"] == "2025-09-15"


def test_a_week_from_today_lies_ahead(sightings_in: Detect):
    summary = "President Trump and President Xi will see each other a week from today, the White House said."
    found = days(sightings_in("Trump and Xi to meet in South Korea", summary, "2025-10-23"))
    assert found == {("leaders", "announced"): "2025-10-30"}


def test_what_is_announced_together_has_each_its_own_date(sightings_in: Detect):
    summary = (
        "American and Chinese officials fixed two dates. The U.S.-China Crisis Communications Working Group will meet "
        "in Hawaii on Oct. 27, and Adm. Samuel Paparo will speak by video with China's Southern Theater Command in "
        "November."
    )
    found = days(sightings_in("Defense talks conclude in Beijing", summary, "2026-10-16"))
    assert found["crisis-communications-wg", "announced"] == "2026-10-27"
    assert found["theater-commanders", "announced"] == "2026-11"


def test_a_request_has_the_day_on_which_it_was_made_and_not_that_on_which_it_is_told(sightings_in: Detect):
    summary = (
        "Adm. Samuel Paparo told senators on April 9 that he proposed a video call with China's Southern Theater "
        "Command on Feb. 20 and got no answer."
    )
    found = days(sightings_in("China leaves a request unanswered", summary, "2026-04-14", side="us"))
    assert found["theater-commanders", "refused"] == "2026-02-20"


def test_what_has_no_date_says_why_in_words_that_fit_and_what_has_one_does_not(detector: Detector):
    cases = (CASES / "40.jsonl").read_text(encoding="utf-8").splitlines()
    seen = [s for case in cases for s in examine(release_from_case(json.loads(case)), detector)]
    assert all((s.date is None) == (s.undated is not None) for s in seen)
    ahead = {s.signal for s in seen if s.undated and "is to take place" in s.undated}
    behind = {s.signal for s in seen if s.undated and "when it happened" in s.undated}
    assert ahead == {Signal.ANNOUNCED}
    assert behind
    assert not behind & {Signal.ANNOUNCED, Signal.REFUSED}


def test_where_a_sentence_tells_an_event_twice_its_surest_finding_is_the_one_that_counts(detector: Detector):
    title = "商务部：中美经贸磋商机制之下将设贸易委员会"
    summary = "双方团队就设立贸易委员会、投资委员会谈拢，归在经贸磋商机制之下，年内择期开首次会。"
    reading = read(Release(1, "cn", "zh", "test", title, summary, date(2026, 5, 20)), detector.lexicon, detector.index)
    found = findings(reading, detector.lexicon, detector.weights)
    in_title, surest, other = (finding for finding in found if finding.tie.channel == "trade-consultation")
    assert (in_title.position, surest.position, other.position) == (0, 1, 1)
    (year,) = [one for one in options([surest, in_title, other], Signal.ANNOUNCED, reading) if one.mention]
    assert "where the event is told most surely" in year.grounds
