"""One conditional GET of a hostile address: bounded in time, bytes, redirects and places, with failures in words."""

from __future__ import annotations

import http.client
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.cookies import RequestsCookieJar

from tracker import __version__
from tracker.feeds.failure import FetchFailed, Kind
from tracker.feeds.freshness import fresh_for
from tracker.feeds.guard import Deadline, GuardedSession
from tracker.feeds.hosts import Hosts
from tracker.feeds.inflate import BadEncoding, TooLarge, inflate
from tracker.tongue import to_keep

PORTS = frozenset({80, 443, 8080, 8443})
"""Where a public feed may be served; a feed that may live on a private address may use any port."""

MAX_WAIT = timedelta(days=7)
"""The longest Retry-After that is believed."""

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
_CHUNK = 64 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
LIBRARY_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TLS_REASON = re.compile(r"certificate verify failed: ([^(]+)|(hostname '[^']*' doesn't match|wrong version number)")


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange: body bytes (as sent and as inflated), seconds for all of it, redirects followed."""

    max_bytes: int = 5_000_000
    deadline: float = 30.0
    redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    """An answer: 200 with its body, or 304 with none.

    `permanent_url` is where the feed has moved for good: set when there were redirects and each was a 301 or 308.
    `etag` and `last_modified` are as sent, to be handed back at the next fetch. `fresh_for`: how long the answer stays
    good, as its cache headers say.
    """

    status: int
    final_url: str
    permanent_url: str | None
    body: bytes
    content_type: str | None
    etag: str | None
    last_modified: str | None
    fresh_for: timedelta = timedelta()

    @property
    def not_modified(self) -> bool:
        return self.status == HTTPStatus.NOT_MODIFIED


def fetch(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    allow_private: bool = False,
    limits: Limits | None = None,
    contact: str | None = None,
    hosts: Hosts | None = None,
) -> Fetched:
    """GET `url`, following redirects; with validators of an earlier answer, a 304 is an answer too.

    `allow_private` lifts the check of address and port for the host that `url` names, and for that host alone: a
    redirect elsewhere is checked in full. `contact` (an address or URL of the operator) goes into the User-Agent.
    `hosts` is what a process keeps of earlier fetches: connections, turns, and who wants to be left alone.
    The environment's proxies are respected; behind one, addresses are not checked (see GuardedAdapter).
    Raises FetchFailed for every way in which this can go wrong, and nothing else.
    """
    if hosts is None:
        with closing(Hosts()) as hosts:
            return _follow(url, _headers(etag, last_modified, contact), allow_private, limits or Limits(), hosts)
    return _follow(url, _headers(etag, last_modified, contact), allow_private, limits or Limits(), hosts)


def _follow(url: str, headers: dict[str, str], allow_private: bool, limits: Limits, hosts: Hosts) -> Fetched:
    deadline = Deadline(limits.deadline)
    private_host = _host(url) if allow_private else None
    target, statuses = url, []
    # Some walls set a cookie and redirect. A cookie goes back to the host that set it, and is forgotten at the end.
    cookies: dict[str | None, RequestsCookieJar] = defaultdict(RequestsCookieJar)
    while len(statuses) <= limits.redirects:
        host = _host(target)
        checked = host != private_host or private_host is None
        try:
            check_target(target, checked)
            with (
                hosts.visit(target, deadline, checked=checked) as session,
                closing(_ask(session, target, headers, cookies.get(host))) as response,
            ):
                location = session.get_redirect_target(response)
                if response.status_code not in _REDIRECTS or not location:
                    answer = _answer(response, target, limits, conditional=_is_conditional(headers))
                    moved = statuses and _PERMANENT.issuperset(statuses)
                    return replace(answer, permanent_url=target) if moved else answer
                cookies[host].update(response.cookies)
                statuses.append(response.status_code)
                target = urljoin(target, location)
        except FetchFailed as failed:
            if failed.retry_after:
                hosts.leave_alone(target, failed.retry_after)
            if statuses and failed.kind in _OF_THE_ADDRESS:
                raise _led_elsewhere(failed, url, target) from failed
            raise
        except LIBRARY_ERRORS as error:
            raise in_words(error, target, deadline) from error
        except ValueError as error:
            raise _bad_address(target, str(error)) from error
    raise FetchFailed(
        Kind.REDIRECTS,
        to_keep(
            "The server redirected more than %(redirects)s times, at last to %(address)s.",
            redirects=limits.redirects,
            address=_shown(target),
        ),
        to_keep("Open it in a browser and give the address at which it ends up."),
    )


_OF_THE_ADDRESS = (Kind.FORBIDDEN_ADDRESS, Kind.BAD_ADDRESS)


def _led_elsewhere(failed: FetchFailed, url: str, target: str) -> FetchFailed:
    """The failure at a bad address, told as that to which the one that was asked for had led."""
    shown = {"address": _shown(url), "target": _shown(target)}
    return FetchFailed(
        failed.kind,
        to_keep("%(address)s led to %(target)s. %(why)s", why=failed.sentence, **shown),
        to_keep(
            "Open it in a browser: where it ends up at a good address, configure that; allow_private is for the host "
            "that is configured alone."
        ),
    )


def user_agent(contact: str | None) -> str:
    name = f"OpenLines/{__version__}"
    return f"{name} (+{contact})" if contact else name


def retry_instant(header: str | None, now: datetime) -> datetime | None:
    """The UTC instant that a Retry-After header (seconds or an HTTP date) names, at most MAX_WAIT from `now`."""
    header = (header or "").strip()
    if header.isascii() and header.isdigit():
        return now + min(timedelta(seconds=int(header[:9])), MAX_WAIT)
    try:
        instant = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    # Brought into range before it is converted: an instant at the end of time has no UTC form.
    return min(max(instant, now), now + MAX_WAIT).astimezone(UTC)


def _headers(etag: str | None, last_modified: str | None, contact: str | None) -> dict[str, str]:
    headers = {"User-Agent": user_agent(contact), "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    return headers


def _is_conditional(headers: dict[str, str]) -> bool:
    return "If-None-Match" in headers or "If-Modified-Since" in headers


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def check_target(url: str, checked: bool) -> None:
    """Raise FetchFailed for an address that is not asked: another scheme, no host, a user name; `checked`: the port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad_address(url, str(error)) from error
    if _CONTROL.search(url):
        raise _bad_address(url, "it holds a line break or another control character")
    if parts.scheme not in _DEFAULT_PORTS:
        raise _bad_address(url, "only http and https are asked")
    if not parts.hostname:
        raise _bad_address(url, "it names no host")
    if "@" in parts.netloc:
        raise _bad_address(url, "it holds a user name before an @")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if checked and port not in PORTS:
        raise FetchFailed(
            Kind.FORBIDDEN_ADDRESS,
            to_keep(
                "%(address)s is on port %(port)s, where public servers are not asked.", address=_shown(url), port=port
            ),
            to_keep(
                "Ports %(known)s are; a server of your own needs allow_private: true, or --allow-private.",
                known=", ".join(map(str, sorted(PORTS))),
            ),
        )


def _ask(
    session: GuardedSession, url: str, headers: dict[str, str], cookies: RequestsCookieJar | None
) -> requests.Response:
    """The answer's head, its body unread."""
    try:
        return _get(session, url, headers, cookies)
    except requests.ConnectionError:
        # A server may hang up on a connection that waits just when we use it again: that is no fault of the feed's.
        if not session.bounds.reused:
            raise
        return _get(session, url, headers, cookies)


def _get(
    session: GuardedSession, url: str, headers: dict[str, str], cookies: RequestsCookieJar | None
) -> requests.Response:
    # As `session.get` does, which would also look for what ours never has: cookies of its own, hooks, a password.
    request = requests.PreparedRequest()
    request.prepare_method("GET")
    request.prepare_url(url, None)
    request.prepare_headers(headers)
    if cookies:
        request.prepare_cookies(cookies)
    left = session.bounds.deadline.left()
    return session.adapter.send(request, stream=True, timeout=left, verify=session.verify, proxies=session.proxies)


def _answer(response: requests.Response, url: str, limits: Limits, *, conditional: bool) -> Fetched:
    status = response.status_code
    if status != HTTPStatus.OK and not (status == HTTPStatus.NOT_MODIFIED and conditional):
        raise _refusal(response)
    # A 304's body is empty, and must be read all the same before its connection can be used again.
    body = _body(response, limits) if status == HTTPStatus.OK else response.raw.read()
    headers = response.headers
    return Fetched(
        status=status,
        final_url=url,
        permanent_url=None,
        body=body,
        content_type=headers.get("Content-Type"),
        etag=headers.get("ETag"),
        last_modified=headers.get("Last-Modified"),
        fresh_for=fresh_for(headers),
    )


def _body(response: requests.Response, limits: Limits) -> bytes:
    length = response.headers.get("Content-Length", "")
    try:
        if length.isascii() and length.isdigit() and int(length[:20]) > limits.max_bytes:
            raise TooLarge
        return inflate(_chunks(response), response.headers.get("Content-Encoding", ""), limits.max_bytes)
    except TooLarge:
        raise FetchFailed(
            Kind.TOO_LARGE,
            to_keep("The answer is larger than %(size)s MB.", size=format(limits.max_bytes / 1_000_000, "g")),
            to_keep("A feed is rarely that large: check that the address is not a file, or choose a shorter feed."),
        ) from None
    except BadEncoding as error:
        raise FetchFailed(
            Kind.BAD_ENCODING,
            to_keep("The answer's body could not be unpacked: %(error)s.", error=error),
            to_keep("The server or a proxy on the way is at fault; if it lasts, tell the publisher."),
        ) from error


def _chunks(response: requests.Response) -> Iterator[bytes]:
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        yield chunk


_MEANINGS = {
    401: (Kind.BOT_WALL, to_keep("It wants a sign-in: ask the publisher for a public address.")),
    403: (
        Kind.BOT_WALL,
        to_keep("It may turn away unknown clients or this network: ask the publisher, or use a proxy."),
    ),
    404: (Kind.NOT_FOUND, to_keep("It may have moved: look for its new address on the publisher's site.")),
    407: (Kind.PROXY, to_keep("The proxy wants credentials: put them into HTTP_PROXY or HTTPS_PROXY.")),
    410: (Kind.GONE, to_keep("It was withdrawn: look for another; a feed gets enabled: false.")),
    429: (Kind.RATE_LIMITED, to_keep("We ask it too often: wait, and raise a feed's every.")),
}
_MEANINGS |= dict.fromkeys((406, 451), _MEANINGS[403])
_FAULT = (Kind.SERVER_ERROR, to_keep("The fault is the publisher's; the next poll tries again."))
_ODD = (Kind.BAD_ANSWER, to_keep("A document answers 200: open the address in a browser to see what it is."))


def _refusal(response: requests.Response) -> FetchFailed:
    """What a status says that is neither 200 nor a 304 that was asked for."""
    status = response.status_code
    kind, remedy = _MEANINGS.get(status) or (_FAULT if status >= 500 else _ODD)
    if "cf-mitigated" in response.headers:  # a delivery network's challenge to prove oneself human, often a 503
        kind, remedy = _MEANINGS[403]
    answered = f"{status} {phrase(status)}".strip()
    sentence = to_keep("The server answered %(status)s.", status=answered)
    if status == HTTPStatus.NOT_MODIFIED:
        sentence = to_keep("The server answered 304 Not Modified to a request that set no condition.")
    later = retry_instant(response.headers.get("Retry-After"), datetime.now(UTC)) if status in (429, 503) else None
    return FetchFailed(kind, sentence, remedy, later, status)


def phrase(status: int) -> str:
    """What a status of HTTP is called; empty for one that nobody knows."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def in_words(error: Exception, url: str, deadline: Deadline) -> FetchFailed:
    """The failure behind an exception of the libraries; a passed deadline explains all that went wrong after it."""
    host = _host(url)
    if deadline.passed or isinstance(error, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError):
        return FetchFailed(
            Kind.TIMEOUT,
            to_keep(
                "%(host)s did not finish its answer within %(seconds)s seconds.",
                host=host,
                seconds=format(deadline.seconds, "g"),
            ),
            to_keep("It may be slow or overloaded; the next poll tries again."),
        )
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        found = _TLS_REASON.search(str(error))
        reason = (found[1] or found[2]).strip(" .") if found else "the secure connection could not be set up"
        return FetchFailed(
            Kind.TLS,
            to_keep("%(host)s has no valid certificate for this connection: %(reason)s.", host=host, reason=reason),
            to_keep(
                "Check the address and this machine's clock; else the publisher has to renew its certificate. Where "
                "its issuer alone is unknown here, put that one's into the file that REQUESTS_CA_BUNDLE names."
            ),
        )
    if isinstance(error, requests.exceptions.ProxyError | requests.exceptions.InvalidSchema):
        return FetchFailed(
            Kind.PROXY,
            to_keep("The proxy could not be used."),
            to_keep(
                "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment; only http and https proxies are "
                "supported."
            ),
        )
    # requests' InvalidURL and the like are of the address; a header that is none, the server sent.
    if isinstance(error, ValueError) and not isinstance(error, requests.exceptions.InvalidHeader):
        return _bad_address(url, str(error))
    return FetchFailed(
        Kind.BROKEN_OFF,
        to_keep("%(host)s broke off, or sent what is not HTTP, before its answer was complete.", host=host),
        to_keep("The fault is the server's or the network's; the next poll tries again."),
    )


def _bad_address(url: str, why: str) -> FetchFailed:
    return FetchFailed(
        Kind.BAD_ADDRESS,
        to_keep("%(address)s is not an address that can be asked: %(why)s.", address=_shown(url), why=why),
        to_keep("Write it as http://host/path or https://host/path."),
    )


def _shown(url: str) -> str:
    """The address for a sentence: short, and on one line."""
    return ascii(url)[1:-1] if len(url) <= 200 else f"{ascii(url[:200])[1:-1]}…"
