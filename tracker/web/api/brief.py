"""What changed after an instant, in sentences that name their claims."""

from __future__ import annotations

from tracker import brief as told
from tracker.record.coverage import Coverage
from tracker.web.api import schemas
from tracker.web.api.calls import blueprint, rendered
from tracker.web.api.document import RECORD, read_answers
from tracker.web.api.parameters import BriefQuery
from tracker.web.auth import open_to
from tracker.web.briefing import after_of, brief_since
from tracker.web.current import moment_from_request, shows_the_past
from tracker.web.scope import scoped


@blueprint.get("/v1/brief", responses=read_answers(schemas.Brief), tags=[RECORD])
@open_to("public")
@rendered
def brief(query: BriefQuery) -> schemas.Brief:
    """What changed after an instant, in a few sentences, each with the claims that say so."""
    snapshot, moment, past = scoped(query.relationship), moment_from_request(), shows_the_past()
    after = after_of(query.after, moment.known_at, past=past)
    found = brief_since(snapshot, after, moment, query.lang, past=past)
    return schemas.Brief(
        as_of=moment.as_of,
        known_at=moment.known_at,
        after=after,
        lang=found.lang,
        text=found.text,
        sentences=[_sentence(sentence) for sentence in found.sentences],
        count=len(found.news),
        left_out=found.left_out,
        coverage=[_side(one.relationship.slug, read) for one in found.read for read in one.sides],
    )


def _sentence(sentence: told.Sentence) -> schemas.BriefSentence:
    return schemas.BriefSentence(kind=sentence.kind, words=sentence.words, claims=list(sentence.claims))


def _side(relationship: str, read: Coverage) -> schemas.SideRead:
    return schemas.SideRead(
        relationship=relationship,
        side=read.side,
        start=read.start,
        complete=read.complete,
        share=read.share,
        read_until=read.read_until if read.feeds else None,
        holes=len(read.holes),
    )
