"""The mail server as one address, and the one from which mail comes; what is wrong with them is one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 25, "smtps": 465}
_HERE = {"127.0.0.1", "::1", "localhost"}
_FORM = "write smtp://host:25, smtp://user:password@host:587?starttls or smtps://user:password@host"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9_.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(r"(?P<name>[^<>\r\n\"]{1,80}?)\s*<(?P<address>[^<>\s]+)>")
LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class Smtp:
    """A mail server: `tls` from the first byte, or `starttls` after the greeting, or neither."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    starttls: bool = False


@dataclass(frozen=True)
class Sender:
    """From whom mail comes."""

    address: str
    name: str = "Open Lines"


def smtp_from(text: str) -> Smtp:
    """`smtp[s]://user:password@host:port?starttls`. Raises ValueError with "what is wrong; remedy"."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"it is not the address of a mail server; {_FORM}") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ValueError(f"it is not the address of a mail server; {_FORM}")
    if parts.query not in ("", "starttls"):
        raise ValueError(f'"?{parts.query}" is not possible; write ?starttls or leave it out')
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("a user needs a password, and a password a user; write both or neither")
    tls, starttls = parts.scheme == "smtps", parts.query == "starttls"
    if tls and starttls:
        raise ValueError("smtps is secure from the first byte; leave out ?starttls")
    if user and not (tls or starttls) and parts.hostname not in _HERE:
        raise ValueError("the password would be sent in the clear; add ?starttls or write smtps://")
    standard = 587 if starttls else _PORTS[parts.scheme]
    return Smtp(parts.hostname, standard if port is None else port, user or None, password or None, tls, starttls)


def sender_from(text: str) -> Sender:
    """`lines@example.org` or `Open Lines <lines@example.org>`. Raises ValueError with "what is wrong; remedy"."""
    named = _NAMED.fullmatch(text)
    address = named["address"] if named else text
    if not is_mail_address(address):
        raise ValueError(f'"{text}" is no mail address; write lines@example.org or Open Lines <lines@example.org>')
    return Sender(address, named["name"]) if named else Sender(address)


def is_mail_address(text: str) -> bool:
    """Whether mail may be sent there: one plain address in ASCII, without a name, at a host."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None
