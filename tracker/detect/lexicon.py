"""The words of one relationship, as `lexicon.yaml` holds them: pure data, checked when read.

A term is a plain phrase in any case. `(a|b)` are alternatives and may be empty, `*` ends a word however it goes on,
`...` leaves out a few words of the same sentence; a word in capitals (`PLA`) is met only in capitals.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _usable(term: str) -> str:
    plain = re.sub(r"[\s()|*.]", "", term)
    if len(plain) < 2 and plain.isascii():
        raise ValueError(f"the term {term!r} is too short; give it two letters or one Chinese character")
    if term.count("(") != term.count(")"):
        raise ValueError(f"the term {term!r} has an unbalanced bracket; write alternatives as (a|b)")
    if term.startswith(("*", ".")):
        raise ValueError(f"the term {term!r} begins with a wildcard; begin it with a word")
    return term


Term = Annotated[str, AfterValidator(_usable)]
Terms = list[Term]

SignalWord = Literal["contact", "occasion", "create", "resume", "suspend", "cancel", "postpone", "refuse", "end"]
Mark = Literal[
    "future",  # has not happened yet: will, is to, 将
    "title_future",  # the infinitive of headlines: "to visit"
    "background",  # an older event told again: last met, 此前
    "doubt",  # wishes and possibilities, within their clause: should, 希望
    "condition",  # suppositions and questions, for the whole sentence: if, 是否
    "denial",  # says that there is nothing: no plans, 没有可以提供的信息
    "opinion",  # a title or opening of a comment, not a report
    "unofficial",  # legislators, scholars, retired persons
    "disclosed",  # an older event only now made known: people familiar, 知情
    "standing",  # an attempt without a day: standing request
    "attempt",  # somebody tried to reach the other side: asked for a call
    "visit",  # a journey to the other side: trip to Beijing
    "reporting",  # a date beside it is that of the words, not of the event: said on, 表示
    "opening",  # at the head of a sentence: what follows is told again
    "pronoun",  # stands for a person or the two named before: he, 两人
    "closing",  # stands beside the last day: through, 结束
    "masked",  # phrases whose words count for nothing
    "counterpart",  # the other side's holder of the same office
    "both",  # the two sides without their names: 双方
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Holder(_Part):
    """Who held an office, under which names, from and until which day (ISO dates; absent: open)."""

    names: Terms
    since: date = date.min
    until: date = date.max


class Office(_Part):
    """An office of one party. `terms` name the office, `own` too, but only in releases of that party ("the President").

    Each counts as a mention of the party.
    """

    party: str
    terms: Terms = []
    own: Terms = []
    holders: list[Holder] = []


class Pairing(_Part):
    """Two offices, one of each side, whose contact uses the channel; within a period where it says so.

    `weak`: the two also meet on other channels, so a channel that is named goes first.
    """

    offices: tuple[str, str]
    since: date = date.min
    until: date = date.max
    weak: bool = False


class ChannelTerms(_Part):
    """How a channel shows in text.

    `names` name it outright. `topics` are its subject: they need words of contact and both parties near.
    `pairings` are the office holders who use it. `refusals` count only where something is refused or cut.
    `visitors` are offices whose holder's visit to the other side uses the channel. `talks` are offices whose talks use
    it when they name its subject. `umbrella`: its talks touch the subjects of other channels without using those.
    """

    names: Terms = []
    topics: Terms = []
    pairings: list[Pairing] = []
    refusals: Terms = []
    visitors: list[str] = []
    talks: list[Pairing] = []
    umbrella: bool = False


class Foreign(_Part):
    """A country that is no party. `names` may be a mere place or subject; `counterparts` mean a partner in talks."""

    names: Terms
    counterparts: Terms = []


class Lexicon(_Part):
    """Everything that detection knows of one relationship."""

    relationship: str
    parties: dict[str, Terms] = Field(min_length=2, max_length=2)
    pair: Terms
    others: dict[str, Foreign]
    offices: dict[str, Office]
    channels: dict[str, ChannelTerms]
    signals: dict[SignalWord, Terms]
    marks: dict[Mark, Terms]

    @model_validator(mode="after")
    def _references(self) -> Lexicon:
        for slug, office in self.offices.items():
            if office.party not in self.parties:
                raise ValueError(
                    f"office {slug!r} belongs to {office.party!r}, which is no party; use {list(self.parties)}"
                )
        for slug, channel in self.channels.items():
            for pairing in (*channel.pairings, *channel.talks):
                if unknown := set(pairing.offices) - set(self.offices):
                    raise ValueError(f"channel {slug!r} pairs the office {min(unknown)!r}; describe it under offices")
            if unknown := set(channel.visitors) - set(self.offices):
                raise ValueError(
                    f"channel {slug!r} has the visitor {min(unknown)!r}; describe that office under offices"
                )
        return self
