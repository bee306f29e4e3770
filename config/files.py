"""The files of one relationship's folder, read and valid each by itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from config.errors import ConfigError, suggest
from config.schema import SLUG, ChannelFile, FeedsFile, RelationshipFile, SourceEntry, SourcesFile
from config.yamlfile import YamlFile
from tracker.detect.lexicon import Language, Lexicon
from tracker.readouts.words import ReadoutLanguage, ReadoutTerms

SHIPPED = Path(__file__).parent

AnyModel = TypeVar("AnyModel", bound=BaseModel)
OfLanguage = TypeVar("OfLanguage", Language, ReadoutLanguage)


@dataclass(frozen=True)
class Read(Generic[AnyModel]):
    """A file and what it says, kept together so that a later check can still name the line."""

    file: YamlFile
    data: AnyModel


@dataclass(frozen=True)
class RelationshipFiles:
    """A folder below relationships/; its name is the relationship's slug, a channel's file name the channel's."""

    slug: str
    relationship: Read[RelationshipFile]
    shared: Read[SourcesFile] | None
    channels: dict[str, Read[ChannelFile]]
    feeds: Read[FeedsFile]
    lexicon: Read[Lexicon]
    readouts: Read[ReadoutTerms] | None

    @property
    def shared_sources(self) -> dict[str, SourceEntry]:
        return self.shared.data.root if self.shared else {}


Stamp = frozenset[tuple[str, int, int, int]]
"""Of each file its name, when it was changed, its size and its number on the disk: alike while nobody wrote it."""

COMMON = ("language", "readouts", "detection")
"""Folders beside relationships/, which speak for all of them."""


def stamp_of(folder: Path) -> Stamp:
    """The stamp of a folder's files. Reads none of them; a file that goes meanwhile is left out."""
    found = set()
    for path in (path for pattern in ("*.yaml", "*.json") for path in folder.rglob(pattern)):
        with suppress(OSError):
            stat = path.stat()
            found.add((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return frozenset(found)


def common_stamp(config_dir: Path) -> Stamp:
    """That of what the product says in all relationships: words of languages, and weights."""
    return frozenset().union(*(stamp_of(config_dir / name) for name in COMMON))


def stamp_of_all(config_dir: Path) -> Stamp:
    """That of the whole configuration, as `Loaded.stamp` has it of what was read."""
    return common_stamp(config_dir) | stamp_of(config_dir / "relationships")


def read_folder(folder: Path) -> RelationshipFiles:
    """The folder's files. Raises ConfigError for the first mistake in any of them."""
    if not SLUG.fullmatch(folder.name):
        wrong = f'"{folder.name}" is no name for a relationship'
        raise ConfigError(folder, None, None, wrong, "write small letters and digits joined by hyphens")
    relationship = read_file(folder / "relationship.yaml", RelationshipFile)
    shared, readouts = folder / "sources.yaml", folder / "readouts.yaml"
    return RelationshipFiles(
        slug=folder.name,
        relationship=relationship,
        shared=read_file(shared, SourcesFile) if shared.exists() else None,
        channels=_read_channels(folder / "channels", relationship),
        feeds=read_file(folder / "feeds.yaml", FeedsFile),
        lexicon=read_file(folder / "lexicon.yaml", Lexicon),
        readouts=read_file(readouts, ReadoutTerms) if readouts.exists() else None,
    )


def known_languages(config_dir: Path) -> list[str]:
    """The codes of the languages that `read_languages` has words of. Reads no file."""
    return [path.stem for path in _language_files(config_dir, "language")]


def read_languages(config_dir: Path) -> dict[str, Language]:
    """The words of each language by its code: those of `config_dir`/language/, else those that the product ships.

    Raises ConfigError for a mistake, and for a file whose name is not its language's code.
    """
    return {code: read.data for code, read in _by_language(config_dir, "language", Language).items()}


def read_readout_languages(config_dir: Path) -> dict[str, ReadoutLanguage]:
    """The words by which readouts are compared, from readouts/ in the same way.

    Raises ConfigError also where one language has a subject that another has not: it would always be told of one side
    alone.
    """
    found = _by_language(config_dir, "readouts", ReadoutLanguage)
    for part in ("forms", "levels", "topics", "tones"):
        known = {key: code for code, read in found.items() for key in getattr(read.data, part)}
        for read in found.values():
            for key in sorted(known.keys() - getattr(read.data, part).keys()):
                wrong = f'"{key}" is missing, which stands in {known[key]}.yaml'
                raise read.file.error((part,), wrong, "say it in this language too")
    return {code: read.data for code, read in found.items()}


def _by_language(config_dir: Path, name: str, model: type[OfLanguage]) -> dict[str, Read[OfLanguage]]:
    found: dict[str, Read[OfLanguage]] = {}
    for path in _language_files(config_dir, name):
        read = read_file(path, model)
        if read.data.language != path.stem:
            wrong = f'"{read.data.language}" is not the name of this file'
            raise read.file.error(("language",), wrong, f'write "{path.stem}"')
        found[path.stem] = read
    return found


def _language_files(config_dir: Path, name: str) -> list[Path]:
    folder = config_dir / name
    return sorted((folder if folder.is_dir() else SHIPPED / name).glob("*.yaml"))


def read_file(path: Path, model: type[AnyModel]) -> Read[AnyModel]:
    """The file as a `model`. Raises ConfigError for the first mistake in it."""
    file = YamlFile(path)
    return Read(file, file.parse(model))


def _read_channels(folder: Path, relationship: Read[RelationshipFile]) -> dict[str, Read[ChannelFile]]:
    """The listed channels in their order; a list and a folder that differ are refused."""
    present = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    listed = relationship.data.channels
    for index, slug in enumerate(listed):
        if slug in listed[:index]:
            raise relationship.file.error(("channels", index), f'the channel "{slug}" is listed twice', "delete one")
        if slug not in present:
            wrong = f'the channel "{slug}" has no file {folder / slug}.yaml'
            remedy = suggest(slug, present.keys() - set(listed), "write that file or take the channel off the list")
            raise relationship.file.error(("channels", index), wrong, remedy)
    for slug, path in present.items():
        if slug not in listed:
            wrong = "this channel is not listed in relationship.yaml"
            raise ConfigError(path, None, None, wrong, f'add "{slug}" under channels there or delete this file')
    return {slug: read_file(present[slug], ChannelFile) for slug in listed}
