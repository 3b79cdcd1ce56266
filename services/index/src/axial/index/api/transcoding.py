"""In which transfer syntax files are asked for, read as Orthanc reads it."""

from pydicom.uid import AllTransferSyntaxes

from axial.common.errors import BadParameter
from axial.pixels.transcoding.transcoder import Wish

_LOSSY_QUALITIES = range(1, 101)
_TRANSFER_SYNTAXES = frozenset(map(str, AllTransferSyntaxes))


def read_transfer_syntax(name: str | None) -> str | None:
    """Read a transfer syntax, which the standard must know; whether it can be written is another question."""
    if name is not None and name not in _TRANSFER_SYNTAXES:
        raise BadParameter("Unknown transfer syntax")
    return name


def read_quality(text: str | None) -> int | None:
    """Read the quality of lossy compression."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) not in _LOSSY_QUALITIES:
        raise BadParameter("Lossy quality must be an integer between 1 and 100")
    return int(text)


def wish_of(
    transfer_syntax_uid: str | None, lossy_quality: int | None, usual_quality: int
) -> Wish | None:
    """Put a wish together; None when there is none."""
    if transfer_syntax_uid is None:
        return None
    return Wish(transfer_syntax_uid, lossy_quality or usual_quality)
