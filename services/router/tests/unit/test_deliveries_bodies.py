"""What an operator sends about dead letters is never long."""

from unittest.mock import AsyncMock

import httpx2
import pytest
from fastapi import FastAPI

from axial.common.problems import tell_problems
from axial.router.deliveries.dead_letter_routes import dead_letter_routes

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("decision", ["replay", "discard"])
async def test_a_body_without_an_end_is_refused(decision: str) -> None:
    """It is not read into memory as far as it goes, and nothing is decided."""
    administration = AsyncMock()
    app = FastAPI()
    tell_problems(app)
    app.include_router(dead_letter_routes(administration))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://router"
    ) as client:
        answer = await client.post(f"/router/dead-letters/{decision}", content=bytes(17 << 20))
    assert answer.status_code == 413
    assert administration.mock_calls == []
