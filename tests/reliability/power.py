"""A disk that loses its power: what a process wrote and synced is noted, and played back as far as it was on disk.

What a disk may do: what was synced is there. Of what was written since, each sector of 512 bytes is there or not, in
any order; each change of a file's length too. New, other and removed names come in their order, as the journal of a
file system keeps them, as far as they came; a sync of their folder brings all of them.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

SECTOR = 512
RECORDER = Path(__file__).with_name("recorder.c")
HEAD = struct.Struct("4Q")
SHARED_MEMORY = "-shm"
"""How the files end which SQLite maps into memory and makes anew; nothing in them has to last."""


@dataclass(frozen=True)
class Note:
    """One change, and how long the notes were with it. `offset` is a size where a file was cut to one."""

    kind: str
    name: str
    offset: int
    data: bytes
    end: int


@dataclass
class Kept:
    """A file: what of it is on the disk, and what is on the way there."""

    disk: bytearray = field(default_factory=bytearray)
    pending: list[Note] = field(default_factory=list)

    def sync(self) -> None:
        for note in self.pending:
            _change(self.disk, note)
        self.pending.clear()

    def after_a_cut(self, dice: Random, share: float) -> bytes:
        content = bytearray(self.disk)
        for note in self.pending:
            for part in _sectors(note):
                if dice.random() < share:
                    _change(content, part)
        return bytes(content)


Names = dict[str, Kept]


class Disk:
    """A folder as whoever works in it sees it, and as much of it as a power cut leaves."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._seen: Names = {name: Kept(bytearray(content)) for name, content in files.items()}
        self._on_disk = dict(self._seen)
        self._moves: list[tuple[str, str, Kept | None]] = []
        """Names given and taken away (None) since their folder was synced, each with its folder."""

    def apply(self, note: Note) -> None:
        match note.kind:
            case "s" if note.name in self._seen:
                self._seen[note.name].sync()
            case "s":
                self._sync_folder(note.name)
            case "u":
                self._name(note.name, None)
            case "r":
                self._name(note.data.decode(), self._seen[note.name])
                self._name(note.name, None)
            case "l":
                self._name(note.data.decode(), self._seen[note.name])
            case _:
                if note.name not in self._seen:
                    self._name(note.name, Kept())
                if note.kind != "c":
                    self._seen[note.name].pending.append(note)

    def _name(self, name: str, file: Kept | None) -> None:
        _give(self._seen, name, file)
        self._moves.append((str(Path(name).parent), name, file))

    def _sync_folder(self, folder: str) -> None:
        last = max((place for place, (of, _, _) in enumerate(self._moves, 1) if of == folder), default=0)
        for _, name, file in self._moves[:last]:
            _give(self._on_disk, name, file)
        del self._moves[:last]

    def seen(self) -> dict[str, bytes]:
        """The files as they are where the power stays on."""
        return {name: file.after_a_cut(Random(0), share=1.1) for name, file in self._seen.items()}

    def after_a_cut(self, dice: Random, share: float) -> dict[str, bytes]:
        """The files when the power is back. `share`: how likely each sector came to the disk without a sync."""
        names = dict(self._on_disk)
        came = round(dice.uniform(0, 1) * len(self._moves)) if 0 < share < 1 else round(share) * len(self._moves)
        for _, name, file in self._moves[:came]:
            _give(names, name, file)
        return {name: file.after_a_cut(dice, share) for name, file in names.items()}


def _give(names: Names, name: str, file: Kept | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _change(content: bytearray, note: Note) -> None:
    size = note.offset + len(note.data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if note.kind == "t":
        del content[note.offset :]
    else:
        content[note.offset : size] = note.data


def _sectors(note: Note) -> Iterator[Note]:
    """A change as the disk takes it: a sector at a time."""
    if note.kind == "t":
        yield note
        return
    at, end = note.offset, note.offset + len(note.data)
    while at < end:
        upto = min(end, at - at % SECTOR + SECTOR)
        yield Note(note.kind, note.name, at, note.data[at - note.offset : upto - note.offset], note.end)
        at = upto


@dataclass(frozen=True)
class Recording:
    """The files of `folder` as they were, and every change to them since by processes with `env`."""

    folder: Path
    before: dict[str, bytes]
    file: Path
    env: dict[str, str]

    def length(self) -> int:
        """How long the notes are now: whatever was made durable until now is in them."""
        return self.file.stat().st_size

    def notes(self) -> list[Note]:
        notes, data, at = [], self.file.read_bytes(), 0
        while at < len(data):
            kind, name, offset, size = HEAD.unpack_from(data, at)
            begin = at + HEAD.size + name
            at = begin + size
            notes.append(Note(chr(kind), data[begin - name : begin].decode(), offset, data[begin:at], at))
        return notes

    def cuts(self, dice: Random, times: int) -> Iterator[tuple[int, dict[str, bytes]]]:
        """So many power cuts: how long the notes were at each, and the files when the power is back.

        Half of them are just before a sync, when most is on the way. Of what was on the way nothing, all, or a part
        came to the disk. Raises AssertionError unless the notes have all that was done.
        """
        notes, disk = self.notes(), Disk(self.before)
        syncs = [place for place, note in enumerate(notes) if note.kind == "s"]
        places = dice.choices(range(len(notes)), k=times - times // 2) + dice.choices(syncs, k=times // 2)
        for place, note in enumerate(notes):
            for _ in range(places.count(place)):
                end = notes[place - 1].end if place else 0
                yield end, disk.after_a_cut(dice, dice.choice([0, dice.random(), 1]))
            disk.apply(note)
        noted, there = lasting(disk.seen()), lasting(files_of(self.folder))
        differ = [name for name in noted | there if noted.get(name) != there.get(name)]
        assert not differ, "something was done that is in no note"


def lasting(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.endswith(SHARED_MEMORY)}


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lay(files: Mapping[str, bytes], folder: Path) -> Path:
    """The files in a folder of their own, in the place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that notes what a process writes."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("There is no C compiler for the library that notes writes; on Debian: apt install gcc libc6-dev.")
    library = tmp_path_factory.mktemp("recorder") / "recorder.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, RECORDER, "-ldl"], check=True)
    return library


def recording(folder: Path, recorder: Path, file: Path) -> Recording:
    """From now on what processes with its `env` do in `folder` is noted in `file`."""
    folder = folder.resolve()
    file.write_bytes(b"")
    env = {"LD_PRELOAD": str(recorder), "WATCHED": str(folder), "RECORDED": str(file.resolve())}
    return Recording(folder, files_of(folder), file, env)
