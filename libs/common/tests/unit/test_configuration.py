"""An Orthanc user brings their file along."""

from pathlib import Path

import pytest

from axial.common.configuration import BadConfiguration
from axial.common.configuration_file import load_configuration

pytestmark = pytest.mark.unit

ORTHANC_STYLE = """
/**
 * Comments of both kinds, as in Orthanc's own Configuration.json.
 **/
{
  "Name" : "Radiology", // shown by /system
  "DicomAet" : "RADIO",
  "RegisteredUsers" : {
    // "alice" : "replaced",
    "bob" : "secret"
  },
  "OverwriteInstances" : true,
  "HttpDescribeErrors" : true
}
"""


def written(folder: Path, text: str) -> Path:
    """Write a configuration file."""
    path = folder / "orthanc.json"
    path.write_text(text)
    return path


def test_orthancs_own_format_is_read(tmp_path: Path) -> None:
    """Comments, names and old spellings of values."""
    configuration = load_configuration(written(tmp_path, ORTHANC_STYLE), {})
    assert configuration.name == "Radiology"
    assert configuration.overwrite_instances == "always"
    assert configuration.registered_users["bob"].get_secret_value() == "secret"
    assert configuration.authentication_required


def test_an_unknown_option_is_named_and_no_error(tmp_path: Path) -> None:
    """The operator learns that it has no effect."""
    configuration = load_configuration(written(tmp_path, ORTHANC_STYLE), {})
    assert configuration.unknown == ("HttpDescribeErrors",)


def test_without_a_file_the_defaults_hold() -> None:
    """Nothing needs to be configured to start."""
    configuration = load_configuration(None, {})
    assert configuration.overwrite_instances == "never"
    assert not configuration.authentication_required


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    """ORTHANC__SECTION__OPTION, as Orthanc's images read it."""
    configuration = load_configuration(
        written(tmp_path, ORTHANC_STYLE),
        {
            "ORTHANC__DICOM_AET": "OTHER",
            "ORTHANC__STABLE_AGE": "5",
            "ORTHANC__REGISTERED_USERS": '{"carol": "pw"}',
            "PATH": "/bin",
        },
    )
    assert configuration.dicom_aet == "OTHER"
    assert configuration.stable_age == 5
    assert set(configuration.registered_users) == {"carol"}


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("false", "never"),
        ("true", "always"),
        ('"Never"', "never"),
        ('"Always"', "always"),
        ('"IfChanged"', "if_changed"),
    ],
)
def test_overwrite_instances_in_every_spelling(tmp_path: Path, word: str, mode: str) -> None:
    """A boolean before Orthanc 1.13, a word since."""
    path = written(tmp_path, f'{{"OverwriteInstances": {word}}}')
    assert load_configuration(path, {}).overwrite_instances == mode


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"HttpPort": "eighty"}', "option HttpPort"),
        ('{"HttpPort": 70000}', "option HttpPort"),
        (
            '{"OverwriteInstances": "Sometimes"}',
            "option OverwriteInstances: .*Never, Always or IfChanged",
        ),
        (
            '{"DicomScuPreferredTransferSyntax": "1.2.840.10008.1.1"}',
            "option DicomScuPreferredTransferSyntax: .*the UID of a transfer syntax",
        ),
        (
            '{"RegisteredUsers": {"bob": "secret"}, "UserRoles": {"bob": "owner"}}',
            "option UserRoles: .*'feed', 'read', 'write' or 'admin'",
        ),
        (
            '{"RegisteredUsers": {"bob": "secret"}, "UserRoles": {"bab": "read"}}',
            "option UserRoles: .*not in RegisteredUsers",
        ),
        ('{"Name": ', "orthanc.json"),
        ("[1]", "must be a JSON object"),
    ],
)
def test_a_bad_value_is_one_clear_line(tmp_path: Path, text: str, complaint: str) -> None:
    """It names the option or the file, and never quotes a secret."""
    with pytest.raises(BadConfiguration, match=complaint) as caught:
        load_configuration(written(tmp_path, text), {})
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    """The path and the reason."""
    with pytest.raises(BadConfiguration, match=r"nowhere\.json: No such file"):
        load_configuration(tmp_path / "nowhere.json", {})
