"""The DICOM JSON of every file that ships with pydicom, beside pydicom's own."""

import json
import logging
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from axial.common.attributes import BULK_VRS
from axial.common.dicom_json import dicom_json
from axial.common.errors import NotDicom
from axial.common.header import read_header
from axial.common.testing.dicom_files import shipped_files

pytestmark = pytest.mark.unit

Json = dict[str, Any]

# pydicom leaves out what it finds invalid, with the whole sequence that holds it: UIDs with letters or
# leading zeros, a text of 66 characters, an IS of `1A`. We show what is there.
INVALID_FOR_PYDICOM = {
    "bad_sequence.dcm": {"00080018", "0020000D", "0020000E", "00200010"},
    "badVR.dcm": {"00280008", "300C0002"},
    "rtdose.dcm": {"300C0002"},
    "rtdose_1frame.dcm": {"300C0002"},
    "rtdose_expb.dcm": {"300C0002"},
    "rtdose_expb_1frame.dcm": {"300C0002"},
}

# What pydicom could not decide or calls by two names is binary.
_BULK_FOR_PYDICOM = BULK_VRS | {"OB or OW", "US or OW", "US or SS or OW"}


def instances() -> list[Any]:
    """Each shipped file that is an instance, as a parameter, with what is kept of it."""
    parameters = []
    for file in shipped_files():
        try:
            raw = read_header(file.read_bytes()).raw
        except NotDicom:
            continue
        parameters.append(pytest.param(file, raw, id=file.name))
    return parameters


@pytest.mark.parametrize(("file", "raw"), instances())
def test_the_document_is_pydicoms(file: Path, raw: bytes) -> None:
    """Parsed, both are equal, but for the differences that are named here."""
    document = json.loads(dicom_json(raw))
    for key in INVALID_FOR_PYDICOM.get(file.name, ()):
        assert document.pop(key)
    assert document == shown_by_pydicom(raw)


def shown_by_pydicom(raw: bytes) -> Json:
    """What pydicom makes of a header, less what we leave out on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        dataset = dcmread(BytesIO(raw), force=True)
        un_keys = came_as_un(dataset, raw)
        document: Json = dataset.to_json_dict(suppress_invalid_tags=True)
        logging.disable(logging.NOTSET)
    return without_differences({key: document[key] for key in document.keys() - un_keys})


def came_as_un(dataset: Dataset, raw: bytes) -> set[str]:
    """Elements whose VR the file did not tell: pydicom takes it from its dictionaries.

    For us they are bulk data, as for the Azure DICOM service.
    """
    tags = list(dataset.keys())  # iterating over the data set itself would convert the elements
    elements = [dataset.get_item(tag, keep_deferred=True) for tag in tags]
    keys = {f"{element.tag:08X}" for element in elements if element.VR == "UN"}
    if b"\x08\0\x05\0UN" in raw:  # pydicom decodes the character set at once
        keys.add("00080005")
    return keys


def without_differences(document: Json) -> Json:
    """Drop bulk data and group lengths, and what annex F says otherwise than pydicom."""
    kept: Json = {}
    for key, element in document.items():
        if element["vr"] in _BULK_FOR_PYDICOM or key.endswith("0000"):
            continue
        kept[key] = {"vr": element["vr"]}
        if element["vr"] == "SQ":
            values = [without_differences(item) for item in element["Value"]]
        else:
            values = [without_padding(value) for value in element.get("Value", [])]
        if values:  # an empty sequence has no value (F.2.5)
            kept[key]["Value"] = values
    return kept


def without_padding(value: Any) -> Any:
    """A single value: an empty one among several is a null (F.2.5); pydicom keeps inner padding."""
    if value == "":
        return None
    return value.rstrip(" ") if isinstance(value, str) else value
