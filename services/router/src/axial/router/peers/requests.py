"""What is asked of peers, read."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from axial.common.errors import BadFormat, InexistentFile
from axial.common.peers import Peer
from axial.common.runtime.catalogue import TRANSFER_SYNTAXES
from axial.router.peers.destinations import StoreOptions


def read_peer(body: bytes) -> Peer:
    """Read who a peer is; raise BadFormat, or InexistentFile when its certificate is not there."""
    try:
        peer = Peer.model_validate(json.loads(body))
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
        if file is not None and not file.is_file():
            raise InexistentFile(f"Cannot open {what}: {file}")
    return peer


def read_store_options(options: Mapping[str, Any]) -> StoreOptions:
    """Read what is a peer's among the options of a store; raise BadFormat."""
    compress = options.get("Compress", False)
    transcode = options.get("Transcode", "")
    if not isinstance(compress, bool):
        raise BadFormat("Boolean value expected in field: Compress")
    if not isinstance(transcode, str):
        raise BadFormat("String value expected in field: Transcode")
    if transcode and transcode not in TRANSFER_SYNTAXES:
        raise BadFormat("Unknown transfer syntax UID")
    return StoreOptions(compress, transcode)
