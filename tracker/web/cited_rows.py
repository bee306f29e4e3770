"""What of a view is cited: rows by name, each in its canonical form, and what became of them since.

Most views show rows of the record (`tracker/web/cite.py: Scope`). A view that shows others says beside `@takes`, by
`@cites`, how those are found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from tracker.model import Moment
from tracker.moments import second_text
from tracker.record.citation import Differing, Rows, differing, fact
from tracker.record.coverage import Hole
from tracker.record.ledger import Act
from tracker.web.current import UNSETTLED, Snapshot, current

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Since:
    """What became of cited rows: the acts upon them where they are rows of the record, newest first; of other rows how
    those differ that the same address shows now.
    """

    acts: tuple[Act, ...] = ()
    rows: Differing | None = None

    @property
    def changes(self) -> int:
        return len(self.acts) + (len(self.rows.names) if self.rows else 0)


class Shown(ABC):
    """What an address shows at any moment, as it is cited."""

    @abstractmethod
    def rows(self, moment: Moment) -> Rows:
        """What is shown at a moment, all of it and not a page. Raises Refused for what the address cannot ask."""

    def rows_once(self, moment: Moment) -> Rows | None:
        """The rows by which older versions cited it, where those were others: what they cited holds still."""
        return None

    @abstractmethod
    def since(self, moment: Moment) -> Since:
        """What became of that until now."""

    @abstractmethod
    def settled(self) -> datetime:
        """Up to when everything is on record: what comes later never changes what was so by then."""

    @abstractmethod
    def first(self) -> datetime:
        """When there was something to see for the first time."""


@dataclass(frozen=True)
class Facts(Shown):
    """What is shown beside the record: of us and our work, so that `known_at` alone tells how it stood."""

    snapshot: Snapshot

    def since(self, moment: Moment) -> Since:
        present = replace(moment, known_at=current().now())
        return Since(rows=differing(self.rows(moment), self.rows(present)))

    def settled(self) -> datetime:
        """Not before there was something: of that much all was written at once."""
        return max(current().now() - UNSETTLED, self.first())

    def first(self) -> datetime:
        acts = self.snapshot.acts
        return acts[0].at if acts else self.snapshot.now


def hole_row(hole: Hole) -> tuple[str, bytes]:
    """A hole in what was read as it is cited. Why there was one is told in words of ours, which are no part of it."""
    told = {"feed": hole.feed, "start": hole.start, "end": hole.end, "kind": hole.kind}
    return fact(f"hole-{hole.feed}-{second_text(hole.start)}", told)


Find = Callable[[Snapshot, Mapping[str, Any], Mapping[str, str]], Shown | None]
"""What an address shows, by the parts of its path and what it asks for; None where that is for who asks alone."""


def cites(find: Find) -> Callable[[View], View]:
    """Say what of a view is cited, where that is no row of the record."""

    def mark(view: View) -> View:
        view.cites = find
        return view

    return mark
