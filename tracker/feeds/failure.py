"""Why a feed could not be read, in words for its operator: what happened, and what to do about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What went wrong on the way to an answer, or with it; each has one remedy of its own."""

    BAD_ADDRESS = "bad-address"
    FORBIDDEN_ADDRESS = "forbidden-address"
    DNS = "dns"
    REFUSED_CONNECTION = "refused-connection"
    UNREACHABLE = "unreachable"
    PROXY = "proxy"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken-off"
    REDIRECTS = "redirects"
    BOT_WALL = "bot-wall"
    RATE_LIMITED = "rate-limited"
    LEFT_ALONE = "left-alone"
    BUSY = "busy"
    NOT_FOUND = "not-found"
    GONE = "gone"
    SERVER_ERROR = "server-error"
    BAD_ANSWER = "bad-answer"
    BAD_ENCODING = "bad-encoding"
    TOO_LARGE = "too-large"
    ROBOTS = "robots"
    NOT_A_FEED = "not-a-feed"
    SIGN_IN = "sign-in"
    WRONG_KIND = "wrong-kind"
    NO_ITEMS = "no-items"


OF_OTHERS = frozenset({Kind.LEFT_ALONE, Kind.BUSY})
"""What other requests of ours to the host have caused: the address was not asked for, and has not failed."""


class _Told(Exception):
    """What happened in a sentence, and its remedy; the two make up the message."""

    sentence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}"

    def about(self, url: str, remedy: str = "") -> str:
        """The message, perhaps with another `remedy`, the address that was asked for named in it once."""
        told = f"{self.sentence} {remedy or self.remedy}"
        return told if self.sentence.startswith(url) else f"{url}: {told}"


class FetchFailed(_Told):
    """An address gave no usable answer. `retry_after`: the UTC instant until which the server asks us to wait.

    `status`: that of its answer, None where none came.
    """

    def __init__(
        self, kind: Kind, sentence: str, remedy: str, retry_after: datetime | None = None, status: int | None = None
    ) -> None:
        super().__init__(kind, sentence, remedy, retry_after, status)
        self.kind, self.sentence, self.remedy = kind, sentence, remedy
        self.retry_after, self.status = retry_after, status


class NotAFeed(_Told):
    """An answer came, and it is no feed that we can read: what it is instead, and what to do."""

    def __init__(self, sentence: str, remedy: str, kind: Kind = Kind.NOT_A_FEED) -> None:
        super().__init__(sentence, remedy, kind)
        self.kind, self.sentence, self.remedy = kind, sentence, remedy


class NotAPage(_Told):
    """A page came, and no release can be read from it: why, and what to do."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence, remedy)
        self.sentence, self.remedy = sentence, remedy
