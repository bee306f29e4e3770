"""What is wrong in a configuration, as one sentence that says where, what and how to put it right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from tracker.tongue import gettext


class ConfigError(Exception):
    """A mistake in what an operator wrote. `str` is one sentence; the parts that are unknown are left out of it."""

    def __init__(self, path: Path | None, line: int | None, field: str | None, wrong: str, remedy: str) -> None:
        self.path = path
        self.line = line
        self.field = field
        self.wrong = wrong
        self.remedy = remedy
        super().__init__(str(self))

    def within(self, folder: Path) -> ConfigError:
        """The same, with the path as it stands within a folder, for who need not know where that lies."""
        path = self.path.relative_to(folder) if self.path and self.path.is_relative_to(folder) else self.path
        return ConfigError(path, self.line, self.field, self.wrong, self.remedy)

    def __str__(self) -> str:
        where = ", ".join(
            part for part in (self.path and str(self.path), self.line and f"line {self.line}", self.field) if part
        )
        end = "" if self.remedy.endswith("?") else "."
        return f"{where}: {self.wrong}; {self.remedy}{end}"


def suggest(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """The remedy for a word that is none of `known`: the nearest of them, else `otherwise`, else all of them."""
    by_small = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_small, n=1)
    if near:
        return gettext('did you mean "%(name)s"?', name=by_small[near[0]])
    if otherwise:
        return otherwise
    if not by_small:
        return gettext("take it out")
    return gettext("write one of %(names)s", names=", ".join(by_small.values()))
