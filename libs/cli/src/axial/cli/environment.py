"""Where the engines of a system are: told by the environment, or by the data folder of a running `axial up`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from axial.cli.folder import DataFolder
from axial.common.settings import ServiceSettings

# With one of these the environment tells where the engines are, by itself or by its secrets.
_TOLD_BY = frozenset({"AXIAL_NATS_URL", "AXIAL_SECRETS_DIR"})

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class NotRunning(Exception):
    """Nothing tells where the engines are; the message is one line that says what would."""


def write_environment(folder: DataFolder, environment: Mapping[str, str]) -> None:
    """Leave in the data folder what the services are told, for commands that work on the same system."""
    file = folder.run / "environment.json"
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    # It holds the blob storage's keys.
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(dict(environment), indent=2))
    unfinished.rename(file)


def is_told() -> bool:
    """Tell whether the environment says where the engines are, as in a container."""
    return bool(_TOLD_BY.intersection(os.environ))


def find_settings(data: Path, kind: type[SettingsT]) -> SettingsT:
    """Read the settings of the system to work on; raise NotRunning when there is none.

    The environment goes first, as in a container; otherwise the data folder's own system is meant.
    """
    if is_told():
        return kind()
    file = DataFolder(data.absolute()).run / "environment.json"
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise NotRunning(
            f"no system in {data}: start one with `axial up`, or set AXIAL_NATS_URL and the like"
        ) from error
    prefix = "AXIAL_"
    values = {
        name.removeprefix(prefix).lower(): value
        for name, value in told.items()
        if name.startswith(prefix)
    }
    return kind(**values)
