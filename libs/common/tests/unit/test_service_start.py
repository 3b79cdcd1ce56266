"""What keeps a service from starting, before anything is opened."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from axial.common.configuration import Configuration
from axial.common.service import run
from axial.common.settings import ServiceSettings

pytestmark = pytest.mark.unit


@asynccontextmanager
async def build(
    _settings: ServiceSettings, _configuration: Configuration
) -> AsyncIterator[FastAPI]:
    """Be asked for nothing."""
    raise AssertionError("it must not come to that")
    yield


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"RegisteredUsers": {"alice": "x"}}, "AXIAL_INTERNAL_TOKEN"),
        ({"AuthenticationEnabled": True}, "AXIAL_INTERNAL_TOKEN"),
        ({"RegisteredUsers": {"alice": "x"}, "UserRoles": {"bob": "read"}}, "UserRoles"),
    ],
)
def test_who_may_come_in_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], complaint: str
) -> None:
    """Services that would refuse one another do not start, nor does one that would let the wrong user do everything."""
    path = tmp_path / "orthanc.json"
    path.write_text(json.dumps(options))
    monkeypatch.setenv("AXIAL_CONFIG_FILE", str(path))
    monkeypatch.delenv("AXIAL_INTERNAL_TOKEN", raising=False)
    with pytest.raises(SystemExit, match=complaint) as caught:
        run("test", ServiceSettings, build)
    assert "\n" not in str(caught.value)
