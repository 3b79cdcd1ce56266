"""Resources with as much of what is known of them as a request asks for."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.datastructures import QueryParams
from starlette.responses import Response

from axial.common.annotation_names import Names
from axial.common.dictionary import Dictionary
from axial.common.errors import BadParameter, NotFound
from axial.common.identifiers import Level, ResourceId
from axial.common.orthanc_tags import TagFormat
from axial.index.annotation_reads import AnnotationReads, StoredAttachment
from axial.index.api.answers import answer, answer_list
from axial.index.api.arguments import tag_format, tags
from axial.index.api.shapes import shape
from axial.index.database import Database
from axial.index.find.tags import TagReader
from axial.index.turns import Turns


class Content(StrEnum):
    """What may be asked for (Orthanc's `ResponseContent`)."""

    MAIN_DICOM_TAGS = "MainDicomTags"
    METADATA = "Metadata"
    CHILDREN = "Children"
    PARENT = "Parent"
    LABELS = "Labels"
    STATUS = "Status"
    IS_STABLE = "IsStable"
    IS_PROTECTED = "IsProtected"
    ATTACHMENTS = "Attachments"


_ALWAYS = frozenset({"ID", "Type"})
_FIELDS = {
    Content.MAIN_DICOM_TAGS: frozenset({"MainDicomTags", "PatientMainDicomTags"}),
    Content.CHILDREN: frozenset({"Studies", "Series", "Instances"}),
    Content.PARENT: frozenset({"ParentPatient", "ParentStudy", "ParentSeries"}),
    Content.LABELS: frozenset({"Labels"}),
    Content.STATUS: frozenset({"Status"}),
    Content.IS_STABLE: frozenset({"IsStable"}),
    Content.IS_PROTECTED: frozenset({"IsProtected"}),
}


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a request asks for of each resource."""

    tags: TagFormat
    #: None for what Orthanc has always told.
    content: frozenset[Content] | None = None
    requested_tags: frozenset[int] = frozenset()
    #: Metadata beside what is told anyway.
    with_metadata: bool = False

    @classmethod
    def of_query(cls, query: QueryParams, dictionary: Dictionary) -> "Expansion":
        """Read `short`, `full`, `response-content` and `requested-tags`."""
        content = None
        if "response-content" in query:
            words = query["response-content"].split(";")
            content = read_content([word for word in words if word])
        return cls(
            tag_format(query, TagFormat.SIMPLIFIED),
            content,
            tags(query, "requested-tags", dictionary),
        )

    def tells(self, content: Content) -> bool:
        """Tell whether something that is not told by default is asked for."""
        return self.content is not None and content in self.content


def read_content(words: Sequence[str]) -> frozenset[Content]:
    """Read names of what may be asked for."""
    try:
        return frozenset(Content(word) for word in words)
    except ValueError:
        raise BadParameter("Unknown value in the response content") from None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads resources and writes them in the way one request asks for."""

    database: Database
    annotations: AnnotationReads
    tag_reader: TagReader
    metadata_names: Names
    expansion: Expansion
    turns: Turns

    async def one(self, level: Level, resource_id: ResourceId) -> Response:
        """Answer one resource; raises `NotFound`."""
        found = await self.shapes(level, [resource_id])
        if not found:
            raise NotFound
        return answer(found[0])

    async def many(self, level: Level, ids: AsyncIterable[Sequence[ResourceId]]) -> Response:
        """Answer resources with all that is asked for, a page at a time."""
        return await answer_list(self._pages(level, ids), self.turns)

    async def shapes(self, level: Level, ids: Sequence[ResourceId]) -> list[dict[str, object]]:
        """Write resources in the order of their identifiers; what is not there is left out."""
        expansion = self.expansion
        resources = {found.id: found for found in await self.database.find(level, ids)}
        present = [resource_id for resource_id in ids if resource_id in resources]
        shown = {
            resource_id: self._told(shape(resources[resource_id], expansion.tags))
            for resource_id in present
        }
        if expansion.with_metadata or expansion.tells(Content.METADATA):
            metadata = await self.annotations.metadata_of(level, present)
            for resource_id in present:
                shown[resource_id]["Metadata"] = {
                    self.metadata_names.name_of(number): metadatum.text
                    for number, metadatum in metadata.get(resource_id, {}).items()
                }
        if expansion.tells(Content.ATTACHMENTS):
            users = await self.annotations.attachments_of(present)
            files = (
                await self.annotations.attached_files_of(present) if level is Level.INSTANCE else {}
            )
            for resource_id in present:
                attached = [*files.get(resource_id, []), *users.get(resource_id, [])]
                shown[resource_id]["Attachments"] = [_attachment(each) for each in attached]
        if expansion.requested_tags:
            values = await self.tag_reader.shown(
                level, present, expansion.requested_tags, expansion.tags
            )
            for resource_id in present:
                shown[resource_id]["RequestedTags"] = values[resource_id]
        return [shown[resource_id] for resource_id in present]

    def _told(self, told: dict[str, object]) -> dict[str, object]:
        content = self.expansion.content
        if content is None:
            return told
        fields = _ALWAYS.union(*(_FIELDS.get(each, frozenset()) for each in content))
        return {name: value for name, value in told.items() if name in fields}

    async def _pages(
        self, level: Level, ids: AsyncIterable[Sequence[ResourceId]]
    ) -> AsyncIterator[list[dict[str, object]]]:
        async for page in ids:
            yield await self.shapes(level, page)


def _attachment(attachment: StoredAttachment) -> dict[str, object]:
    """Write an attachment as Orthanc's `info` does."""
    return {
        "CompressedMD5": attachment.md5,
        "CompressedSize": attachment.size_bytes,
        "ContentType": attachment.number,
        "UncompressedMD5": attachment.md5,
        "UncompressedSize": attachment.size_bytes,
        "Uuid": str(attachment.event_id),
    }
