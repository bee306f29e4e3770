"""Reading YAML: every scalar is text, every value has a line, and every mistake is one sentence.

Types are the models' business: `2024-01` stays the text that the editor wrote until a model asks for a date.
"""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from config.errors import ConfigError
from config.wording import in_words

AnyModel = TypeVar("AnyModel", bound=BaseModel)
Loc = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top, as pydantic gives it."""

MOST_VALUES = 500_000
"""Values of one file with its aliases written out; the longest of the product's own has some thousands."""

DEEPEST = 50
"""Levels of lists and mappings in one file; the product's own need five."""

# The C parser of PyYAML is some ten times faster; both give the same nodes.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_yaml(path: Path, model: type[AnyModel]) -> AnyModel:
    """The file at `path` as a `model`. Raises ConfigError for the first mistake in it."""
    return YamlFile(path).parse(model)


def content_of(path: Path) -> bytes:
    """What a file holds. Raises OSError; ConfigError for what is no regular file: a pipe would be waited for, and a
    device may have no end.
    """
    if not S_ISREG(path.stat().st_mode):
        raise ConfigError(path, None, None, "this is no regular file", "put a file in its place")
    return path.read_bytes()


class YamlFile:
    """One YAML file, read: its plain data, and the places to name when something in it is wrong."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError when the file cannot be read as UTF-8 YAML."""
        self.path = path
        self._root, self._values = self._compose(self._text()), 0
        try:
            self.data = self._plain(self._root, ())
        except RecursionError:
            raise ConfigError(path, None, None, "its values hold themselves", "take the alias out") from None

    def parse(self, model: type[AnyModel]) -> AnyModel:
        """The data as a `model`. Raises ConfigError for the mistake that stands first in the file."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            # A key that is misspelt is unknown and missing at once: say what was written before what was not.
            details = error.errors(include_url=False)
            written = [detail for detail in details if detail["type"] != "missing"] or details
            found = [self._mistake(detail, model) for detail in written]
            raise min(found, key=lambda mistake: mistake.line or 0) from None

    def error(self, loc: Loc, wrong: str, remedy: str, *, at_key: bool = False) -> ConfigError:
        """A mistake at `loc`, ready to raise; `at_key`: the key itself is wrong rather than its value."""
        return ConfigError(self.path, self.line(loc, at_key=at_key), self._field(loc) or None, wrong, remedy)

    def line(self, loc: Loc, *, at_key: bool = False) -> int:
        """The line of the value at `loc`, or of its key; of the nearest thing around it where there is none."""
        node, line = self._root, self._root.start_mark.line
        for depth, piece in enumerate(loc, start=1):
            step = _step(node, piece)
            if step is None:
                break
            key, node = step
            line = key.start_mark.line if at_key and depth == len(loc) else node.start_mark.line
        return line + 1

    def _mistake(self, detail: dict, model: type[BaseModel]) -> ConfigError:
        loc = detail["loc"]
        wrong, remedy = in_words(detail, model)
        if detail["type"] == "missing":
            return self.error(loc[:-1], wrong, remedy)
        if loc[-1:] == ("[key]",):
            return self.error(loc[:-1], wrong, remedy, at_key=True)
        return self.error(loc, wrong, remedy, at_key=detail["type"] == "extra_forbidden")

    def _text(self) -> str:
        try:
            data = content_of(self.path)
        except FileNotFoundError:
            raise ConfigError(self.path, None, None, "there is no such file", "create it") from None
        except OSError as error:
            wrong = f"the file cannot be read ({error.strerror})"
            raise ConfigError(self.path, None, None, wrong, "make it a file that this user may read") from None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            wrong = f"the byte 0x{data[error.start]:02x} is not UTF-8"
            raise ConfigError(self.path, line, None, wrong, "save the file as UTF-8") from None

    def _compose(self, text: str) -> yaml.Node:
        try:
            self._refuse_depth(text)
            root = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            kind = "JSON" if self.path.suffix == ".json" else "YAML"
            wrong = f"this is not {kind} ({error.problem or error.context})"
            remedy = "check indentation, colons and quotes on this line and the one before it"
            raise ConfigError(self.path, mark.line + 1 if mark else None, None, wrong, remedy) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            wrong = "there is a control character that YAML does not allow"
            raise ConfigError(self.path, line, None, wrong, "delete it") from None
        if root is None:
            raise ConfigError(self.path, None, None, "the file is empty", "write its content; [] is a list of nothing")
        return root

    def _refuse_depth(self, text: str) -> None:
        """The C composer calls itself for each level without a guard, and ends the process when it gets too deep."""
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    line = event.start_mark.line + 1
                    raise ConfigError(self.path, line, None, "values are nested too deeply", "write them flatter")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def _plain(self, node: yaml.Node, loc: Loc) -> object:
        self._values += 1
        if self._values > MOST_VALUES:
            line, wrong = node.start_mark.line + 1, f"its aliases stand for more than {MOST_VALUES:,} values"
            raise ConfigError(self.path, line, None, wrong, "write out what is meant")
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*loc, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return node.value
        plain: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(self.path, line, self._field(loc), "a key is not a word", "write key: value")
            if key.value in plain:
                wrong, field = f'the key "{key.value}" stands here twice', self._field(loc) or None
                raise ConfigError(self.path, line, field, wrong, "delete one or merge them")
            plain[key.value] = self._plain(value, (*loc, key.value))
        return plain

    def _field(self, loc: Loc) -> str:
        """Where a value stands, in words: `mnd-news.every`, `history #4.effective` (counted from one)."""
        node, label = self._root, ""
        for piece in loc:
            step = _step(node, piece) if node else None
            node = step[1] if step else None
            name = str(piece) if isinstance(piece, str) else _name_of(node)
            if name is not None:
                label += f".{name}" if label else name or '""'
            else:
                label += f" #{piece + 1}" if label else f"entry {piece + 1}"
        return label


def _step(node: yaml.Node, piece: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value one step down; a list's item is its own key."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == piece), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(piece, int) and piece < len(node.value):
        return node.value[piece], node.value[piece]
    return None


def _name_of(node: yaml.Node | None) -> str | None:
    """What a list's item is called, where it says so itself."""
    for key in ("slug", "code"):
        step = _step(node, key) if isinstance(node, yaml.MappingNode) else None
        if step and isinstance(step[1], yaml.ScalarNode) and step[1].value:
            return step[1].value
    return None
