"""What deletions with grace took, and how long it can come back: Axial's own."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.recorded import read_sequence
from axial.common.ticks import orthanc_date
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheProjection, TheTrash
from axial.index.api.exports import read_window
from axial.index.state import Deletion

router = APIRouter()


@router.get("/trash")
async def list_deletions(request: Request, trash: TheTrash, projection: TheProjection) -> Response:
    """List what can come back, the newest deletion first."""
    await projection.caught_up()
    since, limit = read_window(request.query_params)
    return answer([_shape(deletion) for deletion in await trash.page(max(since, 0), limit)])


@router.get("/trash/{deletion}")
async def get_deletion(deletion: str, trash: TheTrash, projection: TheProjection) -> Response:
    """Tell of one of them."""
    sequence = read_sequence(deletion)
    if sequence is None:
        raise NotFound
    await projection.caught_up()
    found = await trash.find(sequence)
    if found is None:
        raise NotFound
    return answer(_shape(found))


def _shape(deletion: Deletion) -> dict[str, object]:
    """Write one deletion; who was examined, only the identifiers tell."""
    return {
        "CountInstances": deletion.instances,
        "DeletedAt": orthanc_date(deletion.deleted_ticks),
        "Deletion": deletion.deletion,
        "DiskSize": str(deletion.disk_size_bytes),
        "ID": deletion.resource_id,
        "Level": deletion.level.type_name,
        "Path": f"/{deletion.level.path_name}/{deletion.resource_id}",
        "Until": orthanc_date(deletion.until_ticks),
    }
