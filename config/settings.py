"""The environment as settings: OPENLINES_… variables, read once at start, each refused in one sentence when wrong."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from config.errors import ConfigError, suggest
from config.hosts import answers_as, hosts_from
from config.smtp import Sender, Smtp, sender_from, smtp_from
from config.yamlfile import content_of
from tracker.model import State

T = TypeVar("T")

PREFIX = "OPENLINES_"
SHORTEST_SECRET = 16
LARGEST_SAMPLE = 1000
LARGEST_BLIND = 20
LONGEST_KEEP_PAGES = 36_500
LARGEST_RATE_LIMIT = 1_000_000
SECOND_PERSON = {"off": frozenset(), "suspensions": frozenset({State.SUSPENDED, State.ENDED})}
_CONTACT = re.compile(r"(?:https?://|[\w.+-]+@)[\w.~%/?&=#:+-]{3,200}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


class SettingsError(ConfigError):
    """A variable of the environment that cannot be used."""

    def __init__(self, name: str, wrong: str, remedy: str) -> None:
        super().__init__(None, None, name, wrong, remedy)


@dataclass(frozen=True)
class Option:
    """One variable: its name after OPENLINES_, its default in words as the documentation prints it, its purpose."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name


OPTIONS = (
    Option("DATABASE_URL", "sqlite:///var/openlines.db", "the record, or postgresql://…; follows VAR when unset"),
    Option("REPLICA_URL", "none", "with PostgreSQL: a server that follows the first, postgresql://…, for public reads"),
    Option("CONFIG", "config/", "folder that holds relationships/"),
    Option("SECRET_KEY", "made once and kept in VAR", f"signs sessions; {SHORTEST_SECRET} characters at least"),
    Option("SECRET_KEY_FILE", "none", "file that holds the secret key, instead of SECRET_KEY"),
    Option("HOST", "127.0.0.1", "address to listen on"),
    Option("PORT", "8000", "port to listen on; 0 takes any that is free"),
    Option("POLL", "on", "on or off: poll the feeds on schedule"),
    Option("WATCH", "as POLL", "on or off: read the pages that the record cites again, ever more rarely"),
    Option("CONTACT", "none", "mail address or URL by which publishers reach you; told to every server that is asked"),
    Option(
        "SAMPLE", "20", "unflagged releases a week, about, that reviewers are given unmarked to measure misses; 0: none"
    ),
    Option("KEEP_PAGES", "0", "days that copies of releases' pages stay on which nothing rests; 0: for ever"),
    Option(
        "BLIND",
        "3",
        "checks of reviewers on themselves: percent of candidates that each reads before the proposal, and of "
        "decisions beside which a decoy comes at most; 0: none",
    ),
    Option(
        "SMTP_URL", "none", "mail server for digests: smtp[s]://user:password@host:port?starttls; none: no mail is sent"
    ),
    Option("MAIL_FROM", "none", "from whom digests come, such as Open Lines <lines@example.org>; needed with SMTP_URL"),
    Option("DIGEST_HOUR", "6", "hour in UTC, 0 to 23, after which digests are sent; weekly ones on Mondays"),
    Option(
        "SECOND_PERSON",
        "off",
        "off or suspensions: what suspends or ends a channel is recorded when two agree",
    ),
    Option("RATE_LIMIT", "600", "requests a minute that one client may make of the API and the outputs; or off"),
    Option("TRUSTED_PROXY", "none", "address of the reverse proxy whose X-Forwarded-For says who asks"),
    Option(
        "TRUSTED_HOSTS",
        "none",
        "further names under which the service answers, separated by commas; that of BASE_URL always is one",
    ),
    Option("LOG_LEVEL", "info", "debug, info, warning or error"),
    Option("LOG_FORMAT", "text", "text or json"),
    Option("BASE_URL", "http://127.0.0.1:8000, from HOST and PORT", "address under which readers reach the service"),
    Option("VAR", "var/", "folder for data made at run time"),
)


@dataclass(frozen=True)
class Settings:
    """Valid settings. `secret_key` is None when one is to be made and kept in `var`, `rate_limit` when it is off.

    `second_person`: the states that are recorded when two reviewers agree.
    """

    database_url: str = field(repr=False)
    replica_url: str | None = field(repr=False)
    config: Path
    secret_key: str | None = field(repr=False)
    host: str
    port: int
    poll: bool
    watch: bool
    contact: str | None
    sample: int
    blind: int
    keep_pages: int
    smtp_url: Smtp | None
    mail_from: Sender | None
    digest_hour: int
    second_person: frozenset[State]
    rate_limit: int | None
    trusted_proxy: str | None
    trusted_hosts: frozenset[str]
    log_level: str
    log_format: str
    base_url: str
    var: Path

    @property
    def database_path(self) -> Path | None:
        """The file that `database_url` names; None where a server keeps the database."""
        is_file = self.database_url.startswith("sqlite:///")
        return Path(self.database_url.removeprefix("sqlite:///")) if is_file else None

    @property
    def hosts(self) -> frozenset[str]:
        """Every name under which the service answers, as `config.hosts.plain` writes it."""
        return answers_as(self.base_url, self.trusted_hosts)


def settings_from(env: Mapping[str, str]) -> Settings:
    """The settings in `env`, where an empty variable counts as unset. Raises SettingsError for the first mistake."""
    _refuse_unknown(env)
    var = _read(env, "VAR", _path, Path("var"))
    host = _read(env, "HOST", _host, "127.0.0.1")
    port = _read(env, "PORT", _whole(65535, "not a port"), 8000)
    poll = _read(env, "POLL", _one_of("on", "off"), "on")
    database = _read(env, "DATABASE_URL", database_url, f"sqlite:///{var / 'openlines.db'}")
    return Settings(
        database_url=database,
        replica_url=_replica_url(env, database),
        config=_read(env, "CONFIG", _path, Path("config")),
        secret_key=_secret_key(env),
        host=host,
        port=port,
        poll=poll == "on",
        watch=_read(env, "WATCH", _one_of("on", "off"), poll) == "on",
        contact=_read(env, "CONTACT", _contact, None),
        sample=_read(env, "SAMPLE", _whole(LARGEST_SAMPLE, "no number of releases"), 20),
        blind=_read(env, "BLIND", _whole(LARGEST_BLIND, "no share in percent"), 3),
        keep_pages=_read(env, "KEEP_PAGES", _whole(LONGEST_KEEP_PAGES, "no number of days"), 0),
        smtp_url=(smtp := _read(env, "SMTP_URL", smtp_from, None)),
        mail_from=_mail_from(env, smtp),
        digest_hour=_read(env, "DIGEST_HOUR", _whole(23, "no hour"), 6),
        second_person=SECOND_PERSON[_read(env, "SECOND_PERSON", _one_of(*SECOND_PERSON), "off")],
        rate_limit=_read(env, "RATE_LIMIT", _rate_limit, 600),
        trusted_proxy=_read(env, "TRUSTED_PROXY", _address, None),
        trusted_hosts=_read(env, "TRUSTED_HOSTS", hosts_from, frozenset()),
        log_level=_read(env, "LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info"),
        log_format=_read(env, "LOG_FORMAT", _one_of("text", "json"), "text"),
        base_url=_read(env, "BASE_URL", _base_url, reachable(host, port)),
        var=var,
    )


def _refuse_unknown(env: Mapping[str, str]) -> None:
    known = [option.name for option in OPTIONS]
    for variable in sorted(env):
        name = variable.removeprefix(PREFIX)
        if variable.startswith(PREFIX) and name not in known:
            raise SettingsError(variable, f'"{name}" is not a setting', suggest(name, known))


def _read(env: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    """`parse` raises ValueError with "what is wrong; remedy"."""
    text = env.get(PREFIX + name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise SettingsError(PREFIX + name, wrong, remedy) from None


def _secret_key(env: Mapping[str, str]) -> str | None:
    """The key itself or the content of the file; errors never show it."""
    if env.get("OPENLINES_SECRET_KEY") and env.get("OPENLINES_SECRET_KEY_FILE"):
        raise SettingsError("OPENLINES_SECRET_KEY", "OPENLINES_SECRET_KEY_FILE is set too", "unset one of the two")
    return _read(env, "SECRET_KEY", _secret, None) or _read(env, "SECRET_KEY_FILE", _secret_in, None)


def _secret(text: str) -> str:
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"the key has {len(text)} characters; write {SHORTEST_SECRET} or more")
    return text


def _secret_in(name: str) -> str:
    try:
        return _secret(content_of(Path(name)).decode().strip())
    except ConfigError:
        raise ValueError(f'"{name}" is no regular file; name one that is') from None
    except UnicodeDecodeError:
        raise ValueError(f'the file "{name}" is not UTF-8 text; write the key as text') from None
    except OSError as error:
        raise ValueError(f'the file "{name}" cannot be read ({error.strerror}); name one that can') from None


def _path(text: str) -> Path:
    return Path(text)


def database_url(text: str) -> str:
    """The address of a database as it may be set. Raises ValueError with "what is wrong; remedy"."""
    if re.fullmatch(r"postgres(ql)?://([^/?#@]*@)?[^/?#@]*/[^/?#]+(\?[^#]*)?", text):
        return text
    if not re.fullmatch(r"sqlite:///[^?#]+", text) or ":memory:" in text:
        remedy = "write sqlite:///path/to/file.db, or postgresql://user:password@host/database"
        if text.startswith("postgres"):
            remedy += ", in a password %40 for @, %2F for /, %3F for ? and %23 for #"
        raise ValueError(f'"{_without_password(text)}" names no database; {remedy}')
    return text


def _replica_url(env: Mapping[str, str], database: str) -> str | None:
    replica = _read(env, "REPLICA_URL", database_url, None)
    if replica and "sqlite:" in (replica.partition("//")[0], database.partition("//")[0]):
        raise SettingsError("OPENLINES_REPLICA_URL", "a file has no replica", "set both URLs to postgresql://…")
    return replica


def _without_password(url: str) -> str:
    return re.sub(r"(password=)[^&#]*", r"\1…", re.sub(r"(://[^:/@]*):.*@", r"\1:…@", url))


def _host(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not _HOST.fullmatch(text):
            raise ValueError(f'"{text}" is not a host; write an address or a name, without scheme and port') from None
    return text


def _whole(most: int, wrong: str, *, least: int = 0, words: str = "") -> Callable[[str], int]:
    """A reader of whole numbers up to `most`; `wrong`: what another text is not. `words`: what may stand instead."""

    def parse(text: str) -> int:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) else None
        if number is None or not least <= number <= most:
            raise ValueError(f'"{text}" is {wrong}; write a whole number from {least} to {most}{words}')
        return number

    return parse


def _contact(text: str) -> str:
    if not _CONTACT.fullmatch(text):
        raise ValueError(f'"{text}" is no contact; write a mail address or an http(s) URL, without spaces')
    return text


def _mail_from(env: Mapping[str, str], smtp: Smtp | None) -> Sender | None:
    sender = _read(env, "MAIL_FROM", sender_from, None)
    if smtp and sender is None:
        remedy = "with OPENLINES_SMTP_URL set, say from whom mail comes"
        raise SettingsError("OPENLINES_MAIL_FROM", "it is unset", remedy)
    return sender


def _rate_limit(text: str) -> int | None:
    if text.lower() == "off":
        return None
    return _whole(LARGEST_RATE_LIMIT, "no number of requests", least=1, words=", or off")(text)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f'"{text}" is no address; write one such as 10.0.0.1') from None


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f'"{text}" is not possible; write {", ".join(words[:-1])} or {words[-1]}')
        return text.lower()

    return parse


def _base_url(text: str) -> str:
    wrong = f'"{text}" is not the address of a site; write one such as https://lines.example.org'
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  a port out of range raises here
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in text:
        raise ValueError(wrong)
    if parts.path not in ("", "/"):
        raise ValueError(f'"{text}" has a path; give the service a host of its own, such as https://lines.example.org')
    if not parts.hostname.isascii():
        try:
            ascii_host = parts.hostname.encode("idna").decode()
        except UnicodeError:
            raise ValueError(wrong) from None
        raise ValueError(f'"{text}" is not written as browsers ask for it; write {ascii_host} for {parts.hostname}')
    return f"{parts.scheme}://{parts.netloc.lower()}"


def reachable(host: str, port: int) -> str:
    """An address that a browser on this machine can open, also when the service listens on all of them."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
