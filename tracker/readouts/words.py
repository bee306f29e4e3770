"""The words by which readouts are laid side by side: those of a language, and those of a relationship.

Pure data, checked when read. How a term is written: tracker/detect/lexicon.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tracker.detect.lexicon import Term, Terms
from tracker.model import Level

Form = Literal["video", "phone", "in-person"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Called(_Part):
    """What something is called in a language, and how texts in it say it."""

    name: str = Field(min_length=1)
    terms: Terms


class Rank(Called):
    """A level: `terms` name offices of that rank, `outright` the level itself, `vague` people of some rank about it."""

    terms: Terms = []
    outright: Terms = []
    vague: Terms = []

    @property
    def said(self) -> list[str]:
        """All words that say it."""
        return [*self.terms, *self.outright, *self.vague]


class ReadoutLanguage(_Part):
    """The words of one language. Of `forms` and `levels` that a readout says, the first counts.

    `asked`: by whose wish they met. What follows `agreed` in its sentence, and what stands before `settled` in its
    clause, is agreed; from `speaks` on one side speaks for itself. `attending`: whoever is named there took part.
    `because`: from these words to the end of their clause stands why something was done.
    `masked`: phrases whose words count for nothing.
    """

    language: str
    forms: dict[Form, Called]
    levels: dict[Level, Rank]
    topics: dict[str, Called]
    tones: dict[str, Called]
    asked: Terms
    agreed: Terms
    settled: Terms
    speaks: Terms
    next: Terms
    attending: Terms
    because: Terms = []
    masked: Terms = []


class Subject(_Part):
    """What something is called, by language, which texts say too, and further terms for it."""

    names: dict[str, Term] = {}
    terms: Terms = []


class ReadoutTerms(_Part):
    """The terms of one relationship. A topic under the slug of a channel is met under that channel's names too.

    `offices`: further names of offices of the lexicon. `gloss`: fixed terms of either side, with what each is called in
    the other language.
    """

    topics: dict[str, Subject] = {}
    offices: dict[str, Terms] = {}
    places: Terms = []
    asked: Terms = []
    gloss: dict[str, Subject] = {}
