"""Backups: the record as one file that was checked, kept whole or not at all, and put back the same way."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from db.store import Store, StoreError, alone_with, open_store
from tracker.errors import Conflict, Refused
from tracker.operating.verify import Verified, verify
from tracker.record.chain import Checkpoint

_UNFINISHED = ".openlines-"
_NAME = re.compile(r"openlines-\d{8}T\d{6}(-\d+)?Z\.db")


@dataclass(frozen=True)
class Kept:
    """A backup: where, how many bytes, what was found in it, and the older ones that gave way to it.

    `verified` is None where the schema is an older one than this program's: the file alone was checked, and `pending`
    says how many migrations it lacks.
    """

    file: Path
    size: int
    verified: Verified | None
    pending: int
    dropped: tuple[Path, ...] = ()

    @property
    def is_record(self) -> bool:
        """Whether it was found whole and something is on record in it: no other takes an older backup's place."""
        return self.verified is not None and self.verified.head.seq > 0


@dataclass(frozen=True)
class PutBack:
    """A backup that was put in place; `before` is where the database went that was there, None where none was."""

    database: Path
    verified: Verified
    migrated: tuple[str, ...]
    before: Path | None


def back_up(store: Store, to: Path, *, now: datetime, keep: int | None = None) -> Kept:
    """A checked copy of the record as file `to`, or under a name with its time in folder `to`.

    `keep`: so many backups stay in that folder, the newest; all of them where the new one is no whole record. Raises
    Refused, and StoreError; nothing is left of a copy that failed.
    """
    folder, file = _place(to, now, keep)
    if not store.is_ours():
        raise Refused(
            f"{store.place} holds no record of Open Lines; nothing was kept, and no backup removed.",
            "Name the right database in OPENLINES_DATABASE_URL, or put back the newest backup: restore FILE --force",
        )
    with _told_in_words(folder), _workplace(folder) as aside:
        copy = aside / "copy.db"
        head = _head(store)
        store.copy_to(copy)
        copy.chmod(0o600)
        verified, pending = _checked(copy, head)
        _put(copy, file)
    kept = Kept(file, file.stat().st_size, verified, pending)
    return replace(kept, dropped=_drop_older(folder, keep)) if kept.is_record else kept


def put_back(file: Path, database: Path, *, now: datetime, force: bool = False) -> PutBack:
    """Check a backup and put a copy of it where the database belongs; the backup stays as it is.

    A database that is there is refused, or with `force` put aside under another name. Raises Refused, and StoreError.
    """
    _refuse_unreadable(file, database)
    if database.exists() and not force:
        remedy = "Say --force to put it aside and take its place, or name another folder with --to."
        raise Conflict(f"{database} exists.", remedy)
    folder = database.parent
    with _told_in_words(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _workplace(folder) as aside:
            copy = aside / "copy.db"
            for suffix in ("", "-wal"):
                if (part := Path(f"{file}{suffix}")).exists():
                    shutil.copyfile(part, f"{copy}{suffix}")
            copy.chmod(0o600)
            migrated = _brought_up_to_date(copy, file)
            verified = _whole(copy, f"{file} does not pass")
            before = _take_place(copy, database, now)
    return PutBack(database, verified, migrated, before)


def _place(to: Path, now: datetime, keep: int | None) -> tuple[Path, Path]:
    """The folder and the file that a backup is to have. Raises Refused."""
    if to.is_dir():
        stamp, number = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}", 1
        file = to / f"openlines-{stamp}Z.db"
        while file.exists():
            number += 1
            file = to / f"openlines-{stamp}-{number}Z.db"
        return to, file
    if keep is not None:
        raise Refused(f"{to} is no folder.", "--keep counts the backups in a folder: make it, and name it.")
    if to.exists():
        raise Conflict(f"{to} exists.", "Name another file, or a folder, where each backup has a name of its own.")
    if not to.parent.is_dir():
        raise Refused(f"The folder {to.parent} does not exist.", "Make it, or name another.")
    return to.parent, to


def _refuse_unreadable(file: Path, database: Path) -> None:
    if not file.is_file():
        raise Refused(f"{file} is no file.", "Name a backup, as python -m tracker backup made it.")
    if database.exists() and file.samefile(database):
        raise Refused(f"{file} is the database itself.", "Name a backup of it.")
    with file.open("rb") as opened:
        if opened.read(16) != b"SQLite format 3\0":
            raise Refused(f"{file} is no backup of Open Lines.", "Name one that python -m tracker backup made.")


def _head(store: Store) -> Checkpoint | None:
    """The head of the chain, which a copy that is made from now on has to contain; None where there is no chain yet."""
    if store.pending():
        return None
    with store.reading() as db:
        return db.chain.head()


def _checked(copy: Path, head: Checkpoint | None) -> tuple[Verified | None, int]:
    """What a copy holds, and how many migrations it lacks. Raises Refused."""
    if head:
        return _whole(copy, "The copy does not pass", head), 0
    with _opened(copy) as store, store.reading() as db:
        faults, pending = db.integrity.file_faults(), len(store.pending())
    if faults:
        raise Refused(f"The copy is damaged: {faults[0]}.", "Nothing was kept; put back an earlier backup.")
    return None, pending


def _whole(copy: Path, failing: str, head: Checkpoint | None = None) -> Verified:
    """Everything in a copy against its links and hashes, and against a head that it has to contain. Raises Refused."""
    with _opened(copy) as store:
        verified = verify(store, head if head and head.seq else None)
    if verified.found:
        first = verified.findings[0]
        raise Refused(
            f"{failing} verify ({first.place}: {first.what}; {verified.found} in all); nothing was changed.",
            "Earlier backups are as they were; python -m tracker verify says whether the database itself is whole.",
        )
    return verified


def _brought_up_to_date(copy: Path, file: Path) -> tuple[str, ...]:
    try:
        with _opened(copy) as store:
            if not store.is_ours():
                raise Refused(f"{file} is no backup of Open Lines.", "Name one that python -m tracker backup made.")
            return tuple(store.migrate())
    except StoreError as error:  # What is wrong is the backup's, and the copy is gone when it is read.
        raise StoreError(str(error).replace(str(copy), str(file))) from error


@contextmanager
def _opened(file: Path) -> Iterator[Store]:
    """A database that is one file again when the block ends."""
    store = open_store(f"sqlite:///{file}")
    try:
        yield store
    finally:
        store.close()
    with alone_with(file):
        pass


def _take_place(copy: Path, database: Path, now: datetime) -> Path | None:
    """Put a copy where the database belongs; answers where the one went that was there. Raises StoreError.

    What is in its log goes into the file first: a log that is left beside another database would be played into it. At
    every moment there is a whole database under the name, the one or the other.
    """
    if not database.exists():
        _put(copy, database)
        return None
    before = Path(f"{database}.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    with alone_with(database):
        for suffix in ("-wal", "-shm"):  # Of a damaged one: it could not be settled.
            if (part := Path(f"{database}{suffix}")).exists():
                part.rename(f"{before}{suffix}")
        try:
            before.hardlink_to(database)
        except OSError:  # A file system without links: for a moment nothing has the name.
            database.rename(before)
        _put(copy, database)
    return before


def _put(copy: Path, file: Path) -> None:
    """Give a finished file its name, on disk before the name is."""
    _to_disk(copy)
    copy.replace(file)
    _to_disk(file.parent)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop_older(folder: Path, keep: int | None) -> tuple[Path, ...]:
    """Remove all but the newest backups of a folder; other files are left alone."""
    if keep is None:
        return ()
    backups = sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=_made_at)
    dropped = tuple(backups[:-keep])
    for path in dropped:
        path.unlink()
    return dropped


def _made_at(backup: Path) -> tuple[str, int]:
    stamp, _, number = backup.name.removeprefix("openlines-").removesuffix("Z.db").partition("-")
    return stamp, int(number or 1)


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A folder in which a file is made before it gets its name; those that a killed process left go first.

    Whoever works in one holds a lock on it, which ends with the process however that ends.
    """
    for left in folder.glob(f"{_UNFINISHED}*"):
        if left.is_dir():
            with _locked(left) as free:
                if free:
                    shutil.rmtree(left)
    aside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    try:
        with _locked(aside):
            yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


@contextmanager
def _told_in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        do = _DO.get(error.errno or 0, "make room there, or choose another disk")
        raise StoreError(f"{folder} could not be written ({error.strerror}); {do}.") from error


_DO = {
    errno.EACCES: "let the user that runs this write there, or choose another folder",
    errno.EPERM: "let the user that runs this write there, or choose another folder",
    errno.EROFS: "choose a folder on a disk that can be written to",
    errno.EEXIST: "choose a folder, not a file",
    errno.ENOTDIR: "choose a folder, not a file",
}
