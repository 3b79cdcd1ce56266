"""The routes that change metadata, attachments, labels and protection (orthanc-rest.md, C.5 to C.7)."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from axial.common.annotation_names import Names, content_names, is_users, metadata_names
from axial.common.configuration import Configuration
from axial.common.errors import BadFormat, BadParameter, Forbidden
from axial.common.events import (
    AnnotationRequested,
    AttachmentDeletionRequested,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.origins import origin_of
from axial.common.revisions import Revision, read_revision
from axial.ingest.annotations import Annotations, Target
from axial.ingest.bodies import body_of, check_declared_size
from axial.ingest.commands import Accepted
from axial.ingest.requests import (
    Waiting,
    accepted_json,
    json_answer,
    resource_of,
    text_answer,
)
from axial.ingest.spool import Spool

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

# An event holds it, and the log takes 1 MiB; a page of expanded resources holds a thousand.
_LARGEST_METADATA_BYTES = 128 * 1024
# Orthanc's rule for labels (`ServerToolbox::IsValidLabel`), and a length that no honest one has.
_LABEL = re.compile("[A-Za-z0-9_-]{1,64}")
_LARGEST_FLAG_BYTES = 64


class AnnotationRoutes:
    """Answers PUT and DELETE of what users attach to resources."""

    def __init__(
        self,
        annotations: Annotations,
        configuration: Configuration,
        spool_dir: Path,
        limit_bytes: int,
        waiting: Waiting,
    ) -> None:
        self._annotations = annotations
        self._metadata = metadata_names(configuration.user_metadata)
        self._contents = content_names(
            {name: kind.number for name, kind in configuration.user_content_type.items()}
        )
        self._check_revisions = configuration.check_revisions
        self._spool_dir = spool_dir
        self._limit_bytes = limit_bytes
        self._waiting = waiting

    def paths(self) -> list[tuple[str, str, Endpoint]]:
        """List method, path and endpoint of each route; a level is in the place of the first word."""
        return [
            ("PUT", "/{id}/metadata/{name}", self.put_metadata),
            ("DELETE", "/{id}/metadata/{name}", self.delete_metadata),
            ("PUT", "/{id}/attachments/{name}", self.put_attachment),
            ("DELETE", "/{id}/attachments/{name}", self.delete_attachment),
            ("PUT", "/{id}/labels/{label}", self.change_label),
            ("DELETE", "/{id}/labels/{label}", self.change_label),
        ]

    async def put_metadata(self, request: Request) -> Response:
        """Write a metadata; the body is its value, whatever its type says."""
        target = self._target(request, self._metadata)
        value = await _read(request, _LARGEST_METADATA_BYTES)
        event = MetadataWriteRequested.model_validate(target.fields() | {"value": value})
        md5 = hashlib.md5(value, usedforsecurity=False).hexdigest()
        return await self._written(request, event, md5)

    async def delete_metadata(self, request: Request) -> Response:
        """Remove a metadata."""
        target = self._target(request, self._metadata)
        return await self._removed(
            request, MetadataDeletionRequested.model_validate(target.fields())
        )

    async def put_attachment(self, request: Request) -> Response:
        """Attach the body's bytes."""
        target = self._target(request, self._contents)
        check_declared_size(request, self._limit_bytes)
        wait_seconds, headers = self._waiting.of(request)
        async with Spool(self._spool_dir, self._limit_bytes) as spool:
            async for chunk in body_of(request, self._limit_bytes):
                await spool.write(chunk)
            file = await spool.finish()
            answer = await self._annotations.attach(target, file, wait_seconds)
        if isinstance(answer, Accepted):
            return json_answer(accepted_json(answer), HTTPStatus.ACCEPTED, headers)
        assert answer is not None, "what was written has a revision"
        etag = {"ETag": Revision(answer, file.md5).etag}
        return json_answer({}, HTTPStatus.OK, headers | etag)

    async def delete_attachment(self, request: Request) -> Response:
        """Remove an attachment."""
        target = self._target(request, self._contents)
        event = AttachmentDeletionRequested.model_validate(target.fields())
        return await self._removed(request, event)

    async def change_label(self, request: Request) -> Response:
        """Put a label on with PUT, take it off with DELETE."""
        level, resource_id = resource_of(request)
        label = request.path_params["label"]
        if not _LABEL.fullmatch(label):
            raise BadParameter("A label consists of letters, digits, _ and -.")
        origin = origin_of(request)
        event = LabelChangeRequested(
            level=level,
            resource_id=resource_id,
            remote_ip=origin.remote_ip,
            http_username=origin.http_username,
            label=label,
            present=request.method == "PUT",
        )
        return await self._removed(request, event)

    async def put_protection(self, request: Request) -> Response:
        """Protect a patient from being recycled with `1` or `true`, or no longer with `0` or `false`."""
        _, resource_id = resource_of(request)
        word = (await _read(request, _LARGEST_FLAG_BYTES)).strip()
        if word not in (b"0", b"1", b"true", b"false"):
            raise BadFormat("The body must be 0, 1, true or false.")
        origin = origin_of(request)
        event = ProtectionChangeRequested(
            level=Level.PATIENT,
            resource_id=ResourceId(resource_id),
            remote_ip=origin.remote_ip,
            http_username=origin.http_username,
            is_protected=word in (b"1", b"true"),
        )
        return await self._removed(request, event)

    def _target(self, request: Request, names: Names) -> Target:
        """Read what a request is about; what Orthanc itself keeps is not for users to change."""
        level, resource_id = resource_of(request)
        number = names.number_of(request.path_params["name"])
        if not is_users(number):
            raise Forbidden
        origin = origin_of(request)
        return Target(
            level,
            resource_id,
            number,
            read_revision(request.headers.get("if-match")),
            self._check_revisions,
            origin.remote_ip,
            origin.http_username,
        )

    async def _written(self, request: Request, event: AnnotationRequested, md5: str) -> Response:
        wait_seconds, headers = self._waiting.of(request)
        answer = await self._annotations.ask(event, wait_seconds)
        if isinstance(answer, Accepted):
            return json_answer(accepted_json(answer), HTTPStatus.ACCEPTED, headers)
        assert answer is not None, "what was written has a revision"
        etag = {"ETag": Revision(answer, md5).etag}
        return text_answer(headers=headers | etag)

    async def _removed(self, request: Request, event: AnnotationRequested) -> Response:
        wait_seconds, headers = self._waiting.of(request)
        answer = await self._annotations.ask(event, wait_seconds)
        if isinstance(answer, Accepted):
            return json_answer(accepted_json(answer), HTTPStatus.ACCEPTED, headers)
        return text_answer(headers=headers)


async def _read(request: Request, limit_bytes: int) -> bytes:
    """Read a small body; raise TooLarge."""
    check_declared_size(request, limit_bytes)
    return b"".join([chunk async for chunk in body_of(request, limit_bytes)])
