"""What is stored, before and after."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping

from support.side_by_side.files import File
from support.side_by_side.request import Request, find, get


def _file(name: str) -> Callable[[Mapping[str, File]], bytes]:
    return lambda known: known[name].body


def _upload(name: str, note: str = "") -> Request:
    return Request("POST", "/instances", _file(name), note=note or name)


def _zip(*names: str, others: Mapping[str, bytes] | None = None) -> Callable[..., bytes]:
    def pack(known: Mapping[str, File]) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (others or {}).items():
                archive.writestr(name, content)
            for name in names:
                archive.writestr(f"folder/{name}.dcm", known[name].body)
        return packed.getvalue()

    return pack


EMPTY = get(
    "/patients", "/instances?expand", "/statistics", "/changes", "/changes?last", "/exports"
) + find({"Level": "Study", "Query": {}})

UPLOADS = (
    *(_upload(name) for name in ("small", "multi", "rle", "big", "deflated", "jpeg", "colour")),
    *(_upload(name) for name in ("lossless", "implicit", "report", "wave")),
    *(_upload(name) for name in ("latin", "greek", "russian", "japanese", "korean", "chinese")),
    _upload("utf8"),
    _upload("cr1"),
    _upload("cr1", "cr1, a second time"),
    Request(
        "POST",
        "/instances",
        lambda known: gzip.compress(known["cr2"].body),
        {"Content-Encoding": "gzip"},
        "gzipped",
    ),
    # One new file in each, for its members are stored several at once: they have no order.
    Request(
        "POST",
        "/instances",
        _zip("cr1", "cr3", "cr2", others={"README": b"no DICOM"}),
        {"Content-Type": "application/zip"},
        "a ZIP with files known before, and one that is not DICOM",
    ),
    Request("POST", "/instances", _zip("ct1"), note="an untold ZIP"),
    *(_upload(name) for name in ("ct2", "ct3", "ct4", "mr1", "mr2", "mr3", "mr4", "mr5")),
    Request("POST", "/instances", _zip(others={"README": b"no"}), note="a ZIP without DICOM"),
    Request("POST", "/instances", note="nothing"),
    Request("POST", "/instances", b"no DICOM at all", note="no DICOM"),
    Request("POST", "/instances", lambda known: known["small"].body[:700], note="cut short"),
    Request("POST", "/instances", b"no gzip", {"Content-Encoding": "gzip"}, "no gzip"),
)
