"""Where readers begin and end a digest by mail, and where an operator sees what became of messages."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from db.notifications import Filter, Unsendable
from tracker.errors import NotFound
from tracker.model import Category
from tracker.notifications.notify import fares_words
from tracker.notifications.subscribing import RHYTHMS, confirm, of_link, subscribe_mail, unsubscribe, wanted_words
from tracker.tongue import LANGUAGES, gettext, language, msg
from tracker.web.auth import as_private, open_to
from tracker.web.current import current
from tracker.web.reach import of_everything
from tracker.web.sent import one_of, takes
from tracker.wording import category_words

MOST = 100
"""Messages that the operator's page lists."""

blueprint = Blueprint("subscribe", __name__)


@blueprint.get("/subscribe")
@open_to("public")
@takes("channel", "category")
def form() -> Response:
    channel = one_of("channel", [line.slug for line in current().snapshot().channels])
    category = one_of("category", [*Category])
    about = f"channel:{channel}" if channel else f"category:{category}" if category else ""
    return _page("subscribe.html", about=about, **_choices())


@blueprint.post("/subscribe")
@open_to("public")
def ask() -> Response:
    """The same answer whatever we know of the address."""
    name, _, value = request.form.get("about", "").partition(":")
    wanted = Filter(**{name: value}) if name in ("relationship", "category", "channel") else Filter()
    address, every = request.form.get("address", "").strip(), request.form.get("every", "")
    subscribe_mail(current().service, address, every, wanted, request.form.get("language") or language())
    return _page("subscribed.html", address=address, every=every, wanted=wanted_words(current().service, wanted))


@blueprint.get("/subscribe/<secret>")
@open_to("public")
@takes()
def begin(secret: str) -> Response:
    """A page with a button: programs that look at the links of a mail before its reader does begin nothing."""
    return _link_page(secret, begins=True)


@blueprint.post("/subscribe/<secret>")
@open_to("public")
def begun(secret: str) -> Response:
    confirm(current().service, secret)
    return _link_page(secret, begins=True)


@blueprint.get("/unsubscribe/<secret>")
@open_to("public")
@takes()
def end(secret: str) -> Response:
    return _link_page(secret, begins=False)


@blueprint.post("/unsubscribe/<secret>")
@open_to("public")
def ended(secret: str) -> Response:
    """By the button, or by a mail program's one click (RFC 8058)."""
    unsubscribe(current().service, secret)
    return _link_page(secret, begins=False)


@blueprint.get("/deliveries")
@open_to("admin", of_everything)
def deliveries() -> Response:
    """Without messages about signals, and without when their receivers were told: an admin may review, and would see
    by them which candidates were drawn. The command `deliveries` lists them.
    """
    service = current().service
    with service.store.reading() as db:
        told = db.notifications
        receivers = told.live()
        lists = [
            (msg("Given up"), told.deliveries("dead", most=MOST, signals=False)),
            (msg("Tried in vain"), told.deliveries("failed", most=MOST, signals=False)),
        ]
        newest = told.deliveries(most=MOST, signals=False)
    now = current().now()
    rows = [(fares, wanted_words(service, fares.subscription.filter), fares_words(fares, now)) for fares in receivers]
    return _page("deliveries.html", receivers=rows, lists=[*lists, (msg("Newest"), newest)])


@blueprint.post("/deliveries/<int:number>/replay")
@open_to("admin", of_everything)
def replay(number: int) -> Response:
    with current().service.store.writing() as db:
        queued = db.notifications.replay(number, now=current().now())
        obstacle = db.notifications.obstacle(number) if db.notifications.has(number) and not queued else None
    if obstacle and obstacle.why is Unsendable.FOLLOWS:
        raise NotFound(
            gettext(
                "Message %(number)s follows message %(first)s, which never arrived there.",
                number=number,
                first=obstacle.begins_with,
            ),
            gettext("Send message %(first)s again; what waited for it comes along.", first=obstacle.begins_with),
        )
    if not queued:
        raise NotFound(
            gettext("Message %(number)s cannot be sent again.", number=number),
            gettext("It waits already, or its receiver has ended."),
        )
    return redirect(url_for("subscribe.deliveries"), 303)


@blueprint.app_context_processor
def _mails() -> dict[str, bool]:
    """Whether pages may offer digests."""
    return {"mails": current().service.settings.smtp_url is not None}


def _choices() -> dict[str, object]:
    snapshot = current().snapshot()
    return {
        "languages": LANGUAGES,
        "told_in": language(),
        "rhythms": RHYTHMS,
        "categories": [(category, category_words(category)) for category in Category],
        "channels": snapshot.channels,
        "relationships": snapshot.relationships,
    }


def _link_page(secret: str, *, begins: bool) -> Response:
    service = current().service
    with service.store.reading() as db:
        found = of_link(db, secret)
    return _page("subscription.html", found=found, begins=begins, wanted=wanted_words(service, found.filter))


def _page(template: str, **values: object) -> Response:
    """A page that is for one reader alone."""
    return as_private(make_response(render_template(template, **values)))
