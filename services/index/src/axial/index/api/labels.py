"""Labels of the four levels, and all that are in use."""

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.identifiers import Level
from axial.index.api.answers import answer, answer_text
from axial.index.api.dependencies import PathId, TheAnnotations

router = APIRouter()


def _add_level(level: Level) -> None:
    async def list_labels(resource_id: PathId, annotations: TheAnnotations) -> Response:
        """List the labels of a resource."""
        return answer(await annotations.labels(level, resource_id))

    async def get_label(resource_id: PathId, label: str, annotations: TheAnnotations) -> Response:
        """Tell whether a resource has a label: an empty answer, or 404."""
        if label not in await annotations.labels(level, resource_id):
            raise NotFound
        return answer_text("")

    path = f"/{level.path_name}/{{resource_id}}/labels"
    router.add_api_route(path, list_labels, methods=["GET"])
    router.add_api_route(f"{path}/{{label}}", get_label, methods=["GET"])


for _level in Level:
    _add_level(_level)


@router.get("/tools/labels")
async def get_all_labels(annotations: TheAnnotations) -> Response:
    """List the labels that are on any resource."""
    return answer(await annotations.all_labels())
