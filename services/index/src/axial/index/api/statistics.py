"""How much there is: in all, and below each resource."""

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.identifiers import Level
from axial.index.api.answers import answer
from axial.index.api.dependencies import PathId, TheDatabase
from axial.index.resources import Measure

router = APIRouter()

# Orthanc counts whole mebibytes, and calls them MB.
_MEGABYTE_BYTES = 1024 * 1024


@router.get("/statistics")
async def get_statistics(database: TheDatabase) -> Response:
    """Answer how much the archive holds."""
    totals = await database.read_totals()
    return answer(
        {
            "CountInstances": totals.instances,
            "CountPatients": totals.patients,
            "CountSeries": totals.series,
            "CountStudies": totals.studies,
            **_size("TotalDiskSize", totals.disk_size_bytes),
            **_size("TotalUncompressedSize", totals.size_bytes),
        }
    )


def _add_level(level: Level) -> None:
    """Add the statistics of the resources of a level."""

    async def get_resource_statistics(resource_id: PathId, database: TheDatabase) -> Response:
        """Answer how much is below one resource."""
        measure = await database.measure_resource(level, resource_id)
        if measure is None:
            raise NotFound
        return answer(measured(level, measure))

    path = f"/{level.path_name}/{{resource_id}}/statistics"
    router.add_api_route(path, get_resource_statistics, methods=["GET"])


def measured(level: Level, measure: Measure) -> dict[str, object]:
    """Write the statistics of one resource: the counts of the levels below it, and its sizes."""
    counts = {
        Level.STUDY: ("CountStudies", measure.studies),
        Level.SERIES: ("CountSeries", measure.series),
        Level.INSTANCE: ("CountInstances", measure.instances),
    }
    statistics: dict[str, object] = {
        name: number for below, (name, number) in counts.items() if below > level
    }
    for name, size_bytes in (
        ("DicomDiskSize", measure.dicom_disk_size_bytes),
        ("DicomUncompressedSize", measure.dicom_size_bytes),
        ("DiskSize", measure.disk_size_bytes),
        ("UncompressedSize", measure.size_bytes),
    ):
        statistics |= _size(name, size_bytes)
    return statistics


def _size(name: str, size_bytes: int) -> dict[str, object]:
    """Write a size twice: exactly, as text because JSON's numbers may not hold it, and in megabytes."""
    return {name: str(size_bytes), f"{name}MB": size_bytes // _MEGABYTE_BYTES}


for _level in Level:
    _add_level(_level)
