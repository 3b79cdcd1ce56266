"""Signing S3 requests with AWS Signature Version 4.

The rules are those of "Authenticating Requests: Using the Authorization Header" in the Amazon S3
API reference. The payload is not hashed (`UNSIGNED-PAYLOAD`): its MD5 is signed instead, as decision
0007 explains.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass, field

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An S3 identity, and the region its signatures are good for."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str


class Signer:
    """Signs requests to one host; keeps the signing key, which is the same for a whole day."""

    def __init__(self, credentials: Credentials, host: str) -> None:
        self._credentials = credentials
        self._host = host
        self._day = ""
        self._key = b""

    def sign(
        self, method: str, path: str, *, at_seconds: float, content_md5: str | None = None
    ) -> dict[str, str]:
        """Return the headers of a request without a query, signed for this moment.

        The path must be in its final form: only characters that need no quoting, and slashes.
        """
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_seconds))
        headers = {
            "host": self._host,
            "x-amz-content-sha256": _UNSIGNED,
            "x-amz-date": moment,
        }
        if content_md5 is not None:
            # First, as the canonical request wants the names in order.
            headers = {"content-md5": content_md5, **headers}
        names = ";".join(headers)
        canonical = "\n".join(
            (
                method,
                path,
                "",
                *(f"{name}:{value}" for name, value in headers.items()),
                "",
                names,
                _UNSIGNED,
            )
        )
        day = moment[:8]
        scope = f"{day}/{self._credentials.region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(
            self._key_of(day), f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}".encode(), "sha256"
        ).hex()
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={self._credentials.access_key}/{scope},"
            f"SignedHeaders={names},Signature={signature}"
        )
        return headers

    def _key_of(self, day: str) -> bytes:
        if day != self._day:
            key = f"AWS4{self._credentials.secret_key}".encode()
            for part in (day, self._credentials.region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key
