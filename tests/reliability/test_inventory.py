"""docs/reliability.md names a test for every line, and each of them is there."""

from __future__ import annotations

import ast
import re

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reliability.md"
ITEMS = {"A": 8, "B": 13, "C": 11, "D": 5, "E": 3}


def lines() -> dict[str, list[str]]:
    """The tests that each item names."""
    found = re.findall(r"^\| ([A-E]\d+) \| .* \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    return {item: re.findall(r"`([^`]+)`", tests) for item, tests in found}


def test_every_item_names_tests_and_each_of_them_is_there():
    named = lines()
    assert set(named) == {f"{room}{number}" for room, most in ITEMS.items() for number in range(1, most + 1)}
    known: dict[str, set[str]] = {}
    for item, tests in named.items():
        assert tests, item
        for test in tests:
            file, _, name = test.partition("::")
            if file not in known:
                body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
                known[file] = {node.name for node in body if isinstance(node, ast.FunctionDef)}
            assert name in known[file], f"{item} names {test}, which is not there"
