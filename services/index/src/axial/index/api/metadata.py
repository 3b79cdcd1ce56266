"""Metadata of the four levels (orthanc-rest.md, C.5), and whether a patient is protected."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.annotation_names import metadata_names
from axial.common.errors import Inexistent
from axial.common.flags import flag
from axial.common.identifiers import Level
from axial.common.revisions import Revision, read_revision
from axial.index.annotations import md5_of
from axial.index.api.answers import answer, answer_text
from axial.index.api.dependencies import PathId, TheAnnotations, TheConfiguration
from axial.index.api.revisioned import not_modified

router = APIRouter()


def _add_level(level: Level) -> None:
    async def list_metadata(
        request: Request,
        resource_id: PathId,
        annotations: TheAnnotations,
        configuration: TheConfiguration,
    ) -> Response:
        """List what is known of a resource: names, numbers with `numeric`, with the values if `expand`."""
        query = request.query_params
        names = metadata_names(configuration.user_metadata)
        found = await annotations.metadata(level, resource_id)
        numeric = flag(query, "numeric", absent=False)
        if flag(query, "expand", absent=False):
            return answer(
                {
                    str(number) if numeric else names.name_of(number): metadatum.text
                    for number, metadatum in found.items()
                }
            )
        return answer([number if numeric else names.name_of(number) for number in sorted(found)])

    async def get_metadata(
        request: Request,
        resource_id: PathId,
        name: str,
        annotations: TheAnnotations,
        configuration: TheConfiguration,
    ) -> Response:
        """Answer the value of one metadata, with its revision."""
        number = metadata_names(configuration.user_metadata).number_of(name)
        metadatum = (await annotations.metadata(level, resource_id)).get(number)
        if metadatum is None:
            raise Inexistent
        revision = Revision(metadatum.revision, md5_of(metadatum.value))
        known = read_revision(request.headers.get("if-none-match"))
        if known == revision:
            return not_modified(revision)
        # Without a character set, as in Orthanc: nothing says that the bytes are text.
        headers = {"ETag": revision.etag, "Content-Type": "text/plain"}
        return Response(metadatum.value, headers=headers)

    path = f"/{level.path_name}/{{resource_id}}/metadata"
    router.add_api_route(path, list_metadata, methods=["GET"])
    router.add_api_route(f"{path}/{{name}}", get_metadata, methods=["GET"])


for _level in Level:
    _add_level(_level)


@router.get("/patients/{resource_id}/protected")
async def get_protected(resource_id: PathId, annotations: TheAnnotations) -> Response:
    """Tell whether a patient is protected from being recycled: 1 or 0."""
    protected = await annotations.is_protected(resource_id)
    return answer_text("1" if protected else "0")
