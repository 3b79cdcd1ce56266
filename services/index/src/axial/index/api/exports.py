"""What was sent to others: Orthanc's `/exports` (orthanc-rest.md, C.4)."""

import re
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.identifiers import Level
from axial.common.ticks import orthanc_date
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheExports, TheProjection
from axial.index.export_reads import ExportsPage
from axial.index.state import Export

router = APIRouter()

_DEFAULT_LIMIT = 100
# Orthanc knows no bound; `Done` is false behind a shorter page, so that whoever asked for more goes on.
_LONGEST_PAGE = 10_000
_INTEGER = re.compile("[+-]?[0-9]{1,18}")


@router.get("/exports")
async def get_exports(request: Request, exports: TheExports, projection: TheProjection) -> Response:
    """Answer a page of the log, or its last entry: also what was sent just before."""
    await projection.caught_up()
    if "last" in request.query_params:
        return answer(_page(await exports.last(), 0))
    since, limit = read_window(request.query_params)
    return answer(_page(await exports.page(since, limit), since))


def read_window(query: Mapping[str, str]) -> tuple[int, int]:
    """Read `since` and `limit` as Orthanc does: one that is no number resets both, without an error."""
    since, limit = query.get("since", "0"), query.get("limit", str(_DEFAULT_LIMIT))
    if not (_INTEGER.fullmatch(since) and _INTEGER.fullmatch(limit)):
        return 0, _DEFAULT_LIMIT
    return int(since), min(int(limit), _LONGEST_PAGE) if int(limit) >= 0 else _LONGEST_PAGE


def _page(page: ExportsPage, since: int) -> dict[str, object]:
    return {
        "Done": page.done,
        "Exports": [_shape(export) for export in page.exports],
        "Last": page.exports[-1].sequence if page.exports else since,
    }


def _shape(export: Export) -> dict[str, object]:
    """Write one export, with the identifiers down to its own level."""
    identifiers = {
        "PatientID": (Level.PATIENT, export.patient_id),
        "StudyInstanceUID": (Level.STUDY, export.study_instance_uid),
        "SeriesInstanceUID": (Level.SERIES, export.series_instance_uid),
        "SOPInstanceUID": (Level.INSTANCE, export.sop_instance_uid),
    }
    return {
        "Date": orthanc_date(export.ticks),
        "ID": export.resource_id,
        "Path": f"/{export.level.path_name}/{export.resource_id}",
        "RemoteModality": export.remote_modality,
        "ResourceType": export.level.type_name,
        "Seq": export.sequence,
    } | {name: value for name, (level, value) in identifiers.items() if level <= export.level}
