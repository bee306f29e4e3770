"""Letters to readers, and the mail server that takes them. A letter is text and, for a digest, plain HTML beside it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from config.settings import Settings
from config.smtp import Smtp
from db.notifications import Subscription
from tracker.news.digest import Section, subject
from tracker.news.events import Event
from tracker.notifications.webhook import Outcome
from tracker.tongue import HTML_TAGS, gettext, language, msg, ngettext, pgettext, speaking
from tracker.wording import instant_words

TIMEOUT = 20.0
"""Seconds for which the mail server may be silent."""

CONFIRM_WITHIN = timedelta(days=7)
MOST_ITEMS = 100
"""Statements that one digest tells; the rest is on the page that it names."""

_POLICY = SMTP.clone(max_line_length=990)
"""Lines as long as mail allows: folded sooner, a long address in a header would be encoded and lead nowhere."""

_letters = Environment(
    loader=PackageLoader("tracker.notifications", "letters"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    extensions=("jinja2.ext.i18n",),
    trim_blocks=True,
    lstrip_blocks=True,
)
_letters.install_gettext_callables(gettext, ngettext, newstyle=True)

NOT_REVIEWED = msg(
    "Found by fixed rules in releases, and read by no reviewer yet: do not quote it. "
    "What a reviewer makes of it comes later."
)


def confirm_link(subscription: Subscription, base_url: str) -> str:
    return f"{base_url}/subscribe/{subscription.secret}?language={subscription.language}"


def unsubscribe_link(subscription: Subscription, base_url: str) -> str:
    return f"{base_url}/unsubscribe/{subscription.secret}?language={subscription.language}"


def confirmation(subscription: Subscription, settings: Settings, wanted: str) -> EmailMessage:
    """Asks whether the address wants a digest of what is `wanted` (in words); in the language that is told."""
    letter = _letter(subscription, settings, gettext("Open Lines: do you want this digest?"), "confirm")
    values = {
        "base_url": settings.base_url,
        "every": gettext(subscription.every),
        "wanted": wanted,
        "confirm": confirm_link(subscription, settings.base_url),
        "days": CONFIRM_WITHIN.days,
        "signals": subscription.signals,
    }
    letter.set_content(_letters.get_template("confirm.txt").render(values))
    return letter


def digest(
    subscription: Subscription,
    settings: Settings,
    found: Sequence[Section],
    *,
    wanted: str,
    since: datetime,
    slot: datetime,
    coverage: Sequence[str],
) -> EmailMessage:
    """What changed since the last digest, in the language that is told; `slot` is when it was due, after which it is
    named for good.
    """
    every = gettext(subscription.every)
    title = subject(found, subscription.every)
    letter = _letter(subscription, settings, title, f"{slot:%Y%m%d%H}")
    unsubscribe = unsubscribe_link(subscription, settings.base_url)
    shown, left = _cut(found)
    values = {
        "subject": title,
        "tag": HTML_TAGS[language()],
        "sections": shown,
        "not_reviewed": gettext(NOT_REVIEWED),
        "more": ngettext("And %(num)s further statement", "And %(num)s further statements", left) if left else "",
        "changes": _page(settings, "changes"),
        "link": partial(_link, settings),
        "every": every,
        "wanted": wanted,
        "since": instant_words(since),
        "coverage": coverage,
        "unsubscribe": unsubscribe,
        "colon": pgettext("before what is said", ": "),
        "stop": pgettext("at the end of a sentence", "."),
    }
    letter["List-Unsubscribe"] = f"<{unsubscribe}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter["List-Id"] = f"Open Lines, {subscription.every} <{subscription.every}.digest.{_host(settings)}>"
    letter.set_content(_letters.get_template("digest.txt").render(values))
    letter.add_alternative(_letters.get_template("digest.html").render(values), subtype="html")
    return letter


def _link(settings: Settings, event: Event) -> str:
    """Where a statement stands on its channel's page; a signal stands on none, so its channel."""
    page = _page(settings, f"channels/{event.channel}")
    return page if event.candidate else f"{page}#{event.statement}"


def _page(settings: Settings, path: str) -> str:
    """A page in the language of the letter."""
    return f"{settings.base_url}/{path}?language={language()}"


def trial(subscription: Subscription, settings: Settings, now: datetime) -> EmailMessage:
    """What an operator sends to see whether mail arrives."""
    with speaking(subscription.language):
        letter = _letter(subscription, settings, gettext("A test from Open Lines"), f"test-{now:%Y%m%d%H%M%S}")
        letter.set_content(gettext("This is a test. Nothing changed on the record.") + "\n")
    return letter


def send(smtp: Smtp, letter: EmailMessage) -> Outcome:
    """Hand a letter to the mail server. Raises nothing: what goes wrong is an outcome, which names no reader."""
    outcome = _handed(smtp, letter)
    return replace(outcome, words=outcome.words.replace(letter["To"].addresses[0].addr_spec, "the address"))


def _handed(smtp: Smtp, letter: EmailMessage) -> Outcome:
    try:
        with _connected(smtp) as server:
            if smtp.user:
                server.login(smtp.user, smtp.password)
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, text),) = error.recipients.values()
        return Outcome(False, f"The mail server refused the address: {code} {_words(text)}.", code)
    except smtplib.SMTPResponseException as error:
        code, text = error.smtp_code, error.smtp_error
        return Outcome(False, f"The mail server answered {code} {_words(text)}.", code)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Outcome(False, f"The mail server at {smtp.host}:{smtp.port} could not be used: {reason}.")
    return Outcome(True, "The mail server took it.", 250)


def _connected(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.tls:
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT)
    if smtp.starttls:
        server.starttls(context=context)
    return server


def _letter(subscription: Subscription, settings: Settings, title: str, name: str) -> EmailMessage:
    letter = EmailMessage(policy=_POLICY)
    sender = settings.mail_from
    letter["From"] = Address(sender.name, addr_spec=sender.address)
    letter["To"] = Address(addr_spec=subscription.target)
    letter["Subject"] = title
    letter["Message-ID"] = f"<{subscription.id}.{name}@{_host(settings)}>"
    letter["Auto-Submitted"] = "auto-generated"
    return letter


def _host(settings: Settings) -> str:
    return urlsplit(settings.base_url).hostname or "localhost"


def _cut(found: Sequence[Section]) -> tuple[list[Section], int]:
    """As many items as one letter holds, and how many are left."""
    room, shown = MOST_ITEMS, []
    for section in found:
        if room:
            shown.append(Section(section.what, section.items[:room]))
        room -= len(shown[-1].items) if room else 0
    return shown, sum(len(section.items) for section in found) - (MOST_ITEMS - room)


def _words(text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(words.split())[:200].rstrip(".")
