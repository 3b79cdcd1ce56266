"""What the index is asked on behalf of whoever sends."""

import json

import httpx2
import pytest

from axial.common.identifiers import Level, ResourceId
from axial.router.index_client import IndexClient
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.unit


async def test_more_resources_than_the_index_takes_at_once() -> None:
    """It is asked piece by piece; what two pieces have in common is sent once."""
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        ids = json.loads(request.content)["resources"]
        asked.append(len(ids))
        rows = [[name, "1.2", "1.3", "1.4", 1, ""] for name in (ids[0], "common")]
        told = [{"ID": name, "Type": "Series"} for name in ids]
        return httpx2.Response(200, json={"Resources": told, "Instances": rows})

    ids = [ResourceId(str(number)) for number in range(100_001)]
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        index = IndexClient(client, "http://index", RouterSettings().internal_token)
        expanded = await index.expand(ids)
    assert asked == [100_000, 1]
    assert [one.id for one in expanded.resources] == ids
    assert {one.level for one in expanded.resources} == {Level.SERIES}
    assert [one.instance.id for one in expanded.instances] == ["0", "common", "100000"]
