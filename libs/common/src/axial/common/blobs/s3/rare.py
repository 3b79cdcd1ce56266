"""The S3 calls that are rare, through boto3: each blocks, and is for a thread."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypedDict, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from axial.common.blobs.port import BlobExists, BlobInfo, Body, is_key
from axial.common.blobs.s3.address import S3Address
from axial.common.blobs.s3.answers import error_of
from axial.common.blobs.s3.signing import Credentials
from axial.common.errors import StorageUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, ListObjectsV2RequestTypeDef

# Memory of one large upload. S3 wants at least 5 MiB, and takes no more parts than the second.
_PART_BYTES = 16 * 1024 * 1024
_MOST_PARTS = 10_000

# As many as S3 gives at once.
_PAGE = 1000

# As in `pool`.
_CONNECT_SECONDS = 3
# Of one answer: SeaweedFS assembles the parts of a large blob before it gives it.
_READ_SECONDS = 30
_ATTEMPTS = 4

# What completing an upload answers when it has been done already, and the first answer was lost; or
# when somebody else's blob is there.
_COMPLETED = {"NoSuchUpload", "PreconditionFailed"}


class _Target(TypedDict):
    Bucket: str
    Key: str


class RareCalls:
    """boto3's client of one bucket; it may be used by many threads."""

    def __init__(self, address: S3Address, credentials: Credentials) -> None:
        self._bucket = address.bucket
        self._prefix = address.prefix
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=credentials.region,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                # We send MD5s; servers other than Amazon's stumble over the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if address.endpoint else "virtual"},
            ),
        )

    def create_bucket(self) -> None:
        """Make the bucket."""
        with _translated():
            if (
                self._client.meta.region_name == "us-east-1"
            ):  # the one region that must not be named
                self._client.create_bucket(Bucket=self._bucket)
            else:
                self._client.create_bucket(
                    Bucket=self._bucket,
                    CreateBucketConfiguration={
                        "LocationConstraint": cast(
                            "BucketLocationConstraintType", self._client.meta.region_name
                        )
                    },
                )

    def upload(self, key: str, body: Body, size_bytes: int) -> None:
        """Store a large body in parts, unseen until the last one is there.

        Raises `BlobExists` when the key is taken, perhaps by this very blob.
        """
        target = _Target(Bucket=self._bucket, Key=self._prefix + key)
        with _translated():
            upload = self._client.create_multipart_upload(**target)["UploadId"]
            try:
                parts = self._upload_parts(target, upload, body, size_bytes)
                self._client.complete_multipart_upload(
                    **target, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
                )
            except BaseException as error:
                with suppress(ClientError, BotoCoreError):
                    self._client.abort_multipart_upload(**target, UploadId=upload)
                if isinstance(error, ClientError) and _code_of(error) in _COMPLETED:
                    raise BlobExists from error
                raise

    def page(
        self, prefix: str, after: str, token: str | None
    ) -> "tuple[list[BlobInfo], str | None]":
        """List some blobs, with the token of those that follow."""
        request: ListObjectsV2RequestTypeDef = {
            "Bucket": self._bucket,
            "Prefix": self._prefix + prefix,
            "MaxKeys": _PAGE,
        }
        if token is not None:
            request["ContinuationToken"] = token
        elif after:
            request["StartAfter"] = self._prefix + after
        with _translated():
            answer = self._client.list_objects_v2(**request)
        blobs = [
            BlobInfo(found["Key"].removeprefix(self._prefix), found["Size"], found["LastModified"])
            for found in answer.get("Contents", [])
        ]
        # Others than ours: markers of folders, and what strangers put there.
        ours = [blob for blob in blobs if is_key(blob.key)]
        return ours, answer.get("NextContinuationToken")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _upload_parts(
        self, target: _Target, upload: str, body: Body, size_bytes: int
    ) -> "list[CompletedPartTypeDef]":
        step = max(_PART_BYTES, -(-size_bytes // _MOST_PARTS))
        parts: list[CompletedPartTypeDef] = []
        for number, content in enumerate(_pieces(body, step), start=1):
            digest = hashlib.md5(content, usedforsecurity=False)
            answer = self._client.upload_part(
                **target,
                UploadId=upload,
                PartNumber=number,
                Body=content,
                ContentMD5=base64.b64encode(digest.digest()).decode(),
            )
            parts.append({"ETag": answer["ETag"], "PartNumber": number})
        return parts


def _pieces(body: Body, step: int) -> Iterator[bytes]:
    if isinstance(body, bytes | bytearray | memoryview):
        view = memoryview(body).cast("B")
        for start in range(0, len(view), step):
            yield bytes(view[start : start + step])
    else:
        body.seek(0)
        while piece := body.read(step):
            yield piece


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        raise error_of(status, _code_of(error)) from error
    except BotoCoreError as error:
        raise StorageUnavailable(
            f"the blob storage does not answer: {type(error).__name__}"
        ) from error


def _code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
