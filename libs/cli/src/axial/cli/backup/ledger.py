"""Which blobs a backup holds, each with its checksum."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_CREATE = """
CREATE TABLE IF NOT EXISTS blobs (
    key    TEXT PRIMARY KEY,
    size   INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) WITHOUT ROWID
"""
# Below SQLite's limit on parameters; what is in hand at once.
PAGE = 1000


class LedgerDamaged(Exception):
    """SQLite cannot read the file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One blob of the backup."""

    key: str
    size_bytes: int
    sha256: str


class Ledger:
    """A SQLite file beside the blobs. An entry is written after its blob is on the disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path)
        try:
            self._connection.execute(_CREATE)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise LedgerDamaged from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def sizes(self, keys: Sequence[str]) -> dict[str, int]:
        """Give the sizes of those blobs that are in the backup; a page of keys at most."""
        places = ",".join("?" * len(keys))
        rows = self._connection.execute(
            f"SELECT key, size FROM blobs WHERE key IN ({places})",  # noqa: S608 - question marks
            keys,
        )
        return dict(rows.fetchall())

    def add(self, entries: Iterable[Entry]) -> None:
        """Note that these are in the backup."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)",
                ((entry.key, entry.size_bytes, entry.sha256) for entry in entries),
            )

    def pages(self) -> Iterator[list[Entry]]:
        """Walk all entries in the order of their keys."""
        last = ""
        try:
            while rows := self._connection.execute(
                "SELECT key, size, sha256 FROM blobs WHERE key > ? ORDER BY key LIMIT ?",
                (last, PAGE),
            ).fetchall():
                yield [Entry(*row) for row in rows]
                last = rows[-1][0]
        except sqlite3.DatabaseError as error:
            raise LedgerDamaged from error

    def totals(self) -> tuple[int, int]:
        """Count blobs and bytes."""
        try:
            count, size_bytes = self._connection.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM blobs"
            ).fetchone()
        except sqlite3.DatabaseError as error:
            raise LedgerDamaged from error
        return count, size_bytes
