"""The workers that draw frames."""

from typing import TypeAlias

from axial.index.images.tasks import Task
from axial.pixels.workers import Performer, Workers

Drawers: TypeAlias = Workers[Task]

DRAWING: Performer[Task] = Performer("axial.index.images.drawing")
"""What they do with a task."""
