"""Figures under Orthanc's names, for whoever already watches an Orthanc."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from axial.index.resources import Totals

# Orthanc's "MB".
_MEGABYTE_BYTES = 1024 * 1024
# This module is loaded when the process starts.
_STARTED = time.monotonic()


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of the archive at one moment."""

    totals: Totals
    #: Sequence of the newest change.
    last_change: int
    #: Seconds since 1970.
    time: float
    #: Jobs by Orthanc's names of their states; none when nobody knows.
    jobs: Mapping[str, int]


def exposition(figures: Figures) -> bytes:
    """Write figures in Prometheus's text format; Orthanc's names are kept, though Prometheus advises others."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(figures))
    return generate_latest(registry)


class _Snapshot(Collector):
    """Figures as Prometheus's library wants them."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Give one gauge after the other, each with its time, as Orthanc does."""
        totals = self._figures.totals
        for name, documentation, value in (
            ("orthanc_count_instances", "Instances in the archive.", totals.instances),
            ("orthanc_count_patients", "Patients in the archive.", totals.patients),
            ("orthanc_count_series", "Series in the archive.", totals.series),
            ("orthanc_count_studies", "Studies in the archive.", totals.studies),
            (
                "orthanc_disk_size_mb",
                "Size of the files as they are stored, in MiB.",
                totals.disk_size_bytes / _MEGABYTE_BYTES,
            ),
            (
                "orthanc_last_change",
                "Sequence of the newest change.",
                self._figures.last_change,
            ),
            (
                "orthanc_uncompressed_size_mb",
                "Size of the files as they came, in MiB.",
                totals.size_bytes / _MEGABYTE_BYTES,
            ),
            (
                "orthanc_up_time_s",
                "How long the process that answers has been up, in seconds.",
                int(time.monotonic() - _STARTED),
            ),
            *_of_jobs(self._figures.jobs),
        ):
            gauge = GaugeMetricFamily(name, documentation)
            gauge.add_metric([], value, timestamp=self._figures.time)
            yield gauge


def _of_jobs(jobs: Mapping[str, int]) -> Iterable[tuple[str, str, int]]:
    """Give the figures of jobs; none when nobody knows them."""
    if jobs:
        yield "orthanc_jobs_completed", "Jobs that have ended.", jobs["success"] + jobs["failed"]
        yield "orthanc_jobs_failed", "Jobs that have failed.", jobs["failed"]
        yield "orthanc_jobs_pending", "Jobs that wait.", jobs["pending"]
        yield "orthanc_jobs_running", "Jobs that run, or are paused.", jobs["running"]
        yield "orthanc_jobs_success", "Jobs that have succeeded.", jobs["success"]
