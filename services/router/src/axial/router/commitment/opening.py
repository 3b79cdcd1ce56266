"""Storage commitment in one process, put together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter

from axial.common.errors import RemoteFailed
from axial.dimse.messages.commitments import Reference
from axial.dimse.sending.instances import Instance
from axial.dimse.upper_layer.requestor import Refused
from axial.router.commitment.answering import StorageCommitmentScp
from axial.router.commitment.correspondents import Correspondents, unreached
from axial.router.commitment.held import Holdings
from axial.router.commitment.provision import Provision
from axial.router.commitment.removal import Removal
from axial.router.commitment.reports import Reports
from axial.router.commitment.requests import Requests
from axial.router.commitment.routes import commitment_doors, commitment_routes
from axial.router.destinations.modality import Means
from axial.router.jobs.kind import Submission, Work
from axial.router.parts import Parts


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the rest of the process needs of it."""

    kind: StorageCommitmentScp
    #: For users, and for the gateway.
    routers: Sequence[APIRouter]
    #: Asks for what a job has sent, if it was to; to be called at the end of each job that stores to a modality.
    after_store: "AfterStore"


class AfterStore:
    """Chains storage commitment to C-STORE (`StorageCommitment` of `POST /modalities/{id}/store`)."""

    def __init__(self, means: Means, requests: Requests) -> None:
        self._means = means
        self._requests = requests

    async def __call__(self, work: Work, delivered: Sequence[Instance]) -> None:
        """Ask the modality of a job about what it says that it has."""
        if not work.parameters.get("commitment") or not delivered:
            return
        destination = self._means.written(work.parameters)
        references = [
            Reference(instance.sop_class_uid, instance.sop_instance_uid) for instance in delivered
        ]
        try:
            peer = destination.peer()
        except Refused as error:
            raise RemoteFailed(unreached(destination.modality.aet, error)) from error
        uid = await self._requests.send(peer, references)
        work.content["StorageCommitmentTransactionUID"] = uid


@asynccontextmanager
async def open_commitment(
    parts: Parts, means: Means, jobs: Submission
) -> AsyncIterator[Commitment]:
    """Open it; its kind of job is to be added to the others."""
    configuration, settings = parts.configuration, parts.settings
    correspondents = Correspondents(configuration, parts.modalities, parts.reach)
    holdings = Holdings(parts.index, parts.blobs)
    reports = Reports(parts.pool, configuration.storage_commitment_reports_size)
    removal = Removal(parts.http, settings.ingest_urls, settings.internal_token, holdings)
    provision = Provision(parts.pool, jobs, correspondents)
    stay_seconds = float(configuration.dicom_association_close_delay)
    async with Requests(reports, stay_seconds).running(settings.shutdown_seconds) as requests:
        yield Commitment(
            StorageCommitmentScp(holdings, correspondents),
            [
                commitment_routes(correspondents, parts.index, requests, reports, removal),
                commitment_doors(configuration, provision, reports),
            ],
            AfterStore(means, requests),
        )
