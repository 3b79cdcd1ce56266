"""What the answer to a STOW-RS request means for the one instance in it (PS3.18 section 10.5.3). Pure."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from axial.router.destinations.http_servers import Answer
from axial.router.destinations.http_verdicts import document, foreign, refused
from axial.router.destinations.native_xml import read_native
from axial.router.destinations.port import Outcome, Verdict

SOP_INSTANCE_UID = "00080018"
REFERENCED_SOP_CLASS_UID = "00081150"
REFERENCED_SOP_INSTANCE_UID = "00081155"
REFERENCED_SOP_SEQUENCE = "00081199"
_FAILED_SOP_SEQUENCE = "00081198"
_OTHER_FAILURES_SEQUENCE = "0008119A"
_FAILURE_REASON = "00081197"

# Annex I of PS3.18, and what servers say beside it.
_DUPLICATE = frozenset({0x0111, 0xB00E})  # of PS3.7, and of Azure's: it has the instance already
_PROCESSING_FAILURE = 0x0110
_NOT_AUTHORIZED = 0x0124
_OUT_OF_RESOURCES = range(0xA700, 0xA800)
_CANNOT_UNDERSTAND = range(0xC000, 0xD000)
_SUCCESS = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED})
# How it begins, also behind a mark of its encoding.
_XML = (b"<", b"\xef\xbb\xbf<")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


def of_stow(answer: Answer, sop_instance_uid: str) -> Outcome:
    """Judge an answer to one instance; without its UID, which may be another one there, any will do."""
    if answer.status not in {*_SUCCESS, HTTPStatus.CONFLICT}:
        return foreign(answer) if answer.status < HTTPStatus.MULTIPLE_CHOICES else refused(answer)
    told = dataset(answer)
    if told is None and answer.status != HTTPStatus.CONFLICT:
        return foreign(answer)
    failed = [
        *items(told, _FAILED_SOP_SEQUENCE),
        *items(told, _OTHER_FAILURES_SEQUENCE),
    ]
    if failed:
        return _failed(answer, number_of(failed[0], _FAILURE_REASON))
    if answer.status == HTTPStatus.CONFLICT:
        return Outcome(Verdict.FAILED, "http", answer.status, "it stored nothing, and says not why")
    stored = [
        text_of(one, REFERENCED_SOP_INSTANCE_UID) for one in items(told, REFERENCED_SOP_SEQUENCE)
    ]
    # 200 says by itself that all is stored, also from a server that writes nothing beside; 202 says that not all is as
    # it should be.
    is_named = sop_instance_uid in stored if sop_instance_uid else bool(stored)
    if is_named or (answer.status == HTTPStatus.OK and not stored):
        return Outcome(Verdict.DELIVERED, "http", answer.status)
    return foreign(answer)


def _failed(answer: Answer, reason: int | None) -> Outcome:
    if reason in _DUPLICATE:
        return Outcome(Verdict.DELIVERED, "http", answer.status)
    if reason is None or reason == _PROCESSING_FAILURE or reason in _CANNOT_UNDERSTAND:
        verdict = Verdict.FAILED
    elif reason == _NOT_AUTHORIZED or reason in _OUT_OF_RESOURCES:
        verdict = Verdict.AWAY
    else:
        verdict = Verdict.REFUSED
    said = "" if reason is None else f", failure reason {reason:04X}"
    return Outcome(verdict, "http", answer.status, f"it did not store the instance{said}")


def dataset(answer: Answer) -> Mapping[str, Any] | None:
    """Read an answer in the DICOM JSON model, or in XML, which many write whatever is asked for.

    An empty one is an empty data set; None when it is anything else.
    """
    content = answer.content.strip()
    if not content:
        return {}
    told = read_native(content) if content.startswith(_XML) else document(answer)
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    return told if isinstance(told, dict) and all(map(_TAG.fullmatch, told)) else None


def items(dataset: Mapping[str, Any] | None, tag: str) -> list[Mapping[str, Any]]:
    """Return the items of a sequence, those that are any."""
    return [item for item in _values(dataset, tag) if isinstance(item, dict)]


def text_of(dataset: object, tag: str) -> str:
    """Return an element's only text; an empty one when it has none."""
    value = next(iter(_values(dataset, tag)), "")
    return value.rstrip("\0 ") if isinstance(value, str) else ""


def number_of(dataset: object, tag: str) -> int | None:
    """Return an element's only number; None when it has none."""
    value = next(iter(_values(dataset, tag)), None)
    return value if type(value) is int else None


def _values(dataset: object, tag: str) -> list[Any]:
    element = dataset.get(tag) if isinstance(dataset, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []
