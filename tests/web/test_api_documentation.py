"""docs/api.md is true: each line that it gives to a shell or to Python is run, and answers what stands below it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, THEN, Clock, Shipped
from tests.web.conftest import serving
from tracker.service import Service

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
HERE = "http://127.0.0.1:8000"
PROMPT = "\x1e"


@dataclass(frozen=True)
class Example:
    """What the page gives to a shell, and what it says that this answers (as JSON or as lines of HTTP)."""

    shell: str
    form: str
    answer: str


EXAMPLES = [
    Example(*found)
    for found in re.findall(r"^```sh\n(.*?)^```\n(?:```(json|http)\n(.*?)^```$)?", PAGE, re.DOTALL | re.MULTILINE)
]


@pytest.fixture(scope="module")
def service(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The record as of 2023-11-01, years later, with the limit on requests that the page tells of."""
    made = shipped.over(tmp_path_factory.mktemp("page"), Clock(datetime(2026, 11, 28, 12, tzinfo=UTC)), THEN)
    yield replace(made, settings=replace(made.settings, rate_limit=600))
    made.store.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with serving(service) as address:
        yield address


@pytest.fixture(scope="module")
def told(service: Service, address: str) -> list[str]:
    """What each example printed, all run by one shell in the order of the page."""
    script = f"\nprintf '{PROMPT}'\n".join(example.shell for example in EXAMPLES).replace(HERE, address)
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "OPENLINES_VAR": str(service.settings.var),
        "OPENLINES_CONFIG": str(service.settings.config),
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
    }
    shell = ["bash", "-eu", "-c", script]
    ran = subprocess.run(shell, capture_output=True, env=env, cwd=service.settings.var, timeout=120)
    assert (ran.returncode, ran.stderr.decode()) == (0, "")
    return ran.stdout.decode().split(PROMPT)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_line_of_shell_answers_what_the_page_says(told: list[str], number: int) -> None:
    example, printed = EXAMPLES[number], told[number]
    if example.form == "http":
        wanted, lines = example.answer.lower().splitlines(), printed.lower().splitlines()
        assert [line for line in wanted if all(misfits(line, header) for header in lines)] == [], printed
        return
    answers = list(documents(printed))
    shown = json.loads(example.answer) if example.form else {}
    assert "remedy" in shown or not [answer for answer in answers if "remedy" in answer]
    assert misfits(shown, answers[-1]) == []


def documents(text: str) -> Iterator[Any]:
    """The JSON documents of a text, one after another."""
    text = text.strip()
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        yield document
        text = text[end:].strip()


def misfits(shown: Any, answered: Any, at: str = "answer") -> list[str]:
    """Where an answer is not what the page shows of it: every field of an object, some item for each of a list; an
    ellipsis stands for any text, and a number for any number, as the record grows.
    """
    match shown:
        case dict():
            told = dict.fromkeys(shown, "missing") | (answered if isinstance(answered, dict) else {})
            return [wrong for name, value in shown.items() for wrong in misfits(value, told[name], f"{at}.{name}")]
        case [_, *_]:
            found = [[misfits(one, item, f"{at}[]") for item in answered or ["nothing"]] for one in shown]
            return [wrong for tried in found for wrong in min(tried, key=len)]
        case str() if "…" in shown:
            pattern = ".*".join(re.escape(piece) for piece in shown.split("…"))
            fits = isinstance(answered, str) and re.fullmatch(pattern, answered, re.DOTALL)
        case int() | float() if type(shown) is not bool:
            fits = type(answered) is type(shown)
        case _:
            fits = shown == answered and type(shown) is type(answered)
    return [] if fits else [f"{at} is {answered!r}, and the page shows {shown!r}"]


def test_the_page_shows_no_example_that_is_not_run() -> None:
    fences = re.findall(r"^```(\w*)$", PAGE, re.MULTILINE)
    shown = ["sh", "python", *(example.form for example in EXAMPLES if example.form)]
    assert [form for form in fences if form not in ("", "sh", "python")] == shown[2:]
    assert fences.count("sh") == len(EXAMPLES) > 15
    assert not re.search(r"^    curl", PAGE, re.MULTILINE)


def test_every_call_of_the_document_is_on_the_page(address: str) -> None:
    client = client_of()
    described = client.OpenLines(address).get("/openapi.json")
    for path in described["paths"]:
        name = path.removeprefix("/api/v1")
        last = "…/" + name.rpartition("/")[2]
        assert name in PAGE or last in PAGE or name.endswith("/page"), path


def client_of() -> Any:
    sys.path.insert(0, str(ROOT / "docs" / "examples"))
    try:
        import client
    finally:
        sys.path.pop(0)
    return client


@pytest.mark.parametrize("block", re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
def test_the_lines_of_python_run_as_they_stand(block: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    sys.modules["client"] = client_of()
    exec(block.replace(HERE, address), {})
    printed = capsys.readouterr().out
    assert "2022-08-05 Military Maritime Consultative Agreement" in printed
    assert re.search(r"^defense-ministers 2023-\d\d-\d\d us$", printed, re.MULTILINE)


def test_the_client_walks_keeps_waits_and_says_what_is_wrong(address: str, service: Service) -> None:
    client = client_of()
    lines = client.OpenLines(address)
    walked = list(lines.walk("/contacts", channel="dpct", limit=1))
    assert walked == lines.get("/contacts", channel="dpct")["contacts"]
    assert len(walked) > 2
    assert lines.get("/diff", from_="2022-08-01", to="2022-08-31") == lines.get(
        "/diff", from_="2022-08-01", to="2022-08-31"
    )
    with pytest.raises(client.Problem, match="Did you mean dpct") as refused:
        lines.get("/changes", channel="dpcct")
    assert (refused.value.status, refused.value.field) == (400, "channel")
    waited: list[float] = []
    with serving(replace(service, settings=replace(service.settings, rate_limit=1))) as narrow:
        impatient = client.OpenLines(narrow, wait=waited.append)
        impatient.get("/channels")
        with pytest.raises(client.Problem, match="Too many requests"):
            impatient.get("/channels")
    assert len(waited) == client.TRIES - 1
    assert all(1 <= seconds <= 60 for seconds in waited)


def test_the_client_prints_what_is_suspended(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    client_of().main(address)
    assert "2022-08-05  Military Maritime Consultative Agreement" in capsys.readouterr().out
