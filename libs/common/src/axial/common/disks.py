"""How much room the folders of a service have."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_LABELS = ("disk",)


class DiskFigures(Collector):
    """Asks the file systems when it is asked; a folder that cannot be looked at tells nothing."""

    def __init__(
        self, registry: CollectorRegistry, service: str, folders: Mapping[str, Path]
    ) -> None:
        self._prefix = f"axial_{service}_disk"
        self._folders = folders
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Name the figures without looking at disks."""
        return self._families()

    def collect(self) -> Iterator[Metric]:
        """Look at each disk now."""
        free, size = self._families()
        for name, folder in self._folders.items():
            try:
                usage = shutil.disk_usage(folder)
            except OSError:
                continue
            free.add_metric((name,), usage.free)
            size.add_metric((name,), usage.total)
        yield free
        yield size

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                f"{self._prefix}_free_bytes",
                "Bytes that can still be written to the file system of a folder: spool, blobs if they are in one, and"
                " those of engines on the same machine, by name.",
                labels=_LABELS,
            ),
            GaugeMetricFamily(
                f"{self._prefix}_size_bytes",
                "Bytes of that file system, used or not.",
                labels=_LABELS,
            ),
        )


def blob_folder(blob_url: str) -> dict[str, Path]:
    """Name the folder of a blob store that is one, under `blobs`."""
    parts = urlsplit(blob_url)
    return {"blobs": Path(unquote(parts.path))} if parts.scheme == "file" else {}
