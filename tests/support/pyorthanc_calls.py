"""Everything that pyorthanc has for modalities, peers, queries, jobs and exports, called once at least."""

import inspect
import re
from collections.abc import Sequence

import pyorthanc

from support.calls import Calls, names_of
from support.dicoms import Dicom
from support.far import Far
from support.near import TITLE, Near

_OUTBOUND = re.compile(
    r"(get|post|put|delete)_(modalities|peers|queries|jobs|exports|storage_commitment"
    r"|tools_dicom_echo|tools_log_level_jobs)(_|$)"
)
_ENDED = ("Success", "Failure")
_NAME = "pyorthanc"
NOBODY = "pyorthanc-nobody"


def offered() -> set[str]:
    """List pyorthanc's methods for all that goes out."""
    return {
        name
        for name, _ in inspect.getmembers(pyorthanc.Orthanc, inspect.isfunction)
        if _OUTBOUND.match(name)
    }


def call_all(call: Calls, near: Near, far: Far, made: Sequence[Dicom]) -> None:
    """Call all: of the three files, the first is here, the second there, and the third nowhere."""
    for name, value in names_of(made):
        call.means(name, value)
    far.knows(TITLE, near.dicom_port)
    far.begins_with(made[1].body)
    near.stores(made[0].body)
    _modalities(call, near, far, made)
    _queries(call, near, made[1])
    _peers(call, far, made)
    _jobs(call, near, made[0])
    for path in ("delete_modalities_id", "delete_peers_id"):
        getattr(call, path)(_NAME)
    call.delete_modalities_id(NOBODY)
    call.get_exports(params={"limit": 5})
    call.delete_exports()
    call.put_tools_log_level_jobs(data="verbose")
    call.get_tools_log_level_jobs()
    call.put_tools_log_level_jobs(data="default")


def _modalities(call: Calls, near: Near, far: Far, made: Sequence[Dicom]) -> None:
    described = dict(zip(("AET", "Host", "Port"), far.modality, strict=True))
    call.put_modalities_id(_NAME, json=described)
    call.put_modalities_id(NOBODY, json=["NOBODY", "127.0.0.1", 1])
    call.lists("get_modalities", _NAME)
    call.lists("get_modalities", _NAME, params={"expand": ""})
    call.lists("get_modalities_id", "store", _NAME)
    call.get_modalities_id_configuration(_NAME)
    call.post_modalities_id_echo(_NAME, json={"CheckFind": True})
    call.post_modalities_id_echo(NOBODY, json={})
    call.post_tools_dicom_echo(json=described)
    study = made[0].names.orthanc_ids[1]
    call.post_modalities_id_store(_NAME, json={"Resources": [study], "Synchronous": True})
    call.post_modalities_id_store(_NAME, data=made[0].id)
    call.post_modalities_id_store_straight(_NAME, content=made[2].body)
    names = made[1].names
    above = {"PatientID": names.patient_id, "StudyInstanceUID": names.study_instance_uid}
    call.post_modalities_id_find_patient(_NAME, json={"PatientID": names.patient_id})
    call.post_modalities_id_find_study(_NAME, json={"PatientID": names.patient_id})
    call.post_modalities_id_find_series(_NAME, json=above)
    within = {**above, "SeriesInstanceUID": names.series_instance_uid}
    call.post_modalities_id_find_instance(_NAME, json=within)
    call.post_modalities_id_find(_NAME, json={"PatientID": names.patient_id})
    call.post_modalities_id_find_worklist(_NAME, json={"Query": {"PatientID": ""}})
    wanted = {
        "Level": "Study",
        "Resources": [{"StudyInstanceUID": names.study_instance_uid}],
    }
    call.post_modalities_id_move(_NAME, json={**wanted, "TargetAet": TITLE})
    call.post_modalities_id_get(_NAME, json=wanted)
    asked = call.post_modalities_id_storage_commitment(_NAME, json={"Resources": [study]})
    call.means("commitment", asked["ID"])
    near.waits(asked["Path"], "Status", *_ENDED)
    call.get_storage_commitment_id(asked["ID"])
    # What is committed goes from here.
    call.post_storage_commitment_id_remove(asked["ID"])
    near.stores(made[0].body)


def _queries(call: Calls, near: Near, there: Dicom) -> None:
    question = {"Level": "Patient", "Query": {"PatientID": there.names.patient_id}}
    asked = call.post_modalities_id_query(_NAME, json=question)
    query = call.means("query", asked["ID"])
    call.lists("get_queries", query)
    call.get_queries_id(query)
    call.get_queries_id_level(query)
    call.get_queries_id_modality(query)
    for params in ({}, {"simplify": ""}, {"short": ""}):
        call.get_queries_id_query(query, params=params)
        call.get_queries_id_answers(query, params={"expand": "", **params})
        call.get_queries_id_answers_index_content(query, "0", params=params)
    call.get_queries_id_answers(query)
    call.get_queries_id_answers_index(query, "0")
    for level in ("studies", "series", "instances"):
        ask = getattr(call, f"post_queries_id_answers_index_query_{level}")
        below = call.means(level, ask(query, "0", json={"Query": {}})["ID"])
        call.get_queries_id_answers(below, params={"expand": "", "simplify": ""})
        call.delete_queries_id(below)
    call.post_queries_id_retrieve(query, json={"TargetAet": TITLE, "Simplify": True})
    call.post_queries_id_answers_index_retrieve(query, "0", data=TITLE)
    begun = call.post_queries_id_retrieve(query, json={"Asynchronous": True})
    call.means("retrieval", begun["ID"])
    near.waits(begun["Path"], "State", *_ENDED)
    call.get_jobs_id(begun["ID"])
    call.delete_queries_id(query)
    call.get_queries_id_answers(query)


def _peers(call: Calls, far: Far, made: Sequence[Dicom]) -> None:
    far.begins_with()
    described = {"Url": far.url, "Username": "alice", "Password": "secret"}
    call.put_peers_id(_NAME, json=described)
    call.lists("get_peers", _NAME)
    call.lists("get_peers", _NAME, params={"expand": ""})
    call.lists("get_peers_id", "store", _NAME)
    call.get_peers_id_configuration(_NAME)
    call.get_peers_id_system(_NAME)
    call.post_peers_id_store(_NAME, json={"Resources": [made[0].names.orthanc_ids[2]]})
    call.post_peers_id_store(_NAME, data=made[0].id)
    call.post_peers_id_store_straight(_NAME, content=made[2].body)
    call.post_peers_id_store_straight(_NAME, content=made[2].body)


def _jobs(call: Calls, near: Near, here: Dicom) -> None:
    study = here.names.orthanc_ids[1]
    options = {"Resources": [study], "Asynchronous": True, "Priority": 7, "UserData": "mine"}
    for name, modality, state in (("sent", _NAME, "Success"), ("lost", NOBODY, "Failure")):
        begun = call.post_modalities_id_store(modality, json=options)
        job = call.means(name, begun["ID"])
        near.waits(begun["Path"], "State", state)
        call.lists("get_jobs", job)
        call.lists("get_jobs", job, params={"expand": ""})
        call.get_jobs_id(job)
        call.post_jobs_id_cancel(job)
        call.post_jobs_id_pause(job)
        call.post_jobs_id_resume(job)
        call.post_jobs_id_resubmit(job)
        near.waits(begun["Path"], "State", state)
        call.delete_jobs_id(job)
    begun = call.post_studies_id_archive(study, json={"Asynchronous": True})
    job = call.means("archive", begun["ID"])
    near.waits(begun["Path"], "State", *_ENDED)
    call.get_jobs_id_key(job, "archive")
    call.delete_jobs_id_key(job, "archive")
    call.get_jobs_id_key(job, "archive")
