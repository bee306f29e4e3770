"""The names under which the service answers: those of its address, and those that the operator adds."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def hosts_from(text: str) -> frozenset[str]:
    """Names and addresses separated by commas, as they are compared. Raises ValueError with "what is wrong; remedy"."""
    return frozenset(_host(name.strip()) for name in text.split(",") if name.strip())


def answers_as(base_url: str, trusted: frozenset[str]) -> frozenset[str]:
    """Every name that a request may ask for: where readers come by loopback, all that loopback is called."""
    own = plain(urlsplit(base_url).hostname or "")
    return trusted | {own} | (LOOPBACK if is_loopback(own) else frozenset())


def plain(host: str) -> str:
    """A host as hosts are compared: lower case, without brackets and the dot of the root."""
    return host.lower().removesuffix(".").removeprefix("[").removesuffix("]")


def _host(text: str) -> str:
    name = plain(text)
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        if not _NAME.fullmatch(name):
            remedy = "write names or addresses, separated by commas, without scheme and port"
            raise ValueError(f'"{text}" is not a host; {remedy}') from None
    return name


def is_loopback(host: str) -> bool:
    """Whether a name or address stands for this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
