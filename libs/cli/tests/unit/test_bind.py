"""Which address the edge listens on."""

import pytest

from axial.cli.commands.up import bind_address
from axial.common.configuration import BadConfiguration, Configuration

pytestmark = pytest.mark.unit


def _configuration(**options: object) -> Configuration:
    return Configuration.model_validate(options)


def test_loopback_is_the_default() -> None:
    """Without a word in the configuration, nobody connects from elsewhere."""
    assert bind_address(_configuration()) == "127.0.0.1"
    assert bind_address(_configuration(RegisteredUsers={"a": "b"})) == "127.0.0.1"


def test_remote_access_with_users_listens_everywhere() -> None:
    """Orthanc's option opens the door when there is a lock in it."""
    opened = _configuration(RemoteAccessAllowed=True, RegisteredUsers={"a": "b"})
    assert bind_address(opened) == "0.0.0.0"  # noqa: S104 - what is being tested


@pytest.mark.parametrize(
    "options", [{}, {"RegisteredUsers": {"a": "b"}, "AuthenticationEnabled": False}]
)
def test_remote_access_without_authentication_is_refused(options: dict[str, object]) -> None:
    """Nobody's archive is open by accident."""
    with pytest.raises(BadConfiguration, match="RegisteredUsers"):
        bind_address(_configuration(RemoteAccessAllowed=True, **options))
