"""What this process does with modalities by request, put together."""

from fastapi import APIRouter

from axial.common.routes import add_routes
from axial.router.destinations.modality import Means
from axial.router.jobs.kind import Submission
from axial.router.jobs.sending import Afterwards, SendInstances
from axial.router.modalities.echoing import echo_routes
from axial.router.modalities.managing import changing_routes, telling_routes
from axial.router.modalities.storing import STORE_JOB, storing_routes
from axial.router.modalities.straight import straight_routes
from axial.router.parts import Parts

_MIB = 1024 * 1024


def build_modalities(parts: Parts, means: Means, jobs: Submission) -> APIRouter:
    """Make all routes of modalities but those of queries and retrievals."""
    configuration = parts.configuration
    limit_bytes = configuration.maximum_upload_size * _MIB
    router = APIRouter()
    add_routes(
        router,
        telling_routes(parts.modalities),
        changing_routes(parts.modalities, parts.log, parts.pool),
        echo_routes(
            parts.modalities, parts.reach, checks_find=configuration.dicom_echo_checks_find
        ),
        storing_routes(parts.modalities, means, parts.index, jobs),
        straight_routes(parts.modalities, means, parts.settings.spool_dir, limit_bytes),
    )
    return router


def store_job(parts: Parts, means: Means, afterwards: Afterwards | None = None) -> SendInstances:
    """Make the kind of jobs that send to modalities; `afterwards` hears of what was delivered."""
    return SendInstances(STORE_JOB, means.written, parts.index, parts.exports, afterwards)
