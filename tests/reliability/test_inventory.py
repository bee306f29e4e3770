"""docs/reliability.md and docs/security.md name tests for every line, and each of them is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.conftest import ROOT

ITEMS = {"reliability": {"A": 8, "B": 13, "C": 11, "D": 5, "E": 3}, "security": {"S": 31}}


def lines(page: str) -> dict[str, list[str]]:
    """The tests that each item of a page names."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| ([A-Z]\d+) \| .* \| (.*) \|$", text, re.M)
    assert len(found) == len(dict(found)), "an item stands there twice"
    return {item: re.findall(r"`([^`]+)`", tests) for item, tests in found}


@cache
def names_in(file: str) -> set[str]:
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("page", ITEMS)
def test_every_item_names_tests_and_each_of_them_is_there(page: str):
    named = lines(page)
    assert set(named) == {f"{room}{number}" for room, most in ITEMS[page].items() for number in range(1, most + 1)}
    for item, tests in named.items():
        assert tests, item
        for test in tests:
            file, _, name = test.partition("::")
            assert name in names_in(file), f"{item} names {test}, which is not there"
