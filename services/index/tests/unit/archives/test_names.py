"""The names in an archive."""

import pytest

from axial.common.identifiers import Level
from axial.index.archives.names import Folder, file_name, folder_name

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("identifier", "name", "ascii_", "utf8"),
    [
        ("1", "DOE^JOHN", "1 DOE JOHN", "1 DOE JOHN"),
        ("1", "DOE^JOHN^^", "1 DOE JOHN", "1 DOE JOHN"),
        ("CT 5/5mm", r"T\S\C", "CT 5 5mm T S C", "CT 5 5mm T S C"),
        ("1-2", "a&b (c), 'd'. _e", "12 ab c d. _e", "12 ab c d. _e"),
        ("1", "Müller^Zoë", "1 Mller Zo", "1 Müller Zoë"),
        ("", "山田^太郎", "Unknown Patient", "山田 太郎"),
        ("", "สมชาย", "Unknown Patient", "สมชาย"),
        ("", "ก็ ริ", "Unknown Patient", "ก็ ริ"),
        ("", "", "Unknown Patient", "Unknown Patient"),
        ("", "^^", "Unknown Patient", "Unknown Patient"),
        ("..", "", "Unknown Patient", "Unknown Patient"),
        ("../../etc", "", ".. .. etc", ".. .. etc"),
        ("a\tb", "c\0d", "ab cd", "ab cd"),
        ("\ufffd", "e\u00adf", "ef", "ef"),
    ],
)
def test_folders(identifier: str, name: str, ascii_: str, utf8: str) -> None:
    """Folders are named as Orthanc names them, in ASCII or in any script; none leads out of the archive."""
    tags = {"PatientID": identifier, "PatientName": name}
    assert folder_name(Level.PATIENT, tags, utf8=False) == ascii_
    assert folder_name(Level.PATIENT, tags, utf8=True) == utf8


def test_what_names_a_folder() -> None:
    """Each level has two tags that name it; what is missing is left out."""
    tags = {"AccessionNumber": "A1", "StudyDescription": "Head", "Modality": "MR"}
    assert folder_name(Level.STUDY, tags, utf8=False) == "A1 Head"
    assert folder_name(Level.SERIES, tags, utf8=False) == "MR"
    assert folder_name(Level.STUDY, {}, utf8=False) == "Unknown Study"
    assert folder_name(Level.SERIES, {}, utf8=False) == "Unknown Series"


@pytest.mark.parametrize(
    ("modality", "name"),
    [
        ("MR", "MR000007.dcm"),
        ("RTPLAN", "RT000007.dcm"),
        ("ct", "CT000007.dcm"),
        ("X", "X0000007.dcm"),
        ("", "00000007.dcm"),
        ("/!", "000007.dcm"),
    ],
)
def test_files(modality: str, name: str) -> None:
    """A file is named by its modality and its number in the series."""
    assert file_name(modality, 7) == name


def test_more_files_than_digits() -> None:
    """A file whose number has more digits than there is room for has a longer name, and one of its own."""
    assert file_name("MR", 1_234_567) == "MR1234567.dcm"


def test_names_given_twice() -> None:
    """Who asks for a name that is taken is given it with a number."""
    folder = Folder()
    assert [folder.give(name) for name in ("a", "b", "a", "a")] == ["a", "b", "a-2", "a-3"]
