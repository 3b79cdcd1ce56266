"""What modalities and peers may be called."""

import re

from axial.common.errors import BadFormat

_NAME = re.compile(r"[0-9A-Za-z_-]+")
# Shorter than what Postgres keeps in an index.
_MOST_LETTERS = 1024


def check_name(name: str) -> str:
    """Let a name pass as Orthanc does; raise BadFormat."""
    if not _NAME.fullmatch(name):
        raise BadFormat(
            "Only alphanumeric, dash characters and underscores are allowed in the names of modalities/peers"
        )
    if len(name) > _MOST_LETTERS:
        raise BadFormat("This name of a modality/peer is too long")
    return name
