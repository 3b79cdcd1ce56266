"""C-FIND on the wire, with DCMTK as the peer."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from support.gateway import Door, door

from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.testing.eventually import eventually
from axial.dicom_gateway.index_client import IndexClient
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.find import Find

pytestmark = pytest.mark.integration

CONFIGURATION = Configuration.model_validate({"DicomAlwaysAllowFind": True})
ASK = ("-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID")


class EndlessIndex(httpx2.AsyncByteStream):
    """Finds for ever; and knows how much it has told, and how often it could stop."""

    def __init__(self) -> None:
        self.told = 0
        self.given_up = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Find some more, and again."""
        while True:
            self.told += 100
            yield json.dumps({"matches": [{"0010,0020": "A"}] * 100}).encode() + b"\n"

    async def aclose(self) -> None:
        """Stop: nobody wants more."""
        self.given_up += 1


@pytest.fixture
def index() -> EndlessIndex:
    """Give an index that finds for ever."""
    return EndlessIndex()


@pytest.fixture
async def gateway(index: EndlessIndex) -> AsyncIterator[Door]:
    """Open a gateway before it."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=index))
    async with httpx2.AsyncClient(transport=transport) as client:
        asked = IndexClient(client, "http://index", SecretStr(""))
        metrics = GatewayMetrics(CollectorRegistry())
        find = Find(asked, "AXIAL", STANDARD, lambda: "Latin1", metrics)
        async with door(CONFIGURATION, find=find.run) as gateway:
            yield gateway


async def test_a_peer_that_cancels(gateway: Door, index: EndlessIndex) -> None:
    """A search without end ends when the peer cancels it, with the status for that, and the next one is served."""
    for number in (1, 2):
        said = await gateway.program("findscu", *ASK, "--cancel", "3")
        assert said.returncode == 0, said.stderr
        assert "MatchingTerminatedDueToCancelRequest" in said.stdout + said.stderr
        assert index.given_up == number


async def test_a_peer_that_goes_away(gateway: Door, index: EndlessIndex) -> None:
    """When the peer is gone the search is given up, and nothing of its association is left."""
    command = ("/usr/bin/findscu", *ASK, "127.0.0.1", str(gateway.port))
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    await eventually(lambda: index.told > 1000)
    assert gateway.count("axial_dicom_open_associations") == 1
    process.kill()
    await process.wait()
    await eventually(lambda: gateway.count("axial_dicom_open_associations") == 0)
    assert index.given_up == 1
