"""Which channels are asked for: the filters of the first screen, of the API's list and of its table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, lru_cache

from tracker.model import THIRD_PARTY, Category, Relationship, State
from tracker.record.history import ChannelView
from tracker.search.words import folded
from tracker.web.sent import check_word


class Heed(StrEnum):
    """What of a channel asks for attention."""

    OVERDUE = "overdue"
    UNREPORTED = "unreported"
    CONTESTED = "contested"


@dataclass(frozen=True)
class Narrowing:
    """What a channel must be to be shown; None and the empty text ask for nothing.

    `word` is on whose word its state rests (`both`, a party's code, `third-party` or `none`), `q` what is told of it,
    `only` what of it asks for attention.
    """

    state: State | None = None
    category: Category | None = None
    word: str | None = None
    only: Heed | None = None
    q: str = ""

    def fits(self, view: ChannelView) -> bool:
        return (
            self.state in (None, view.state)
            and self.category in (None, view.channel.category)
            and self.word in (None, view.corroboration)
            and (self.only is None or self.only in heeds_of(view))
            and has_words(view, self.q)
        )

    @property
    def sent(self) -> dict[str, str]:
        """As it stands in an address; empty where nothing is asked for."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: str(value) for name, value in values if value}


def heeds_of(view: ChannelView) -> list[Heed]:
    """What of a channel asks for attention; what was announced and not reported is overdue too."""
    asks = {Heed.OVERDUE: view.overdue, Heed.UNREPORTED: bool(view.unreported), Heed.CONTESTED: view.contested}
    return [heed for heed, told in asks.items() if told]


PARAMETERS = tuple(field.name for field in fields(Narrowing))


def words_known(relationships: Iterable[Relationship]) -> tuple[str, ...]:
    """On whose word a state can rest."""
    codes = dict.fromkeys(party.code for relationship in relationships for party in relationship.parties)
    return ("both", *codes, THIRD_PARTY, "none")


def known_word(text: str | None, relationships: Iterable[Relationship]) -> str | None:
    """On whose word channels are asked for. Raises Refused for what no state can rest on."""
    return _one_of(words_known(relationships), text, "word")


def narrowing_of(asked: Mapping[str, str], relationships: Iterable[Relationship]) -> Narrowing:
    """The filters of an address. Raises Refused for a word that a filter does not know."""
    state, category, only = (
        _one_of(vocabulary, asked.get(name), name)
        for name, vocabulary in (("state", State), ("category", Category), ("only", Heed))
    )
    return Narrowing(
        State(state) if state else None,
        Category(category) if category else None,
        known_word(asked.get("word"), relationships),
        Heed(only) if only else None,
        asked.get("q", "").strip(),
    )


def _one_of(known: Iterable[str], text: str | None, name: str) -> str | None:
    if text:
        check_word(name, text, [str(one) for one in known])
    return text or None


def told_of(view: ChannelView) -> tuple[str, ...]:
    """What names or describes a channel as it stands: slug, names, other names, offices, what it is for, the cause."""
    line = view.channel
    cause = view.change.cause if view.change else ""
    return (line.slug, *line.names.values(), *line.aliases, *line.counterparts.values(), line.description, cause)


@lru_cache(maxsize=1_000)
def words_apart(texts: tuple[str, ...]) -> str:
    """The words of some texts, each once, without those that stand within another, the longest first.

    Every word of a query occurs in these where it occurs in the texts, and they are a fraction of them: names are
    many, and much alike.
    """
    kept: list[str] = []
    for word in sorted({word for text in texts for word in _folded(text).split()}, key=lambda word: (-len(word), word)):
        if not any(word in longer for longer in kept):
            kept.append(word)
    return " ".join(kept)


def has_words(view: ChannelView, words: str) -> bool:
    """Whether each of the words occurs in what is told of a channel, in any letter case, width and Chinese script."""
    if not words:
        return True
    told = _folded("\n".join(told_of(view)))
    return all(word in told for word in _folded(words).split())


def _folded(text: str) -> str:
    return folded(text).lower


def other_forms(views: Iterable[ChannelView]) -> str:
    """How characters of what is told of some channels are written otherwise, in pairs with that by which both are
    compared: `國国門门`. For the script that looks for words as `has_words` does.
    """
    texts = "".join(text for view in views for text in told_of(view))
    forms = traditional() | {one: _folded(one) for one in set(texts) if not one.isalnum()}
    known = {*_folded(texts)}
    return "".join(one + form for one, form in sorted(forms.items()) if one != form and form in known)


@cache
def traditional() -> Mapping[str, str]:
    """Every Chinese character that is compared as another, with that one."""
    every = [chr(code) for code in range(0x3400, 0xA000)]
    forms = zip(every, _folded("\n".join(every)).split("\n"), strict=True)
    return {one: form for one, form in forms if one != form and len(form) == 1}
