"""Text as the matcher reads it: folded for comparison, with every character's place in the original kept."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import opencc

_DROPPED = "\0"
"""The form of a character that counts for nothing: it is taken out where places are counted."""

_QUOTES_AND_DASHES = {
    **dict.fromkeys("‘’‚‛′＇`´", "'"),
    **dict.fromkeys("“”„‟″「」『』«»", '"'),
    **dict.fromkeys("‐‑‒–—―−－", "-"),
    **dict.fromkeys("[]", _DROPPED),  # editors' brackets within quotations
    **dict.fromkeys("\t\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029", " "),
    **dict.fromkeys("\u115f\u1160\u3164\uffa0\u2800\ufffd", _DROPPED),  # letters without a shape, and what was lost
    "峇": "巴",
    "妳": "你",
    "砲": "炮",
    "痺": "痹",
}

# Cyrillic and Greek letters that look like Latin ones, as they slip into pasted or forged text.
_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТУХавгекмнпортсухіјѕԁһԛԝӏ", "ABESIJKMHOPCTYXabrekmhnoptcyxijsdhqwl", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ", "ABEZHIKMNOPTYXaikvoptux", strict=True))


_HAN = range(0x3400, 0xA000)
_CJK = range(0x3001, 0xA000)


class _Forms(dict[int, str]):
    """What each character is compared as, one character or more; worked out when first met."""

    def __init__(self) -> None:
        super().__init__({ord(c): form for c, form in (_QUOTES_AND_DASHES | _CYRILLIC | _GREEK).items()})
        han = [chr(code) for code in _HAN]
        simplified = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
        for character, form in zip(han, simplified, strict=True):
            self.setdefault(ord(character), form if len(form) == 1 else character)

    def __missing__(self, code: int) -> str:
        self[code] = form = self._form(chr(code))
        return form

    def _form(self, character: str) -> str:
        if " " <= character <= "~" or character == "\n":
            return character
        if unicodedata.category(character) in ("Cf", "Cc", "Mn", "Cs"):
            return _DROPPED  # zero width, bidirectional and joining marks, accents on their own, half a surrogate pair
        decomposed = unicodedata.normalize("NFKD", character)
        plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn") or character
        forms = "".join(self[ord(c)] if c != character and ord(c) in self else c for c in plain)
        return forms.replace(_DROPPED, "") or _DROPPED


def _same(codes: Iterable[int]) -> str:
    """Those of ascending codes that are compared as they stand, as the inside of a class of a regular expression."""
    same = [code for code in codes if _forms[code] == chr(code)]
    starts = [code for before, code in zip([None, *same], same, strict=False) if before is None or code != before + 1]
    ends = [code for code, after in zip(same, [*same[1:], None], strict=True) if after is None or after != code + 1]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


_forms = _Forms()
_ODD = re.compile(rf"[^\n -%'-;=?-Z\\^-_a-~{_same(_CJK)}]")
_ODD_OR_SPACE = re.compile(rf" |{_ODD.pattern}")
_USUAL = [(character, _forms[ord(character)]) for character in "，：；！？（）“”‘’—–\xa0"]
"""The odd characters of an ordinary text, of one form each: to replace all of one is quicker than to look at each."""

_MARKUP = re.compile(
    r"<[a-zA-Z/!][^<>]{0,2000}>"
    r"|&lt;[a-zA-Z/!](?:[^<>&]|&(?![lg]t;)){0,2000}&gt;"  # a tag that was escaped once too often
    r"|&(?:amp;)*(?P<entity>#?[0-9a-zA-Z]{2,31};)"
)
_CUT = re.compile(
    r"(?:<|&lt;)(?:/?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|table|section|article|blockquote|script|style)\b)", re.IGNORECASE
)

# Elements whose content is no text.
_RAW = re.compile(r"<(script|style)\b", re.IGNORECASE)
_CLOSING = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style")}

_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Gen|Lt|Maj|Brig|Col|Capt|Cmdr|Cpl|Sgt|Adm|Sen|Rep"
    r"|Gov|Dr|Mr|Mrs|Ms|DR|MR|MRS|MS|GEN|ADM|Jr|Sr|St|No|vs|etc|[ap]\.m|Amb|Prof|Hon|Vice|approx|Ret|Messrs|Asst|Dep|Min|Sec))$"
)
_STOP = re.compile(
    # One set of characters begins it, which the search looks for and nothing else.
    r"[.。!?！？\n](?:"
    r"(?<!\.)[。!?！？\n]*[\"')]*"
    r"|(?<=\.)(?=[\"')\]]*(?:\s|$))[\"')\]]*"
    r"|(?:(?<=[a-z\"')]\.)|(?<=\d\d\.))(?=[\u3400-\u9fff])"  # a sentence in the other language follows at once
    r")"
)
_CLAUSE = re.compile(r"\.\.\.|…|[,;:，；：]+(?:\s|(?=\D)|(?<!\d[,;:，；：])(?=\d))|\s-+\s|--+|[()]")
_INITIALS = re.compile(r"\b[A-Z]\.[A-Z]$")
_OPENERS = re.compile(r"\s+(?:The|A|An|It|He|She|They|We|In|On|At|But|And|Both|This|That|Since|After|As)\b")


LONGEST = 1000
"""Characters of the longest sentence; a longer one is cut."""


@dataclass(frozen=True)
class Folded:
    """`text` is read; `lower` is compared, of equal length; `origin[i]` is where character i came from.

    `ends` has the ends of those origins that are longer than a character: entities such as `&nbsp;`.
    """

    text: str
    lower: str
    origin: range | tuple[int, ...]
    ends: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def keys(self) -> str:
        """What terms are looked up in: in lower case, hyphens as spaces."""
        return self.lower.replace("-", " ")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's half-open span of the folded characters [start, end), which must not be empty."""
        last = self.origin[end - 1]
        return self.origin[start], self.ends.get(last, last + 1)

    def part(self, start: int, end: int) -> Folded:
        """The folded characters [start, end) by themselves; their origins stay those in the whole."""
        return Folded(self.text[start:end], self.lower[start:end], self.origin[start:end], self.ends)


def fold(text: str) -> Folded:
    """Width, quotation marks, dashes, accents and traditional characters made alike; markup and runs of spaces dropped.

    Offsets stay traceable. Linear in the length of the text.
    """
    plain = text
    for character, form in _USUAL:
        if character in plain:
            plain = plain.replace(character, form)
    if _ODD.search(plain) is None and "  " not in plain:
        return Folded(plain, plain.lower(), range(len(plain)))
    if not _marked_up(text):
        folded = text.translate(_forms)
        if len(folded) == len(text) and _DROPPED not in folded and "  " not in folded:
            return Folded(folded, _lower(folded), range(len(text)))
    pieces: list[str] = []
    origin: list[int] = []
    ends: dict[int, int] = {}
    before = ""
    for start, end, form in _forms_of(text):
        if form == _DROPPED or form == before == " ":
            continue
        pieces.append(form)
        if len(form) == end - start:
            origin.extend(range(start, end))
        else:
            origin.extend([start] * len(form))
            ends[start] = end
        before = form
    folded = "".join(pieces)
    return Folded(folded, _lower(folded), tuple(origin), ends)


def _marked_up(text: str) -> bool:
    return ("<" in text or "&" in text) and _MARKUP.search(text) is not None


def _forms_of(text: str) -> Iterator[tuple[int, int, str]]:
    """What each piece of the text is compared as, with its place: words that stay as they are, single characters, and
    each tag, entity or whole script.
    """
    position, unclosed = 0, set()
    for markup in _MARKUP.finditer(text):
        if markup.start() < position:
            continue  # within a script
        yield from _plain(text, position, markup.start())
        position = markup.end()
        if (raw := _RAW.match(markup.group())) and raw[1].lower() not in unclosed:
            if closing := _CLOSING[raw[1].lower()].search(text, position):
                position = closing.end()
            else:
                unclosed.add(raw[1].lower())
        yield markup.start(), position, _form_of_markup(markup)
    yield from _plain(text, position, len(text))


def _plain(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for odd in _ODD_OR_SPACE.finditer(text, start, end):
        if start < odd.start():
            yield start, odd.start(), text[start : odd.start()]
        start = odd.end()
        yield odd.start(), start, _forms[ord(odd.group())]
    if start < end:
        yield start, end, text[start:end]


def _form_of_markup(markup: re.Match[str]) -> str:
    if markup["entity"] is None:
        return "\n" if _CUT.match(markup.group()) else _DROPPED
    character = html.unescape(f"&{markup['entity']}")
    return _forms[ord(character)] if len(character) == 1 else markup.group()


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)  # a few letters grow when lowered


def simplify(text: str) -> str:
    """A lexicon's term in the form in which texts are compared."""
    return fold(text).text


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of a folded text; together they cover all but the white space between them."""
    spans = []
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and not _ends(text, start, stop):
            continue
        if text[start : stop.end()].strip():
            spans.append((start, stop.end()))
        start = stop.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return [part for span in spans for part in _bounded(text, *span)]


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """No sentence is longer than LONGEST; reading a longer one whole would take the square of its length."""
    cuts = [*range(start, end, LONGEST), end]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    """Does this full stop end a sentence? Behind an abbreviation only where initials stand before a new opening."""
    if not _ABBREVIATION.search(text, max(start, stop.start() - 8), stop.start()):
        return True
    initials = _INITIALS.search(text, max(start, stop.start() - 6), stop.start())
    return initials is not None and _OPENERS.match(text, stop.end()) is not None


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Half-open spans of the clauses of a sentence: cut at commas, semicolons, colons, brackets and dashes."""
    spans = []
    for cut in _CLAUSE.finditer(text, start, end):
        if cut.start() > start:
            spans.append((start, cut.end()))
            start = cut.end()
    if start < end:
        spans.append((start, end))
    return spans
