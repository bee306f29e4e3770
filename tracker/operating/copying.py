"""The record moved from one database to another, with proof that it arrived."""

from __future__ import annotations

from dataclasses import dataclass

from db.copying import Copied, Watch, copy_record
from db.store import Store
from tracker.errors import Refused
from tracker.operating.verify import Verified, verify


@dataclass(frozen=True)
class Moved:
    """What was copied, and what was found in the copy."""

    copied: Copied
    verified: Verified


def copy_to(source: Store, target: Store, watch: Watch) -> Moved:
    """Copy the record, and check every link, page and quote of the copy against the head of the original.

    Raises StoreError, and Refused where the copy does not hold; it is then unfinished, and nothing opens it.
    """
    found: list[Verified] = []

    def check() -> None:
        with source.reading() as db:
            head = db.chain.head()
        found.append(verify(target, head if head.seq else None))
        if found[0].found:
            first = found[0].findings[0]
            raise Refused(
                f"The copy does not pass verify ({first.place}: {first.what}; {found[0].found} in all).",
                "python -m tracker verify says whether the record itself is whole.",
            )

    copied = copy_record(source, target, check, watch)
    return Moved(copied, found[0])
