"""The files of a form (`multipart/form-data`, RFC 7578), one after another as they arrive."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from enum import Enum
from typing import TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from axial.common.errors import Rejected
from axial.ingest.spool import Spool, Spooled


class _Mark(Enum):
    """Where a file of the form begins, where it ends."""

    BEGIN = 1
    END = 2


_Found: TypeAlias = _Mark | bytes


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a form; None when the content is not a form."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return None
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise BadForm
    return boundary


class BadForm(Rejected):
    """The form is damaged."""

    def __init__(self) -> None:
        super().__init__("bad_multipart")


class _FormReader:
    """Finds the files in the pieces of a form; fields without a file name are passed over."""

    def __init__(self, boundary: bytes) -> None:
        self._found: deque[_Found] = deque()
        self._name = b""
        self._value = b""
        self._in_file = False
        self.complete = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError:
            raise BadForm from None

    def feed(self, chunk: bytes) -> deque[_Found]:
        """Return what the piece holds; the caller empties it before the next piece."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise BadForm from None
        return self._found

    def _on_part_begin(self) -> None:
        self._in_file = False

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._in_file = b"filename" in parse_options_header(self._value)[1]
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        if self._in_file:
            self._found.append(_Mark.BEGIN)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._found.append(data[start:end])

    def _on_part_end(self) -> None:
        if self._in_file:
            self._found.append(_Mark.END)

    def _on_end(self) -> None:
        self.complete = True


async def files_in_form(
    chunks: AsyncIterator[bytes], boundary: bytes, new_spool: Callable[[], Spool]
) -> AsyncGenerator[Spooled, None]:
    """Yield each file of the form; it is gone when the next one is asked for."""
    reader = _FormReader(boundary)
    spool: Spool | None = None
    try:
        async for chunk in chunks:
            found = reader.feed(chunk)
            while found:
                item = found.popleft()
                if item is _Mark.BEGIN:
                    spool = new_spool()
                elif spool is None:
                    raise BadForm
                elif item is _Mark.END:
                    yield await spool.finish()
                    await spool.close()
                    spool = None
                else:
                    await spool.write(item)
    finally:
        if spool is not None:
            await spool.close()
    if not reader.complete:
        raise BadForm
