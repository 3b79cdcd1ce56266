"""What kind of picture is asked for."""

import pytest
from starlette.datastructures import QueryParams

from axial.common.errors import BadParameter, BadType
from axial.index.api.picture_arguments import (
    NotAcceptable,
    jpeg_quality,
    picture_format,
    size,
    window,
)
from axial.index.images.tasks import Format, Mode
from axial.pixels.headers import Window

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, Format.PNG),
        ("*/*", Format.PNG),
        ("image/*", Format.PNG),
        ("image/jpeg", Format.JPEG),
        ("IMAGE/JPEG", Format.JPEG),
        ("image/x-portable-arbitrarymap", Format.PAM),
        ("image/jpeg, image/png", Format.JPEG),
        ("image/png, image/jpeg", Format.PNG),
        ("image/png;q=0.2, image/jpeg;q=0.5", Format.JPEG),
        ("image/jpeg;q=0, */*;q=0.1", Format.PNG),
        ("text/html, image/webp, */*;q=0.8", Format.PNG),
        ("image/png;q=x, image/jpeg;q=0.1", Format.JPEG),
    ],
)
def test_format(accept: str | None, expected: Format) -> None:
    """The highest weight wins, of equal ones the first; a range means PNG."""
    assert picture_format(accept, Mode.PREVIEW) is expected


@pytest.mark.parametrize("accept", ["", "garbage", "text/html", "image/png;q=0", "image/webp"])
def test_nothing_acceptable(accept: str) -> None:
    """A format that is not offered is not replaced by another."""
    with pytest.raises(NotAcceptable):
        picture_format(accept, Mode.PREVIEW)


def test_jpeg_has_eight_bits() -> None:
    """JPEG is for pictures of bytes."""
    assert picture_format("image/jpeg", Mode.UINT8) is Format.JPEG
    with pytest.raises(BadParameter):
        picture_format("image/jpeg", Mode.UINT16)


@pytest.mark.parametrize("query", ["quality=0", "quality=101", "quality=x", "quality="])
def test_bad_quality(query: str) -> None:
    """A quality is between 1 and 100."""
    with pytest.raises((BadParameter, BadType)):
        jpeg_quality(QueryParams(query))


def test_quality() -> None:
    """Without a wish the quality is Orthanc's."""
    assert jpeg_quality(QueryParams("")) == 90
    assert jpeg_quality(QueryParams("quality=1")) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", Window(40, 400)),
        ("window-center=-5.5", Window(-5.5, 400)),
        ("window-width=1e2&window-center=0", Window(0, 100)),
    ],
)
def test_window(query: str, expected: Window) -> None:
    """What is not asked for is as the image proposes."""
    assert window(QueryParams(query), Window(40, 400)) == expected


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1,5"])
def test_bad_window(text: str) -> None:
    """A window is made of numbers."""
    with pytest.raises(BadParameter):
        window(QueryParams({"window-width": text}), Window(40, 400))


def test_size() -> None:
    """No bound is no bound."""
    assert size(QueryParams("width=7")) == (7, 0)
    with pytest.raises(BadType):
        size(QueryParams("height=-7"))
