"""The older routes `/modalities/{id}/find-…`, which keep nothing."""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadFormat, BadType
from axial.common.identifiers import Level
from axial.common.modalities import Modality
from axial.common.orthanc_tags import Json, TagFormat
from axial.common.tag_formats import in_format
from axial.router.jobs.requests import answer_json
from axial.router.queries.finding import Finder, Question
from axial.router.queries.matches import texts_of
from axial.router.queries.requests import read_keys
from axial.router.queries.templates import asked_of, check_narrow
from axial.router.retrieval.bodies import read_aet, read_object, seconds, tag_format, tag_of
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
        query = await self._read(request)
        modality = await self.finder.remotes.find(modality_id)
        async with self._found(modality, Level.PATIENT, query) as found:
            patients = [await self._patient(modality, query, json.loads(one)) for one in found]
        return answer_json(patients)

    async def _patient(self, modality: Modality, query: Tags, patient: Json) -> Json:
        below = {**query, **_names(patient, PATIENT_ID)}
        async with self._found(modality, Level.STUDY, below) as found:
            studies = [await self._study(modality, below, json.loads(one)) for one in found]
        return _simple(patient) | {"Studies": studies}

    async def _study(self, modality: Modality, query: Tags, study: Json) -> Json:
        below = {**query, **_names(study, PATIENT_ID, STUDY_INSTANCE_UID)}
        async with self._found(modality, Level.SERIES, below) as found:
            series = [_simple(json.loads(one)) for one in found]
        return _simple(study) | {"Series": series}

    async def find_worklist(self, modality_id: str, request: Request) -> Response:
        """Ask a modality for the items of its worklist."""
        remotes = self.finder.remotes
        body = await read_object(request)
        is_plain = "Query" not in body
        query = body if is_plain else body["Query"]
        if not isinstance(query, dict):
            raise BadType
        options: Mapping[str, Any] = {} if is_plain else body
        keys = read_keys(query, remotes.dictionary)
        modality = await remotes.find(modality_id)
        local_aet = read_aet(options, "LocalAet")
        format_ = tag_format(options, TagFormat.SIMPLIFIED)
        asked = self.finder.find_worklist(modality, keys, local_aet, seconds(options))
        async with asked as answers:
            return answer_json([in_format(json.loads(answer), format_) for answer in answers])

    async def _find(self, modality_id: str, level: Level, request: Request) -> Response:
        query = await self._read(request)
        check_narrow(level, query)
        modality = await self.finder.remotes.find(modality_id)
        async with self._found(modality, level, query) as answers:
            return answer_json([_simple(json.loads(answer)) for answer in answers])

    def _found(
        self, modality: Modality, level: Level, query: Tags
    ) -> AbstractAsyncContextManager[list[str]]:
        return self.finder.find(modality, Question(level, asked_of(level, query)))

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
