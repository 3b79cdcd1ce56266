"""What is asked for over HTTP: by users as Orthanc reads it, by the gateway in a form of our own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from axial.common.errors import BadFormat, BadParameter
from axial.common.identifiers import ResourceId
from axial.dimse.messages.commitments import CommitmentReport, CommitmentRequest, Failure, Reference
from axial.router.bodies import read_json
from axial.router.modalities.forms import read_timeout

_UID = "^[0-9.]{1,64}$"

Uid = Annotated[str, Field(pattern=_UID)]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a modality is to be asked for."""

    resources: tuple[ResourceId, ...]
    references: tuple[Reference, ...]
    #: How many seconds the modality may take; None for its own `Timeout`.
    timeout: int | None


async def read_wish(request: Request) -> Wish:
    """Read the body of `POST /modalities/{id}/storage-commitment`; raise BadFormat, BadParameter or TooLarge."""
    asked = await read_json(request)
    if not isinstance(asked, dict):
        raise BadFormat("Must provide a JSON object with a list of resources")
    if "Resources" not in asked and "DicomInstances" not in asked:
        raise BadFormat(
            "Empty storage commitment request, one of these fields is mandatory:"
            ' "Resources" or "DicomInstances"'
        )
    return Wish(_resources(asked), _references(asked), read_timeout(asked))


def _resources(asked: Mapping[str, Any]) -> tuple[ResourceId, ...]:
    resources = asked.get("Resources", [])
    if not isinstance(resources, list):
        raise BadFormat('The "Resources" field must provide an array of Orthanc resources')
    if not all(isinstance(resource, str) for resource in resources):
        raise BadFormat('The "Resources" field must provide an array of strings')
    return tuple(map(ResourceId, resources))


def _references(asked: Mapping[str, Any]) -> tuple[Reference, ...]:
    instances = asked.get("DicomInstances", [])
    if not isinstance(instances, list):
        raise BadFormat('The "DicomInstances" field must provide an array of DICOM instances')
    return tuple(map(_reference, instances))


def _reference(entry: object) -> Reference:
    match entry:
        case [str() as sop_class_uid, str() as sop_instance_uid]:
            pass
        case {"SOPClassUID": str() as sop_class_uid, "SOPInstanceUID": str() as sop_instance_uid}:
            pass
        case list():
            raise BadFormat(
                "An instance entry must provide an array with 2 strings:"
                " SOP Class UID and SOP Instance UID"
            )
        case dict():
            raise BadFormat(
                'An instance entry must provide an object with 2 string fields: "SOPClassUID" and'
                ' "SOPInstanceUID"'
            )
        case _:
            raise BadFormat(
                "JSON array or object is expected to specify one instance to be queried"
            )
    if not (re.fullmatch(_UID, sop_class_uid) and re.fullmatch(_UID, sop_instance_uid)):
        raise BadParameter("The SOP class/instance UIDs must be UIDs")
    return Reference(sop_class_uid, sop_instance_uid)


class _Body(BaseModel):
    """A JSON object with known members only."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Referred(_Body):
    sop_class_uid: Uid
    sop_instance_uid: Uid

    def value(self) -> Reference:
        return Reference(self.sop_class_uid, self.sop_instance_uid)


class _Failed(_Body):
    reference: _Referred
    reason: Annotated[int, Field(ge=0, le=0xFFFF)]


class _Sent(_Body):
    """What a peer has sent to the gateway, on an association with these sides."""

    remote_aet: str
    remote_ip: str
    called_aet: str
    transaction_uid: Uid


class RequestBody(_Sent):
    """What a peer wants to be sure of."""

    references: list[_Referred]

    def value(self) -> CommitmentRequest:
        """Read it."""
        references = tuple(reference.value() for reference in self.references)
        return CommitmentRequest(self.transaction_uid, references)


class ReportBody(_Sent):
    """What a peer reports."""

    committed: list[_Referred]
    failed: list[_Failed]

    def value(self) -> CommitmentReport:
        """Read it."""
        return CommitmentReport(
            self.transaction_uid,
            tuple(reference.value() for reference in self.committed),
            tuple(Failure(failed.reference.value(), failed.reason) for failed in self.failed),
        )
