"""Names in an address: one that is not known is refused, with the nearest that is. A misspelt filter must not look like
none, nor one that is given twice like one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from flask import current_app, request
from werkzeug.routing import IntegerConverter, Map
from werkzeug.sansio.http import parse_cookie

from tracker.errors import Faults, Refused
from tracker.tongue import gettext
from tracker.wording import parts

LANGUAGE = "language"
"""What the address of every page may carry: the language in which it is told."""

CLOCKS = ("as_of", "known_at", "cited")
"""What the address of every page that shows a moment may carry."""

View = TypeVar("View", bound=Callable[..., Any])

LONGEST_QUERY = 8_000
"""Bytes after the question mark; all parameters of an address at their longest are far below it."""

_TAGS = {"fbclid", "gclid", "gbraid", "wbraid", "dclid", "msclkid", "twclid", "yclid", "igshid", "mc_cid", "mc_eid"}


def takes(*names: str) -> Callable[[View], View]:
    """Say what the address of a view may carry; every public view that is read has this mark, and anything else is
    refused before the view is asked (`tracker/web/serving/addresses.py`).
    """

    def mark(view: View) -> View:
        view.takes = names
        return view

    return mark


def names_taken(endpoint: str) -> tuple[str, ...]:
    """What the address of a view may carry, by its own word."""
    return getattr(current_app.view_functions[endpoint], "takes", ())


def is_tag(name: str) -> bool:
    """Whether it is a mark that other sites add to links of theirs: such a link has to open the page."""
    return name in _TAGS or name.startswith("utm_")


def nearest(name: str, known: Sequence[str]) -> str:
    """The remedy for a name that is not known."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return gettext("Did you mean %(names)s?", names=near[0])
    return gettext("Known are: %(known)s.", known=parts(known)) if known else gettext("Send none.")


def check_names(names: Iterable[str], known: Sequence[str]) -> None:
    """Raises Refused for names that are not known."""
    faults = Faults()
    for name in names:
        if name not in known:
            shown = str(name)[:60]
            wrong = gettext("%(shown)s is not known here.", shown=repr(shown))
            faults.add(Refused(wrong, nearest(shown, known), field=shown))
    faults.check()


def sent_once() -> dict[str, str]:
    """The parameters of the address, without those that a form left blank. Raises Refused for doubled ones, and for
    more than anybody has to say.
    """
    if len(request.query_string) > LONGEST_QUERY:
        sizes = {"bytes": f"{len(request.query_string):,}", "most": f"{LONGEST_QUERY:,}"}
        longest, _ = max(request.args.items(), key=lambda sent: sum(map(len, sent)), default=("query", ""))
        raise Refused(
            gettext("The query has %(bytes)s bytes, and %(most)s are taken.", **sizes),
            gettext("Send fewer or shorter parameters; the longest is %(name)s.", name=longest[:60]),
            field=longest[:60],
        )
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Refused(
                gettext("%(name)s is given %(number)s times.", name=name[:60], number=len(values)),
                gettext("Give it once."),
                field=name[:60],
            )
    return {name: value for name, value in request.args.items() if value}


def cookie_sent(environ: Mapping[str, Any], name: str) -> str:
    """A cookie of a request, before Flask is asked; empty where there is none. Bytes that are no text are no error."""
    sent = environ.get("HTTP_COOKIE", "")
    if name not in sent:
        return ""
    return parse_cookie(sent.encode("latin-1").decode("utf-8", "replace")).get(name, "")


LARGEST_NUMBER = 2**63 - 1
"""The largest number that a row can have in the database."""


def whole_number(text: str) -> int | None:
    """A number as it was sent; None for what is none, or could be that of no row."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
    return number if number is None or number <= LARGEST_NUMBER else None


class RowNumber(IntegerConverter):
    """A number in a path: one that no row can have leads nowhere."""

    def __init__(self, url_map: Map, **limits: int) -> None:
        super().__init__(url_map, **{"max": LARGEST_NUMBER} | limits)


def check_address(*known: str) -> None:
    """Raises Refused for a parameter of the address of a page that is not known, or given twice."""
    check_names((name for name in sent_once() if not is_tag(name) and name != LANGUAGE), known)


def check_word(name: str, text: str, known: Sequence[str]) -> None:
    """Raises Refused for a value that is none of those known."""
    if text not in known:
        shown, offered = text[:60], parts(known)
        raise Refused(
            f"{name} is {shown!r}, which is none that there is.",
            f"Send one of {offered}.",
            field=name,
            plain=gettext("“%(value)s” cannot be chosen here. What can: %(known)s.", value=shown, known=offered),
        )


def one_of(name: str, known: Sequence[str]) -> str | None:
    """The value of that name in the address, None where it has none. Raises Refused for one that is not known."""
    asked = request.args.get(name) or None
    if asked is not None:
        check_word(name, asked, known)
    return asked


def own_path(target: str | None) -> str:
    """Where an address asks to be led to, if that is a path of this site; else empty. Browsers leave out tabs and the
    like, and take `\\` for `/`: what would lead elsewhere by that is none.
    """
    target = target or ""
    plain = target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else ""
