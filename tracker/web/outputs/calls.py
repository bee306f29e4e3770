"""How an output is asked for: parameters read as those of the API are, rendered once for all who ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import PurePosixPath
from typing import Any, get_type_hints
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from tracker.model import Moment
from tracker.moments import second_text
from tracker.web.api.calls import names_of, sent
from tracker.web.auth import open_to
from tracker.web.current import Document, current
from tracker.web.sent import takes
from tracker.wording import date_words, instant_words

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
LICENCE_WORDS = "Open Lines, CC BY 4.0"

_SUFFIXES = {".atom", ".json", ".csv", ".ics", ".svg"}

blueprint = Blueprint("outputs", __name__)

View = Callable[..., str | bytes | Document]


def output(address: str, mimetype: str) -> Callable[[View], View]:
    """Serve what a view makes of the record, for everybody and the same for everybody."""

    def put(view: View) -> View:
        hints = get_type_hints(view)

        @blueprint.get(address, endpoint=view.__name__)
        @open_to("public")
        @takes(*names_of(hints))
        @wraps(view)
        def call(**path: Any) -> Response:
            return current().rendered(lambda: view(**sent(hints, path)), mimetype)

        return view

    return put


def for_programs(path: str) -> bool:
    """Whether an address is one that programs read: their answers, also the refusals, are no pages."""
    return path.startswith("/api/") or (PurePosixPath(path).suffix in _SUFFIXES and not path.startswith("/static/"))


def embeddable(path: str) -> bool:
    """Whether other sites may show an address in a frame of theirs."""
    return path.startswith("/embed/")


def absolute(path: str, /, **arguments: Any) -> str:
    """The address under which readers reach a path of ours, with the arguments that are set."""
    query = urlencode({name: value for name, value in arguments.items() if value is not None})
    return f"{current().service.settings.base_url}{path}{'?' if query else ''}{query}"


def own_address(**other: Any) -> str:
    """The address of this very request, with some arguments replaced (None takes one away)."""
    return absolute(request.path, **(request.args.to_dict() | other))


def webcal(path: str) -> str:
    """The same under the name that calendars take as an invitation to subscribe."""
    return f"webcal:{absolute(path).partition(':')[2]}"


@blueprint.app_context_processor
def _addresses() -> dict[str, Any]:
    """What pages need to say how the record leaves by them."""
    return {"absolute": absolute, "webcal": webcal}


def authority() -> str:
    """The name under which permanent ids are ours: the host of the public address."""
    return urlsplit(current().service.settings.base_url).hostname


def asked_moment(moment: Moment) -> dict[str, str]:
    """The clocks as far as the reader set them, as machines read them."""
    told = {"as_of": moment.as_of.isoformat(), "known_at": second_text(moment.known_at)}
    return {name: value for name, value in told.items() if request.args.get(name)}


def moment_words(moment: Moment) -> str:
    """`, as of 1 Sep 2022, as known at 1 Feb 2024 12:00 UTC`: as far as the reader set the clocks."""
    told = {
        "as_of": f", as of {date_words(moment.as_of)}",
        "known_at": f", as known at {instant_words(moment.known_at)}",
    }
    return "".join(words for name, words in told.items() if request.args.get(name))
