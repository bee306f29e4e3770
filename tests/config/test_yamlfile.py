"""Reading YAML: text stays text, and every mistake is one sentence with its line."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from config.errors import ConfigError, suggest
from config.yamlfile import read_yaml


class Desk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    floor: int = 0
    open: bool = True
    tags: list[str] = []
    lamp: Desk | None = None


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(content: str | bytes) -> str:
    path = Path("desk.yaml")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        read_yaml(path, Desk)
    return str(caught.value)


def test_scalars_stay_text_until_the_model_asks_for_something_else() -> None:
    path = Path("desk.yaml")
    path.write_text("name: 2024-01-09\nfloor: 3\nopen: no\ntags: [null, 1.10, on]\n", encoding="utf-8")
    assert read_yaml(path, Desk) == Desk(name="2024-01-09", floor=3, open=False, tags=["null", "1.10", "on"])


def test_no_tag_makes_anything_of_a_text() -> None:
    path = Path("desk.yaml")
    path.write_text('name: !!python/object/apply:os.system ["touch made"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="a list stands where a text belongs"):
        read_yaml(path, Desk)
    assert not Path("made").exists()


def test_a_byte_order_mark_is_not_part_of_the_first_key() -> None:
    path = Path("desk.yaml")
    path.write_bytes(b"\xef\xbb\xbfname: front\n")
    assert read_yaml(path, Desk).name == "front"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("name: a\nflor: 3\n", 'desk.yaml, line 2, flor: "flor" is not a key that belongs here; did you mean "floor"?'),
        (
            "name: a\nzzz: 3\n",
            'desk.yaml, line 2, zzz: "zzz" is not a key that belongs here; write one of floor, lamp, name, open, tags.',
        ),
        (
            "name: a\nlamp:\n  name: b\n  opne: no\n",
            'desk.yaml, line 4, lamp.opne: "opne" is not a key that belongs here; did you mean "open"?',
        ),
        (
            'name: a\n"": x\n',
            'desk.yaml, line 2, "": "" is not a key that belongs here; write one of floor, lamp, name, open, tags.',
        ),
        (
            'name: a\nlamp:\n  name: b\n  "": x\n',
            'desk.yaml, line 4, lamp.: "" is not a key that belongs here; write one of floor, lamp, name, open, tags.',
        ),
        ("floor: 3\n", 'desk.yaml, line 1: the key "name" is missing; add it.'),
        ("name: a\nlamp:\n  floor: 3\n", 'desk.yaml, line 3, lamp: the key "name" is missing; add it.'),
        ("name: a\nfloor: high\n", 'desk.yaml, line 2, floor: "high" is not a number; write digits alone.'),
        (
            "name: a\nopen: maybe\n",
            'desk.yaml, line 2, open: "maybe" is neither true nor false; write true or false.',
        ),
        (
            "name: a\ntags: one\n",
            'desk.yaml, line 2, tags: "one" stands where a list belongs; '
            'write a list, as in "- item" lines or [item, item].',
        ),
        ("name: [a]\n", "desk.yaml, line 1, name: a list stands where a text belongs; write a text."),
        (
            "name: a\ntags:\n- b\n- {c: d}\n",
            "desk.yaml, line 4, tags #2: a mapping stands where a text belongs; write a text.",
        ),
        (
            "- a\n",
            'desk.yaml, line 1: a list stands where keys and values belong; write "key: value" lines.',
        ),
        (
            "name: a\nfloor: 1\nname: b\n",
            'desk.yaml, line 3: the key "name" stands here twice; delete one or merge them.',
        ),
        ("? [a]\n: b\n", "desk.yaml, line 1: a key is not a word; write key: value."),
        ("", "desk.yaml: the file is empty; write its content; [] is a list of nothing."),
        (b"name: a\nfloor: \xff\n", "desk.yaml, line 2: the byte 0xff is not UTF-8; save the file as UTF-8."),
        (
            "name: a\nfloor: \x07\n",
            "desk.yaml, line 2: there is a control character that YAML does not allow; delete it.",
        ),
        ("name: &a [*a]\n", "desk.yaml: its values hold themselves; take the alias out."),
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in pairwise("abcdefghijkl")),
            "desk.yaml, line 1: its aliases stand for more than 500,000 values; write out what is meant.",
        ),
    ],
)
def test_each_mistake_is_one_sentence_with_its_line(content: str | bytes, sentence: str) -> None:
    assert refusal(content) == sentence


@pytest.mark.parametrize("content", ["name: 'a\n", "name: a: b\n", "name: a\n\tfloor: 1\n", "name: a\n---\nname: b\n"])
def test_what_is_not_yaml_is_told_with_a_line_and_a_remedy(content: str) -> None:
    sentence = refusal(content)
    assert sentence.startswith("desk.yaml, line ")
    assert "this is not YAML (" in sentence
    assert sentence.endswith("; check indentation, colons and quotes on this line and the one before it.")


def test_values_nested_beyond_reason_are_refused() -> None:
    sentence = "desk.yaml, line 2: values are nested too deeply; write them flatter."
    assert refusal("name: a\ntags: " + "[" * 50_000 + "]" * 50_000) == sentence


def test_the_mistake_that_stands_first_is_the_one_shown() -> None:
    assert refusal("open: maybe\nfloor: high\nname: a\n").startswith("desk.yaml, line 1, open:")


def test_a_missing_file_and_a_folder_in_its_place_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(Path("none.yaml"), Desk)
    assert str(caught.value) == "none.yaml: there is no such file; create it."
    Path("folder.yaml").mkdir()
    with pytest.raises(ConfigError) as caught:
        read_yaml(Path("folder.yaml"), Desk)
    assert str(caught.value) == "folder.yaml: this is no regular file; put a file in its place."


def test_a_pipe_is_not_waited_for_and_a_device_not_read() -> None:
    os.mkfifo("pipe.yaml")
    for path in ("pipe.yaml", "/dev/zero"):
        with pytest.raises(ConfigError) as caught:
            read_yaml(Path(path), Desk)
        assert str(caught.value) == f"{path}: this is no regular file; put a file in its place."


def test_an_error_keeps_its_parts() -> None:
    path = Path("desk.yaml")
    path.write_text("name: a\nflor: 3\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_yaml(path, Desk)
    error = caught.value
    assert (error.path, error.line, error.field) == (path, 2, "flor")
    assert error.remedy == 'did you mean "floor"?'


def test_a_suggestion_names_what_is_near_whatever_its_case() -> None:
    assert suggest("asia/shangai", ["Asia/Shanghai", "UTC"]) == 'did you mean "Asia/Shanghai"?'
    assert suggest("zzz", ["a", "b"]) == "write one of a, b"
    assert suggest("zzz", ["a"], "write a letter") == "write a letter"
