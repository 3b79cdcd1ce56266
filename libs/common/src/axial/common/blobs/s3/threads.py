"""The threads in which boto3 may block, and boto3 itself, brought in when it is first needed."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from axial.common.blobs.s3.address import S3Address
from axial.common.blobs.s3.signing import Credentials

if TYPE_CHECKING:
    from axial.common.blobs.s3.rare import RareCalls

T = TypeVar("T")

# Each may hold one part of a large upload in memory, and keep one connection busy.
_THREADS = 4


class RareThreads:
    """Makes the rare calls in threads of their own: a large upload takes one for minutes."""

    def __init__(self, address: S3Address, credentials: Credentials) -> None:
        self._address = address
        self._credentials = credentials
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")
        self._lock = threading.Lock()
        self._calls: RareCalls | None = None

    async def run(self, work: "Callable[[RareCalls], T]") -> T:
        """Call it in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    async def aclose(self) -> None:
        """Wait for what is under way."""
        await asyncio.to_thread(self._pool.shutdown)
        if self._calls is not None:
            self._calls.close()

    def _run(self, work: "Callable[[RareCalls], T]") -> T:
        with self._lock:
            if self._calls is None:
                # Costs 0.7 s of a processor and 36 MB, which most processes never need.
                from axial.common.blobs.s3.rare import RareCalls  # noqa: PLC0415

                self._calls = RareCalls(self._address, self._credentials)
        return work(self._calls)
