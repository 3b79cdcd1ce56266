"""What modalities and peers may be called."""

import re

from axial.common.errors import BadFormat

_NAME = re.compile(r"[0-9A-Za-z_-]+")


def check_name(name: str) -> str:
    """Let a name pass as Orthanc does; raise BadFormat."""
    if not _NAME.fullmatch(name):
        raise BadFormat(
            "Only alphanumeric, dash characters and underscores are allowed in the names of modalities/peers"
        )
    return name
