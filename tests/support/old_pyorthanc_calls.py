"""All that pyorthanc's older class has for modalities, peers, queries, jobs and exports, called once at least."""

import inspect
import re

from pyorthanc.deprecated import client

from support.calls import Calls
from support.dicoms import Dicom
from support.far import Far
from support.near import TITLE, Near

_NAME = "old-pyorthanc"
_PATHS = re.compile(r"/(modalities|peers|queries|jobs|exports)\b")
# What a call that does not say what it wants sends: the word `null`.
_NOTHING = None


def offered() -> set[str]:
    """List the methods for all that goes out."""
    return {
        name
        for name, method in inspect.getmembers(client.Orthanc, inspect.isfunction)
        if _PATHS.search(inspect.getsource(method).rpartition('"""')[2])
    }


def call_all(call: Calls, near: Near, far: Far, here: Dicom, there: Dicom) -> None:
    """Call all: one file is here, the other there."""
    for number, dicom in enumerate((here, there)):
        call.means(f"study {number}", dicom.names.orthanc_ids[1])
        call.means(f"instance {number}", dicom.id)
        call.means(f"PatientID {number}", dicom.names.patient_id)
        call.means(f"StudyInstanceUID {number}", dicom.names.study_instance_uid)
        call.means(f"SeriesInstanceUID {number}", dicom.names.series_instance_uid)
        call.means(f"SOPInstanceUID {number}", dicom.names.sop_instance_uid)
    far.knows(TITLE, near.dicom_port)
    far.begins_with(there.body)
    near.stores(here.body)
    call.put_modality(_NAME, far.modality)
    call.lists("get_modalities", _NAME, {"expand": ""})
    call.lists("get_modality", "store", _NAME)
    call.echo_to_modality(_NAME)
    call.store_on_modality(_NAME, here.id)
    call.store_on_modality(_NAME, _NOTHING)
    wanted = {"StudyInstanceUID": there.names.study_instance_uid}
    call.move_from_modality(_NAME, {"Level": "Study", "Resources": [wanted]})
    call.put_peer(_NAME, [far.url])
    call.lists("get_peers", _NAME, {"expand": ""})
    call.lists("get_peer", "store", _NAME)
    call.store_peer(_NAME, {"Resources": [here.names.orthanc_ids[1]]})
    _queries(call, there)
    begun = call.store_on_modality(_NAME, {"Resources": [here.id], "Asynchronous": True})
    job = call.means("job", begun["ID"])
    near.waits(begun["Path"], "State", "Success", "Failure")
    call.lists("get_jobs", job)
    call.get_job_information(job)
    for action in ("cancel", "pause", "resume", "resubmit"):
        getattr(call, f"{action}_job")(job)
    call.get_job_output(job, "archive")
    call.delete_modality(_NAME)
    call.delete_modality(_NAME)
    call.delete_peer(_NAME)
    call.get_exports({"limit": 1})
    call.delete_exports()


def _queries(call: Calls, there: Dicom) -> None:
    question = {"Level": "Patient", "Query": {"PatientID": there.names.patient_id}}
    query = call.means("query", call.query_on_modality(_NAME, question)["ID"])
    call.lists("get_queries", query)
    call.get_used_information_for_query(query)
    call.get_query_retrieve_level(query)
    call.get_query_modality(query)
    call.get_query_information(query)
    call.get_query_information_in_simplified_version(query)
    call.get_query_answers(query)
    call.get_content_of_specified_query_answer(query, "0")
    call.get_content_of_specified_query_answer_in_simplified_version(query, "0")
    for level in ("studies", "series", "instances"):
        ask = getattr(call, f"find_child_dicom_{level}_of_answer")
        call.means(level, ask(query, "0", {"Query": {}})["ID"])
    call.means("all", call.find_child_dicom_studies_of_answer(query, "0", _NOTHING)["ID"])
    call.move_query_results_to_given_modality(query, {"TargetAet": TITLE})
    call.move_query_results_to_given_modality(query, TITLE)
    call.send_resource_to_other_modality(query, "0", _NOTHING)
    call.delete_query(query)
    call.delete_query(query)
    call.delete_queries()
