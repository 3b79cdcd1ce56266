"""What the scrub has found: Axial's own, for whoever restores it from a backup."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.annotation_names import content_names
from axial.common.ticks import orthanc_date
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheConfiguration, TheDamages, TheProjection
from axial.index.api.exports import read_window

router = APIRouter()


@router.get("/tools/damaged-blobs")
async def list_damaged_blobs(
    request: Request,
    damages: TheDamages,
    projection: TheProjection,
    configuration: TheConfiguration,
) -> Response:
    """List the blobs that are not what was stored, those found first before the others."""
    await projection.caught_up()
    since, limit = read_window(request.query_params)
    names = content_names(
        {name: kind.number for name, kind in configuration.user_content_type.items()}
    )
    return answer(
        [
            {
                "Level": damaged.level.type_name,
                "ID": damaged.resource_id,
                "Path": f"/{damaged.level.path_name}/{damaged.resource_id}",
                "Attachment": names.name_of(damaged.number),
                "AttachmentNumber": damaged.number,
                "BlobKey": damaged.blob_key,
                "Damage": damaged.damage,
                "Since": orthanc_date(damaged.since_ticks),
            }
            for damaged in await damages.page(max(since, 0), limit)
        ]
    )
