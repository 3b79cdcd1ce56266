"""For whom instances are transcoded."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from axial.common.configuration import Configuration
from axial.dicom_gateway.transcoding import Transcoding

pytestmark = pytest.mark.unit


class Transcoder:
    """Is there."""

    def open(
        self, instance_id: str, transfer_syntax_uid: str, /
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Is not asked."""
        raise NotImplementedError


@pytest.mark.parametrize(
    ("option", "aet", "allowed"),
    [
        (True, "YES", True),
        (True, "NO", False),
        (True, "no", False),
        (True, "STRANGER", True),
        (False, "YES", False),
        (False, "STRANGER", False),
    ],
)
def test_allowed(*, option: bool, aet: str, allowed: bool) -> None:
    """It is for everybody, but for modalities that must not, and for nobody when the option says so."""
    modalities = {
        "yes": {"AET": "YES", "Host": "h", "Port": 104},
        "no": {"AET": "NO", "Host": "h", "Port": 104, "AllowTranscoding": False},
    }
    configuration = Configuration.model_validate(
        {"TranscodeDicomProtocol": option, "DicomModalities": modalities}
    )
    transcoder = Transcoder()
    found = Transcoding(configuration, lambda: configuration.dicom_modalities, transcoder)(aet)
    assert found is (transcoder if allowed else None)
