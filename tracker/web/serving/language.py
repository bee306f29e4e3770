"""In which language a reader is answered: as the address says, else as they chose once, else as their browser asks.

Pages alone have a choice; what programs read is English.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from flask import Blueprint, Flask, Response, redirect, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from tracker import tongue
from tracker.errors import NotFound, Refused
from tracker.tongue import ENGLISH, HTML_TAGS, LANGUAGES, gettext
from tracker.web.auth import open_to
from tracker.web.current import current
from tracker.web.outputs import for_programs
from tracker.web.sent import LANGUAGE, cookie_sent, own_path, takes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

COOKIE = "openlines_language"
A_YEAR = 365 * 24 * 3600


class _Sign:
    """A sign between words, as the language that is told writes it, for templates to print."""

    def __init__(self, told: Callable[[], str]) -> None:
        self._told = told

    def __str__(self) -> str:
        return self._told()


SIGNS = {
    "comma": _Sign(lambda: tongue.pgettext("between the parts of one statement", ", ")),
    "semicolon": _Sign(lambda: tongue.pgettext("between statements", "; ")),
    "colon": _Sign(lambda: tongue.pgettext("before what is said", ": ")),
    "stop": _Sign(lambda: tongue.pgettext("at the end of a sentence", ".")),
    "opening": _Sign(lambda: tongue.pgettext("before an aside", " (")),
    "closing": _Sign(lambda: tongue.pgettext("after an aside", ")")),
}
"""Chinese has signs of its own, without the spaces beside them."""

blueprint = Blueprint("language", __name__)


def language_for(environ: WSGIEnvironment) -> str:
    """The language of the answer to a request. Never fails: what asks for none that there is gets the next best."""
    if for_programs(environ["PATH_INFO"]):
        return ENGLISH
    sent = environ.get("QUERY_STRING", "")
    named = parse_qs(sent).get(LANGUAGE, [""])[0] if f"{LANGUAGE}=" in sent else ""
    return _known(named) or _known(cookie_sent(environ, COOKIE)) or _accepted(environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def _known(named: str) -> str | None:
    return named if named in LANGUAGES else None


@lru_cache(maxsize=256)
def _accepted(header: str) -> str:
    """The best of an Accept-Language. Every kind of Chinese is answered in the one that there is."""
    return parse_accept_header(header, LanguageAccept).best_match([*LANGUAGES], default=ENGLISH)


@blueprint.get("/language/<chosen>")
@open_to("public")
@takes("next")
def choose(chosen: str) -> Response:
    """Keep the choice, and go back to the page that was read."""
    if chosen not in LANGUAGES:
        raise NotFound(
            gettext("There is no language %(chosen)s.", chosen=repr(chosen[:20])),
            gettext("There are %(known)s.", known=", ".join(LANGUAGES)),
        )
    answer = redirect(own_path(request.args.get("next")) or url_for("pages.dashboard"), 303)
    secure = current().service.settings.base_url.startswith("https:")
    answer.set_cookie(COOKIE, chosen, max_age=A_YEAR, httponly=True, samesite="Lax", secure=secure)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def register(app: Flask) -> None:
    """Let every request be answered in its language, and give the templates their words in it."""
    app.register_blueprint(blueprint)
    app.before_request(_speak)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    # The calls below fill in and escape by themselves, as "new style" means.
    app.jinja_env.newstyle_gettext = True
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext, pgettext=_pgettext)
    app.jinja_env.globals.update(SIGNS)
    app.context_processor(_values)


def _speak() -> None:
    tongue.speak(language_for(request.environ))
    if request.args.get(LANGUAGE, ENGLISH) not in LANGUAGES and not for_programs(request.path):
        known = " or ".join(LANGUAGES)
        raise Refused(
            gettext("%(language)s is %(chosen)s.", language=LANGUAGE, chosen=repr(request.args[LANGUAGE][:20])),
            gettext("Send %(known)s.", known=known),
            field=LANGUAGE,
        )


def _values() -> dict[str, Any]:
    told = tongue.language()
    others = [(tag, name) for tag, name in LANGUAGES.items() if tag != told]
    return {"language_tag": HTML_TAGS[told], "other_languages": others}


def _gettext(text: str, **values: Any) -> Markup:
    return Markup(tongue.gettext(text)) % values  # noqa: S704 - catalogues are ours, and values are escaped here


def _ngettext(one: str, many: str, number: int, **values: Any) -> Markup:
    told = tongue.many_of(one, many, number)
    return Markup(told) % ({"num": f"{number:,}"} | values)  # noqa: S704 - as above


def _pgettext(sense: str, text: str, **values: Any) -> Markup:
    return Markup(tongue.pgettext(sense, text)) % values  # noqa: S704 - as above
