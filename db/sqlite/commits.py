"""A word of eight bytes in a file beside a database, another one after each commit, which all processes have in memory.

To ask SQLite whether anybody has committed takes locks on files; Python lets another thread run meanwhile, and the one
that asked waits for its turn again: of a read that is answered from memory that was a quarter. These eight bytes are
read like any other memory. They are drawn by lot, so that two who commit at once never write the same.

They are the word of who writes through this product, given before anybody is told that it is written. Of a process that
was killed between its commit and its word, and of other programs, SQLite's own count alone knows.
"""

from __future__ import annotations

import mmap
import os
import threading
from contextlib import suppress
from pathlib import Path

_WORD = 8
"""Bytes. Processors read and write as many in one step; and half a word would be another one too."""


class Commits:
    """The word beside one database file: made by the first who reads it, and told only where somebody has."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._file: int | None = None
        self._memory: mmap.mmap | None = None

    def share(self) -> None:
        """Have the word in memory from here on, if it can be: without a right to make the file, or room, it cannot.

        To be asked again now and then: where somebody took the file away, the next who asks makes another.
        """
        with self._lock, suppress(OSError):
            if self._memory is None or not self._is_there():
                self._open(os.O_CREAT)
                if os.fstat(self._file).st_size < _WORD:
                    self._write()
                self._memory = mmap.mmap(self._file, _WORD, access=mmap.ACCESS_READ)

    def word(self) -> bytes | None:
        """Eight bytes, the same until somebody commits; None where they are not shared, which tells nothing."""
        memory = self._memory  # Another thread may open another file meanwhile.
        return memory and memory[:]

    def tell(self) -> None:
        """There has been a commit: to be said after it. Whoever first shares the word later will find the commit."""
        with self._lock, suppress(OSError):
            if self._file is not None:
                self._write()  # Also in a file that was taken away: others may still have it in memory.
            if not self._is_there():
                self._open()
                self._write()

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                os.close(self._file)
            self._file = self._memory = None

    @property
    def _path(self) -> Path:
        return self._database.with_name(f"{self._database.name}-commits")

    def _is_there(self) -> bool:
        """Whether the file that is open is the one that others would open."""
        try:
            return self._file is not None and os.path.samestat(os.fstat(self._file), self._path.stat())
        except FileNotFoundError:
            return False

    def _open(self, anew: int = 0) -> None:
        """Whoever may write the database may write the word, as with the log that SQLite makes. Raises OSError."""
        file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | anew, 0o600)
        if self._file is not None:
            os.close(self._file)
        self._file, self._memory = file, None
        of_database = self._database.stat()
        with suppress(OSError):  # It is somebody else's, who saw to it.
            os.fchmod(self._file, of_database.st_mode & 0o666)
            os.fchown(self._file, of_database.st_uid, of_database.st_gid)

    def _write(self) -> None:
        """Not through memory: on a disk without room that would end the process, and here it is an error."""
        os.pwrite(self._file, os.urandom(_WORD), 0)
