"""Attachments of the four levels: the files of instances, and what users attached (orthanc-rest.md, C.6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from axial.common.annotation_names import CoreContent, Names, content_names
from axial.common.blobs import BlobStore, StoredBlob
from axial.common.blobs.checking import find_difference
from axial.common.configuration import Configuration
from axial.common.errors import Corrupted, NotFound
from axial.common.flags import flag
from axial.common.identifiers import Level, ResourceId
from axial.common.revisions import Revision, read_revision
from axial.index.annotation_reads import AnnotationReads, StoredAttachment
from axial.index.api.answers import answer, answer_text
from axial.index.api.blob_answers import Served, answer_blob
from axial.index.api.dependencies import (
    PathId,
    TheAnnotations,
    TheBlobs,
    TheConfiguration,
)
from axial.index.api.fresh_routes import FreshRoute
from axial.index.api.revisioned import not_modified

router = APIRouter(route_class=FreshRoute)

_BYTES_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Finds attachments by the names of the configuration."""

    annotations: AnnotationReads
    blobs: BlobStore
    names: Names
    media_types: Mapping[int, str]

    async def all(self, level: Level, resource_id: ResourceId) -> list[StoredAttachment]:
        """Read the attachments of a resource, an instance's file among them; raise NotFound."""
        users = await self.annotations.attachments(level, resource_id)
        if level is not Level.INSTANCE:
            return users
        file = await self.annotations.attached_file(resource_id)
        if file is None:
            raise NotFound
        return [file, *users]

    async def one(self, level: Level, resource_id: ResourceId, name: str) -> StoredAttachment:
        """Read one attachment; raise NotFound."""
        number = self.names.number_of(name)
        for attachment in await self.all(level, resource_id):
            if attachment.number == number:
                return attachment
        raise NotFound

    def served(self, resource_id: ResourceId, attachment: StoredAttachment) -> Served:
        """Tell how an attachment is served."""
        return Served(
            attachment.blob,
            revision_of(attachment).etag,
            f"{resource_id}_{self.names.name_of(attachment.number)}",
            self.media_types.get(attachment.number, _BYTES_TYPE),
        )

    def served_as_kept(self, resource_id: ResourceId, attachment: StoredAttachment) -> Served:
        """Tell how the blob of an attachment is served, compressed when it is."""
        return Served(
            StoredBlob(attachment.blob_key, attachment.disk_size_bytes),
            revision_of(attachment).etag,
            f"{resource_id}_{self.names.name_of(attachment.number)}",
            _BYTES_TYPE,
        )


async def shelf(
    annotations: TheAnnotations,
    blobs: TheBlobs,
    configuration: TheConfiguration,
) -> Shelf:
    """Prepare to find attachments."""
    return Shelf(
        annotations,
        blobs,
        content_names(_numbers(configuration)),
        {
            CoreContent.DICOM: "application/dicom",
            **{kind.number: kind.media_type for kind in configuration.user_content_type.values()},
        },
    )


def _numbers(configuration: Configuration) -> dict[str, int]:
    return {name: kind.number for name, kind in configuration.user_content_type.items()}


TheShelf = Annotated[Shelf, Depends(shelf)]
Fact: TypeAlias = Callable[[StoredAttachment], object]


def revision_of(attachment: StoredAttachment) -> Revision:
    """Name the revision of an attachment."""
    return Revision(attachment.revision, attachment.md5)


# What is asked about an attachment as one word of text.
_FACTS: dict[str, Fact] = {
    "size": lambda attachment: attachment.size_bytes,
    "compressed-size": lambda attachment: attachment.disk_size_bytes,
    "md5": lambda attachment: attachment.md5,
    "compressed-md5": lambda attachment: attachment.disk_md5,
    "is-compressed": lambda attachment: int(attachment.blob.is_compressed),
}
# Ingest has the two that change something.
_COMMANDS = ("compress", "uncompress")
_OPERATIONS = [
    *sorted([*_FACTS, *_COMMANDS, "compressed-data", "data", "info", "verify-md5"]),
    "uuid",
]


def _add_level(level: Level) -> None:  # noqa: C901 - one level's routes, each of a few lines
    path = f"/{level.path_name}/{{resource_id}}/attachments"

    async def list_attachments(request: Request, resource_id: PathId, shelf: TheShelf) -> Response:
        """List the attachments of a resource: names, with `full` also numbers."""
        found = await shelf.all(level, resource_id)
        if flag(request.query_params, "full", absent=False):
            return answer({shelf.names.name_of(item.number): item.number for item in found})
        return answer([shelf.names.name_of(item.number) for item in found])

    async def list_operations(
        request: Request, resource_id: PathId, name: str, shelf: TheShelf
    ) -> Response:
        """List what can be asked about an attachment."""
        attachment = await shelf.one(level, resource_id, name)
        return _unless_known(request, attachment, lambda: answer(_OPERATIONS))

    async def get_data(
        request: Request, resource_id: PathId, name: str, shelf: TheShelf
    ) -> Response:
        """Answer the bytes of an attachment, or a range of them."""
        attachment = await shelf.one(level, resource_id, name)
        revision = revision_of(attachment)
        if read_revision(request.headers.get("if-none-match")) == revision:
            return not_modified(revision)
        return await answer_blob(request, shelf.blobs, shelf.served(resource_id, attachment))

    async def get_compressed_data(
        request: Request, resource_id: PathId, name: str, shelf: TheShelf
    ) -> Response:
        """Answer the bytes of an attachment as they are kept, or a range of them."""
        attachment = await shelf.one(level, resource_id, name)
        revision = revision_of(attachment)
        if read_revision(request.headers.get("if-none-match")) == revision:
            return not_modified(revision)
        served = shelf.served_as_kept(resource_id, attachment)
        return await answer_blob(request, shelf.blobs, served)

    async def get_info(
        request: Request, resource_id: PathId, name: str, shelf: TheShelf
    ) -> Response:
        """Answer all that is known of an attachment."""
        attachment = await shelf.one(level, resource_id, name)
        return _unless_known(request, attachment, lambda: answer(_info(attachment)))

    async def verify_md5(resource_id: PathId, name: str, shelf: TheShelf) -> Response:
        """Read an attachment and compare its MD5, compressed and not: an empty object when both are right."""
        attachment = await shelf.one(level, resource_id, name)
        if await find_difference(shelf.blobs, attachment.known):
            raise Corrupted
        return answer({})

    def add_fact(operation: str, fact: Fact) -> None:
        async def get_fact(
            request: Request, resource_id: PathId, name: str, shelf: TheShelf
        ) -> Response:
            """Answer one fact about an attachment, as text."""
            attachment = await shelf.one(level, resource_id, name)
            return _unless_known(request, attachment, lambda: answer_text(str(fact(attachment))))

        router.add_api_route(f"{path}/{{name}}/{operation}", get_fact, methods=["GET"])

    router.add_api_route(path, list_attachments, methods=["GET"])
    router.add_api_route(f"{path}/{{name}}", list_operations, methods=["GET"])
    router.add_api_route(f"{path}/{{name}}/data", get_data, methods=["GET"])
    router.add_api_route(f"{path}/{{name}}/compressed-data", get_compressed_data, methods=["GET"])
    router.add_api_route(f"{path}/{{name}}/info", get_info, methods=["GET"])
    router.add_api_route(f"{path}/{{name}}/verify-md5", verify_md5, methods=["POST"])
    for operation, fact in (_FACTS | {"uuid": lambda attachment: attachment.event_id}).items():
        add_fact(operation, fact)


for _level in Level:
    _add_level(_level)


def _unless_known(
    request: Request, attachment: StoredAttachment, respond: Callable[[], Response]
) -> Response:
    """Answer with the revision; without a body when the caller has it already."""
    revision = revision_of(attachment)
    if read_revision(request.headers.get("if-none-match")) == revision:
        return not_modified(revision)
    response = respond()
    response.headers["ETag"] = revision.etag
    return response


def _info(attachment: StoredAttachment) -> dict[str, object]:
    return {
        "CompressedMD5": attachment.disk_md5,
        "CompressedSize": attachment.disk_size_bytes,
        "ContentType": attachment.number,
        "UncompressedMD5": attachment.md5,
        "UncompressedSize": attachment.size_bytes,
        "Uuid": str(attachment.event_id),
    }
