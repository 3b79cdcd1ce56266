"""What is to become of a frame: the message to a worker."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from axial.pixels.description import Pixels
from axial.pixels.frames import Frame
from axial.pixels.headers import BYTE_WINDOW, UNSCALED, Rescale, Window


class Mode(StrEnum):
    """How stored values become the values of a picture."""

    #: The whole range of the frame's values, stretched over a byte.
    PREVIEW = "preview"
    #: The values in the window, stretched over a byte.
    RENDERED = "rendered"
    #: Values cut to the range of the type.
    UINT8 = "image-uint8"
    UINT16 = "image-uint16"
    INT16 = "image-int16"


class Format(StrEnum):
    """Of a picture's file, by its media type."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    PAM = "image/x-portable-arbitrarymap"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture is wanted."""

    mode: Mode
    format: Format = Format.PNG
    #: Of a JPEG, between 1 and 100.
    quality: int = 90
    rescale: Rescale = UNSCALED
    window: Window = BYTE_WINDOW
    #: The box that a rendered picture is to fit, in pixels; zero for no bound.
    width: int = 0
    height: int = 0
    #: Blur before making smaller.
    smooth: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """The values are wanted, in rows of little endian numbers."""

    #: None: the stored values.
    rescale: Rescale | None


@dataclass(frozen=True, slots=True)
class Matlab:
    """The values are wanted as text that Octave and Matlab evaluate."""


Output: TypeAlias = Picture | Numbers | Matlab


@dataclass(frozen=True, slots=True)
class Task:
    """Decode a frame, and make of it what is wanted."""

    pixels: Pixels
    frame: Frame
    output: Output
