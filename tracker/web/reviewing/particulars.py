"""What the releases of a candidate say of it in so many words, by what is configured for its relationship."""

from __future__ import annotations

from tracker.model import Candidate
from tracker.readouts import Particulars
from tracker.reviewing.review import read_particulars
from tracker.web.current import current, find_channel


def particulars_of(candidate: Candidate) -> Particulars:
    """Nothing where the relationship of its channel is not configured any more."""
    snapshot = current().snapshot()
    relationship = snapshot.relationship(find_channel(snapshot, candidate.channel).relationship)
    packs = (pack for pack in current().service.packs if pack.relationship.slug == relationship.slug)
    pack = next(packs, None)
    return read_particulars(candidate, pack.comparer, relationship.languages) if pack else Particulars()
