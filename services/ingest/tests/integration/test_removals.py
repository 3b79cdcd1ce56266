"""Deletions of what the router has delivered, against the real log."""

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from axial.common.events import ResourceDeletionRequested
from axial.common.identifiers import Level
from axial.common.recorded import Recorded
from axial.ingest.settings import IngestSettings

pytestmark = pytest.mark.integration

_SOME = "16738bc3-e47ed42a-43ce044c-a3414a45-cb069bd0"
# The projector of these tests knows no such instance, and has no instance of this file.
_UNKNOWN = "00000000-00000000-00000000-00000000-00000000"
_ELSE = "0" * 32


@pytest.fixture
def blob_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a directory: deletions put no blobs."""
    return tmp_path_factory.mktemp("blobs").as_uri()


@pytest.fixture
def settings(settings: IngestSettings) -> IngestSettings:
    """Have a token by which services know one another."""
    return settings.model_copy(update={"internal_token": SecretStr("t0ken")})


async def test_removal(app: FastAPI, recorded: list[Recorded], client: httpx2.AsyncClient) -> None:
    """It is of one file and spares protected patients; what is another one now is a conflict; users have no part."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, client=("192.0.2.9", 5000)),
        base_url="http://ingest",
        headers={"Authorization": "Bearer t0ken"},
    ) as service:

        async def remove(name: str, md5: str) -> int:
            headers = {"If-Match": md5} if md5 else {}
            answer = await service.delete(f"/internal/instances/{name}", headers=headers)
            return answer.status_code

        assert await remove(_SOME, f'"{"a" * 32}"') == 200
        assert await remove(_SOME, f'"{_ELSE}"') == 409
        assert await remove(_UNKNOWN, f'"{"a" * 32}"') == 404
        assert await remove("nobody", f'"{"a" * 32}"') == 404
        assert await remove(_SOME, "a" * 32) == 400
        assert await remove(_SOME, "") == 400
    headers = {"If-Match": f'"{"a" * 32}"'}
    assert (await client.delete(f"/internal/instances/{_SOME}", headers=headers)).status_code == 403
    assert [one.event for one in recorded] == [
        ResourceDeletionRequested(
            level=Level.INSTANCE,
            resource_id=name,
            if_md5=md5,
            spares_protected=True,
            remote_ip="192.0.2.9",
        )
        for name, md5 in ((_SOME, "a" * 32), (_SOME, _ELSE), (_UNKNOWN, "a" * 32))
    ]
