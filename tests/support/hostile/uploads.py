"""Ways to send a hostile file, and hostile ways to send any."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from support.hostile import building as b

_MEBIBYTE = 1024 * 1024
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_BOUNDARY = "----hostile"
_FORM = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
_GZIP = {"Content-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of a POST, with what is said of it."""

    name: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    #: What must come back as it is, when something of it is stored.
    file: bytes = field(default=b"", repr=False)


def in_each_form(name: str, file: bytes) -> tuple[Upload, Upload, Upload, Upload]:
    """The file by itself, gzipped, in a ZIP, in a form."""
    return (
        Upload(name, file, file=file),
        Upload(f"{name}, gzipped", gzip.compress(file, 1), _GZIP, file),
        Upload(f"{name}, zipped", zipped({"a.dcm": file}), file=file),
        Upload(f"{name}, in a form", form(file), _FORM, file),
    )


def zipped(members: Mapping[str, bytes]) -> bytes:
    """An honest archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def form(*parts: bytes) -> bytes:
    """An honest form."""
    written = [
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name=f; filename={n}\r\n\r\n".encode()
        + part
        + b"\r\n"
        for n, part in enumerate(parts)
    ]
    return b"".join(written) + f"--{_BOUNDARY}--\r\n".encode()


def hostile_wrappings() -> Iterator[Upload]:
    """Bodies whose wrapping is what is wrong; the limit of an upload is to be 32 MiB."""
    yield from _gzips()
    yield from _zips()
    yield from _forms()


def _gzips() -> Iterator[Upload]:
    # RFC 1952 allows several members in a row: a gibibyte, made in no time.
    bomb = gzip.compress(bytes(8 * _MEBIBYTE)) * 128
    yield Upload("a gzip bomb", bomb, _GZIP)
    yield Upload("a gzip bomb in a gzip bomb", gzip.compress(bomb), _GZIP)
    yield Upload("a gzip of nothing, often", gzip.compress(b"") * 20_000, _GZIP)
    whole = gzip.compress(b.instance(b.image()))
    for at in (1, 3, 9, 10, 11, len(whole) // 2, len(whole) - 8, len(whole) - 1):
        yield Upload(f"a gzip cut at {at}", whole[:at], _GZIP)
    yield Upload("a gzip with another digest", whole[:-8] + bytes(8), _GZIP)
    yield Upload("a gzip and rubbish", whole + b"rubbish", _GZIP)
    named = whole[:3] + b"\x1e" + whole[4:10] + b"\xff\xff"
    yield Upload("a gzip with all flags", named + whole[10:], _GZIP)
    yield Upload("an unknown encoding", whole, {"Content-Encoding": "br, gzip"})


def _zips() -> Iterator[Upload]:
    file = b.instance(b.image())
    honest = zipped({"a.dcm": file})
    yield Upload("a ZIP bomb", zipped({"bomb": bytes(64 * _MEBIBYTE)}))
    yield Upload("many ZIP bombs", zipped({f"{n}": bytes(30 * _MEBIBYTE) for n in range(11)}))
    yield Upload("ZIPs in ZIPs", zipped({"z.zip": zipped({"z.zip": honest})}))
    yield Upload("500 members", zipped({f"{n}": b"no DICOM" for n in range(500)}))
    rude = {"../../../../etc/passwd": file, "/etc/passwd": file, "a\\b": file, "a\0b": file}
    yield Upload("rude names", zipped(rude))
    for at in (4, 20, 30, len(honest) // 2, len(honest) - 22, len(honest) - 1):
        yield Upload(f"a ZIP cut at {at}", honest[:at])
    directory = honest.index(b"PK\x01\x02")
    end = honest.index(b"PK\x05\x06")
    fields = {
        "flags": (directory + 8, b"\xff\xff"),
        "method": (directory + 10, b"\x63\0"),
        "digest": (directory + 16, b"\0\0\0\0"),
        "packed size": (directory + 20, b"\xff\xff\xff\x7f"),
        "size": (directory + 24, b"\xff\xff\xff\x7f"),
        "small size": (directory + 24, b"\x10\0\0\0"),
        "length of the name": (directory + 28, b"\xff\xff"),
        "length of the rest": (directory + 30, b"\xff\xff"),
        "place": (directory + 42, b"\xff\xff\xff\x7f"),
        "count": (end + 8, b"\xff\xff\xff\xff"),
        "size of the directory": (end + 12, b"\xff\xff\xff\x7f"),
        "place of the directory": (end + 16, b"\xff\xff\xff\x7f"),
        "comment": (end + 20, b"\xff\xff"),
    }
    for name, (at, value) in fields.items():
        yield Upload(f"a ZIP with a wrong {name}", honest[:at] + value + honest[at + len(value) :])
    entry = honest[directory:end]
    again = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 100, 100, 100 * len(entry), directory, 0)
    yield Upload("a ZIP with one member 100 times", honest[:directory] + entry * 100 + again)


def _forms() -> Iterator[Upload]:
    file = b.instance(b.image())
    honest = form(file, file)
    for at in (1, 20, 60, 100, len(honest) // 2, len(honest) - 4):
        yield Upload(f"a form cut at {at}", honest[:at], _FORM)
    yield Upload("a form without files", form(), _FORM)
    yield Upload("a form without a boundary", honest, {"Content-Type": "multipart/form-data"})
    long = {"Content-Type": f"multipart/form-data; boundary={'x' * 4000}"}
    yield Upload("a form with a long boundary", honest, long)
    yield Upload("a form of 500 files", form(*[b"no DICOM"] * 500), _FORM)
    header = f"--{_BOUNDARY}\r\nContent-Disposition: {'x' * _MEBIBYTE}\r\n\r\n\r\n".encode()
    yield Upload("a form with a long header", header + honest, _FORM)
    many = f"--{_BOUNDARY}\r\n".encode() + b"X: y\r\n" * 20_000 + b"\r\n\r\n"
    yield Upload("a form with many headers", many + honest, _FORM)
    yield Upload("a form, gzipped twice", gzip.compress(gzip.compress(honest)), _FORM | _GZIP)
    yield Upload("zlib, not gzip", zlib.compress(file), _GZIP)
