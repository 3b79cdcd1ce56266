"""The lines on peers of Orthanc's book, as they stand there but for ports and identifiers."""

import pytest
from support.book import Reader
from support.dicoms import DicomMaker
from support.far import Far
from support.system import Axial

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_LIST = "curl http://localhost:8042/peers?expand"
_PUT = (
    """curl -v -X PUT http://localhost:8042/peers/sample -d '{"Url" : "http://127.0.0.1:8043"}'"""
)
_STORE = (
    "curl -X POST http://localhost:8042/peers/sample/store"
    " -d c4ec7f68-9b162055-2c8c5888-5bf5752f-155ab19f"
)
_STORE_SEVERAL = (
    "curl -X POST http://localhost:8042/peers/sample/store"
    """ -d '["d4b46c8e-74b16992-b0f5ca11-f04a60fa-8eb13a88","d5604121-7d613ce6-c315a5-a77b3cf3-9c253b23","""
    """"cb855110-5f4da420-ec9dc9cb-2af6a9bb-dcbd180e"]'"""
)


def test_sending_resources_to_remote_orthanc_over_http(axial: Axial, far: Far) -> None:
    """A peer is made known and listed; one resource and several, of any levels, are sent to it."""
    maker = DicomMaker()
    made = [maker.make(number) for number in range(4)]
    far.begins_with()
    with axial.client() as client:
        for dicom in made:
            assert client.post("/instances", content=dicom.body).is_success
        reader = Reader(
            {
                "http://localhost:8042": axial.url,
                "http://127.0.0.1:8043": far.url,
                "c4ec7f68-9b162055-2c8c5888-5bf5752f-155ab19f": made[0].id,
                "d4b46c8e-74b16992-b0f5ca11-f04a60fa-8eb13a88": made[1].id,
                "d5604121-7d613ce6-c315a5-a77b3cf3-9c253b23": made[2].id,
                "cb855110-5f4da420-ec9dc9cb-2af6a9bb-dcbd180e": made[0].names.orthanc_ids[0],
            }
        )
        assert reader.says(_PUT) == ""
        assert reader.told(_LIST)["sample"]["Url"] == f"{far.url}/"
        reader.says(_STORE)
        assert far.holds() == {made[0].id}
        assert reader.told(_STORE_SEVERAL)["FailedInstancesCount"] == 0
        assert far.holds() == {dicom.id for dicom in made}
        assert client.delete("/peers/sample").is_success
