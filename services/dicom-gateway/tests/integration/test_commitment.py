"""Storage commitment as pynetdicom asks for it and reports it, and what the router is handed of that."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.presentation import build_role
from support.gateway import Door, door

from axial.cli.ports import LOOPBACK
from axial.common.configuration import Configuration
from axial.common.sop_classes import STORAGE_COMMITMENT
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.operations.commitment import Commitment
from axial.dicom_gateway.router_client import RouterClient
from axial.dimse.messages.commands import Field
from axial.dimse.messages.commitments import STORAGE_COMMITMENT_INSTANCE

pytestmark = pytest.mark.integration

OPTIONS = {
    "DicomModalities": {
        "ct": ["CT", "10.0.0.1", 104],
        "asks": {"AET": "ASKS", "Host": "10.0.0.2", "Port": 104, "AllowEventReport": False},
        "reports": {"AET": "REPORTS", "Host": "10.0.0.3", "Port": 104, "AllowNAction": False},
    }
}


@dataclass(slots=True)
class Router:
    """What stands in the router's place: it answers one status, and remembers what it is handed."""

    status: int | None = 200
    handed: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer."""
        if self.status is None:
            raise httpx2.ConnectError("nobody there")
        self.handed.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(self.status)


@asynccontextmanager
async def opened(router: Router) -> AsyncIterator[Door]:
    """Open a gateway before a router."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(router)) as client:
        commitment = Commitment(
            RouterClient(client, "http://router", SecretStr("")),
            GatewayMetrics(CollectorRegistry()),
        )
        operations = {
            Field.N_ACTION_RQ: commitment.requested,
            Field.N_EVENT_REPORT_RQ: commitment.reported,
        }
        configuration = Configuration.model_validate(OPTIONS)
        async with door(configuration, operations=operations) as gateway:
            yield gateway


async def said(
    gateway: Door,
    title: str,
    say: Callable[[Association], Any],
    *,
    reports: bool = False,
) -> Any:
    """Have pynetdicom associate, as who asks or as who reports, and say something."""

    def talk() -> Any:
        entity = ApplicationEntity(title)
        entity.add_requested_context(STORAGE_COMMITMENT)
        roles: list[Any] = [build_role(STORAGE_COMMITMENT, scp_role=True)] if reports else []
        association = entity.associate(LOOPBACK, gateway.port, ext_neg=roles, ae_title="AXIAL")
        try:
            return say(association)
        finally:
            association.release()

    return await asyncio.to_thread(talk)


def item(uid: str, reason: int | None = None) -> Dataset:
    """Refer to an instance."""
    dataset = Dataset()
    dataset.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.ReferencedSOPInstanceUID = uid
    if reason is not None:
        dataset.FailureReason = reason
    return dataset


def request() -> Dataset:
    """Ask for two instances."""
    dataset = Dataset()
    dataset.TransactionUID = "2.25.1"
    dataset.ReferencedSOPSequence = [item("1.1"), item("1.2")]
    return dataset


def report() -> Dataset:
    """Report one of them to be there."""
    dataset = Dataset()
    dataset.TransactionUID = "2.25.1"
    dataset.ReferencedSOPSequence = [item("1.1")]
    dataset.FailedSOPSequence = [item("1.2", 0x0112)]
    return dataset


def asking(dataset: Dataset | None, action: int = 1) -> Callable[[Association], Dataset]:
    """Ask for storage commitment; return the response."""

    def ask(association: Association) -> Dataset:
        response, _ = association.send_n_action(
            dataset, action, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
        )
        return response

    return ask


def reporting(association: Association) -> Dataset:
    """Report; return the response."""
    response, _ = association.send_n_event_report(
        report(), 2, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
    )
    return response


def referred(uid: str) -> dict[str, str]:
    """Write a reference as the router reads it."""
    return {"sop_class_uid": "1.2.840.10008.5.1.4.1.1.2", "sop_instance_uid": uid}


async def test_a_request_is_handed_over() -> None:
    """Success means that the router has it, with who asks, and under which titles."""
    router = Router()
    async with opened(router) as gateway:
        response = await said(gateway, "CT", asking(request()))
    assert response.Status == 0x0000
    body = {
        "remote_aet": "CT",
        "remote_ip": LOOPBACK,
        "called_aet": "AXIAL",
        "transaction_uid": "2.25.1",
        "references": [referred("1.1"), referred("1.2")],
    }
    assert router.handed == [("/internal/storage-commitment/requests", body)]


async def test_a_report_is_handed_over() -> None:
    """A modality that has associated as provider is heard; of what we never asked for it is told so."""
    router = Router()
    async with opened(router) as gateway:
        response = await said(gateway, "CT", reporting, reports=True)
        assert response.Status == 0x0000
        router.status = 404
        response = await said(gateway, "CT", reporting, reports=True)
        assert response.Status == 0x0115
    path, body = router.handed[0]
    assert path == "/internal/storage-commitment/reports"
    assert body["transaction_uid"] == "2.25.1"
    assert body["committed"] == [referred("1.1")]
    assert body["failed"] == [{"reference": referred("1.2"), "reason": 0x0112}]


@pytest.mark.parametrize("status", [None, 503, 404])
async def test_a_router_that_does_not_take_a_request_is_told_as_failure(status: int | None) -> None:
    """Nobody is promised a report that will not come: Orthanc's status, after which a modality tries again."""
    async with opened(Router(status)) as gateway:
        response = await said(gateway, "CT", asking(request()))
    assert response.Status == 0x0110


async def test_what_is_no_request_is_refused() -> None:
    """An action of another type, or a data set without what it needs, never reaches the router."""
    router = Router()
    async with opened(router) as gateway:
        assert (await said(gateway, "CT", asking(request(), 2))).Status == 0x0123
        unnamed = request()
        del unnamed.TransactionUID
        assert (await said(gateway, "CT", asking(unnamed))).Status == 0x0115
    assert router.handed == []


async def test_nobody_does_what_is_not_allowed_to_him() -> None:
    """A stranger gets no context; who may only report is refused a request, who may only ask no role to report."""
    router = Router()
    async with opened(router) as gateway:
        assert await said(gateway, "STRANGER", lambda one: one.accepted_contexts) == []
        assert (await said(gateway, "REPORTS", asking(request()))).Status == 0x0124
        assert (await said(gateway, "ASKS", asking(request()))).Status == 0x0000

        def roles(association: Association) -> list[Any]:
            return [(one.as_scu, one.as_scp) for one in association.accepted_contexts]

        assert await said(gateway, "ASKS", roles, reports=True) == []
        assert await said(gateway, "REPORTS", roles, reports=True) == [(False, True)]
    assert len(router.handed) == 1
