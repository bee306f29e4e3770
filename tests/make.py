"""One maker per thing: a plain example of it, of which a test changes what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tracker.model import (
    Category,
    Channel,
    Contact,
    Moment,
    Outcome,
    PartialDate,
    Party,
    Relationship,
    Release,
    Sighting,
    Signal,
    Source,
    State,
    StatusChange,
)

US_CHINA = Relationship(
    slug="us-china",
    names={"en": "United States – China", "zh": "美国—中国"},
    parties=(
        Party("us", {"en": "United States", "zh": "美国"}, "America/New_York", {"en": "the United States"}),
        Party("cn", {"en": "China", "zh": "中国"}, "Asia/Shanghai"),
    ),
    languages=("en", "zh"),
)

CHANNEL = Channel(
    slug="dpct",
    relationship="us-china",
    category=Category.MILITARY,
    names={"en": "Defense Policy Coordination Talks", "zh": "中美国防部工作会晤"},
    counterparts={"us": "Deputy Assistant Secretary", "cn": "Deputy Director"},
    description="Policy talks.",
)


def moment(day: str, known_at: datetime | None = None) -> Moment:
    return Moment(date.fromisoformat(day), known_at or datetime(2100, 1, 1, tzinfo=UTC))


def source(**over: Any) -> Source:
    values = {"url": "https://example.org/1", "title": "A report", "publisher": "A paper", "side": "third-party"}
    return Source(**(values | {"published": PartialDate("2024-01-09")} | over))


def change(state: State, effective: str, **over: Any) -> StatusChange:
    values = {"channel": "dpct", "cause": "Something happened.", "sources": (source(),)}
    return StatusChange(state=state, effective=PartialDate(effective), **(values | over))


def contact(outcome: Outcome, when: str | None, **over: Any) -> Contact:
    values = {"channel": "dpct", "sources": (source(),)}
    return Contact(outcome=outcome, date=PartialDate(when) if when else None, **(values | over))


def release(**over: Any) -> Release:
    values: dict[str, Any] = {
        "id": None,
        "side": "us",
        "lang": "en",
        "publisher": "Department",
        "title": "A title",
        "summary": "A summary.",
        "published": date(2024, 1, 9),
        "url": "https://example.org/release",
        "feed": None,
    }
    return Release(**(values | over))


def sighting(**over: Any) -> Sighting:
    values: dict[str, Any] = {
        "channel": "dpct",
        "signal": Signal.HELD,
        "date": PartialDate("2024-01-09"),
        "confidence": 0.9,
        "starts": date(2024, 1, 8),
    }
    return Sighting(**(values | over))
