"""What an earlier run had acknowledged, so that the next one need not send it again."""

import hashlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from axial.cli.importing.sources import Source

_DIGEST_BYTES = 16


class Journal:
    """An append-only file with one line for each finished source, for one server.

    A line is a digest: paths may name patients, and a server's journal says nothing about another's.
    A line that a crash cut short is no line; its source is sent again, which is harmless.
    """

    def __init__(self, folder: Path, server: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._server = server
        self._path = folder / "journal"
        # Uploads end in several threads.
        self._lock = threading.Lock()
        text = self._path.read_text() if self._path.exists() else ""
        self._finished = set(text.splitlines())
        self._file = self._path.open("a")
        if text and not text.endswith("\n"):
            self._file.write("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def has(self, source: Source) -> bool:
        """Tell whether the source was acknowledged, and has not been touched since."""
        return self._line(source) in self._finished

    def add(self, source: Source) -> None:
        """Note that the server has acknowledged the source."""
        with self._lock:
            self._file.write(self._line(source) + "\n")
            # To the system, not to the disk: after a power failure a few are sent again.
            self._file.flush()

    def _line(self, source: Source) -> str:
        text = f"{self._server}\0{source.identity}"
        # Names of files need not be UTF-8; Python carries such bytes as surrogates.
        named = text.encode(errors="surrogateescape")
        return hashlib.blake2b(named, digest_size=_DIGEST_BYTES).hexdigest()
