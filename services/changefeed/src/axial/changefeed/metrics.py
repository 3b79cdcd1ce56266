"""The figures of the changefeed service."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from axial.changefeed.reading.high_water import HighWater
from axial.common.ticks import TICKS_PER_SECOND

# Seconds. From "already there" to the longest wait a read is given.
_WAIT_BUCKETS = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)


class ChangefeedMetrics:
    """What operators watch: who reads, how long reads wait, whether metadata comes from memory."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.reads = Counter(
            "axial_changefeed_reads_total",
            "Pages read, by feed: changes, v1, v2, latest, entries.",
            ["feed"],
            registry=registry,
        )
        self.rows = Counter(
            "axial_changefeed_rows_total",
            "Rows handed out, by feed: changes, v1, v2, latest, entries.",
            ["feed"],
            registry=registry,
        )
        self.waiting_polls = Gauge(
            "axial_changefeed_waiting_polls",
            "Reads that wait for something to find.",
            registry=registry,
        )
        # Looking a label up by its text costs more than counting.
        self._feeds = {
            feed: (self.reads.labels(feed), self.rows.labels(feed))
            for feed in ("changes", "v1", "v2", "latest", "entries")
        }
        self.wait = Histogram(
            "axial_changefeed_projection_wait_seconds",
            "How long a read waited until the projection had reached the log's end.",
            buckets=_WAIT_BUCKETS,
            registry=registry,
        )
        self.not_caught_up = Counter(
            "axial_changefeed_not_caught_up_total",
            "Reads refused because the projection did not reach the log's end in time.",
            registry=registry,
        )
        self.metadata_hits = Counter(
            "axial_changefeed_metadata_cache_hits_total",
            "Data sets whose DICOM JSON was in memory.",
            registry=registry,
        )
        self.metadata_misses = Counter(
            "axial_changefeed_metadata_cache_misses_total",
            "Data sets whose DICOM JSON had to be encoded.",
            registry=registry,
        )
        self.metadata_unreadable = Counter(
            "axial_changefeed_metadata_unreadable_total",
            "Data sets that could not be encoded; their entries carry no metadata.",
            registry=registry,
        )
        self.metadata_cache_size = Gauge(
            "axial_changefeed_metadata_cache_size_bytes",
            "Memory held by encoded DICOM JSON.",
            registry=registry,
        )
        self.page_hits = Counter(
            "axial_changefeed_page_cache_hits_total",
            "Pages that were in memory, and still true.",
            registry=registry,
        )
        self.page_misses = Counter(
            "axial_changefeed_page_cache_misses_total",
            "Pages that had to be read and rendered.",
            registry=registry,
        )
        self.page_cache_size = Gauge(
            "axial_changefeed_page_cache_size_bytes",
            "Memory held by rendered pages.",
            registry=registry,
        )
        self._log_sequence = Gauge(
            "axial_changefeed_log_sequence",
            "The last event of the log that the feeds show.",
            registry=registry,
        )
        self._change_sequence = Gauge(
            "axial_changefeed_change_sequence",
            "The highest number in Orthanc's feed.",
            registry=registry,
        )
        self._instance_sequence = Gauge(
            "axial_changefeed_instance_sequence",
            "The highest number in Azure's feed.",
            registry=registry,
        )
        self._timestamp = Gauge(
            "axial_changefeed_high_water_timestamp_seconds",
            "The last time given in the feeds, as Unix time.",
            registry=registry,
        )

    def show(self, high_water: HighWater) -> None:
        """Set the gauges of the position."""
        self._log_sequence.set(high_water.log_sequence)
        self._change_sequence.set(high_water.change_sequence)
        self._instance_sequence.set(high_water.instance_sequence)
        self._timestamp.set(high_water.ticks / TICKS_PER_SECOND)

    def read(self, feed: str, rows: int) -> None:
        """Count one page of a feed."""
        pages, shown = self._feeds[feed]
        pages.inc()
        shown.inc(rows)
