"""Files in another transfer syntax than their own, as the index writes them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from axial.common.clients.index_files import IndexFile, IndexFiles
from axial.common.errors import Untranscodable


class TranscodedFiles:
    """Reads files in one transfer syntax; those that cannot be written in it as they are, as Orthanc does."""

    def __init__(self, files: IndexFiles, transfer_syntax_uid: str) -> None:
        self._files = files
        self._transfer_syntax_uid = transfer_syntax_uid

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator[IndexFile]:
        """Read a file piece by piece; raise NotFound or Unavailable."""
        async with AsyncExitStack() as stack:
            try:
                written = self._files.open(instance_id, self._transfer_syntax_uid)
                file = await stack.enter_async_context(written)
            except Untranscodable:
                file = await stack.enter_async_context(self._files.open(instance_id))
            yield file
