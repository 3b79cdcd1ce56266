"""What is to be retrieved from a modality, as jobs keep it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from axial.common.attributes import format_tag, parse_tag
from axial.common.dictionary import Dictionary
from axial.common.errors import BadParameter
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.orthanc_names import name_of
from axial.common.orthanc_tags import Json, TagFormat
from axial.common.tag_formats import in_format
from axial.router.retrieval.keys import SOP_CLASSES_IN_STUDY, Tags, named, shown


class Method(StrEnum):
    """By which command instances come."""

    MOVE = "C-MOVE"
    GET = "C-GET"

    @property
    def job_type(self) -> str:
        """The job that does it, as Orthanc calls it."""
        return "DicomMoveScu" if self is Method.MOVE else "DicomGetScu"


@dataclass(frozen=True, slots=True)
class Command:
    """One retrieval, and what is told of it."""

    #: What names the resource.
    keys: Tags
    #: What the job shows.
    shown: Tags
    #: Of what kinds the instances are; empty when nobody knows.
    sop_classes: Sequence[str] = ()


def command_of_answer(level: Level, tags: Tags) -> Command:
    """Retrieve what an answer to a query tells of; raise Rejected when the answer does not name it."""
    return Command(named(level, tags), shown(tags), _sop_classes(tags))


def command_of_request(level: Level, tags: Tags) -> Command:
    """Retrieve what a request names; raise Rejected when it does not."""
    keys = named(level, tags)
    return Command(keys, {**tags, **keys}, _sop_classes(tags))


def _sop_classes(tags: Tags) -> Sequence[str]:
    return [uid for text in tags.get(SOP_CLASSES_IN_STUDY, "").split("\\") if (uid := text.strip())]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be retrieved."""

    modality: Modality
    method: Method
    #: Where the instances are sent to, by C-MOVE.
    target_aet: str
    local_aet: str
    #: How long the modality may take for an answer, in seconds; None for as long as for any.
    timeout: int | None
    commands: Sequence[Command]
    format: TagFormat

    def parameters(self, *, is_permissive: bool) -> dict[str, Any]:
        """Write it down for a job: the modality as it is now."""
        return {
            "modality": self.modality.model_dump(mode="json", by_alias=True),
            "target_aet": self.target_aet,
            "local_aet": self.local_aet,
            "timeout": self.timeout,
            "permissive": is_permissive,
            "commands": [
                {"keys": written_tags(command.keys), "sop_classes": list(command.sop_classes)}
                for command in self.commands
            ],
        }

    def content(self, dictionary: Dictionary) -> dict[str, Any]:
        """Tell what the job shows, as Orthanc does."""
        full = [in_full(command.shown, dictionary) for command in self.commands]
        content: dict[str, Any] = {
            "Description": "REST API",
            "LocalAet": self.local_aet,
            "RemoteAet": self.modality.aet,
            "Query": [in_format(tags, self.format) for tags in full],
            "Details": [
                {
                    "DimseErrorStatus": 0,
                    "Query": in_format(tags, TagFormat.SHORT),
                    "ReceivedInstancesIds": [],
                }
                for tags in full
            ],
        }
        if self.method is Method.MOVE:
            content["TargetAet"] = self.target_aet
        return content


def method_of(asked: str | None, modality: Modality, default: str) -> Method:
    """Choose how to retrieve: as asked for, as the modality is to be treated, or as all are; raise BadParameter."""
    for name in (asked, modality.retrieve_method, default):
        if name in (None, "SystemDefault"):
            continue
        try:
            return Method(str(name))
        except ValueError:
            raise BadParameter(f"Unknown retrieve method: {name}") from None
    return Method.MOVE


def in_full(tags: Tags, dictionary: Dictionary) -> Json:
    """Show texts in Orthanc's full format."""
    return {
        format_tag(tag): {
            "Name": dictionary.name_of(tag) or name_of(tag),
            "Type": "String",
            "Value": tags[tag],
        }
        for tag in sorted(tags)
    }


def written_tags(tags: Tags) -> dict[str, str]:
    """Write tags for Postgres."""
    return {format_tag(tag): text for tag, text in tags.items()}


def read_tags(written: Mapping[str, str]) -> dict[int, str]:
    """Read what was written so."""
    return {tag: text for name, text in written.items() if (tag := parse_tag(name)) is not None}
