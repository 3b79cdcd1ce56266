"""A job in hand, as its kind sees it, without an engine around it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class JobHand:
    """Notes how far the job is."""

    parameters: dict[str, Any]
    content: dict[str, Any]
    id: str = "job"
    state: dict[str, Any] = field(default_factory=dict)
    progress: list[float] = field(default_factory=list)

    async def step(self, progress: float) -> None:
        """Note how far it is."""
        self.progress.append(progress)

    async def write_output(
        self, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Have no output."""
        raise NotImplementedError
