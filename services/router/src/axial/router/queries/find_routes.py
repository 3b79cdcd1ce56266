"""The older routes `/modalities/{id}/find-…`, which keep nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadFormat
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.orthanc_tags import Json, TagFormat
from axial.common.tag_formats import in_format
from axial.router.jobs.requests import answer_json
from axial.router.queries.finding import Finder, Question
from axial.router.queries.matches import texts_of
from axial.router.queries.requests import read_keys
from axial.router.queries.templates import asked_of, check_narrow
from axial.router.retrieval.bodies import member, read_aet, read_object, seconds, tag_format, tag_of
from axial.router.retrieval.keys import PATIENT_ID, STUDY_INSTANCE_UID, Tags


def find_routes(finder: Finder) -> APIRouter:
    """Make the routes."""
    routes = _Routes(finder)
    router = APIRouter()
    router.post("/modalities/{modality_id}/find-patient")(routes.find_patient)
    router.post("/modalities/{modality_id}/find-study")(routes.find_study)
    router.post("/modalities/{modality_id}/find-series")(routes.find_series)
    router.post("/modalities/{modality_id}/find-instance")(routes.find_instance)
    router.post("/modalities/{modality_id}/find")(routes.find)
    router.post("/modalities/{modality_id}/find-worklist")(routes.find_worklist)
    return router


@dataclass(frozen=True, slots=True)
class _Routes:
    finder: Finder

    async def find_patient(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for patients."""
        return await self._find(modality_id, Level.PATIENT, request)

    async def find_study(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for studies."""
        return await self._find(modality_id, Level.STUDY, request)

    async def find_series(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for series."""
        return await self._find(modality_id, Level.SERIES, request)

    async def find_instance(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for instances."""
        return await self._find(modality_id, Level.INSTANCE, request)

    async def find(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for patients, their studies and their series."""
        modality = await self.finder.remotes.find(modality_id)
        query = await self._read(request)
        patients = []
        for patient in await self._found(modality, Level.PATIENT, query):
            studies = []
            below = query | _names(patient, PATIENT_ID)
            for study in await self._found(modality, Level.STUDY, below):
                of_study = below | _names(study, PATIENT_ID, STUDY_INSTANCE_UID)
                series = await self._found(modality, Level.SERIES, of_study)
                studies.append(_simple(study) | {"Series": [_simple(one) for one in series]})
            patients.append(_simple(patient) | {"Studies": studies})
        return answer_json(patients)

    async def find_worklist(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for the items of its worklist."""
        remotes = self.finder.remotes
        modality = await remotes.find(modality_id)
        body = await read_object(request)
        is_plain = "Query" not in body
        query = body if is_plain else member(body, "Query", dict, "a JSON object") or {}
        options: Mapping[str, Any] = {} if is_plain else body
        answers = await self.finder.find_worklist(
            modality,
            read_keys(query, remotes.dictionary),
            read_aet(options, "LocalAet"),
            seconds(options),
        )
        format_ = tag_format(options, TagFormat.SIMPLIFIED)
        return answer_json([in_format(answer, format_) for answer in answers])

    async def _find(self, modality_id: str, level: Level, request: Request) -> Response:
        modality = await self.finder.remotes.find(modality_id)
        query = await self._read(request)
        check_narrow(level, query)
        answers = await self._found(modality, level, query)
        return answer_json([_simple(answer) for answer in answers])

    async def _found(self, modality: Modality, level: Level, query: Tags) -> list[Json]:
        return await self.finder.find(modality, Question(level, asked_of(level, query)))

    async def _read(self, request: Request) -> dict[int, str]:
        body = await read_object(request)
        dictionary = self.finder.remotes.dictionary
        return {tag_of(name, dictionary): _text(value) for name, value in body.items()}


def _simple(answer: Json) -> Json:
    return in_format(answer, TagFormat.SIMPLIFIED)


def _names(answer: Json, *tags: int) -> dict[int, str]:
    texts = texts_of(answer)
    return {tag: texts[tag] for tag in tags if tag in texts}


def _text(value: Any) -> str:
    """Read a text; as in Orthanc, numbers are taken for their digits."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case None:
            return ""
    raise BadFormat("Associative array of DICOM tags to strings expected")
