"""What keeps a service from starting, before anything is opened."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from axial.common.configuration import Configuration
from axial.common.migrate import MigrationChanged, SchemaTooNew
from axial.common.service import run
from axial.common.settings import ServiceSettings
from axial.common.upcasters import UnknownEvent

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
@pytest.mark.parametrize("token", ["", "fifteen letters"])
def test_who_may_come_in_is_told_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, object],
    complaint: str,
    token: str,
) -> None:
    """Services that would refuse one another do not start, nor does one that would let the wrong user do everything."""
    path = tmp_path / "orthanc.json"
    path.write_text(json.dumps(options))
    monkeypatch.setenv("AXIAL_CONFIG_FILE", str(path))
    monkeypatch.setenv("AXIAL_INTERNAL_TOKEN", token)
    with pytest.raises(SystemExit, match=complaint) as caught:
        run("test", ServiceSettings, build)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "cause",
    [
        UnknownEvent("the log holds instance.received v99"),
        SchemaTooNew("schema shop has 0004_remove.sql"),
        MigrationChanged("schema shop: 0001_one.sql"),
        ValueError("DOE^JANE"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_what_stops_a_service_is_told(monkeypatch: pytest.MonkeyPatch, cause: Exception) -> None:
    """An operator reads which event or schema it was; of others' errors only the kind, as they may quote a data set."""

    @asynccontextmanager
    async def die(_settings: ServiceSettings, _: Configuration) -> AsyncIterator[FastAPI]:
        raise cause
        yield

    monkeypatch.delenv("AXIAL_CONFIG_FILE", raising=False)
    told = "ValueError" if isinstance(cause, ValueError) else str(cause)
    with pytest.raises(SystemExit, match=f"^test: {re.escape(told)}$"):
        run("test", ServiceSettings, die)
