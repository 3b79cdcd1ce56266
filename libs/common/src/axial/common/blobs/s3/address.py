"""Where a bucket is."""

import ssl
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from axial.common.blobs.port import check_key

_DEFAULT_REGION = "us-east-1"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket, or the part of it below a prefix."""

    bucket: str
    #: Empty, or ends with a slash.
    prefix: str
    region: str
    #: Of a server that is not Amazon's, as in `http://127.0.0.1:8333`.
    endpoint: str | None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `s3://bucket/prefix?endpoint=…&region=…`; raises `ValueError`."""
        parts = urlsplit(url)
        options = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
        known = options.keys() <= {"endpoint", "region"} and all(options.values())
        if parts.scheme != "s3" or not parts.netloc or not known:
            raise ValueError("an S3 URL is s3://bucket/prefix?endpoint=…&region=…")
        prefix = parts.path.strip("/")
        if prefix:
            check_key(prefix)
        endpoint = options["endpoint"].rstrip("/") if "endpoint" in options else None
        if endpoint is not None:
            server = urlsplit(endpoint)
            plain = f"{server.scheme}://{server.netloc}" == endpoint and "@" not in server.netloc
            if not plain or server.scheme not in _PORTS or not server.hostname:
                raise ValueError("an S3 endpoint is http://host:port or https://host:port")
        return cls(
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            region=options.get("region", _DEFAULT_REGION),
            endpoint=endpoint,
        )

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        if self.endpoint is None:
            return f"{self.bucket}.s3.{self.region}.amazonaws.com"
        return urlsplit(self.endpoint).netloc

    @property
    def host(self) -> str:
        """The host to connect to."""
        return str(urlsplit(f"//{self.authority}").hostname)

    @property
    def port(self) -> int:
        """The port to connect to."""
        return urlsplit(f"//{self.authority}").port or _PORTS[self._scheme]

    @property
    def base_path(self) -> str:
        """What stands before a key in the path of a request.

        With the bucket's name in the path when the endpoint is given, as its name as a host would
        not resolve; in the host's name at Amazon.
        """
        return f"/{self.prefix}" if self.endpoint is None else f"/{self.bucket}/{self.prefix}"

    @property
    def bucket_path(self) -> str:
        """The path of the bucket itself."""
        return "/" if self.endpoint is None else f"/{self.bucket}"

    def tls(self) -> ssl.SSLContext | None:
        """Make the settings of an encrypted connection; none for a plain one."""
        return ssl.create_default_context() if self._scheme == "https" else None

    @property
    def _scheme(self) -> str:
        return "https" if self.endpoint is None else urlsplit(self.endpoint).scheme
