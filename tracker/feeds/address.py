"""Addresses of what feeds point to: which may be kept, and when two are the same."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from tracker.feeds.text import one_line

MAX_URL = 4096
"""Characters; a longer address is not kept."""

MAX_PAGES = 10
"""Pages of one source that are read in one poll, at most."""

_PAGE = re.compile(r"\{page(-1)?\}")
_PLAIN = re.compile(r"(?i:https?)://[a-zA-Z0-9.-]+(?::[0-9]{1,4})?(?:[/?#][^\s\\]*)?")
"""What needs no closer look: most addresses are such."""
_SPLIT = re.compile(r"[\t\r\n]+")  # browsers read over them, and so find a scheme that was cut in two
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = {"http": 80, "https": 443}

_TRACKING = re.compile(
    r"(utm|mtm|pk|hsa|fb)_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|mc_[ce]id|"
    r"mkt_tok|_hsenc|_hsmi|_openstat|wickedid|spm|isappinstalled",
    re.IGNORECASE,
)


_OTHER_HOST = re.compile(r"(?:www\d?|m|mobile|wap)\.(?=[^.]+\.[^.])")
"""How a site calls itself beside its plain name, or its edition for telephones; never all of a registered name."""

_INDEX = re.compile(r"/(?:index|default)\.(?:s?html?|php|aspx?|jsp)$", re.IGNORECASE)


def http_link(value: str | None, base: str) -> str | None:
    """The link as an absolute http(s) address; None for what is empty, malformed or of another scheme."""
    value = one_line(_SPLIT.sub("", value or ""))
    if not value or len(value) > MAX_URL:
        return None
    if _PLAIN.fullmatch(value):
        return value
    try:
        url = urljoin(base, value)
        parts = urlsplit(url)
        usable = parts.scheme in _PORTS and parts.hostname and parts.port != 0  # raises ValueError for what is no port
        return url.replace(" ", "%20") if usable else None
    except ValueError:
        return None


def is_template(text: str | None) -> bool:
    """Whether this is an address with a place for a page's number: {page} is 2, 3, … and {page-1} is 1, 2, …"""
    return bool(text and _PAGE.search(text))


def page_address(template: str, base: str, number: int) -> str | None:
    """The address of the page of that number; `template` may be relative to `base`."""
    return http_link(_PAGE.sub(lambda match: str(number - 1 if match[1] else number), template), base)


def same_host(url: str, other: str) -> bool:
    """Whether two addresses are of one host and port; of http and https on their own ports, that too is one."""
    return _place(url) == _place(other)


def canonical_url(url: str) -> str:
    """A form of the address for comparison: two addresses of one page have the same, and it is never fetched.

    Drops the fragment, the port that the scheme implies, credentials, tracking parameters (utm_*, fbclid, …), `www.`
    and `m.` before a host, the name of an index page and a trailing slash; folds http into https, the host into lower
    case, and percent escapes into one spelling. Keeps the order of parameters and the case of the path: servers may
    tell these apart. What is no http(s) address comes back stripped of outer blanks.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return url
    if scheme not in _PORTS or not host:
        return url
    host = _plain_host(_ascii_host(host.rstrip(".")))
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port not in _PORTS.values():
        host = f"{host}:{port}"
    return urlunsplit(("https", host, _plain_path(_spell(parts.path)), _spell(_without_tracking(parts.query)), ""))


def is_front(url: str) -> bool:
    """Whether it is the address of a site's first page."""
    parts = urlsplit(canonical_url(url))
    return parts.path in ("", "/") and not parts.query


def _place(url: str) -> tuple[str | None, int | None]:
    parts = urlsplit(url)
    own = _PORTS.get(parts.scheme)
    return parts.hostname, None if parts.port in (None, own) else parts.port


def _ascii_host(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _plain_host(host: str) -> str:
    while found := _OTHER_HOST.match(host):
        host = host[found.end() :]
    return host


def _plain_path(path: str) -> str:
    """The path without the index page and slashes at its end."""
    path = path.rstrip("/")
    while found := _INDEX.search(path):
        path = path[: found.start()].rstrip("/")
    return path


def _without_tracking(query: str) -> str:
    return "&".join(part for part in query.split("&") if part and not _is_tracking(part))


def _is_tracking(parameter: str) -> bool:
    return _TRACKING.fullmatch(parameter.partition("=")[0]) is not None


def _spell(text: str) -> str:
    """One spelling of percent escapes: needless ones undone, needed ones made, hexadecimal digits in upper case."""
    escaped = quote(text.encode("utf-8", "replace"), safe="%/:;=@!$&'()*+,?~")
    return _ESCAPE.sub(_escape, escaped)


def _escape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()
