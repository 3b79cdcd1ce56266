"""How far a reading of the feeds is complete."""

from dataclasses import dataclass

from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks, iso_utc


@dataclass(frozen=True, slots=True)
class HighWater:
    """The projection's position: every number up to it is there, and no later time is below its time."""

    #: The last event of the log that is folded in.
    log_sequence: LogSequence
    #: The highest number ever given in Orthanc's feed.
    change_sequence: int
    #: The highest number ever given in Azure's feed.
    instance_sequence: int
    #: The last time given: a window that ends here or before is closed.
    ticks: Ticks
    #: Orthanc's clients see no change up to here: they were cleared.
    cleared_sequence: int

    def of_changes(self) -> str:
        """Write the value of `X-Changes-Watermark`."""
        return f"{self.change_sequence};{iso_utc(self.ticks)}"

    def of_instances(self) -> str:
        """Write the value of `X-Changefeed-Watermark`."""
        return f"{self.instance_sequence};{iso_utc(self.ticks)}"
