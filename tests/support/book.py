"""The command lines of Orthanc's book, given to a shell as they stand there but for ports and names."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who types what the book says, with their own addresses and identifiers in it."""

    places: Mapping[str, str]

    def says(self, line: str, **renamed: str) -> str:
        """Run a line; return what it prints. It must succeed."""
        for old, new in {**self.places, **renamed}.items():
            line = line.replace(old, new)
        done = subprocess.run(
            ("/bin/sh", "-c", line),
            capture_output=True,
            text=True,
            check=True,
            timeout=_LINE_SECONDS,
        )
        return done.stdout

    def told(self, line: str, **renamed: str) -> Any:
        """Run a line that prints JSON."""
        return json.loads(self.says(line, **renamed))

    def knowing(self, places: Mapping[str, str]) -> "Reader":
        """Go on with more identifiers."""
        return Reader({**self.places, **places})
