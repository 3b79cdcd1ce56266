"""The conformance statement says what the code can do."""

from dataclasses import replace

import pytest
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from axial.common.configuration import Configuration
from axial.common.runtime.catalogue import TRANSFER_SYNTAXES
from axial.common.runtime.settings import initial_settings
from axial.index.conformance import DECODED_TRANSFER_SYNTAXES, statement

pytestmark = pytest.mark.unit


def can_be_decoded(uid: str) -> bool:
    """Whether there is a codec at hand."""
    try:
        return get_decoder(UID(uid)).is_available
    except NotImplementedError:
        return False


def test_the_codecs_are_those_at_hand() -> None:
    """No transfer syntax is promised without a codec, and none is forgotten."""
    decoded = tuple(uid for uid in TRANSFER_SYNTAXES if can_be_decoded(uid))
    assert decoded == DECODED_TRANSFER_SYNTAXES


def test_the_statement_is_of_this_server() -> None:
    """It names the version, and what is configured."""
    configuration = Configuration.model_validate({"DicomAet": "HERE", "DefaultEncoding": "Greek"})
    text = statement(configuration, initial_settings(configuration), "9.9")
    assert "DICOM Conformance Statement of Axial 9.9" in text
    assert "AE title: HERE" in text
    assert "(DefaultEncoding): Greek" in text
    assert "  JPEG 2000 Image Compression" in text
    assert "  ISO_IR 192\n" in text
    assert "  SR DOCUMENT\n" in text


def test_the_network_is_told_as_it_is_configured() -> None:
    """What may be stored follows the settings of the moment; whom we know is not told."""
    options = {
        "DicomModalities": {"secret": ["SCANNER", "10.0.0.1", 104]},
        "AcceptedTransferSyntaxes": ["1.2.840.10008.1.2.1"],
        "DicomScpTimeout": 77,
        "SynchronousCMove": False,
    }
    configuration = Configuration.model_validate(options)
    text = statement(configuration, initial_settings(configuration), "9.9")
    assert "  DicomScpTimeout: 77\n" in text
    assert "  SynchronousCMove: false\n" in text
    assert "Study Root Query/Retrieve Information Model - GET" in text
    assert "Storage Commitment Push Model" in text
    assert "CT Image Storage" in text
    kept = text.partition("Storage: transfer syntaxes")[2].partition("Storage: SOP classes")[0]
    assert "1.2.840.10008.1.2.1\n" in kept
    assert "1.2.840.10008.1.2.4" not in kept
    assert "SCANNER" not in text
    silent = Configuration(dicom_server_enabled=False)
    assert "not spoken" in statement(silent, initial_settings(silent), "9.9")


def test_nothing_may_be_accepted() -> None:
    """Settings that accept nothing are told, too."""
    configuration = Configuration()
    settings = replace(initial_settings(configuration), accepted_transfer_syntaxes=())
    text = statement(configuration, settings, "9.9")
    assert "byte for byte.\n\n  None.\n" in text
