"""What is shipped to run the product elsewhere: units as systemd reads them, nginx in front of the real server, the
files of the container in a folder of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml
from requests.adapters import HTTPAdapter

from config.settings import settings_from
from tests.certificates import certificate_in
from tests.conftest import NOTHING, ROOT, Clock, Shipped

DEPLOY = ROOT / "deploy"
UNITS = {path.name: path.read_text() for path in sorted((DEPLOY / "systemd").iterdir())}
SERVICES = [name for name in UNITS if name.endswith(".service")]
OF_THE_PRODUCT = [name for name in SERVICES if " -m tracker " in UNITS[name]]
MOST_EXPOSED = "25"
"""Of `systemd-analyze security`, which counts to 100; a unit without any of it has 96."""

PROGRAM, LITESTREAM = "/opt/openlines/.venv/bin/python", "/usr/bin/litestream"

analyze, nginx = shutil.which("systemd-analyze"), shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
with_systemd = pytest.mark.skipif(analyze is None, reason="systemd-analyze is not installed")
with_nginx = pytest.mark.skipif(nginx is None, reason="nginx is not installed; on Debian: apt-get install nginx-light")


def units_in(folder: Path, **changes: str) -> None:
    """The units as they would be installed, with a program where this machine has one."""
    for name, words in UNITS.items():
        for old, new in {PROGRAM: sys.executable, LITESTREAM: sys.executable, **changes}.items():
            words = words.replace(old, new)
        (folder / name).write_text(words)


def verified(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    command = [analyze, "verify", "--man=no", folder / name]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@with_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path: Path, name: str):
    units_in(tmp_path)
    done = verified(tmp_path, name)
    assert (done.returncode, done.stderr) == (0, "")


@with_systemd
def test_a_mistake_in_a_unit_would_be_found(tmp_path: Path):
    units_in(tmp_path, ProtectSystem="ProtectSysten")
    assert "ProtectSysten" in verified(tmp_path, "openlines.service").stderr


@with_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs(tmp_path: Path, name: str):
    units_in(tmp_path)
    command = [analyze, "security", "--no-pager", "--offline=yes", f"--threshold={MOST_EXPOSED}", tmp_path / name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("name", OF_THE_PRODUCT)
def test_a_unit_sets_only_what_the_product_reads(name: str):
    words = UNITS[name]
    given = dict(re.findall(r"\b(OPENLINES_\w+)=(\S+)", "\n".join(re.findall(r"^Environment=(.*)$", words, re.M))))
    settings = settings_from(given)
    assert f"ReadWritePaths={settings.var}" in words


@pytest.mark.parametrize("name", ["openlines.service", "openlines-schedule.service", "openlines-worker.service"])
def test_a_unit_that_goes_on_is_told_of_a_changed_configuration_by_reload(name: str):
    assert "ExecReload=/bin/kill -HUP $MAINPID" in (DEPLOY / "systemd" / name).read_text().splitlines()


def test_litestream_follows_the_database_of_the_units_and_may_write_there_and_where_the_replica_is():
    config = yaml.safe_load((DEPLOY / "litestream.yml").read_text())
    (database,) = config["dbs"]
    path, replica = Path(database["path"]), database["replica"]["path"]
    assert path == settings_from({"OPENLINES_VAR": "/var/lib/openlines"}).database_path
    assert Path(config["socket"]["path"]).parent == path.parent
    words = UNITS["openlines-litestream.service"]
    assert f"\nReadWritePaths={path.parent} {replica}\n" in words
    assert f"\nRequiresMountsFor={replica}\n" in words


@pytest.mark.long
def test_what_the_container_copies_is_all_that_the_product_needs(tmp_path: Path):
    """The files that the Dockerfile names, in a folder with nothing else."""
    copied = re.findall(r"^COPY (\S+) ", (DEPLOY / "Dockerfile").read_text(), re.M)
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    for name in copied:
        assert f"!{name}" in let_in
        source, target = ROOT / name, tmp_path / "app" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    env = {"PATH": os.environ["PATH"], "OPENLINES_VAR": str(tmp_path / "data")}
    script = (
        "from tracker.cli import main\n"
        "for command in (['migrate'], ['seed', '--until', '2010-01-01'], ['doctor']):\n"
        "    try: main(command)\n"
        "    except SystemExit as end: assert not end.code, (command, end.code)\n"
        "import wsgi\n"
        "print(wsgi.app.test_client().get('/').status)\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path / "app", env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["200 OK"]), done.stderr


def free_ports(number: int) -> list[int]:
    """Ports that nobody has, each another: one that was let go may be offered again at once."""
    with ExitStack() as held:
        tried = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in tried:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in tried]


class From(HTTPAdapter):
    """Asks from an address of its own, as a reader elsewhere does."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args, **more) -> None:
        super().init_poolmanager(*args, source_address=(self._address, 0), **more)


@dataclass(frozen=True)
class Front:
    """nginx before the product: where each listens, and how a reader comes."""

    behind: int
    http: int
    https: int
    certificate: Path

    def reader(self, address: str = "127.0.0.1") -> requests.Session:
        session = requests.Session()
        session.trust_env, session.verify = False, str(self.certificate)
        session.mount("https://", From(address))
        return session

    def url(self, path: str) -> str:
        return f"https://localhost:{self.https}{path}"


def waits_for(port: int, process: subprocess.Popen, log: Path) -> None:
    for _ in range(1_000):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def running(command: list, log: Path, **more) -> Iterator[subprocess.Popen]:
    with log.open("w") as told:
        process = subprocess.Popen(list(map(str, command)), stdout=told, stderr=subprocess.STDOUT, **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def nginx_in(folder: Path) -> list:
    """The command that runs nginx with the openlines.conf of a folder, and all that it writes there."""
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} pid {folder}/nginx.pid; error_log stderr; worker_processes 1; events {{}}"
        f"http {{ {places} access_log off; include {folder}/openlines.conf; }}"
    )
    return [nginx, "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"]


@pytest.fixture(scope="module")
def front(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    shipped.over(folder, Clock(), NOTHING).store.close()
    certificate_in(folder)
    ports = dict(zip(("http", "https", "behind"), free_ports(3), strict=True))
    config = (DEPLOY / "nginx.conf").read_text()
    for old, new in {
        r"\n *listen \[::\].*": "",
        r"listen 80\b": f"listen 127.0.0.1:{ports['http']}",
        r"listen 443\b": f"listen 127.0.0.1:{ports['https']}",
        r"127\.0\.0\.1:8000": f"127.0.0.1:{ports['behind']}",
        r"lines\.example\.org;": "localhost;",
        r"/etc/letsencrypt/live/.*/fullchain\.pem": str(folder / "cert.pem"),
        r"/etc/letsencrypt/live/.*/privkey\.pem": str(folder / "key.pem"),
    }.items():
        config, times = re.subn(old, new, config)
        assert times, f"{old} is not in the example"
    (folder / "openlines.conf").write_text(config)
    before = nginx_in(folder)
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENLINES_")} | {
        "OPENLINES_VAR": str(folder / "var"),
        "OPENLINES_PORT": str(ports["behind"]),
        "OPENLINES_POLL": "off",
        "OPENLINES_BASE_URL": f"https://localhost:{ports['https']}",
        "OPENLINES_TRUSTED_PROXY": "127.0.0.1",
        "OPENLINES_RATE_LIMIT": "30",
    }
    behind = [sys.executable, "-m", "tracker", "serve"]
    with (
        running(behind, folder / "serve.log", cwd=ROOT, env=env) as served,
        running(before, folder / "nginx.log") as fronted,
    ):
        waits_for(ports["behind"], served, folder / "serve.log")
        waits_for(ports["https"], fronted, folder / "nginx.log")
        yield Front(ports["behind"], ports["http"], ports["https"], folder / "cert.pem")


@with_nginx
def test_readers_are_led_to_https_and_told_to_stay_there(front: Front):
    plain = requests.get(f"http://localhost:{front.http}/changes?channel=dpct", allow_redirects=False, timeout=10)
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://localhost/changes?channel=dpct")
    page = front.reader().get(front.url("/"), timeout=10)
    assert (page.status_code, page.headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
    assert "nginx/" not in page.headers["Server"]


@with_nginx
def test_a_form_works_behind_it_and_its_cookie_is_for_https_alone(front: Front):
    reader = front.reader()
    page = reader.get(front.url("/login"), timeout=10)
    assert re.search(r"__Host-openlines_form=.*; Secure; HttpOnly; Path=/", page.headers["Set-Cookie"])
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)[1]
    form = {"csrf_token": token, "name": "nobody", "password": "a wrong password"}
    answer = reader.post(front.url("/login"), data=form, headers={"Referer": front.url("/login")}, timeout=10)
    assert answer.status_code == 401, answer.text[:2000]


@with_nginx
def test_each_reader_has_a_rate_of_their_own_whatever_they_claim(front: Front):
    eager, other = front.reader("127.0.0.2"), front.reader("127.0.0.3")
    statuses = [
        eager.get(
            front.url("/api/v1/channels"), headers={"X-Forwarded-For": f"10.1.1.{number}"}, timeout=10
        ).status_code
        for number in range(35)
    ]
    assert statuses[-1] == 429
    assert other.get(front.url("/api/v1/channels"), timeout=10).status_code == 200


@with_nginx
def test_figures_are_for_this_machine_alone_and_large_bodies_for_nobody(front: Front):
    assert "openlines_database_ready 1.0" in front.reader().get(front.url("/metrics"), timeout=10).text
    assert front.reader("127.0.0.2").get(front.url("/metrics"), timeout=10).status_code == 403
    assert front.reader().post(front.url("/login"), data=b"x" * 1_100_000, timeout=10).status_code == 413


@with_nginx
def test_a_request_has_the_id_that_nginx_gave_it_whatever_its_reader_calls_it(front: Front):
    answer = front.reader().get(front.url("/"), headers={"X-Request-ID": "a-name-of-my-own"}, timeout=10)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


@with_nginx
def test_another_name_gets_no_answer(front: Front):
    with socket.create_connection(("127.0.0.1", front.https), timeout=10) as plain, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="else.example")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{front.http}/", headers={"Host": "else.example"}, timeout=10)


@with_nginx
def test_a_cache_keeps_what_may_be_kept_and_nothing_else_though_one_node_is_down(front: Front, tmp_path: Path):
    config, (port, nobodys) = (DEPLOY / "nginx-cache.conf").read_text(), free_ports(2)
    for old, new in {
        "/var/cache/nginx/openlines": str(tmp_path / "cache"),
        "listen 8080": f"listen 127.0.0.1:{port}",
        "10.0.0.11:8000": f"127.0.0.1:{front.behind}",
        "10.0.0.12:8000": f"127.0.0.1:{nobodys}",
    }.items():
        assert old in config
        config = config.replace(old, new)
    (tmp_path / "openlines.conf").write_text(config)
    with running(nginx_in(tmp_path), tmp_path / "nginx.log") as process, requests.Session() as reader:
        waits_for(port, process, tmp_path / "nginx.log")
        reader.trust_env = False

        def kept(path: str, **headers: str) -> list[str]:
            asked = [reader.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=10) for _ in range(3)]
            assert {answer.status_code for answer in asked} == {200}
            return [answer.headers["X-Cache"] for answer in asked]

        assert kept("/api/v1/channels") == ["MISS", "HIT", "HIT"]
        assert kept("/changes.atom") == ["MISS", "HIT", "HIT"]
        assert "HIT" not in kept("/changes"), "a page may differ for who is signed in"
        assert kept("/api/v1/channels", Cookie="openlines_session=somebody") == ["BYPASS"] * 3
        assert "HIT" not in kept("/healthz")
