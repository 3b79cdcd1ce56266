"""How pixels are written in another transfer syntax."""

from typing import Any

import pytest
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from axial.pixels.description import Pixels
from axial.pixels.refusals import Undecodable
from axial.pixels.transcoding.forms import form_of
from axial.pixels.transcoding.targets import TARGETS

pytestmark = pytest.mark.unit


def pixels(transfer_syntax_uid: str, photometric_interpretation: str, **changes: Any) -> Pixels:
    """Describe pixels of eight bits."""
    usual: dict[str, Any] = {
        "vr": "OB",
        "rows": 4,
        "columns": 4,
        "samples": 3,
        "planar": False,
        "bits_allocated": 8,
        "bits_stored": 8,
        "high_bit": 7,
        "signed": False,
        "frames": 1,
        "palette": None,
    }
    return Pixels(
        transfer_syntax_uid=transfer_syntax_uid,
        photometric_interpretation=photometric_interpretation,
        **(usual | changes),
    )


@pytest.mark.parametrize(
    ("source", "told", "target", "written"),
    [
        (ExplicitVRLittleEndian, "RGB", JPEG2000Lossless, "YBR_RCT"),
        (ExplicitVRLittleEndian, "RGB", JPEG2000, "YBR_ICT"),
        (ExplicitVRLittleEndian, "RGB", JPEGBaseline8Bit, "YBR_FULL_422"),
        (ExplicitVRLittleEndian, "YBR_FULL_422", RLELossless, "YBR_FULL"),
        (JPEG2000Lossless, "YBR_RCT", JPEGLSLossless, "RGB"),
        (JPEGBaseline8Bit, "YBR_FULL_422", ExplicitVRLittleEndian, "RGB"),
        (RLELossless, "YBR_FULL", ExplicitVRLittleEndian, "YBR_FULL"),
    ],
)
def test_colour(source: str, told: str, target: str, written: str) -> None:
    """The colour space is that of the values that were decoded, or the one that the codec makes of it."""
    form = form_of(pixels(source, told), TARGETS[target], 90)
    assert form.photometric_interpretation == written


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        ("CMYK", {}),
        ("YBR_PARTIAL_420", {}),
        ("RGB", {"samples": 1}),
        ("MONOCHROME2", {"samples": 1, "bits_allocated": 1, "bits_stored": 1}),
        ("MONOCHROME2", {"samples": 1, "bits_allocated": 32, "vr": "OF"}),
    ],
)
def test_not_written(told: str, changes: dict[str, Any]) -> None:
    """What is not understood is not written."""
    with pytest.raises(Undecodable):
        form_of(pixels(ExplicitVRLittleEndian, told, **changes), TARGETS[RLELossless], 90)
