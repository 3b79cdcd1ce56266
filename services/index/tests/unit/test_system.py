"""What the server says of itself."""

import pytest

from axial.common.configuration import Configuration
from axial.index.api.system import system

pytestmark = pytest.mark.unit


def told(**options: object) -> dict[str, object]:
    """Describe a server with these options."""
    return system(Configuration.model_validate(options))


# In Orthanc 1.12.11, by its OpenAPI.
_FIELDS = [
    "ApiVersion", "Capabilities", "CheckRevisions", "DatabaseBackendPlugin", "DatabaseServerIdentifier",
    "DatabaseVersion", "DicomAet", "DicomDefaultRetrieveMethod", "DicomPort", "HasLabels", "HttpPort",
    "IngestTranscoding", "IsHttpServerSecure", "MainDicomTags", "MaximumPatientCount", "MaximumStorageMode",
    "MaximumStorageSize", "Name", "OverwriteInstances", "PatientLevelEnabled", "PluginsEnabled", "ReadOnly",
    "StorageAreaPlugin", "StorageCompression", "UserMetadata", "Version",
]  # fmt: skip
_CAPABILITIES = [
    "HasExtendedChanges", "HasExtendedFind", "HasKeyValueStores", "HasQueues", "HasReserveQueueValue",
]  # fmt: skip


def test_every_field_of_orthanc_is_told() -> None:
    """No less, so that clients find what they look for; our own stand beside."""
    answer = told()
    assert sorted(answer) == sorted([*_FIELDS, "AxialVersion", "OverwriteInstancesMode"])
    assert (answer["Version"], answer["ApiVersion"]) == ("1.12.11", 30)
    assert isinstance(answer["Capabilities"], dict)
    assert sorted(answer["Capabilities"]) == _CAPABILITIES


def test_options_are_told() -> None:
    """What is configured is what is told."""
    answer = told(Name="Archive", DicomAet="HERE", DicomPort=11112, HttpPort=8043)
    assert (answer["Name"], answer["DicomAet"]) == ("Archive", "HERE")
    assert (answer["DicomPort"], answer["HttpPort"]) == (11112, 8043)


@pytest.mark.parametrize(
    ("option", "overwrites", "mode"),
    [("Never", False, "Never"), ("Always", True, "Always"), ("IfChanged", True, "IfChanged")],
)
def test_overwriting_is_told_twice(option: str, overwrites: bool, mode: str) -> None:  # noqa: FBT001 - a table's column
    """Old clients read a Boolean, newer ones the mode."""
    answer = told(OverwriteInstances=option)
    assert (answer["OverwriteInstances"], answer["OverwriteInstancesMode"]) == (overwrites, mode)


@pytest.mark.parametrize(
    ("options", "secure"),
    [
        ({}, True),
        ({"RemoteAccessAllowed": True}, False),
        ({"RemoteAccessAllowed": True, "RegisteredUsers": {"a": "b"}}, True),
    ],
)
def test_who_can_reach_it(options: dict[str, object], secure: bool) -> None:  # noqa: FBT001 - a table's column
    """The server is secure when a stranger cannot reach its API."""
    assert told(**options)["IsHttpServerSecure"] is secure


def test_identifier_is_the_servers_own() -> None:
    """Replicas share an identifier; servers of another name have another."""
    assert told(Name="A")["DatabaseServerIdentifier"] == told(Name="A")["DatabaseServerIdentifier"]
    assert told(Name="A")["DatabaseServerIdentifier"] != told(Name="B")["DatabaseServerIdentifier"]
