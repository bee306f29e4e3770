"""For machines that watch over the service: is it alive, can it serve, and how does it fare."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from config.load import unread_words
from db.engine import Behind, Work
from db.store import StoreError
from tracker import __version__
from tracker.model import Channel, Moment, State, Status
from tracker.notifications.notify import FAILING
from tracker.polling.health import Fares, Health, health_of
from tracker.scheduler import LATE, LEASE
from tracker.web.api import schemas, shapes
from tracker.web.api.calls import json_answer
from tracker.web.auth import open_to
from tracker.web.current import current
from tracker.web.sent import takes

log = logging.getLogger(__name__)

blueprint = APIBlueprint("health", __name__, abp_tags=[Tag(name="operations")])


@blueprint.after_request
def _kept_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/healthz", responses={200: schemas.Alive})
@open_to("public")
@takes()
def alive() -> Response:
    """Whether the process answers; asks nothing of the database."""
    return json_answer(schemas.Alive(status="alive", version=__version__))


@blueprint.get("/readyz", responses={200: schemas.Readiness, 503: schemas.Readiness})
@open_to("public")
@takes()
def ready() -> Response:
    """Whether it does its work: database readable, schema up to date, scheduler ticking. Ailing feeds are warnings.

    Where polling is off (OPENLINES_POLL), nobody waits for a scheduler.
    """
    store, now = current().service.store, current().now()
    try:
        store.check_schema()
        with store.reading() as db:
            feeds, last_tick, channels = db.feeds.all(), db.feeds.last_tick(LEASE), db.record.channels()
        work, behind = store.work(), store.behind()
    except StoreError as error:
        return _not_ready(database=True, problem=str(error))
    except Exception:
        log.exception("the database cannot be read")
        return _not_ready(database=False, problem="The database cannot be read; the log of the service says why.")
    told = [health_of(feed, now) for feed in feeds]
    problems = _not_ticking(last_tick, now, work)
    readiness = schemas.Readiness(
        status="not ready" if problems else "ready",
        database=True,
        migrations=True,
        feeds=_counts(told),
        scheduler_age=_age(last_tick, now),
        work=work and schemas.Work(**asdict(work)),
        problems=problems,
        replica=behind and schemas.Replica(behind_bytes=behind.size, behind_seconds=behind.seconds),
        warnings=[*_unread(channels), *_warnings(told), *_replica_warnings(behind)],
        degraded=_degraded(told),
    )
    return json_answer(readiness, 503 if problems else 200)


@blueprint.get(
    "/metrics",
    responses={200: {"description": "Figures.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
@open_to("public")
@takes()
def metrics() -> Response:
    """Figures in the text format of Prometheus; where the database cannot serve, that alone and the times of writes."""
    registry = CollectorRegistry()
    registry.register(_Gauges())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _not_ready(*, database: bool, problem: str) -> Response:
    readiness = schemas.Readiness(
        status="not ready",
        database=database,
        migrations=False,
        feeds=None,
        scheduler_age=None,
        work=None,
        replica=None,
        problems=[problem],
        warnings=[],
        degraded=[],
    )
    return json_answer(readiness, 503)


def _not_ticking(last_tick: datetime | None, now: datetime, work: Work | None) -> list[str]:
    """The watchdog: a scheduler that does not tick polls nothing, and nothing else would say so."""
    if not current().service.settings.poll or (last_tick and now - last_tick <= LATE):
        return []
    since = f"since {last_tick:%Y-%m-%d %H:%M} UTC" if last_tick else "yet"
    if work:
        remedy = "Start python -m tracker worker on some machine; the log of the last one says why it stopped."
        return [f"No worker has ticked {since}, {work.workers} are alive: feeds are not being polled. {remedy}"]
    remedy = "Start python -m tracker serve or schedule again; its log says why it stopped."
    return [f"The scheduler has not ticked {since}: feeds are not being polled. {remedy}"]


def _unread(channels: Iterable[Channel]) -> list[str]:
    """A newer configuration that this process could not take, and the channels that are in none, each in a sentence."""
    service = current().service
    older = f"The configuration in force is older than its files: {service.fault}" if service.fault else None
    return [said for said in (older, unread_words(channels, service.packs)) if said]


def _counts(told: Sequence[Health]) -> schemas.FeedCounts:
    fares = Counter(health.fares for health in told)
    return schemas.FeedCounts(
        enabled=len(told) - fares[Fares.OFF],
        failing=fares[Fares.FAILING],
        warning=fares[Fares.WARNING],
        paused=fares[Fares.PAUSED],
    )


def _warnings(told: Iterable[Health]) -> list[str]:
    by_fares = defaultdict(list)
    for health in told:
        by_fares[health.fares].append(health.feed.slug)
    said = {
        Fares.FAILING: "Not readable at the last try",
        Fares.WARNING: "Read, but worth a look",
        Fares.PAUSED: "Paused by a person",
    }
    return [f"{words}: {', '.join(by_fares[fares])}." for fares, words in said.items() if by_fares[fares]]


def _replica_warnings(behind: Behind | None) -> list[str]:
    if behind and behind.size is None:
        return ["The replica cannot be asked, or follows nobody: the first server is read in its place."]
    return []


def _degraded(told: Iterable[Health]) -> list[schemas.Degraded]:
    ailing = sorted((health for health in told if health.warnings), key=lambda health: health.need)
    return [
        schemas.Degraded(feed=health.feed.slug, health=health.fares, since=health.since, warnings=shapes.warned(health))
        for health in ailing
    ]


class _Gauges(Collector):
    """What is true now, asked of the record and the feeds each time."""

    def collect(self) -> Iterator[Metric]:
        store = current().service.store
        try:
            store.check_schema()
            told = list(self._told())
        except StoreError as error:
            log.error("the figures cannot be read: %s", error)
            told = None
        except Exception:
            log.exception("the figures cannot be read")
            told = None
        yield _by("version", "openlines_info", "The version that runs.", {__version__: 1})
        ready = "Whether the database can be read and has the schema of this version: 1 or 0."
        yield _one("openlines_database_ready", ready, int(told is not None))
        buckets, seconds = store.write_times.histogram()
        says = "How long writes of this process took, from asking for their turn until they were on disk."
        yield HistogramMetricFamily("openlines_write_seconds", says, buckets=buckets, sum_value=seconds)
        yield from told or ()

    def _told(self) -> Iterator[Metric]:
        now, snapshot = current().now(), current().snapshot()
        with current().service.store.reading() as db:
            pending = db.candidates.counts()[Status.PENDING] - db.waiting.count_held(now)
            waiting_since = db.waiting.since(now)
            last_tick = db.feeds.last_tick(LEASE)
            receivers, messages = db.notifications.receivers(week_ago=now - FAILING), db.notifications.counts()
        states = Counter(view.state for view in snapshot.views(Moment(current().service.today(), now)))
        told = [health_of(feed, now) for feed in snapshot.feeds]
        failing = Counter(health.feed.fault_kind for health in told if health.fares is Fares.FAILING)
        counts = _counts(told)
        polled = [health.feed for health in told if health.polled]
        reads = [feed.last_read for feed in polled]
        yield _by("state", "openlines_channels", "Channels by state.", {state: states[state] for state in State})
        yield _one("openlines_feeds_enabled", "Feeds that are enabled in the configuration.", counts.enabled)
        yield _one("openlines_feeds_failing", "Feeds whose last poll failed.", counts.failing)
        yield _by("kind", "openlines_feeds_failing_by_kind", "Feeds whose last poll failed, by what failed.", failing)
        yield _one("openlines_feeds_warning", "Feeds that are read and may be silent all the same.", counts.warning)
        yield _one("openlines_feeds_paused", "Feeds that a person paused.", counts.paused)
        yield _one("openlines_feeds_never_read", "Feeds that were never read.", reads.count(None))
        yield _one(
            "openlines_oldest_read_age_seconds",
            "Age of the longest unread feed's last good read.",
            _age(min((read for read in reads if read), default=None), now),
        )
        yield _one(
            "openlines_oldest_unpolled_seconds",
            "How long the feed that waits the longest has been due.",
            _age(min((feed.next_poll for feed in polled), default=None), now),
        )
        yield _one("openlines_scheduler_age_seconds", "Time since the scheduler's last tick.", _age(last_tick, now))
        if work := current().service.store.work():
            jobs = {"waiting": work.waiting, "in_hand": work.in_hand, "failed": work.failed}
            yield _one(
                "openlines_workers", "Workers that gave a sign of life in the last twenty seconds.", work.workers
            )
            yield _by("state", "openlines_jobs", "Jobs of the workers; failed ones are those of the last week.", jobs)
        if behind := current().service.store.behind():
            yield _one("openlines_replica_behind_bytes", "Bytes that the replica has not applied yet.", behind.size)
            yield _one("openlines_replica_behind_seconds", "Age of what the replica has applied.", behind.seconds)
        yield _one("openlines_candidates_pending", "Candidates that wait for a reviewer.", pending)
        yield _one(
            "openlines_oldest_candidate_age_seconds",
            "How long the candidate that waits the longest has waited.",
            _age(waiting_since, now),
        )
        yield _by("subject", "openlines_revision", "Counters that public writes bump.", snapshot.revisions)
        yield _one("openlines_receivers", "Webhooks and mail addresses that are told what happens.", receivers.number)
        yield _one("openlines_receivers_failing", "Receivers that did not take the last message.", receivers.failing)
        yield _one(
            "openlines_receivers_failing_week", "Receivers that took nothing for a week.", receivers.failing_long
        )
        states = {state: messages.get(state, 0) for state in ("pending", "sent", "dead", "void")}
        yield _by("state", "openlines_messages", "Messages by what became of them; dead ones wait.", states)


def _one(name: str, says: str, value: float | None) -> Metric:
    """A gauge without labels; without a value where there is nothing to measure yet."""
    gauge = GaugeMetricFamily(name, says)
    if value is not None:
        gauge.add_metric([], value)
    return gauge


def _by(label: str, name: str, says: str, values: Mapping[str, float]) -> Metric:
    """A gauge with a value for each value of a label."""
    gauge = GaugeMetricFamily(name, says, labels=[label])
    for key, value in sorted(values.items()):
        gauge.add_metric([key], value)
    return gauge


def _age(instant: datetime | None, now: datetime) -> int | None:
    return None if instant is None else max(0, int((now - instant).total_seconds()))
