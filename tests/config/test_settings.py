"""The environment becomes settings once, at start, or one sentence that says which variable is wrong."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from config.settings import OPTIONS, Settings, SettingsError, settings_from
from config.smtp import Sender, Smtp
from tracker.model import State

SECRET = "a-key-of-some-length-2024"


def test_an_empty_environment_gives_the_defaults_of_one_machine() -> None:
    assert settings_from({}) == Settings(
        database_url="sqlite:///var/openlines.db",
        replica_url=None,
        config=Path("config"),
        secret_key=None,
        host="127.0.0.1",
        port=8000,
        poll=True,
        watch=True,
        contact=None,
        sample=20,
        blind=3,
        keep_pages=0,
        smtp_url=None,
        mail_from=None,
        digest_hour=6,
        second_person=frozenset(),
        rate_limit=600,
        trusted_proxy=None,
        trusted_hosts=frozenset(),
        log_level="info",
        log_format="text",
        base_url="http://127.0.0.1:8000",
        var=Path("var"),
    )


def test_every_option_is_read() -> None:
    settings = settings_from(
        {
            "OPENLINES_DATABASE_URL": "sqlite:////srv/lines.db",
            "OPENLINES_CONFIG": "/etc/openlines",
            "OPENLINES_SECRET_KEY": SECRET,
            "OPENLINES_HOST": "::",
            "OPENLINES_PORT": "8080",
            "OPENLINES_POLL": "OFF",
            "OPENLINES_WATCH": "on",
            "OPENLINES_CONTACT": "desk@lines.example",
            "OPENLINES_SAMPLE": "7",
            "OPENLINES_BLIND": "5",
            "OPENLINES_KEEP_PAGES": "90",
            "OPENLINES_SMTP_URL": "smtp://desk:a%40b@mail.example?starttls",
            "OPENLINES_MAIL_FROM": "Open Lines <lines@lines.example>",
            "OPENLINES_DIGEST_HOUR": "22",
            "OPENLINES_SECOND_PERSON": "Suspensions",
            "OPENLINES_RATE_LIMIT": "Off",
            "OPENLINES_TRUSTED_PROXY": "::1",
            "OPENLINES_TRUSTED_HOSTS": "Old.Lines.example, 10.0.0.5,[2001:DB8::5],",
            "OPENLINES_LOG_LEVEL": "WARNING",
            "OPENLINES_LOG_FORMAT": "json",
            "OPENLINES_BASE_URL": "HTTPS://Lines.example/",
            "OPENLINES_VAR": "/var/lib/openlines",
            "PATH": "/bin",
        }
    )
    assert settings.database_path == Path("/srv/lines.db")
    assert settings.config == Path("/etc/openlines")
    assert settings.secret_key == SECRET
    assert (settings.host, settings.port, settings.poll, settings.watch) == ("::", 8080, False, True)
    assert settings.contact == "desk@lines.example"
    assert settings.base_url == "https://lines.example"
    assert (settings.sample, settings.keep_pages) == (7, 90)
    assert (settings.log_level, settings.log_format) == ("warning", "json")
    assert settings.smtp_url == Smtp("mail.example", 587, "desk", "a@b", starttls=True)
    assert (settings.mail_from, settings.digest_hour) == (Sender("lines@lines.example", "Open Lines"), 22)
    assert settings.second_person == {State.SUSPENDED, State.ENDED}
    assert (settings.rate_limit, settings.trusted_proxy) == (None, "::1")
    assert settings.trusted_hosts == {"old.lines.example", "10.0.0.5", "2001:db8::5"}
    assert settings.base_url == "https://lines.example"
    assert settings.var == Path("/var/lib/openlines")


def test_cited_pages_are_watched_where_feeds_are_polled_unless_it_is_said() -> None:
    assert not settings_from({"OPENLINES_POLL": "off"}).watch
    assert not settings_from({"OPENLINES_WATCH": "off"}).watch


def test_the_record_follows_the_folder_of_run_time_data() -> None:
    settings = settings_from({"OPENLINES_VAR": "/data"})
    assert settings.database_url == "sqlite:////data/openlines.db"
    assert settings.database_path == Path("/data/openlines.db")


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000"), ("lines.local", "http://lines.local:8000")],
)
def test_the_base_url_can_be_opened_on_this_machine(host: str, address: str) -> None:
    assert settings_from({"OPENLINES_HOST": host}).base_url == address


@pytest.mark.parametrize(
    ("env", "hosts"),
    [
        ({}, {"127.0.0.1", "localhost", "::1"}),
        ({"HOST": "0.0.0.0"}, {"127.0.0.1", "localhost", "::1"}),
        ({"HOST": "127.0.0.2"}, {"127.0.0.2", "127.0.0.1", "localhost", "::1"}),
        ({"HOST": "192.0.2.7"}, {"192.0.2.7"}),
        ({"BASE_URL": "https://Lines.example:8443"}, {"lines.example"}),
        ({"BASE_URL": "http://[2001:DB8::5]:8000"}, {"2001:db8::5"}),
        ({"BASE_URL": "https://lines.example", "TRUSTED_HOSTS": "localhost"}, {"lines.example", "localhost"}),
    ],
)
def test_the_service_answers_under_the_name_of_its_address_and_under_those_that_are_added(env, hosts) -> None:
    assert settings_from({f"OPENLINES_{name}": value for name, value in env.items()}).hosts == hosts


def test_an_empty_variable_counts_as_unset() -> None:
    assert settings_from({"OPENLINES_PORT": "", "OPENLINES_SECRET_KEY": " "}) == settings_from({})


def test_the_secret_key_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n", encoding="utf-8")
    assert settings_from({"OPENLINES_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_key == SECRET


def test_a_pipe_is_not_waited_for_as_a_secret_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")
    with pytest.raises(SettingsError, match="is no regular file; name one that is"):
        settings_from({"OPENLINES_SECRET_KEY_FILE": str(tmp_path / "key")})


def test_the_secret_key_is_shown_nowhere() -> None:
    assert SECRET not in repr(settings_from({"OPENLINES_SECRET_KEY": SECRET}))
    with pytest.raises(SettingsError) as caught:
        settings_from({"OPENLINES_SECRET_KEY": "short-key"})
    assert str(caught.value) == "OPENLINES_SECRET_KEY: the key has 9 characters; write 16 or more."


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        *(
            (
                {"DATABASE_URL": url},
                f'OPENLINES_DATABASE_URL: "{told}" names no database; write sqlite:///path/to/file.db, or '
                "postgresql://user:password@host/database.",
            )
            for url, told in (
                ("mysql://me:hidden@db/lines", "mysql://me:…@db/lines"),
                ("mysql://me:hid/d@n@db/lines", "mysql://me:…@db/lines"),
                ("mysql://db/lines?password=hidden&x=1", "mysql://db/lines?password=…&x=1"),
                ("sqlite:///:memory:", "sqlite:///:memory:"),
            )
        ),
        *(
            (
                {"DATABASE_URL": url},
                f'OPENLINES_DATABASE_URL: "{told}" names no database; write sqlite:///path/to/file.db, or '
                "postgresql://user:password@host/database, in a password %40 for @, %2F for /, %3F for ? and %23 "
                "for #.",
            )
            for url, told in (
                ("postgresql://me:hidden@db", "postgresql://me:…@db"),
                ("postgresql://me:hid/den@db/lines", "postgresql://me:…@db/lines"),
                ("postgresql://me:hid@den@db/lines", "postgresql://me:…@db/lines"),
            )
        ),
        (
            {"PORT": "http"},
            'OPENLINES_PORT: "http" is not a port; write a whole number from 0 to 65535.',
        ),
        ({"PORT": "65536"}, 'OPENLINES_PORT: "65536" is not a port; write a whole number from 0 to 65535.'),
        ({"PORT": "-1"}, 'OPENLINES_PORT: "-1" is not a port; write a whole number from 0 to 65535.'),
        (
            {"HOST": "http://here:80"},
            'OPENLINES_HOST: "http://here:80" is not a host; write an address or a name, without scheme and port.',
        ),
        (
            {"TRUSTED_HOSTS": "lines.example,https://lines.example:8443"},
            'OPENLINES_TRUSTED_HOSTS: "https://lines.example:8443" is not a host; write names or addresses, separated '
            "by commas, without scheme and port.",
        ),
        (
            {"KEEP_PAGES": "-1"},
            'OPENLINES_KEEP_PAGES: "-1" is no number of days; write a whole number from 0 to 36500.',
        ),
        (
            {"SAMPLE": "some"},
            'OPENLINES_SAMPLE: "some" is no number of releases; write a whole number from 0 to 1000.',
        ),
        (
            {"RATE_LIMIT": "0"},
            'OPENLINES_RATE_LIMIT: "0" is no number of requests; write a whole number from 1 to 1000000, or off.',
        ),
        (
            {"TRUSTED_PROXY": "proxy.local"},
            'OPENLINES_TRUSTED_PROXY: "proxy.local" is no address; write one such as 10.0.0.1.',
        ),
        (
            {"CONTACT": "the desk"},
            'OPENLINES_CONTACT: "the desk" is no contact; write a mail address or an http(s) URL, without spaces.',
        ),
        ({"POLL": "maybe"}, 'OPENLINES_POLL: "maybe" is not possible; write on or off.'),
        (
            {"LOG_LEVEL": "loud"},
            'OPENLINES_LOG_LEVEL: "loud" is not possible; write debug, info, warning or error.',
        ),
        ({"LOG_FORMAT": "xml"}, 'OPENLINES_LOG_FORMAT: "xml" is not possible; write text or json.'),
        (
            {"BASE_URL": "lines.example"},
            'OPENLINES_BASE_URL: "lines.example" is not the address of a site; '
            "write one such as https://lines.example.org.",
        ),
        (
            {"BASE_URL": "https://lines.example:99999"},
            'OPENLINES_BASE_URL: "https://lines.example:99999" is not the address of a site; '
            "write one such as https://lines.example.org.",
        ),
        (
            {"BASE_URL": "https://lines.example/open"},
            'OPENLINES_BASE_URL: "https://lines.example/open" has a path; give the service a host of its own, such as '
            "https://lines.example.org.",
        ),
        (
            {"BASE_URL": "https://línes.example"},
            'OPENLINES_BASE_URL: "https://línes.example" is not written as browsers ask for it; write '
            "xn--lnes-vpa.example for línes.example.",
        ),
        (
            {"SECRET_KEY": SECRET, "SECRET_KEY_FILE": "key"},
            "OPENLINES_SECRET_KEY: OPENLINES_SECRET_KEY_FILE is set too; unset one of the two.",
        ),
        (
            {"SECRET_KEY_FILE": "/nowhere/key"},
            'OPENLINES_SECRET_KEY_FILE: the file "/nowhere/key" cannot be read (No such file or directory); '
            "name one that can.",
        ),
        (
            {"PROT": "8000"},
            'OPENLINES_PROT: "PROT" is not a setting; did you mean "PORT"?',
        ),
        (
            {"SMTP_URL": "mail.example:25"},
            "OPENLINES_SMTP_URL: it is not the address of a mail server; write smtp://host:25, "
            "smtp://user:password@host:587?starttls or smtps://user:password@host.",
        ),
        (
            {"SMTP_URL": "smtp://desk:secret@mail.example"},
            "OPENLINES_SMTP_URL: the password would be sent in the clear; add ?starttls or write smtps://.",
        ),
        (
            {"SMTP_URL": "smtp://desk@mail.example?starttls"},
            "OPENLINES_SMTP_URL: a user needs a password, and a password a user; write both or neither.",
        ),
        (
            {"SMTP_URL": "smtp://mail.example"},
            "OPENLINES_MAIL_FROM: it is unset; with OPENLINES_SMTP_URL set, say from whom mail comes.",
        ),
        (
            {"MAIL_FROM": "Open Lines"},
            'OPENLINES_MAIL_FROM: "Open Lines" is no mail address; write lines@example.org or '
            "Open Lines <lines@example.org>.",
        ),
        (
            {"DIGEST_HOUR": "24"},
            'OPENLINES_DIGEST_HOUR: "24" is no hour; write a whole number from 0 to 23.',
        ),
        (
            {"SECOND_PERSON": "always"},
            'OPENLINES_SECOND_PERSON: "always" is not possible; write off or suspensions.',
        ),
        (
            {"COLOUR": "on"},
            'OPENLINES_COLOUR: "COLOUR" is not a setting; write one of DATABASE_URL, REPLICA_URL, CONFIG, SECRET_KEY, '
            "SECRET_KEY_FILE, HOST, PORT, POLL, WATCH, CONTACT, SAMPLE, KEEP_PAGES, BLIND, SMTP_URL, MAIL_FROM, "
            "DIGEST_HOUR, SECOND_PERSON, RATE_LIMIT, TRUSTED_PROXY, TRUSTED_HOSTS, LOG_LEVEL, LOG_FORMAT, BASE_URL, "
            "VAR.",
        ),
    ],
)
def test_each_wrong_value_is_refused_in_one_sentence(env: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from({"OPENLINES_" + name: value for name, value in env.items()})
    assert str(caught.value) == sentence


def test_the_table_names_every_setting_once() -> None:
    names = [option.name.lower() for option in OPTIONS]
    assert set(names) - {"secret_key_file"} == {field.name for field in fields(Settings)}
    assert len(names) == len(set(names))
    assert OPTIONS[0].variable == "OPENLINES_DATABASE_URL"


def test_the_defaults_in_the_table_are_the_defaults() -> None:
    settings = settings_from({})
    told = {option.name: option.default for option in OPTIONS}
    assert told["DATABASE_URL"] == settings.database_url
    assert told["CONFIG"] == f"{settings.config}/"
    assert told["VAR"] == f"{settings.var}/"
    assert told["HOST"] == settings.host
    assert told["PORT"] == str(settings.port)
    assert told["POLL"] == ("on" if settings.poll else "off")
    assert told["CONTACT"] == str(settings.contact).lower()
    assert told["SAMPLE"] == str(settings.sample)
    assert told["KEEP_PAGES"] == str(settings.keep_pages)
    assert told["LOG_LEVEL"] == settings.log_level
    assert told["LOG_FORMAT"] == settings.log_format
    assert told["BASE_URL"].startswith(settings.base_url)


@pytest.mark.parametrize("url", ["postgresql://me:hidden@db:5433/lines", "postgresql:///lines?host=/run/postgresql"])
def test_the_record_may_be_on_a_server_whose_password_is_not_shown(url: str) -> None:
    settings = settings_from({"OPENLINES_DATABASE_URL": url})
    assert (settings.database_url, settings.database_path) == (url, None)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("database", "replica"),
    [("sqlite:///lines.db", "postgresql://b/lines"), ("postgresql://a/lines", "sqlite:///lines.db")],
)
def test_a_file_has_no_replica_and_is_none(database: str, replica: str) -> None:
    with pytest.raises(SettingsError, match=r"^OPENLINES_REPLICA_URL: a file has no replica; set both URLs to"):
        settings_from({"OPENLINES_DATABASE_URL": database, "OPENLINES_REPLICA_URL": replica})
