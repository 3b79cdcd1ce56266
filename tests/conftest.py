"""The running system for the tests that know it by its URL only."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from support.agreement import Agreement
from support.far import Far
from support.near import Near, orthancs
from support.system import Axial, Wishes, running

# A system to test instead of our own: it is used as it is, and what was stored in it stays.
_URL_VARIABLE = "AXIAL_E2E_URL"
# Where it speaks DICOM, if it does, on this machine.
_DICOM_PORT_VARIABLE = "AXIAL_E2E_DICOM_PORT"
_STORES = ["elsewhere"] if _URL_VARIABLE in os.environ else ["directory", "s3"]
# Any AE title may ask anything; who may what has tests of its own.
_SHARED = {
    **{f"DicomAlwaysAllow{right}": True for right in ("Find", "Get", "Move")},
    # A peer that stops waits for our association to be released.
    "DicomAssociationCloseDelay": 1,
}


@pytest.fixture(scope="session", params=_STORES)
def axial(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Axial]:
    """Give the system all tests share, once on each blob store."""
    if _URL_VARIABLE in os.environ:
        dicom_port = os.environ.get(_DICOM_PORT_VARIABLE)
        yield Axial(
            os.environ[_URL_VARIABLE].rstrip("/"),
            dicom_port=int(dicom_port) if dicom_port else None,
        )
        return
    # Two of everything where most is tried, one beside the other store: what one process alone would know, shows.
    wishes = Wishes(request.param, _SHARED, replicas=2 if request.param == "directory" else 1)
    with running(tmp_path_factory.mktemp("axial") / "data", wishes) as system:
        yield system


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the second blob store for tests that it is nothing to."""
    left_out = [
        item for item in items if item.get_closest_marker("either_store") and "[s3" in item.nodeid
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def agreements() -> dict[str, Agreement]:
    """Remember how far the feeds of each shared system have been compared."""
    return {}


@pytest.fixture(scope="session")
def _orthancs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Near, Far]]:
    with orthancs(tmp_path_factory.mktemp("orthancs")) as both:
        yield both


@pytest.fixture(scope="session")
def other(_orthancs: tuple[Near, Far]) -> Near:
    """Give a real Orthanc that stands where we stand."""
    return _orthancs[0]


@pytest.fixture(scope="session")
def far(_orthancs: tuple[Near, Far]) -> Far:
    """Give a real Orthanc that is a modality and a peer, of the other one and of us."""
    return _orthancs[1]


@pytest.fixture(autouse=True)
def feeds_agree(request: pytest.FixtureRequest, agreements: dict[str, Agreement]) -> Iterator[None]:
    """End every scenario on a system that is shared by comparing what it has added to the feeds."""
    axial = request.getfixturevalue("axial") if "axial" in request.fixturenames else None
    yield
    # Systems of a test's own are compared when they stop; somebody else's history may be too long to read.
    if axial is None or axial.data is None or request.node.get_closest_marker("chaos"):
        return
    asyncio.run(_compare(axial, agreements.setdefault(axial.url, Agreement(axial.nats_url))))


async def _compare(axial: Axial, agreement: Agreement) -> None:
    async with axial.async_client() as client:
        await agreement.check(client)


@pytest.fixture
async def client(axial: Axial) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the shared system."""
    async with axial.async_client() as client:
        yield client


@pytest.fixture
def own_data(tmp_path: Path) -> Iterator[Path]:
    """Give the folder of a system that the test starts itself; only its logs outlive the test."""
    yield from _own_data(tmp_path)


@pytest.fixture(scope="module")
def module_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the folder of a system that the tests of one file start and share."""
    yield from _own_data(tmp_path_factory.mktemp("system"))


def _own_data(folder: Path) -> Iterator[Path]:
    if _URL_VARIABLE in os.environ:
        pytest.skip(f"needs processes of its own, and {_URL_VARIABLE} is set")
    data = folder / "data"
    yield data
    for part in data.glob("*"):
        if part.is_dir() and part.name != "logs":
            shutil.rmtree(part)
