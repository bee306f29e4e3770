"""What speaks against a finding, in words: a ground as detection gives it, in the language that is told. Pure.

Grounds are the keys of config/detection/weights.json, and stay as they are; a page tells them by these texts.
"""

from __future__ import annotations

import re

from tracker.tongue import pgettext, pmsg

_SENSE = "ground"

_GROUNDS = frozenset({
    # What the words of a sentence are of.
    pmsg("ground", "meet"), pmsg("ground", "hold"), pmsg("ground", "visit"), pmsg("ground", "act"),
    pmsg("ground", "agree"), pmsg("ground", "occasion"), pmsg("ground", "create"), pmsg("ground", "resume"),
    pmsg("ground", "suspend"), pmsg("ground", "cancel"), pmsg("ground", "postpone"), pmsg("ground", "refuse"),
    pmsg("ground", "unanswered"), pmsg("ground", "end"), pmsg("ground", "future"), pmsg("ground", "title_future"),
    pmsg("ground", "earlier"), pmsg("ground", "past"), pmsg("ground", "since"), pmsg("ground", "modal"),
    pmsg("ground", "wish"), pmsg("ground", "view"), pmsg("ground", "rumor"), pmsg("ground", "condition"),
    pmsg("ground", "asked"), pmsg("ground", "question"),
    pmsg("ground", "fiction"), pmsg("ground", "denial"), pmsg("ground", "opinion"),
    pmsg("ground", "unofficial"), pmsg("ground", "pastime"), pmsg("ground", "court"), pmsg("ground", "disclosed"),
    pmsg("ground", "personnel"),
    pmsg("ground", "attributed"), pmsg("ground", "standing"), pmsg("ground", "attempt"), pmsg("ground", "reporting"),
    pmsg("ground", "closing"), pmsg("ground", "both"),
    # How far a date lies from publication.
    pmsg("ground", "a day just past"), pmsg("ground", "a day of the last fortnight"),
    pmsg("ground", "a day of the last weeks"), pmsg("ground", "a day long past"),
    pmsg("ground", "a month just past"), pmsg("ground", "a month long past"),
    pmsg("ground", "this year"), pmsg("ground", "a year past"),
    pmsg("ground", "a time to come"), pmsg("ground", "a date to come"), pmsg("ground", "a date far ahead"),
    pmsg("ground", "no date"), pmsg("ground", "a date of words alone"), pmsg("ground", "before the day of the news"),
    # How a sentence is tied to a channel.
    pmsg("ground", "name"), pmsg("ground", "offices"), pmsg("ground", "described"), pmsg("ground", "counterpart"),
    pmsg("ground", "before"), pmsg("ground", "party"), pmsg("ground", "pronoun"), pmsg("ground", "topic"),
    pmsg("ground", "matter"), pmsg("ground", "far"), pmsg("ground", "following"), pmsg("ground", "heading"),
    pmsg("ground", "onward"),
    pmsg("ground", "offices that also meet elsewhere"),
    pmsg("ground", "channel of high offices"), pmsg("ground", "a surer tie to another channel"),
    pmsg("ground", "another channel named"), pmsg("ground", "several channels named"),
    pmsg("ground", "a list of channels"), pmsg("ground", "all its words also tie another channel"),
    # Whom it names.
    pmsg("ground", "both parties in the sentence"), pmsg("ground", "one party in the sentence"),
    pmsg("ground", "no party in the sentence"), pmsg("ground", "the other party speaks"),
    pmsg("ground", "the other party is not near"), pmsg("ground", "the pair named"),
    pmsg("ground", "both parties in the title"), pmsg("ground", "no party in the title"),
    pmsg("ground", "both parties just before"), pmsg("ground", "another country as partner"),
    pmsg("ground", "another country as partner, near"), pmsg("ground", "another country in the place of a party"),
    pmsg("ground", "another country as partner in the title"),
    pmsg("ground", "another country as partner just before"), pmsg("ground", "another country beside both parties"),
    pmsg("ground", "another country as partner, the pair not named"), pmsg("ground", "another country mentioned"),
    pmsg("ground", "another country in the title"), pmsg("ground", "title about another country"),
    pmsg("ground", "holders of high offices met"), pmsg("ground", "officials who deal with it met"),
    pmsg("ground", "officials who deal with it met on it"), pmsg("ground", "its officials met on another channel"),
    pmsg("ground", "a holder of the office travels"),
    pmsg("ground", "a holder of the office is to travel"), pmsg("ground", "the title names none of its officials"),
    pmsg("ground", "the title names one of its officials"), pmsg("ground", "the title names several of its officials"),
    pmsg("ground", "by a party"), pmsg("ground", "by a third party"),
    # What it reports.
    pmsg("ground", "no signal near"), pmsg("ground", "no signal in the sentence"), pmsg("ground", "only nouns"),
    pmsg("ground", "only nouns, no day"), pmsg("ground", "nothing governs"), pmsg("ground", "reads weakly"),
    pmsg("ground", "reads as announced"), pmsg("ground", "reads as held"), pmsg("ground", "reads as resumed"),
    pmsg("ground", "reads as suspended"), pmsg("ground", "reads as ended"), pmsg("ground", "reads as refused"),
    pmsg("ground", "reads as cancelled"), pmsg("ground", "reads as postponed"), pmsg("ground", "no objection"),
    pmsg("ground", "objection background"), pmsg("ground", "objection condition"),
    pmsg("ground", "objection denial"), pmsg("ground", "objection doubt"), pmsg("ground", "denied just after"),
    pmsg("ground", "denied, nothing broken"), pmsg("ground", "something broken, no objection"),
    pmsg("ground", "something resumed, no objection"), pmsg("ground", "agreed to resume"),
    pmsg("ground", "a contact on a day just past"), pmsg("ground", "a contact on a day to come"),
    pmsg("ground", "a subject without a verb"), pmsg("ground", "no verb of contact"),
    pmsg("ground", "neither day nor verb"), pmsg("ground", "a subject of high talks"),
    # Where it stands.
    pmsg("ground", "in the title"), pmsg("ground", "in the first sentence"), pmsg("ground", "further down"),
    pmsg("ground", "opens as a retelling"), pmsg("ground", "opens as a retelling, no day"),
    pmsg("ground", "a break before a contact"), pmsg("ground", "a contact before a break"),
    pmsg("ground", "a resumption before a contact"), pmsg("ground", "a contact before a resumption"),
    pmsg("ground", "a promise before a contact"), pmsg("ground", "a contact before a promise"),
    pmsg("ground", "several words of a break"), pmsg("ground", "several words of a resumption"),
    pmsg("ground", "several words of a promise"),
    pmsg("ground", "told in several sentences"), pmsg("ground", "a question"), pmsg("ground", "a journalist's words"),
    pmsg("ground", "not taken up in the answer"),
    pmsg("ground", "words quoted"), pmsg("ground", "the title speaks of the channel"),
    pmsg("ground", "the title tells of another channel"), pmsg("ground", "the title tells of high talks"),
    pmsg("ground", "the opening tells of the channel"), pmsg("ground", "the opening tells of another channel"),
    pmsg("ground", "the opening tells of high talks"),
})  # fmt: skip

_OF_WORDS = (
    pmsg("ground", 'between its words "%(what)s"'),
    pmsg("ground", 'the title says "%(what)s"'),
    pmsg("ground", 'says "%(what)s"'),
    pmsg("ground", 'name "%(what)s"'),
    pmsg("ground", 'described "%(what)s"'),
    pmsg("ground", 'topic "%(what)s"'),
    pmsg("ground", 'matter "%(what)s"'),
)
"""What is filled in is a word of the release."""

_OF_GROUNDS = (
    pmsg("ground", "%(what)s near, in an account of high talks"),
    pmsg("ground", "%(what)s elsewhere in the sentence"),
    pmsg("ground", "%(what)s of a list of channels"),
    pmsg("ground", "%(what)s before the signal"),
    pmsg("ground", "%(what)s in the sentence"),
    pmsg("ground", "%(what)s near, no day"),
    pmsg("ground", "%(what)s in the title"),
    pmsg("ground", "%(what)s just before"),
    pmsg("ground", "%(what)s just after"),
    pmsg("ground", "%(what)s near"),
    pmsg("ground", "also tied by %(what)s"),
    pmsg("ground", "tied by %(what)s"),
)
"""What is filled in is another ground. Those that end in another of them come first."""


def doubt_words(ground: str) -> str:
    """A ground as a reader is told it; as it is where there is no text for it, such as one of an older version."""
    if ground in _GROUNDS:
        return pgettext(_SENSE, ground)
    for form in _OF_WORDS + _OF_GROUNDS:
        before, after = form.split("%(what)s")
        if found := re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", ground, re.DOTALL):
            return pgettext(_SENSE, form, what=found[1] if form in _OF_WORDS else doubt_words(found[1]))
    return ground
