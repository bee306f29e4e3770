"""What the record quotes of a release that tells of an event, and where those words stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.detect.normalise import fold, sentences
from tracker.model import KeptSighting, PartialDate, Passage, Source

LONGEST_QUOTE = 300
"""Characters of a release that are quoted on the record; the whole text stays in the release."""


def sources_of(sightings: Iterable[KeptSighting]) -> Iterable[Source]:
    """Each release once: after a merge one may speak twice of a candidate."""
    for seen in {seen.release.id: seen for seen in sightings}.values():
        release = seen.release
        yield Source(
            url=release.url or "",
            title=release.title,
            publisher=release.publisher,
            side=release.side,
            published=PartialDate.of(release.published),
            quote=quote_of(seen),
            says=seen.sighting.signal,
            dated=seen.sighting.date,
            persons=seen.sighting.persons,
            passage=passage_of(seen),
        )


def quote_of(seen: KeptSighting) -> str | None:
    """The sentence of the release that says what happened; of a very long one, what stands about those words."""
    found = _quoted(seen)
    return found[2] if found else None


def passage_of(seen: KeptSighting) -> Passage:
    """Where the quote stands: in the revision that was read for the sighting."""
    field, start, _ = _quoted(seen) or (None, None, "")
    return Passage(seen.release.id, seen.revision, field, start)


def _quoted(seen: KeptSighting) -> tuple[str, int, str] | None:
    """The field of the release, the character at which the quote begins, and the quote."""
    fired = [words for words in seen.sighting.evidence if words.tells]
    fired = fired or list(seen.sighting.evidence)
    if not fired:
        return None
    signal = next((words for words in fired if words.role == "signal"), fired[0])
    text = getattr(seen.release, signal.field)
    start, end = _sentence_around(text, signal.start)
    if end - start > LONGEST_QUOTE:
        start = max(start, signal.start - LONGEST_QUOTE // 2)
        end = min(end, start + LONGEST_QUOTE)
    quoted = text[start:end].strip()
    return signal.field, start + text[start:end].index(quoted), quoted


def _sentence_around(text: str, position: int) -> tuple[int, int]:
    folded = fold(text)
    spans = [folded.span(start, end) for start, end in sentences(folded.text)]
    return next(((start, end) for start, end in spans if start <= position < end), (position, len(text)))
