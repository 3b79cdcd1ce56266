"""What is asked of peers, read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from axial.common.errors import BadFormat, InexistentFile
from axial.common.peers import Peer
from axial.common.runtime.catalogue import TRANSFER_SYNTAXES
from axial.router.peers.destinations import StoreOptions


def read_peer(body: bytes) -> Peer:
    """Read who a peer is; raise BadFormat, or InexistentFile when its certificate is not there."""
    try:
        peer = Peer.model_validate(_keepable(json.loads(body)))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        message = first["msg"].removeprefix("Value error, ")
        raise BadFormat(
            message if not where or where in message else f"{where}: {message}"
        ) from None
    except (ValueError, RecursionError):
        raise BadFormat("Must provide a JSON value") from None
    for file, what in (
        (peer.certificate_file, "certificate file"),
        (peer.certificate_key_file, "key file"),
    ):
        if file is not None and not _is_file(file):
            raise InexistentFile(f"Cannot open {what}: {file}")
    return peer


def _keepable(value: object) -> object:
    """Let pass what Postgres can keep; raise ValueError, also for what no text can be."""
    written = json.dumps(value, ensure_ascii=False)
    written.encode()
    if "\\u0000" in written:
        raise ValueError
    return value


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no name of a file, or in nobody's folder of ours
        return False


def read_store_options(options: Mapping[str, Any]) -> StoreOptions:
    """Read what is a peer's among the options of a store; raise BadFormat."""
    compress = options.get("Compress", False)
    transcode = options.get("Transcode")
    if not isinstance(compress, bool):
        raise BadFormat("Boolean value expected in field: Compress")
    if "Transcode" not in options:
        return StoreOptions(compress)
    if not isinstance(transcode, str):
        raise BadFormat("String value expected in field: Transcode")
    if transcode not in TRANSFER_SYNTAXES:
        raise BadFormat("Unknown transfer syntax UID")
    return StoreOptions(compress, transcode)
