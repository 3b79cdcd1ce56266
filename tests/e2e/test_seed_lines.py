"""The lines on modalities of Orthanc's book, as they stand there but for ports and identifiers."""

from collections.abc import Iterator

import pytest
from support.book import Reader
from support.destinations import Destination, listening
from support.dicoms import Dicom, DicomMaker
from support.system import Axial

from axial.common.testing.dicom_files import CT_IMAGE_STORAGE
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_NAMES = "curl http://localhost:8042/modalities"
_LIST = "curl http://localhost:8042/modalities?expand"
_PUT = (
    "curl -v -X PUT http://localhost:8042/modalities/sample"
    """ -d '{"AET" : "ORTHANCC", "Host": "127.0.0.1", "Port": 2002}'"""
)
_STORE = (
    "curl -X POST http://localhost:8042/modalities/sample/store"
    " -d c4ec7f68-9b162055-2c8c5888-5bf5752f-155ab19f"
)
_STORE_SEVERAL = (
    "curl -X POST http://localhost:8042/modalities/sample/store"
    """ -d '["d4b46c8e-74b16992-b0f5ca11-f04a60fa-8eb13a88","d5604121-7d613ce6-c315a5-a77b3cf3-9c253b23","""
    """"cb855110-5f4da420-ec9dc9cb-2af6a9bb-dcbd180e"]'"""
)
_EXPORTS = "curl http://localhost:8042/exports"
_CLEAR_EXPORTS = "curl -X DELETE http://localhost:8042/exports"


@pytest.fixture
def destination() -> Iterator[Destination]:
    """Let a modality listen."""
    with listening(Destination([(CT_IMAGE_STORAGE, [EXPLICIT_VR_LITTLE_ENDIAN])])) as destination:
        yield destination


@pytest.fixture
def stored(axial: Axial) -> list[Dicom]:
    """Store three files of one series."""
    maker = DicomMaker()
    made = [maker.make(number) for number in range(3)]
    with axial.client() as client:
        for dicom in made:
            assert client.post("/instances", content=dicom.body).is_success
    return made


@pytest.fixture
def reader(axial: Axial, destination: Destination, stored: list[Dicom]) -> Reader:
    """Know our addresses, and what is stored."""
    return Reader(
        {
            "http://localhost:8042": axial.url,
            "2002": str(destination.port),
            "c4ec7f68-9b162055-2c8c5888-5bf5752f-155ab19f": stored[0].names.orthanc_ids[1],
            "d4b46c8e-74b16992-b0f5ca11-f04a60fa-8eb13a88": stored[0].id,
            "d5604121-7d613ce6-c315a5-a77b3cf3-9c253b23": stored[1].id,
            "cb855110-5f4da420-ec9dc9cb-2af6a9bb-dcbd180e": stored[2].id,
        }
    )


def test_sending_resources_to_remote_modalities(
    axial: Axial, reader: Reader, destination: Destination
) -> None:
    """A modality is updated and listed; a study and several instances are sent to it; exports can be asked for."""
    assert reader.says(_PUT) == ""
    assert "sample" in reader.told(_NAMES)
    listed = reader.told(_LIST)["sample"]
    assert (listed["AET"], listed["Host"], listed["Port"]) == (
        "ORTHANCC",
        "127.0.0.1",
        destination.port,
    )
    told = reader.told(_STORE)
    assert (told["InstancesCount"], told["FailedInstancesCount"]) == (3, 0)
    assert reader.told(_STORE_SEVERAL)["FailedInstancesCount"] == 0
    assert len(destination.received) == 6
    # As the book says of the second: a single association; the one that was open already, if the same replica sends.
    assert destination.associations in {1, 2}
    assert reader.told(_EXPORTS) == {"Exports": [], "Done": True, "Last": 0}
    assert reader.says(_CLEAR_EXPORTS) == ""
    with axial.client() as client:
        assert client.delete("/modalities/sample").is_success
