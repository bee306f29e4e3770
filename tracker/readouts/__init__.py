"""The readouts of two sides of one event, laid side by side: `Comparer.compare(first, second)`, a pure function.

    comparer = Comparer(lexicon, languages, terms)    # once per relationship
    comparison = comparer.compare(first, second)      # the same on every run

No model, no paraphrase: points are found by the words of `config/readouts/` and of the relationship, and each is the
original's own words, by offsets. The method is described in docs/readouts.md.
"""

from __future__ import annotations

from tracker.readouts.compare import Comparer
from tracker.readouts.particulars import Particular, Particulars, particulars
from tracker.readouts.points import Apart, Comparison, Gloss, Point, PointKind, Readout, Said

__all__ = [
    "Apart",
    "Comparer",
    "Comparison",
    "Gloss",
    "Particular",
    "Particulars",
    "Point",
    "PointKind",
    "Readout",
    "Said",
    "particulars",
]
