"""The Flask application: blueprints put together, errors in words, headers on every answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, redirect, render_template, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_openapi3 import Info, OpenAPI
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from db.store import StoreError
from tracker import __version__
from tracker.errors import NotFound, NotSignedIn, Refused
from tracker.logs import doing, new_id
from tracker.service import Service, secret_key
from tracker.tongue import gettext, msg
from tracker.web import api, auth, cite, outputs, pages, readouts, scope, search, since, timeline
from tracker.web.current import Current
from tracker.web.people import accounts, admin, sign_in, subscribe
from tracker.web.reviewing import amend, blind, cited_pages, deciding, presence, review
from tracker.web.sent import RowNumber
from tracker.web.serving import addresses, cited, language, memento, sheet
from tracker.web.serving.keeping import CITATION_STATUS
from tracker.web.serving.limits import RateLimited
from tracker.web.serving.memory import FromMemory
from tracker.web.serving.own_hosts import OwnHosts
from tracker.web.serving.problem import problem
from tracker.web.serving.request_log import HEADER as REQUEST_ID
from tracker.web.serving.request_log import Logged, told_path
from tracker.web.sources import new_source, offices, source_entry, source_words, tend
from tracker.web.words import register_filters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

LARGEST_BODY = 1_000_000
"""Bytes that a request may carry; a release handed in as text is far below it."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()",
}

BEHIND_TLS = {"Strict-Transport-Security": "max-age=31536000"}
"""Where readers come by https: that they come by nothing else from now on."""

IN_A_FRAME = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": HEADERS["Permissions-Policy"],
}
"""What is made for the frames of other sites: it has no script, no form and nobody who is signed in."""

OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"{CITATION_STATUS}, ETag, Link, Memento-Datetime, RateLimit, RateLimit-Policy, "
    f"Retry-After, {REQUEST_ID}",
}
"""Reads of the API and of outputs may be made from any page."""

FOR_THIS_SITE_ALONE = ("Cross-Origin-Resource-Policy", "same-origin")
FOR_OTHERS_TOO = ("Cross-Origin-Resource-Policy", "cross-origin")
"""Whether pages of other sites may show it: outputs, badges and frames, and the style and icons of these."""

_READS = {"GET", "HEAD", "OPTIONS"}

ROOMS = (
    accounts,
    admin,
    amend,
    blind,
    cite,
    cited_pages,
    deciding,
    new_source,
    outputs,
    pages,
    presence,
    review,
    search,
    sheet,
    sign_in,
    since,
    source_entry,
    subscribe,
    tend,
    timeline,
)

csrf = CSRFProtect()


def create_app(service: Service) -> Flask:
    """The application over an opened service. Raises StoreError when its secret key cannot be kept."""
    app = OpenAPI(
        __name__,
        info=Info(
            title="Open Lines",
            version=__version__,
            description="Which channels between two powers are open, since when, and who says so.",
        ),
        doc_ui=False,
        validation_error_status=400,
        validation_error_model=api.schemas.Problem,
        validation_error_callback=api.invalid,
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
    )
    https = service.settings.base_url.startswith("https:")
    app.config.update(
        SECRET_KEY=secret_key(service.settings),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SESSION_COOKIE_NAME="__Host-openlines_form" if https else "openlines_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = _Sessions()
    app.url_map.converters["int"] = RowNumber
    app.json.ensure_ascii = False
    app.extensions["openlines"] = Current(service)
    language.register(app)  # first of all that a request meets: what refuses it has to know what to speak
    csrf.init_app(app)
    app.register_api(api.blueprint)
    app.register_api(api.health_blueprint)
    csrf.exempt(api.blueprint)
    for view in (subscribe.begun, subscribe.ended):
        csrf.exempt(view)  # who has the link may do it, also a mail program by one click
    csrf.exempt(since.remember)  # it stands on pages made for all, and refuses other sites by itself
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    register_filters(app)
    readouts.register(app)
    offices.register(app)
    scope.register(app)
    source_words.register(app)
    app.context_processor(auth.template_context)
    app.before_request(_refuse_no_text)
    app.after_request(auth.finished)
    addresses.register(app)
    cited.register(app)
    memento.register(app)
    with_headers = partial(_WithHeaders, also=BEHIND_TLS if https else {})
    app.wsgi_app = FromMemory(with_headers(app.wsgi_app), app.extensions["openlines"])
    if service.settings.rate_limit:
        app.wsgi_app = RateLimited(app.wsgi_app, service.settings.rate_limit, with_headers)
    app.wsgi_app = OwnHosts(app.wsgi_app, service.settings.hosts, with_headers)
    app.wsgi_app = Logged(app.wsgi_app, proxied=service.settings.trusted_proxy is not None)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(Exception, _defect)
    return app


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions (for form tokens), without making a signer for the many requests that bring no cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


class _WithHeaders:
    """Puts the fixed headers on every answer. Outside Flask, since its header objects cost more than the answer."""

    def __init__(self, application: WSGIApplication, also: Mapping[str, str]) -> None:
        self._application = application
        self._also = tuple(also.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        reads = environ["REQUEST_METHOD"] in _READS and outputs.for_programs(path)
        framed = outputs.embeddable(path)
        fixed = [
            *(IN_A_FRAME if framed else HEADERS).items(),
            FOR_OTHERS_TOO if reads or framed or path.startswith("/static/") else FOR_THIS_SITE_ALONE,
            *(OPEN_TO_ALL.items() if reads else ()),
            *self._also,
        ]

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *fixed], *more)

        return self._application(environ, start)


def _refuse_no_text() -> None:
    """A character that nobody types: one of the engines cannot keep it, and it would hash otherwise than it reads."""
    if request.method == "POST" and any("\0" in text for text in request.form.values()):
        raise Refused(gettext("The form holds the character U+0000, which is no text."), gettext("Leave it out."))


def _refused(refused: Refused):
    if isinstance(refused, NotSignedIn) and request.method == "GET" and not outputs.for_programs(request.path):
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    told = (refused.wrong, refused.remedy)
    if refused.plain and not outputs.for_programs(request.path):
        told = (refused.plain, "")
    return _answer(refused.status, refused.title, *told, refused.field, refused.parts)


def _form_expired(error: CSRFError):
    return _answer(
        400, msg("The form has expired"), msg("This form was opened too long ago, or in another session."),
        msg("Open the page again and send it once more."),
    )  # fmt: skip


def _http_error(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    if error.code == 404:
        asks_api = request.path.startswith("/api/")
        remedy = "The page /api/docs lists all calls." if asks_api else msg("The dashboard at / leads everywhere.")
        return _refused(NotFound(gettext("There is nothing at %(path)s.", path=request.path), remedy))
    if error.code == 413:
        wrong = gettext("The request is larger than %(bytes)s bytes.", bytes=f"{LARGEST_BODY:,}")
        return _answer(413, msg("Too large"), wrong, msg("Send less, or hand it in on the command line."))
    if error.code == 405:
        wrong = gettext("%(method)s is not possible at %(path)s.", method=request.method, path=request.path)
        remedy = gettext("Send %(known)s.", known=" / ".join(sorted(error.valid_methods or ())))
        answer = _answer(405, msg("Method not allowed"), wrong, remedy)
    else:
        answer = _answer(error.code, error.name, error.description or error.name, "")
    answer.headers.extend(header for header in error.get_headers() if header[0] in ("Allow", "Retry-After"))
    return answer


def _store_error(error: StoreError):
    log.error("database: %s", error)
    wrong = msg("The record cannot be read or written just now.")
    return _answer(503, msg("Not available"), wrong, msg("Try again in a moment; the log of the service says why."))


def _defect(error: Exception):
    """The edge of a request: what nobody foresaw is a plain page with the request's id, which the log has too."""
    incident = doing().get("request") or new_id()
    log.exception("request %s %s failed, incident %s", request.method, told_path(request.path), incident)
    wrong = gettext("Something went wrong inside Open Lines (incident %(incident)s).", incident=incident)
    return _answer(
        500, msg("Internal error"), wrong, msg("Nothing was changed. The operator finds the incident in the log.")
    )


def _answer(
    status: int, title: str, wrong: str, remedy: str, field: str | None = None, parts: Sequence[Refused] = ()
) -> Response:
    if outputs.for_programs(request.path):
        return problem(status, title, wrong, remedy, field, parts)
    template = "embed_error.html" if outputs.embeddable(request.path) else "error.html"
    typed = _typed() if status in (400, 401) else {}
    page = render_template(template, title=title, wrong=wrong, remedy=remedy, status=status, typed=typed)
    return Response(page, status, mimetype="text/html")


_NOT_TYPED = {"csrf_token", "password", "again", "credential", "version", "action", "next"}


def _typed() -> dict[str, str]:
    """What somebody wrote into a form of ours that cannot be taken now, so that it is not lost."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return {}
    sent = {name: value.strip() for name, value in request.form.items() if name not in _NOT_TYPED}
    return {name: value for name, value in sent.items() if value}
