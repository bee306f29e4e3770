"""What waits for a reviewer, in few words each: enough to choose, sort and count without reading releases."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter

from db.queries import Connection, Row, load_queries
from db.rows import decision_from
from db.text import day, instant, like_pattern, listed, partial
from tracker.model import Decision, PartialDate, Signal, Status
from tracker.moments import instant_text
from tracker.releases.grouping import Report, disagree

_sql = load_queries("waiting.sql")


@dataclass(frozen=True)
class Waiting:
    """A candidate that waits, or is probably nothing. `sides`: those that have spoken; `disputed`: their releases
    disagree in what or when.

    `evidence_at`: when its newest evidence came. `again`: why it came back, or who put it there. `held`: a reviewer
    has put it aside for now. `first_by`: who accepted it, where a second person is to confirm that.
    """

    id: int
    channel: str
    signal: Signal
    date: PartialDate | None
    starts: date | None
    opened_at: datetime
    evidence_at: datetime
    status: Status = Status.PENDING
    again: str | None = None
    sides: frozenset[str] = frozenset()
    disputed: bool = False
    held: bool = False
    first_by: str | None = None


@dataclass(frozen=True)
class Similar:
    """What was decided of another candidate of the same channel and signal; the event and the decision that stands.

    The reason of a rejection, and what a reviewer remarked when accepting, is `decision.note`.
    """

    signal: Signal
    date: PartialDate | None
    starts: date | None
    decision: Decision


class WaitingList:
    """Reads the queue as a whole over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self, now: datetime, words: str | None = None, within: Collection[str] | None = None) -> list[Waiting]:
        """All candidates that wait at the UTC instant, held or not, oldest number first: two queries, however many.

        `words` stand, in their order and in any case, in the title or summary of a release of theirs. `within`: of
        these relationships (slugs) alone; None: of all.
        """
        told = {
            number: list(rows) for number, rows in groupby(_sql.told_of_waiting(self._db), key=itemgetter("candidate"))
        }
        rows = _sql.waiting(self._db, now=instant_text(now), words=like_pattern(words or ""), within=listed(within))
        return [_waiting(row, told.get(row["id"], ())) for row in rows]

    def count_held(self, now: datetime, within: Collection[str] | None = None) -> int:
        """How many of those that are pending a reviewer has put aside for now."""
        return _sql.count_held(self._db, now=instant_text(now), within=listed(within))["number"]

    def since(self, now: datetime) -> datetime | None:
        """When the one that waits the longest, and is not held, got its newest evidence; None: none waits."""
        return instant(_sql.waiting_since(self._db, now=instant_text(now))["since"])

    def beside(self, channel: str, status: Status, *, most: int) -> list[Waiting]:
        """The candidates of a channel in a status, in few words, those with the newest evidence first; whether they
        are held, and who spoke of them, is not among that.
        """
        return [_waiting(row, ()) for row in _sql.beside(self._db, channel=channel, status=status, most=most)]

    def similar(self, candidate: int, channel: str, signal: Signal, *, most: int) -> list[Similar]:
        """The last decisions that stand on other candidates of this channel and signal, newest first."""
        rows = _sql.similar(self._db, candidate=candidate, channel=channel, signal=signal, most=most)
        return [_similar(row) for row in rows]


def _waiting(row: Row, told: Iterable[Row]) -> Waiting:
    told = list(told)
    telling = [one for one in told if one["telling"]] or told
    return Waiting(
        id=row["id"],
        channel=row["channel"],
        signal=Signal(row["signal"]),
        date=partial(row["date"]),
        starts=day(row["starts"]),
        opened_at=instant(row["opened_at"]),
        evidence_at=instant(row["evidence_at"]),
        status=Status(row["status"]),
        again=row["again"],
        sides=frozenset(one["side"] for one in telling),
        disputed=_disputed(telling),
        held=row["hold"] is not None,
        first_by=row["first_by"],
    )


def _disputed(told: Iterable[Row]) -> bool:
    """Most candidates are told of in one way, of which nothing need be made."""
    said = {(one["signal"], one["date"], one["starts"]) for one in told}
    return len(said) > 1 and disagree(
        # The day of publication does not matter to whether dates differ.
        Report(Signal(signal), partial(when), day(starts), date.min)
        for signal, when, starts in sorted(said, key=str)
    )


def _similar(row: Row) -> Similar:
    return Similar(Signal(row["signal"]), partial(row["date"]), day(row["starts"]), decision_from(row))
