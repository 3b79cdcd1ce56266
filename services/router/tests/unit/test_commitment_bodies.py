"""What users write to have a modality asked for storage commitment."""

import json

import pytest
from starlette.requests import Request
from starlette.types import Message

from axial.common.errors import AxialError, BadFormat, BadParameter
from axial.dimse.messages.commitments import Reference
from axial.router.commitment.bodies import Wish, read_wish

pytestmark = pytest.mark.unit


async def read(body: object) -> Wish:
    """Read a body as it comes with a request."""

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    return await read_wish(Request({"type": "http", "headers": []}, receive))


async def test_both_forms() -> None:
    """Instances are named by a list or an object, resources by their identifiers; nothing is a request as well."""
    body = {
        "Resources": ["a", "b"],
        "DicomInstances": [["1.2", "3.4"], {"SOPClassUID": "5", "SOPInstanceUID": "6"}],
        "Timeout": 7,
    }
    wish = await read(body)
    assert wish.resources == ("a", "b")
    assert wish.references == (Reference("1.2", "3.4"), Reference("5", "6"))
    assert wish.timeout == 7
    assert await read({"DicomInstances": []}) == Wish((), (), None)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], BadFormat),
        ({}, BadFormat),
        ({"Resources": 5}, BadFormat),
        ({"Resources": [5]}, BadFormat),
        ({"DicomInstances": 5}, BadFormat),
        ({"DicomInstances": [5]}, BadFormat),
        ({"DicomInstances": [["1", "2", "3"]]}, BadFormat),
        ({"DicomInstances": [["1", 2]]}, BadFormat),
        ({"DicomInstances": [{"SOPClassUID": "1"}]}, BadFormat),
        ({"DicomInstances": [], "Timeout": "1"}, BadFormat),
        ({"DicomInstances": [["", ""]]}, BadParameter),
        ({"DicomInstances": [["1", "DOE^JOHN"]]}, BadParameter),
    ],
    ids=str,
)
async def test_what_is_no_request(body: object, error: type[AxialError]) -> None:
    """What Orthanc refuses is refused with its kind of error, and a UID that is none as well; it is not repeated."""
    with pytest.raises(error) as refused:
        await read(body)
    assert "DOE" not in refused.value.message
