"""The files of one relationship's folder, read and valid each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from config.errors import ConfigError, suggest
from config.schema import SLUG, ChannelFile, FeedsFile, RelationshipFile, SourceEntry, SourcesFile
from config.yamlfile import YamlFile
from tracker.detect.lexicon import Language, Lexicon

SHIPPED_LANGUAGES = Path(__file__).parent / "language"

AnyModel = TypeVar("AnyModel", bound=BaseModel)


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

    @property
    def shared_sources(self) -> dict[str, SourceEntry]:
        return self.shared.data.root if self.shared else {}


def read_folder(folder: Path) -> RelationshipFiles:
    """The folder's files. Raises ConfigError for the first mistake in any of them."""
    if not SLUG.fullmatch(folder.name):
        wrong = f'"{folder.name}" is no name for a relationship'
        raise ConfigError(folder, None, None, wrong, "write small letters and digits joined by hyphens")
    relationship = read_file(folder / "relationship.yaml", RelationshipFile)
    shared = folder / "sources.yaml"
    return RelationshipFiles(
        slug=folder.name,
        relationship=relationship,
        shared=read_file(shared, SourcesFile) if shared.exists() else None,
        channels=_read_channels(folder / "channels", relationship),
        feeds=read_file(folder / "feeds.yaml", FeedsFile),
        lexicon=read_file(folder / "lexicon.yaml", Lexicon),
    )


def read_languages(config_dir: Path) -> dict[str, Language]:
    """The words of each language by its code: those of `config_dir`/language/, else those that the product ships.

    Raises ConfigError for a mistake, and for a file whose name is not its language's code.
    """
    folder = config_dir / "language"
    found: dict[str, Language] = {}
    for path in sorted((folder if folder.is_dir() else SHIPPED_LANGUAGES).glob("*.yaml")):
        read = read_file(path, Language)
        if read.data.language != path.stem:
            wrong = f'"{read.data.language}" is not the name of this file'
            raise read.file.error(("language",), wrong, f'write "{path.stem}"')
        found[path.stem] = read.data
    return found


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
