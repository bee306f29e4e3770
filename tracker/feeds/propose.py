"""What a page of which nothing is known offers: the feeds that it names, and what in it looks like a list of releases.

A list is many like elements that each hold one link with a title, and mostly a date. The selectors that are proposed go
by classes and ids that a person gave, never by position: a ministry adds an item, and nothing shifts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import median
from urllib.parse import urljoin

from lxml import etree, html

from tracker.feeds.address import http_link
from tracker.feeds.text import one_line
from tracker.model import Selectors

MAX_PAGE = 2_000_000
"""Characters of a page that are looked at."""

MAX_WITHIN = 200
"""Elements within one item of a list; what holds more is no item."""

FEWEST = 3
"""Like elements that make a list."""

_ITEMS = ("li", "article", "div", "section", "tr", "dd", "p", "dl")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_FURNITURE = frozenset({"nav", "header", "footer", "form"})
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})

_TITLE = 12
"""The least length of a title, in letters; a Chinese character says as much as two."""

_LONG_TITLE = 40
_LIKENESS = 0.6
"""The share of like elements that must hold a title: a list may have a heading or an advertisement in it."""

_UNDATED = 0.3
"""What a list without any date counts against one in which each item has its own."""

_GIVEN_NAME = re.compile(r"[A-Za-z][A-Za-z_-]*(?:\d{1,2})?(?:[A-Za-z_-]+\d{0,2})*")
_PASSING = frozenset({"active", "current", "first", "last", "odd", "even", "clearfix", "row", "hide", "show"})
_WIDE = re.compile(r"[⺀-鿿豈-﫿]")

_FIELDS = {"%Y": r"(?:19|20)\d\d", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%B": r"[A-Z][a-z]{2,8}", "%b": r"[A-Z][a-z]{2}"}
_FIELDS |= {"%H": r"\d\d", "%M": r"\d\d", "%S": r"\d\d"}
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%B %d, %Y", "%b %d, %Y", "%b. %d, %Y", "%d %B %Y")
_DAYS += ("%d %b %Y", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
_CLOCKS = (" %H:%M:%S", " %H:%M", "")
_BRACKETS = ("（）", "()", "[]", "【】")


def _pattern(form: str) -> re.Pattern[str]:
    text = re.escape(form).replace("\\ ", r"\s+")
    for name, digits in _FIELDS.items():
        text = text.replace(re.escape(name), digits)
    return re.compile(rf"(?<!\d){text}(?!\d)")


_FORMS = {day + clock: _pattern(day + clock) for day in _DAYS for clock in _CLOCKS}


@dataclass(frozen=True)
class Proposal:
    """How to read a page as a list. `date_format` is for strptime; None where dates are in a form that needs none."""

    select: Selectors
    date_format: str | None


@dataclass(frozen=True)
class _Look:
    """What an element holds if it is an item. `date` is None where the date stands in the item's own text."""

    nodes: Sequence[html.HtmlElement]
    link: html.HtmlElement
    title: html.HtmlElement
    date: html.HtmlElement | None
    told: str


def named_feeds(page: str, base: str) -> list[str]:
    """The addresses of feeds that the page's head names, in their order; those of comments are left out."""
    root = _tree(page)
    links = root.iter("link") if root is not None else ()
    named = (
        http_link(link.get("href"), base)
        for link in links
        if "alternate" in link.get("rel", "").lower().split()
        and link.get("type", "").partition(";")[0].strip().lower() in _FEED_TYPES
        and not re.search(r"comments?\b|评论", link.get("title", "") + link.get("href", ""), re.IGNORECASE)
    )
    return list(dict.fromkeys(address for address in named if address and address != urljoin(base, "")))


def propose(page: str) -> Proposal | None:
    """The page's best list and how to read it; None when nothing on it looks like one."""
    root = _tree(page)
    if root is None:
        return None
    uses = Counter(link.get("href") for link in root.iter("a"))
    looks: dict[str, list[_Look | None]] = defaultdict(list)
    for node in root.iter(*_ITEMS):
        if _furniture(node):
            continue
        look = _look(node, uses)
        for selector in _ways_to(node):
            looks[selector].append(look)
    scores = {selector: _score(found) for selector, found in looks.items()}
    best = max(scores, key=scores.__getitem__, default=None)  # the first of equals: the outermost, most simply said
    if best is None or not scores[best]:
        return None
    return _proposal(best, [look for look in looks[best] if look])


def _tree(page: str) -> html.HtmlElement | None:
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", page[:MAX_PAGE]))
    except (etree.ParserError, ValueError):
        return None
    etree.strip_elements(root, etree.Comment, "script", "style", "noscript", "template", with_tail=False)
    return root


def _furniture(node: html.HtmlElement) -> bool:
    return any(outer.tag in _FURNITURE for outer in node.iterancestors())


# --- What an element holds


def _look(item: html.HtmlElement, uses: Counter[str | None]) -> _Look | None:
    nodes = list(islice(item.iter(etree.Element), MAX_WITHIN + 1))
    if len(nodes) > MAX_WITHIN:
        return None
    links = [node for node in nodes[1:] if node.tag == "a" and http_link(node.get("href"), "https://page.example/")]
    links = [link for link in links if not link.get("href").startswith("#")]
    heading = next((node for node in nodes[1:] if node.tag in _HEADINGS and _length(node) >= _TITLE), None)
    # A title's address stands in its own item alone; that of a tag or a bureau is everywhere.
    titled = [link for link in links if _length(link) >= _TITLE and uses[link.get("href")] <= FEWEST]
    if heading is not None and not titled:
        titled = links
    if len({link.get("href") for link in titled}) != 1:
        return None
    link = max(titled, key=_length)
    title = link if heading is None or heading in link.iterancestors() else heading
    date, told = _date_in(nodes)
    return _Look(nodes, link, title, date, told)


def _date_in(nodes: Sequence[html.HtmlElement]) -> tuple[html.HtmlElement | None, str]:
    """The element that holds the item's date, and its words; the item's own words when no element is for the date."""
    for node in nodes[1:]:
        if node.tag == "time" and node.get("datetime"):
            return node, node.get("datetime")
    found = [node for node in nodes[1:] if _is_date(_text(node))]
    if found:
        return next(node for node in reversed(found) if _text(node) == _text(found[0])), _text(found[0])
    return None, _text(nodes[0])


def _is_date(text: str) -> bool:
    bare = text.strip("[]()（）【】 ")
    return len(bare) <= 40 and any(form.fullmatch(bare) for form in _FORMS.values())


def _text(node: html.HtmlElement) -> str:
    return one_line("".join(node.itertext()))


def _length(node: html.HtmlElement) -> int:
    text = _text(node)
    return len(text) + len(_WIDE.findall(text))


def _dated(look: _Look) -> bool:
    return bool(look.date is not None or any(form.search(look.told) for form in _FORMS.values()))


# --- Which elements are alike


def _ways_to(node: html.HtmlElement) -> Iterator[str]:
    """Selectors that find the element and its like, the simplest first."""
    *named, bare = _steps(node)
    yield from named
    between, outer = "> ", node.getparent()
    while outer is not None and not _names(outer):
        between, outer = f"> {outer.tag} {between}", outer.getparent()
    if outer is None:
        return
    further = next((above for above in outer.iterancestors() if _names(above) and above.tag != "body"), None)
    for inside in _steps(outer)[:1]:
        yield from (f"{inside} {between}{step}" for step in (*named, bare))
        if further is not None:
            yield f"{_steps(further)[0]} {inside} {between}{bare}"


def _steps(node: html.HtmlElement) -> list[str]:
    """The element as steps of a selector: by each of its names, then by its tag alone."""
    return [f"{node.tag}{name}" for name in _names(node)] + [node.tag]


def _names(node: html.HtmlElement) -> list[str]:
    """Its id and classes, those that a person gave to a kind of thing and not a program to one thing."""
    marks = [f"#{node.get('id')}"] if node.get("id") else []
    marks += [f".{name}" for name in (node.get("class") or "").split()]
    return [mark for mark in marks if _GIVEN_NAME.fullmatch(mark[1:]) and mark[1:].lower() not in _PASSING]


def _score(found: Sequence[_Look | None]) -> float:
    """How much like a list of releases these elements are; 0 for what is none."""
    looks = [look for look in found if look]
    if len({look.link for look in looks}) < FEWEST or len(looks) < _LIKENESS * len(found):
        return 0
    dated = sum(map(_dated, looks)) / len(looks)
    length = median(_length(look.title) for look in looks)
    return min(len(looks), 50) * (len(looks) / len(found)) * (_UNDATED + dated) * min(length / _LONG_TITLE, 1)


# --- How to read one of them


def _proposal(item: str, looks: Sequence[_Look]) -> Proposal:
    links = [(look.nodes, look.link) for look in looks]
    titles = [(look.nodes, look.title) for look in looks]
    dates = [(look.nodes, look.date) for look in looks if look.date is not None]
    mostly = len(dates) > len(looks) / 2
    date = _within(dates) if mostly else None
    stamped = mostly and sum(node.tag == "time" and bool(node.get("datetime")) for _, node in dates) > len(dates) / 2
    form = None if stamped else _format([look.told for look in looks], bracketed=not mostly)
    return Proposal(Selectors(item, _within(links), _within(titles), f"{date}[datetime]" if stamped else date), form)


def _within(wanted: Sequence[tuple[Sequence[html.HtmlElement], html.HtmlElement]]) -> str:
    """The simplest selector whose first match in most items is the element wanted."""
    offers = dict.fromkeys(offer for nodes, target in wanted for offer in _offers(nodes, target))

    def fitness(offer: tuple[str, ...]) -> tuple[int, int, bool]:
        right = sum(_first(nodes, offer) is target for nodes, target in wanted)
        return right, -len(offer), "." in offer[-1] or "#" in offer[-1]

    return " ".join(max(offers, key=fitness))


def _offers(nodes: Sequence[html.HtmlElement], target: html.HtmlElement) -> Iterable[tuple[str, ...]]:
    for step in _steps(target):
        yield (step,)
        for outer in target.iterancestors():
            if outer is nodes[0]:
                break
            yield from ((around, step) for around in _steps(outer))


def _first(nodes: Sequence[html.HtmlElement], steps: tuple[str, ...]) -> html.HtmlElement | None:
    return next((node for node in nodes[1:] if steps[-1] in _steps(node) and _around(node, nodes[0], steps[:-1])), None)


def _around(node: html.HtmlElement, item: html.HtmlElement, steps: tuple[str, ...]) -> bool:
    """Whether the steps, none or one, name an element between the node and its item."""
    outers = iter(node.iterancestors())
    between = iter(lambda: next(outers, item), item)
    return not steps or any(steps[0] in _steps(outer) for outer in between)


def _format(told: Sequence[str], *, bracketed: bool) -> str | None:
    """The format that reads most of these dates; None for none, and where a month may as well be a day."""
    fits = {form: sum(_reads(form, text) for text in told) for form in _FORMS}
    best = max(fits, key=fits.__getitem__)
    if not fits[best] or (best.startswith("%m/%d") and fits[best] == fits[best.replace("%m/%d", "%d/%m")]):
        return None
    if bracketed:
        text = next(text for text in told if _reads(best, text))
        begin, end = _FORMS[best].search(text).span()
        around = text[begin - 1 : begin] + text[end : end + 1]
        if around in _BRACKETS:
            return around[0] + best + around[1]
    return best


def _reads(form: str, text: str) -> bool:
    found = _FORMS[form].search(text)
    try:
        return bool(found and datetime.strptime(" ".join(found[0].split()), form))  # noqa: DTZ007  only whether it exists
    except ValueError:
        return False
