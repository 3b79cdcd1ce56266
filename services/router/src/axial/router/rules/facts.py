"""What rules know of an instance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from axial.common.attributes import parse_tag
from axial.common.identifiers import ResourceId
from axial.common.ticks import Ticks
from axial.dimse.sending.instances import Instance
from axial.router.index_client import Outbound


@dataclass(frozen=True, slots=True)
class Facts:
    """An instance as the index knows it."""

    outbound: Outbound
    study_id: ResourceId
    series_id: ResourceId
    #: It has rested for `StableAge`, or has all instances that it promised.
    series_is_done: bool
    received: Ticks
    #: DicomProtocol or RestApi.
    origin: str
    #: As the next three empty when it came another way.
    remote_aet: str
    called_aet: str
    remote_ip: str
    http_username: str
    #: Texts of the attributes that rules ask for, as far as the instance has them.
    tags: Mapping[int, str]

    @property
    def id(self) -> ResourceId:
        """The instance's identifier."""
        return ResourceId(self.outbound.instance.id)


def facts_of(row: Mapping[str, Any]) -> Facts:
    """Read what the index answers of one instance."""
    instance = Instance(
        row["ID"], row["SOPClassUID"], row["SOPInstanceUID"], row["TransferSyntaxUID"]
    )
    tags = {parse_tag(name): text for name, text in row["Tags"].items()}
    return Facts(
        outbound=Outbound(instance, row["Size"], row["MD5"]),
        study_id=ResourceId(row["Study"]),
        series_id=ResourceId(row["Series"]),
        series_is_done=row["SeriesIsDone"],
        received=Ticks(row["ReceivedTicks"]),
        origin=row["Origin"],
        remote_aet=row["RemoteAET"],
        called_aet=row["CalledAET"],
        remote_ip=row["RemoteIP"],
        http_username=row["HttpUsername"],
        tags={tag: text for tag, text in tags.items() if tag is not None},
    )
