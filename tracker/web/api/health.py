"""For machines that watch over the service: is it alive, can it serve, and how does it fare."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from flask import Response
from flask_openapi3 import APIBlueprint, Tag

from db.feeds import FeedHealth
from db.store import StoreError
from tracker import __version__
from tracker.model import Moment, State, Status
from tracker.scheduler import LEASE
from tracker.web.api import schemas
from tracker.web.api.calls import fresh, json_answer
from tracker.web.auth import open_to
from tracker.web.current import current

log = logging.getLogger(__name__)

LATE_TICK = timedelta(minutes=5)
"""A scheduler whose last tick is longer ago than this is worth a warning."""

METRICS = "text/plain; version=0.0.4; charset=utf-8"

Metric = tuple[str, str, Mapping[str, float]]
"""A gauge: its name, what it says, and its values by labels (as Prometheus writes them; empty for none)."""

blueprint = APIBlueprint("health", __name__, abp_tags=[Tag(name="operations")])


@blueprint.get("/healthz", responses={200: schemas.Alive})
@open_to("public")
@fresh
def alive() -> Response:
    """Whether the process answers; asks nothing of the database."""
    return json_answer(schemas.Alive(status="alive", version=__version__))


@blueprint.get("/readyz", responses={200: schemas.Readiness, 503: schemas.Readiness})
@open_to("public")
@fresh
def ready() -> Response:
    """Whether it can serve: database readable, schema up to date. Failing feeds and a late scheduler are warnings."""
    store, now = current().service.store, current().now()
    try:
        store.check_schema()
        with store.reading() as db:
            feeds, last_tick = db.feeds.all(), db.feeds.last_tick(LEASE)
    except StoreError as error:
        return _not_ready(database=True, problem=str(error))
    except Exception:
        log.exception("the database cannot be read")
        return _not_ready(database=False, problem="The database cannot be read; the log of the service says why.")
    readiness = schemas.Readiness(
        status="ready",
        database=True,
        migrations=True,
        feeds=schemas.FeedCounts(enabled=sum(feed.enabled for feed in feeds), failing=len(_failing(feeds))),
        scheduler_age=_age(last_tick, now),
        problems=[],
        warnings=_warnings(feeds, last_tick, now),
    )
    return json_answer(readiness)


@blueprint.get(
    "/metrics",
    responses={200: {"description": "Gauges.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
@open_to("public")
@fresh
def metrics() -> Response:
    """Gauges in the text format of Prometheus."""
    return Response(_prometheus(_gauges()), content_type=METRICS)


def _not_ready(*, database: bool, problem: str) -> Response:
    readiness = schemas.Readiness(
        status="not ready",
        database=database,
        migrations=False,
        feeds=None,
        scheduler_age=None,
        problems=[problem],
        warnings=[],
    )
    return json_answer(readiness, 503)


def _warnings(feeds: Iterable[FeedHealth], last_tick: datetime | None, now: datetime) -> list[str]:
    failing = [feed.slug for feed in _failing(feeds)]
    warnings = [f"Not readable at the last try: {', '.join(failing)}."] if failing else []
    if current().service.settings.poll and (last_tick is None or now - last_tick > LATE_TICK):
        since = f"since {last_tick:%Y-%m-%d %H:%M} UTC" if last_tick else "yet"
        warnings.append(f"The scheduler has not ticked {since}: feeds are not being polled.")
    return warnings


def _failing(feeds: Iterable[FeedHealth]) -> list[FeedHealth]:
    return [feed for feed in feeds if feed.enabled and feed.fault is not None]


def _gauges() -> list[Metric]:
    now, snapshot = current().now(), current().snapshot()
    with current().service.store.reading() as db:
        pending = db.candidates.counts()[Status.PENDING]
        last_tick = db.feeds.last_tick(LEASE)
    states = [view.state for view in snapshot.views(Moment(current().service.today(), now))]
    enabled = [feed for feed in snapshot.feeds if feed.enabled]
    reads = [feed.last_read for feed in enabled]
    return [
        ("openlines_info", "The version that runs.", {f'version="{__version__}"': 1}),
        ("openlines_channels", "Channels by state.", {f'state="{state}"': states.count(state) for state in State}),
        ("openlines_feeds_enabled", "Feeds that are polled.", {"": len(enabled)}),
        ("openlines_feeds_failing", "Feeds whose last poll failed.", {"": len(_failing(enabled))}),
        ("openlines_feeds_never_read", "Feeds that were never read.", {"": reads.count(None)}),
        (
            "openlines_oldest_read_age_seconds",
            "Age of the longest unread feed's last good read.",
            _seconds(min((read for read in reads if read), default=None), now),
        ),
        ("openlines_scheduler_age_seconds", "Time since the scheduler's last tick.", _seconds(last_tick, now)),
        ("openlines_candidates_pending", "Candidates that wait for a reviewer.", {"": pending}),
        (
            "openlines_revision",
            "Counters that public writes bump.",
            {f'subject="{subject}"': number for subject, number in snapshot.revisions},
        ),
    ]


def _seconds(instant: datetime | None, now: datetime) -> dict[str, float]:
    """A gauge's value, or none where there is nothing to measure yet."""
    age = _age(instant, now)
    return {} if age is None else {"": age}


def _age(instant: datetime | None, now: datetime) -> int | None:
    return None if instant is None else max(0, int((now - instant).total_seconds()))


def _prometheus(gauges: Iterable[Metric]) -> str:
    lines: list[str] = []
    for name, says, values in gauges:
        lines += [f"# HELP {name} {says}", f"# TYPE {name} gauge"]
        lines += [f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in values.items()]
    return "\n".join(lines) + "\n"
