"""What kind of picture is asked for, read as Orthanc reads it."""

import math
from http import HTTPStatus

from starlette.datastructures import QueryParams

from axial.common.errors import BadParameter, Rejected
from axial.common.flags import flag
from axial.common.problems import Problem
from axial.index.api.arguments import count
from axial.index.images.tasks import Format, Mode
from axial.pixels.headers import Window

NOT_ACCEPTABLE = Problem(
    HTTPStatus.NOT_ACCEPTABLE,
    34,
    "Cannot send a response which is acceptable according to the Accept HTTP header",
)  # Orthanc's ErrorCode_NotAcceptable

_DEFAULT_QUALITY = 90
_BEST_QUALITY = 100
# For a range of media types, as for no wish at all.
_DEFAULT_FORMAT = Format.PNG
_RANGES = frozenset({"*/*", "image/*"})


class NotAcceptable(Rejected):
    """None of the formats that pictures come in is accepted."""

    def __init__(self) -> None:
        super().__init__("not_acceptable")


def picture_format(accept: str | None, mode: Mode) -> Format:
    """Choose the format with the highest weight, of equal ones the first (RFC 9110, 12.5.1)."""
    if accept is None:
        return _DEFAULT_FORMAT
    best, best_weight = None, 0.0
    for text in accept.split(","):
        name, *parameters = (part.strip().lower() for part in text.split(";"))
        weight = _weight(parameters)
        if weight > best_weight and (format_ := _format(name)):
            best, best_weight = format_, weight
    if best is None:
        raise NotAcceptable
    if best is Format.JPEG and mode in {Mode.UINT16, Mode.INT16}:
        raise BadParameter("JPEG has no 16 bits per value: ask for image/png")
    return best


def _format(name: str) -> Format | None:
    if name in _RANGES:
        return _DEFAULT_FORMAT
    return Format(name) if name in set(Format) else None


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def jpeg_quality(query: QueryParams) -> int:
    """Read the quality of a JPEG, which Orthanc checks whatever format is asked for."""
    quality = count(query, "quality")
    if quality is None:
        return _DEFAULT_QUALITY
    if not 1 <= quality <= _BEST_QUALITY:
        raise BadParameter("Expected a number between 1 and 100 for argument quality")
    return quality


def window(query: QueryParams, proposed: Window) -> Window:
    """Read the window; what is not given is as the image proposes."""
    return Window(
        _number(query, "window-center", proposed.center),
        _number(query, "window-width", proposed.width),
    )


def size(query: QueryParams) -> tuple[int, int]:
    """Read the width and the height of the box that the picture is to fit; zero for no bound."""
    return count(query, "width") or 0, count(query, "height") or 0


def smooth(query: QueryParams) -> bool:
    """Tell whether to blur before making smaller."""
    return flag(query, "smooth", absent=False)


def _number(query: QueryParams, name: str, absent: float) -> float:
    text = query.get(name)
    if text is None:
        return absent
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadParameter(f"Expected a number for argument {name}")
    return number
