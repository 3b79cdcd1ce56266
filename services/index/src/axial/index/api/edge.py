"""The edge, which sends blobs by itself once it is told where they are (decision 0014)."""

import hmac

from fastapi import Request
from pydantic import SecretStr

from axial.common.blobs import BlobStore, StoredBlob
from axial.index.api.ranges import ByteRange

# What is shorter costs less when it is sent from here.
_SHORT_BYTES = 64 * 1024

_TOKEN = "X-Axial-Edge"  # noqa: S105 - a header's name


class Edge:
    """Tells the edge apart from whoever else may reach us, and tells it where blobs are."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token.get_secret_value().encode()

    def sends(self, request: Request, stored: StoredBlob, part: ByteRange) -> bool:
        """Whether it is the edge that asks, and better sends this part of a file by itself.

        It can send what is kept as it came; and it alone may learn where blobs are.
        """
        told = request.headers.get(_TOKEN)
        return (
            bool(told)
            and bool(self._token)
            and part.end - part.start >= _SHORT_BYTES
            and not stored.is_compressed
            and hmac.compare_digest(str(told).encode(), self._token)
        )


async def hand_over(
    blobs: BlobStore, stored: StoredBlob, asked: ByteRange | None
) -> dict[str, str]:
    """Write the headers by which the edge gets a blob, or the range of it that was asked for."""
    place = await blobs.locate(stored.key, stored.size_bytes)
    part = asked or ByteRange(0, stored.size_bytes)
    headers = {
        "X-Axial-Blob": place.path,
        # Empty for the whole: the edge sets its request's header to this.
        "X-Axial-Range": f"bytes={part.start}-{part.end - 1}" if asked else "",
        "X-Axial-Length": str(part.end - part.start),
    }
    return headers | {
        f"X-Axial-Signed-{name.removeprefix('x-amz-')}": value
        for name, value in place.signed.items()
    }
