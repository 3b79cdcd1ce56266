"""Exit 1 when an environment holds a package that the lock does not name in this version: `vouched.py LOCK FOLDER`."""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def strangers(lock: str, environment: Path) -> list[str]:
    """Name what is installed and neither ours nor in the lock."""
    pinned = {(_canonical(name), version) for name, version in _PINNED.findall(lock)}
    folders = [str(folder) for folder in environment.glob("lib/python*/site-packages")]
    found = [(_canonical(d.metadata["Name"]), d.version) for d in distributions(path=folders)]
    return sorted(
        f"{name}=={version}"
        for name, version in found
        if (name, version) not in pinned and not name.startswith("axial-")
    )


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    unvouched = strangers(Path(sys.argv[1]).read_text(encoding="utf-8"), Path(sys.argv[2]))
    sys.exit(f"not in the lock: {', '.join(unvouched)}" if unvouched else 0)
