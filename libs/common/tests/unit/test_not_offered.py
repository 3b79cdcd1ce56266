"""What is not offered is told as such, with the reason."""

import httpx2
import pytest
from fastapi import FastAPI

from axial.common.not_offered import NOT_OFFERED, why_not_offered
from axial.common.problems import tell_problems

pytestmark = pytest.mark.unit


def test_paths_are_templates() -> None:
    """What stands between braces is any one segment."""
    assert why_not_offered("GET", "/worklists/1") == "Worklists are not offered by Axial yet"
    assert why_not_offered("GET", "/plugins/1") == "Plugins are not offered by Axial"
    assert why_not_offered("GET", "/worklists/1/2") is None
    assert why_not_offered("GET", "/tools/reset") is None


def test_no_operation_stands_twice() -> None:
    """Nor does a reason end like a sentence: it is told among other details."""
    operations = [(method, each.path) for each in NOT_OFFERED for method in each.methods]
    assert len(operations) == len(set(operations))
    assert not [each for each in NOT_OFFERED if each.reason.endswith(".")]


async def test_a_service_tells_the_reason() -> None:
    """With Orthanc's error of an unknown resource."""
    app = FastAPI(openapi_url=None)
    tell_problems(app)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://axial") as client:
        answer = await client.post("/tools/execute-script", content=b"print(1)")
        assert answer.status_code == 404
        told = answer.json()
        assert (told["OrthancStatus"], told["OrthancError"]) == (17, "Unknown resource")
        assert told["Details"] == "Lua scripting is not offered by Axial"
        # And of what nobody ever offered there is nothing to tell.
        assert "Details" not in (await client.post("/tools/execute-scripts")).json()
