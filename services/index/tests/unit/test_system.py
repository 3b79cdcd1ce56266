"""What the server says of itself."""

import pytest

from axial.common.configuration import Configuration
from axial.index.api.system import system

pytestmark = pytest.mark.unit


def told(**options: object) -> dict[str, object]:
    """Describe a server with these options."""
    return system(Configuration.model_validate(options))


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
