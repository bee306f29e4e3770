"""What decisions rest on, written into the chain: candidates, sightings, releases and their wordings.

These rows change by the program's own hand: a release comes to a candidate that was decided, is reworded, is moved by a
reviewer. Whoever changes one says so here, and as the transaction ends what is new or other is kept as a *basis* of
the candidate, which is a link of the chain. What was changed by another hand differs from the bases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from db.chain import Chain
from db.queries import Connection, Row, load_queries
from tracker.moments import instant_text
from tracker.record.basis import CHANGES_BY_ITSELF, as_told, changed, differing, together
from tracker.record.chain import Finding

_sql = load_queries("bases.sql", streams=("candidates",))

_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Bases:
    """Over one connection; what is written belongs into the caller's transaction, which ends with `write`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._chain = Chain(connection)
        self._touched: set[int] = set()
        self._releases: set[int] = set()
        self._at = _EARLIEST

    def touch(self, candidate: int, *, at: datetime | None = None) -> None:
        """A row of a candidate is new or other; `at`: the UTC instant, where the caller knows it."""
        self._touched.add(candidate)
        self._at = max(self._at, at or _EARLIEST)

    def touch_release(self, release: int, *, at: datetime) -> None:
        """A release has a further wording, wherever it speaks."""
        self._releases.add(release)
        self._at = max(self._at, at)

    def write(self) -> None:
        """Keep what is new or other of whatever was decided; the last thing that a transaction does."""
        for release in self._releases:
            self._touched.update(row["candidate"] for row in _sql.of_releases(self._db, release=release))
        for candidate in sorted(self._touched):
            if _sql.is_decided(self._db, candidate=candidate):
                self._keep(candidate, self._at)
        self._touched, self._releases, self._at = set(), set(), _EARLIEST

    def seal_all(self, *, at: datetime) -> None:
        """Keep how all that was decided stands now, whoever brought it there: for a migration."""
        for row in list(_sql.decided(self._db)):
            self._keep(row["candidate"], at)

    def faults(self) -> Iterator[Finding | None]:
        """Of each candidate that was decided what is not as its decisions found it; None where all is."""
        for row in _sql.candidates(self._db):
            yield from self._faults(row["candidate"])

    def _faults(self, candidate: int) -> Iterator[Finding | None]:
        place = f"basis of candidate {candidate}"
        told = [row["told"] for row in _sql.bases(self._db, candidate=candidate)]
        if not told:
            yield Finding(place, "it is gone; a decision rests on it")
            return
        try:
            recorded = together(told)
        except ValueError as error:
            yield Finding(place, f"it cannot be read ({error})")
            return
        releases = [int(name.split(" ")[1]) for name in recorded if name.startswith("release ")]
        found = list(differing(recorded, self._rows(candidate, releases)))
        yield from found or (None,)

    def _keep(self, candidate: int, at: datetime) -> None:
        before = together(row["told"] for row in _sql.bases(self._db, candidate=candidate))
        if other := changed(before, self._rows(candidate)):
            head = self._chain.head().at
            when = instant_text(max(at, head) if head else at)
            row = _sql.add_basis(self._db, candidate=candidate, told=as_told(other), recorded_at=when)
            self._chain.append("basis", row["id"])

    def _rows(self, candidate: int, releases: Iterable[int] = ()) -> dict[str, dict]:
        """The rows as they stand, by name; `releases`: those to be looked at although no sighting names them."""
        own = _sql.candidate(self._db, candidate=candidate)
        rows = {f"candidate {candidate}": _told("candidate", own)} if own else {}
        spoke = [*releases]
        for sighting in list(_sql.sightings(self._db, candidate=candidate)):
            rows[f"sighting {sighting['id']}"] = _told("sighting", sighting)
            spoke.append(sighting["release"])
        for release in dict.fromkeys(spoke):
            if kept := _sql.release(self._db, release=release):
                rows[f"release {release}"] = _told("release", kept)
            for said in list(_sql.revisions(self._db, release=release)):
                rows[f"release_revision {release}/{said['number']}"] = _told("release_revision", said)
        return rows


def _told(table: str, row: Row) -> dict:
    left_out = CHANGES_BY_ITSELF.get(table, ())
    return {name: value for name, value in dict(row).items() if name not in left_out}
