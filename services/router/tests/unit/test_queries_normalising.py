"""What a modality is asked at a level; the expectations are Orthanc's."""

import pytest

from axial.common.dictionary import STANDARD
from axial.common.errors import BadFormat, BadParameter, BadType, Rejected, UnknownTag
from axial.common.identifiers import Level
from axial.common.modalities import Manufacturer, Modality
from axial.dimse.asking.find import Match
from axial.router.queries.matches import Shown
from axial.router.queries.normalising import identifier_of
from axial.router.queries.requests import read_keys, read_question
from axial.router.queries.templates import asked_of, check_narrow
from axial.router.retrieval.identifiers import writer_of
from axial.router.retrieval.keys import level_of, named
from axial.router.retrieval.wishes import Method, method_of

EXPLICIT = "1.2.840.10008.1.2.1"
DATE, MODALITY, MODALITIES, DESCRIPTION = 0x00080020, 0x00080060, 0x00080061, 0x00081030
NAME, ID, STUDY, SERIES, SOP = 0x00100010, 0x00100020, 0x0020000D, 0x0020000E, 0x00080018
ACCESSION, LEVEL, CHARSET = 0x00080050, 0x00080052, 0x00080005


def keys_of(
    level: Level, asked: dict[int, str], manufacturer: Manufacturer = "Generic"
) -> dict[int, str]:
    """Make the keys of a normalised C-FIND."""
    return identifier_of(level, asked, manufacturer, STANDARD, normalize=True)


def test_what_belongs_to_no_such_level_is_left_out() -> None:
    """A study is asked for by attributes of studies and patients, and what archives count of it."""
    asked = {
        NAME: "A*",
        DATE: "",
        MODALITIES: "CT",
        MODALITY: "CT",
        DESCRIPTION: "",
        CHARSET: "ISO_IR 192",
    }
    keys = keys_of(Level.STUDY, asked)
    assert keys == {
        NAME: "A*", DATE: "", MODALITIES: "CT", DESCRIPTION: "", CHARSET: "ISO_IR 192",
        ACCESSION: "", STUDY: "", ID: "", LEVEL: "STUDY",
    }  # fmt: skip
    assert keys_of(Level.PATIENT, asked) == {
        NAME: "A*", CHARSET: "ISO_IR 192", ID: "", LEVEL: "PATIENT"
    }  # fmt: skip
    assert MODALITIES not in keys_of(Level.SERIES, asked)
    assert keys_of(Level.INSTANCE, {})[LEVEL] == "IMAGE"


def test_what_was_not_to_be_normalised_is_only_completed() -> None:
    """Without `Normalize` nothing is left out or replaced, whatever the manufacturer's habits."""
    keys = identifier_of(
        Level.STUDY, {MODALITY: "*"}, "GenericNoUniversalWildcard", STANDARD, normalize=False
    )
    assert keys == {MODALITY: "*", ACCESSION: "", STUDY: "", ID: "", LEVEL: "STUDY"}


@pytest.mark.parametrize(
    ("manufacturer", "date", "name"),
    [
        ("Generic", "*", "*"),
        ("GenericNoWildcardInDates", "", "*"),
        ("GenericNoUniversalWildcard", "", ""),
    ],
)
def test_manufacturers_that_know_no_wildcard_are_asked_otherwise(
    manufacturer: Manufacturer, date: str, name: str
) -> None:
    """A lone `*` becomes an empty text, in dates or everywhere; other patterns stay."""
    keys = keys_of(Level.STUDY, {DATE: "*", NAME: "*", DESCRIPTION: "C*"}, manufacturer)
    assert (keys[DATE], keys[NAME], keys[DESCRIPTION]) == (date, name, "C*")


def test_ge_is_asked_for_anything_by_an_asterisk() -> None:
    """GE's archives tell an identifier only when it is asked for with a wildcard."""
    keys = keys_of(Level.INSTANCE, {ID: "7"}, "GE")
    assert (keys[ID], keys[STUDY], keys[SERIES], keys[SOP]) == ("7", "*", "*", "*")


@pytest.mark.parametrize(
    ("encoding", "name", "term", "raw"),
    [
        ("Latin1", "Müller", "ISO_IR 100", "Müller".encode("latin-1")),
        ("Latin1", "Čapek", "ISO_IR 192", "Čapek".encode()),
        ("Cyrillic", "Иван", "ISO_IR 144", "Иван".encode("iso8859_5")),
    ],
)
def test_texts_are_written_in_the_default_encoding_or_one_that_they_fit(
    encoding: str, name: str, term: str, raw: bytes
) -> None:
    """An identifier names the character set in which it is; nothing is lost in it."""
    written = writer_of({NAME: name}, encoding, STANDARD)(EXPLICIT)
    assert term.encode() in written
    assert raw in written


@pytest.mark.parametrize("term", ["ISO_IR 192", "ISO_IR 101"])
def test_a_query_may_choose_its_character_set(term: str) -> None:
    """`SpecificCharacterSet` in a query is what it is written in."""
    codec = {"ISO_IR 192": "utf-8", "ISO_IR 101": "iso8859_2"}[term]
    written = writer_of({NAME: "Čapek", CHARSET: term}, "Latin1", STANDARD)(EXPLICIT)
    assert "Čapek".encode(codec) in written


def test_worklists_ask_with_sequences() -> None:
    """Items of sequences are keys of their own; what they answer is shown with all its items."""
    query = {"PatientID": "7", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]}
    written = writer_of(read_keys(query, STANDARD), "Latin1", STANDARD)(EXPLICIT)
    shown = Shown(None, "Latin1", STANDARD).of(Match(written, EXPLICIT))
    step = shown["0040,0100"]["Value"][0]["0008,0060"]
    assert step == {"Name": "Modality", "Type": "String", "Value": "CT"}
    assert "0008,0052" not in shown
    for bad in ({"PatientID": 1}, {"ScheduledProcedureStepSequence": ["CT"]}):
        with pytest.raises(BadType):
            read_keys(bad, STANDARD)
    with pytest.raises(UnknownTag):
        read_keys({"Nope": ""}, STANDARD)


def test_an_answer_is_shown_whole() -> None:
    """Level and character set are added where a modality has left them out; long texts are not cut."""
    written = writer_of({0x00104000: "x" * 1000, ID: "7"}, "Windows1251", STANDARD)(EXPLICIT)
    shown = Shown(Level.SERIES, "Latin1", STANDARD).of(Match(written, EXPLICIT))
    assert shown["0010,4000"]["Value"] == "x" * 1000
    assert shown["0008,0052"]["Value"] == "SERIES"
    assert shown["0008,0005"]["Value"] == "ISO_IR 100"
    assert list(shown) == sorted(shown)


def test_the_older_routes_ask_for_the_main_attributes_of_a_level() -> None:
    """What is no main attribute of the level, or names one above, is not asked."""
    asked = asked_of(Level.STUDY, {ID: "7", MODALITIES: "CT", 0x00280010: "512"})
    assert asked[ID] == "7"
    assert asked[MODALITIES] == "CT"
    assert 0x00280010 not in asked
    assert asked[DESCRIPTION] == ""
    assert 0x00080080 not in asked
    assert MODALITIES not in asked_of(Level.SERIES, {MODALITIES: "CT"})


@pytest.mark.parametrize(
    ("level", "query", "is_enough"),
    [
        (Level.PATIENT, {}, True),
        (Level.STUDY, {ID: "*a"}, False),
        (Level.STUDY, {ID: "*ab"}, True),
        (Level.STUDY, {ACCESSION: "*ab"}, True),
        (Level.SERIES, {ID: "*ab"}, False),
        (Level.SERIES, {ID: "*ab", STUDY: "1.2"}, True),
        (Level.INSTANCE, {ID: "*ab", STUDY: "1.2"}, False),
        (Level.INSTANCE, {ID: "*ab", STUDY: "1.2", SERIES: "1.2"}, True),
    ],
)
def test_the_older_routes_want_to_know_what_is_above(
    level: Level,
    query: dict[int, str],
    is_enough: bool,  # noqa: FBT001
) -> None:
    """Less than three letters of what is above the level would ask for half the archive."""
    if is_enough:
        check_narrow(level, query)
    else:
        with pytest.raises(BadParameter):
            check_narrow(level, query)


def test_what_names_a_resource_must_be_there() -> None:
    """A retrieval takes the names of its level and of those above, and nothing else."""
    tags = {STUDY: "1.2", SERIES: "1.2.3", NAME: "A", ID: "7"}
    assert named(Level.SERIES, tags) == {LEVEL: "SERIES", STUDY: "1.2", SERIES: "1.2.3"}
    assert named(Level.PATIENT, tags) == {LEVEL: "PATIENT", ID: "7"}
    with pytest.raises(Rejected):
        named(Level.INSTANCE, tags)


def test_levels_are_read_in_all_of_orthancs_spellings() -> None:
    """Case does not matter, nor number."""
    assert [level_of(name) for name in ("study", "Studies", "IMAGE", "instances")] == [
        Level.STUDY, Level.STUDY, Level.INSTANCE, Level.INSTANCE
    ]  # fmt: skip
    with pytest.raises(BadParameter):
        level_of("exam")


@pytest.mark.parametrize(
    ("asked", "of_modality", "default", "chosen"),
    [
        (None, "SystemDefault", "C-MOVE", Method.MOVE),
        (None, "SystemDefault", "C-GET", Method.GET),
        (None, "C-GET", "C-MOVE", Method.GET),
        ("C-MOVE", "C-GET", "C-GET", Method.MOVE),
        ("SystemDefault", "C-MOVE", "C-GET", Method.MOVE),
    ],
)
def test_the_method_is_the_requests_the_modalitys_or_everybodys(
    asked: str | None, of_modality: str, default: str, chosen: Method
) -> None:
    """Who is nearer to the retrieval decides."""
    modality = Modality.model_validate(
        {"AET": "A", "Host": "h", "Port": 104, "RetrieveMethod": of_modality}
    )
    assert method_of(asked, modality, default) is chosen
    with pytest.raises(BadParameter):
        method_of("C-STORE", modality, default)


def test_a_question_is_normalised_unless_it_says_otherwise() -> None:
    """Fields that are missing mean what they mean in Orthanc."""
    question = read_question({"Level": "study", "Query": {"0010-0020": "7"}}, STANDARD)
    assert (question.level, dict(question.tags)) == (Level.STUDY, {ID: "7"})
    assert (question.normalize, question.local_aet, question.timeout) == (True, "", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"LocalAet": "\0"},
        {"LocalAet": "longer than sixteen"},
        {"Timeout": 2**31},
        {"Timeout": True},
        {"Query": {"Nope": ""}},
    ],
    ids=str,
)
def test_what_postgres_or_dicom_could_not_hold_is_refused(fields: dict[str, object]) -> None:
    """A request is refused before anybody is asked."""
    with pytest.raises((BadFormat, BadParameter)):
        read_question({"Level": "Study", **fields}, STANDARD)
