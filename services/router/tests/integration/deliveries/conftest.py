"""Replicas that deliver to modalities of the test's own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.deliveries import Delivering, Replica, Reticent, Shelf, known
from support.dicoms import DicomMaker
from support.modality import sendable

from axial.router.deliveries.delivery import Patience
from axial.router.deliveries.opening import open_deliveries
from axial.router.index_client import Outbound
from axial.router.parts import Parts
from axial.router.settings import RouterSettings


@pytest.fixture
def router_settings(router_settings: RouterSettings) -> RouterSettings:
    """Try again soon; and die not so soon, or a machine that is busy for a second would be taken for dead."""
    return router_settings.model_copy(
        update={
            "lease_seconds": 2.0,
            "delivery_retry_seconds": 0.04,
            "delivery_longest_retry_seconds": 0.1,
            "delivery_refresh_seconds": 0.1,
        }
    )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Give an empty folder for files."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(folder)


@pytest.fixture
def make(shelf: Shelf) -> Callable[[int], list[Outbound]]:
    """Make so many instances."""
    maker = DicomMaker()
    return lambda count: [shelf.put(maker.make(serial)) for serial in range(count)]


@pytest.fixture
def destination() -> Callable[..., Reticent]:
    """Make a modality that takes such instances."""
    told = sendable(DicomMaker().make(0).body)

    def destination(**behaviour: Any) -> Reticent:
        return Reticent([(told.sop_class_uid, [told.transfer_syntax])], **behaviour)

    return destination


@pytest.fixture
def delivering(
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]],
    asking: Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]],
    shelf: Shelf,
) -> Delivering:
    """Run a replica that knows modalities by name and port."""

    @asynccontextmanager
    async def delivering(**ports: int) -> AsyncIterator[Replica]:
        async with (
            open_parts() as opened,
            known(shelf, ports, opened.configuration) as destinations,
        ):
            parts = replace(opened, files=shelf)  # type: ignore[arg-type] # in the place of the index
            patience = Patience(most_questions=1)
            async with (
                open_deliveries(parts, destinations.all, patience) as routes,
                asking(routes) as client,
            ):
                yield Replica(parts, destinations, client)

    return delivering
