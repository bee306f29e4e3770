"""What a page of which nothing is known offers: the feeds that it names, and what in it looks like a list of releases.

A list is many like elements that each hold one link with a title, and mostly a date. The selectors that are proposed go
by classes and ids that a person gave, never by position: a ministry adds an item, and nothing shifts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import soupsieve
from bs4 import BeautifulSoup, Tag

from tracker.feeds.address import http_link
from tracker.feeds.dates import read_in_form
from tracker.feeds.listing import MAX_CHARACTERS, MAX_TAGS
from tracker.feeds.text import one_line
from tracker.model import Selectors

MAX_WITHIN = 200
"""Elements within one item of a list; what holds more is no item."""

FEWEST = 3
"""Like elements that make a list."""

_ITEMS = ("li", "article", "div", "section", "tr", "dd", "p", "a")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_UNSEEN = ("script", "style", "noscript", "template")
_FURNITURE = ("nav", "header", "footer")
_COMMENTS = re.compile(r"\bcomments?\b|评论", re.IGNORECASE)
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})

_TITLE = 12
"""The least length of a title, in letters; a Chinese character says as much as two."""

_LONG_TITLE = 40
_MANY = 50
"""Items beyond which a list is no better for having more, or of which a look at the first will do."""

_LIKENESS = 0.6
"""The share of like elements that must hold a title: a list may have a heading or an advertisement in it."""

_UNDATED = 0.3
"""What a list without any date counts against one in which each item has its own."""

_TAG_NAME = re.compile(r"[a-z][a-z0-9-]*")
_GIVEN_NAME = re.compile(r"[A-Za-z](?!(?:\D*\d){3})[\w-]{0,60}", re.ASCII)
"""A class or id that a person wrote; those of programs are full of digits."""

_PASSING = frozenset({"active", "current", "first", "last", "odd", "even", "clearfix", "row", "hide", "show"})
_WIDE = re.compile(r"[⺀-鿿豈-﫿]")

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%B %d, %Y", "%b %d, %Y", "%b. %d, %Y", "%d %B %Y")
_DAYS += ("%d %b %Y", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
_FORMS = tuple(day + clock for day in _DAYS for clock in (" %H:%M:%S", " %H:%M", ""))
_A_DAY = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}|[A-Za-z]{3,9}\.? \d{1,2}, \d{4}|\d{1,2} [A-Za-z]{3,9} \d{4}")
_BRACKETS = ("（）", "()", "[]", "【】")
_LONGEST_DATE = 40


@dataclass(frozen=True)
class Proposal:
    """How to read a page as a list. `date_format` is for strptime; None where dates are in a form that needs none."""

    select: Selectors
    date_format: str | None


@dataclass(frozen=True)
class _Look:
    """What an element holds if it is an item. `date` is None where the date stands in the item's own text."""

    item: Tag
    link: Tag
    title: Tag
    date: Tag | None
    told: str


def named_feeds(page: str, base: str) -> list[str]:
    """The addresses of feeds that the page's head names, in their order; those of comments are left out."""
    named = (http_link(link.get("href"), base) for link in _tree(page).find_all("link") if _names_a_feed(link))
    return list(dict.fromkeys(address for address in named if address and address != base))


def propose(page: str) -> Proposal | None:
    """The page's best list and how to read it; None when nothing on it looks like one."""
    root = _content(_tree(page))
    uses = Counter(link.get("href") for link in root.find_all("a"))
    sizes = _sizes(root)
    looks: dict[str, list[_Look | None]] = defaultdict(list)
    for node in root.find_all(_ITEMS):
        look = _look(node, uses) if sizes[id(node)] <= MAX_WITHIN else None
        for selector in _ways_to(node):
            looks[selector].append(look)
    scores = {selector: _score(found) for selector, found in looks.items()}
    best = max(scores, key=scores.__getitem__, default=None)  # the first of equals: the outermost, most simply said
    if best is None or not scores[best]:
        return None
    return _proposal(best, [look for look in looks[best] if look])


def _tree(page: str) -> BeautifulSoup:
    """The page's elements; none of a page beyond what a listing may be."""
    return BeautifulSoup(page if len(page) <= MAX_CHARACTERS and page.count("<") <= MAX_TAGS else "", "lxml")


def _content(root: BeautifulSoup) -> BeautifulSoup:
    """The page without what is not seen, and without the site's own head, menus and foot; articles keep theirs."""
    for node in root(_UNSEEN):
        node.decompose()
    for node in root(_FURNITURE):
        if not node.decomposed and not node.find_parent(("article", "li")):
            node.decompose()
    return root


def _sizes(root: BeautifulSoup) -> Counter[int]:
    """How many elements each holds, itself included, by its id in memory; counted from the leaves up."""
    sizes: Counter[int] = Counter()
    for node in reversed(root.find_all(True)):
        sizes[id(node)] += 1
        sizes[id(node.parent)] += sizes[id(node)]
    return sizes


def _names_a_feed(link: Tag) -> bool:
    kind = str(link.get("type", "")).partition(";")[0].strip().lower()
    of_comments = _COMMENTS.search(f"{link.get('title', '')} {link.get('href', '')}")
    return "alternate" in str(link.get_attribute_list("rel")).lower() and kind in _FEED_TYPES and not of_comments


# --- What an element holds


def _look(item: Tag, uses: Counter[str | None]) -> _Look | None:
    inside = item.find_all(True)
    links = [node for node in (item, *inside) if node.name == "a" and _leads_away(node)]
    heading = next((node for node in inside if node.name in _HEADINGS and _length(node) >= _TITLE), None)
    # A title's address stands in its own item alone; that of a tag or a bureau is everywhere.
    titled = [link for link in links if _length(link) >= _TITLE and uses[link["href"]] <= FEWEST]
    if heading and not titled:
        titled = links
    if len({link["href"] for link in titled}) != 1:
        return None
    link = max(titled, key=_length)
    title = heading if heading and heading not in link.parents and link not in heading.descendants else link
    date, told = _date_in(item, inside, title)
    return _Look(item, link, title, date, told)


def _leads_away(link: Tag) -> bool:
    return not link.get("href", "#").startswith("#") and http_link(link["href"], "https://page.example/") is not None


def _date_in(item: Tag, inside: Sequence[Tag], title: Tag) -> tuple[Tag | None, str]:
    """The element that holds the item's date, and its words; the item's words beside its title when there is none."""
    stamp = next((node for node in inside if node.name == "time" and node.get("datetime")), None)
    if stamp:
        return stamp, stamp["datetime"]
    headline = {id(node) for node in (title, *title.parents, *title.find_all(True))}  # may name a day of its own
    dates = [node for node in inside if id(node) not in headline and _is_date(_text(node))]
    if dates:  # the innermost of those that hold the same date
        return next(node for node in reversed(dates) if _text(node) == _text(dates[0])), _text(dates[0])
    return None, _text(item).replace(_text(title), " ", 1)


def _is_date(text: str) -> bool:
    return len(text) <= _LONGEST_DATE and _A_DAY.search(text) is not None


def _text(node: Tag) -> str:
    return one_line(node.get_text())


def _length(node: Tag) -> int:
    text = _text(node)
    return len(text) + len(_WIDE.findall(text))


# --- Which elements are alike


def _ways_to(node: Tag) -> Iterator[str]:
    """Selectors that find the element and its like, the simplest first."""
    *named, bare = _steps(node)
    yield from named
    between, outer = "> ", node.parent
    while outer is not None and not _names(outer):
        between, outer = f"> {_steps(outer)[0]} {between}", outer.parent
    if outer is None:
        return
    inside, *_ = _steps(outer)
    yield from (f"{inside} {between}{step}" for step in (*named, bare))
    further = next((above for above in outer.parents if _names(above) and above.name != "body"), None)
    if further:
        yield f"{_steps(further)[0]} {inside} {between}{bare}"


def _steps(node: Tag) -> list[str]:
    """The element as steps of a selector: by each of its names, then by its tag alone."""
    tag = node.name if _TAG_NAME.fullmatch(node.name) else "*"
    return [f"{tag}{name}" for name in _names(node)] + [tag]


def _names(node: Tag) -> list[str]:
    """Its id and classes, those that a person gave to a kind of thing and not a program to one thing."""
    marks = [f"#{name}" for name in node.get_attribute_list("id") if name]
    marks += [f".{name}" for name in node.get_attribute_list("class") if name]
    return [mark for mark in marks if _GIVEN_NAME.fullmatch(mark[1:]) and mark[1:].lower() not in _PASSING]


def _score(found: Sequence[_Look | None]) -> float:
    """How much like a list of releases these elements are; 0 for what is none."""
    looks = [look for look in found if look]
    if len({look.link["href"] for look in looks}) < FEWEST or len(looks) < _LIKENESS * len(found):
        return 0
    dated = sum(look.date is not None or _A_DAY.search(look.told) is not None for look in looks) / len(looks)
    length = median(_length(look.title) for look in looks)
    return min(len(looks), _MANY) * (len(looks) / len(found)) * (_UNDATED + dated) * min(length / _LONG_TITLE, 1)


# --- How to read one of them


def _proposal(item: str, looks: Sequence[_Look]) -> Proposal:
    dates = [(look.item, look.date) for look in looks if look.date]
    date = _selector(dates) if len(dates) > len(looks) / 2 else None
    stamped = date is not None and all(node.get("datetime") for _, node in dates)
    select = Selectors(
        item=item,
        link=_selector([(look.item, look.link) for look in looks]),
        title=_selector([(look.item, look.title) for look in looks]),
        date=f"{date}[datetime]" if stamped else date,
    )
    return Proposal(select, None if stamped else _form([look.told for look in looks]))


def _selector(wanted: Sequence[tuple[Tag, Tag]]) -> str:
    """The selector whose first match in most items is the element wanted; one with a name, and short."""
    offers = dict.fromkeys(offer for item, target in wanted[:_MANY] for offer in _offers(item, target))

    def fitness(offer: str) -> tuple[int, bool, bool, int]:
        right = sum(_first(item, offer) is target for item, target in wanted)
        return right, ":" not in offer, "." in offer or "#" in offer, -offer.count(" ")

    return max(offers, key=fitness)


def _offers(item: Tag, target: Tag) -> Iterator[str]:
    steps = _steps(target)
    if target is not item and target.find_next_sibling() is None:
        steps.append(f"{steps[-1]}:last-child")
    yield from steps
    for outer in target.parents if target is not item else ():
        if outer is item:
            break
        yield from (f"{around} {step}" for around in _steps(outer) for step in steps)


def _first(item: Tag, selector: str) -> Tag | None:
    """What a listing's reader finds: the item itself, or the first element in it."""
    return item if soupsieve.match(selector, item) else soupsieve.select_one(selector, item)


def _form(told: Sequence[str]) -> str | None:
    """The strptime form that reads most of these dates; None for none, and where a day may as well be a month."""
    fits = {form: sum(read_in_form(text, form, "UTC") is not None for text in told) for form in _FORMS}
    best = max(fits, key=fits.__getitem__)
    undecided = best.startswith("%m/%d") and fits[best] == fits[best.replace("%m/%d", "%d/%m")]
    if not fits[best] or undecided:
        return None
    for left, right in _BRACKETS:
        if all(left in text and read_in_form(text, left + best + right, "UTC") for text in told):
            return left + best + right
    return best
