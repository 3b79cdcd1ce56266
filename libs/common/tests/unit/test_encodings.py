"""The character sets of files that name none."""

import pytest

from axial.common.charsets import charset_of
from axial.common.configuration import Configuration
from axial.common.encodings import ENCODINGS, encoding_name
from axial.common.header import read_header
from axial.common.testing.dicom_files import dicom_file, encoded_element

pytestmark = pytest.mark.unit


# What Debian's Orthanc shows of the same bytes after `PUT /tools/default-encoding`.
SHOWN = {
    "Ascii": (b"M\xfcller", "Mller"),
    "Utf8": (b"M\xc3\xbcller", "Müller"),
    "Latin1": (b"M\xfc", "Mü"),
    "Latin2": (b"\xb1\xe6", "ąć"),
    "Latin3": (b"\xa6", "Ĥ"),
    "Latin4": (b"\xa2", "ĸ"),
    "Latin5": (b"\xdd", "İ"),
    "Cyrillic": (b"\xbb\xee", "Лю"),
    "Windows1251": (b"\xcc\xe8", "Ми"),
    "Arabic": (b"\xc7\xe4", "ال"),
    "Greek": (b"\xc4\xf6", "Δφ"),
    "Hebrew": (b"\xf9\xf8", "שר"),
    "Thai": (b"\xa1\xa2", "กข"),
    "Japanese": (b"\xd4\xcf\xc0", "ﾔﾏﾀ"),
    "Chinese": ("王小东".encode("gb18030"), "王小东"),
    "Korean": ("김희중".encode("euc_kr"), "김희중"),
    "JapaneseKanji": ("山田".encode("iso2022_jp"), "山田"),
    "SimplifiedChinese": ("王小".encode("gb2312"), "王小"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_orthancs_names(name: str) -> None:
    """Each of Orthanc's names stands for the character set it has there."""
    value, text = SHOWN[name]
    assert ENCODINGS[name].decode(value) == text


def test_the_option_is_read_in_any_case() -> None:
    """Orthanc does not look at the case; Latin1 is its default, too."""
    assert Configuration.model_validate({"DefaultEncoding": "utf8"}).default_encoding == "Utf8"
    assert Configuration.model_validate({}).default_encoding == "Latin1"
    assert encoding_name("ISO_IR 100") is None
    with pytest.raises(ValueError, match="must be one of Ascii, Utf8, "):
        Configuration.model_validate({"DefaultEncoding": "ISO_IR 100"})


@pytest.mark.parametrize("named", [b"", b" ", b"\\"])
def test_only_silence_is_the_default(named: bytes) -> None:
    """The default holds when no character set is named; one that is named, or an empty one before others, does not."""
    greek = ENCODINGS["Greek"]
    assert charset_of(named, greek) == greek
    assert charset_of(b"ISO_IR 192", greek) == charset_of(b"ISO_IR 192")
    assert charset_of(b"\\ISO 2022 IR 87", greek) == charset_of(b"\\ISO 2022 IR 87")


def test_identifiers_and_main_tags_are_read_with_it() -> None:
    """What ingest tells of a file that names no character set is read in the default one."""
    study = encoded_element(0x0020000D, "UI", b"1.2\0")
    names = encoded_element(0x00100010, "PN", b"\xc4\xf6")
    file = dicom_file(PatientID=None).replace(study, names + study)
    identified = file.replace(names, names + encoded_element(0x00100020, "LO", b"\xc4\xf6"))
    assert read_header(file).main_dicom_tags["PatientName"] == "Äö"
    header = read_header(identified, ENCODINGS["Greek"])
    assert header.main_dicom_tags["PatientName"] == "Δφ"
    assert header.patient_id == "Δφ"
    named = encoded_element(0x00080005, "CS", b"ISO_IR 100")
    at = file.index(encoded_element(0x00080016, "UI", b"")[:4])
    told = read_header(file[:at] + named + file[at:], ENCODINGS["Greek"])
    assert told.main_dicom_tags["PatientName"] == "Äö"
