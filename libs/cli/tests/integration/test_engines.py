"""The shared engines of the test run."""

from urllib.parse import parse_qs, urlsplit

import asyncpg
import boto3
import nats
import pytest
from botocore.config import Config

from axial.cli.engines.seaweedfs import S3Credentials

pytestmark = pytest.mark.integration


async def test_a_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    """A fresh PostgreSQL 18 database answers, and holds no tables."""
    connection = await asyncpg.connect(database_url)
    try:
        version = await connection.fetchval("SHOW server_version_num")
        tables = await connection.fetchval("SELECT count(*) FROM pg_stat_user_tables")
    finally:
        await connection.close()
    assert int(version) // 10000 == 18
    assert tables == 0


async def test_jetstream_keeps_a_message_in_files(nats_url: str) -> None:
    """A stream with file storage takes a message of nearly the largest payload."""
    client = await nats.connect(nats_url)
    try:
        stream = client.jetstream()
        await stream.add_stream(name="engines", subjects=["engines.>"])
        answer = await stream.publish("engines.one", b"x" * (8 * 1024 * 1024 - 4096))
    finally:
        await client.close()
    assert answer.seq == 1


def test_s3_gives_back_what_it_was_given(s3_url: str, s3_credentials: S3Credentials) -> None:
    """An object put into the bucket of the URL comes back, with the keys of the fixture."""
    url = urlsplit(s3_url)
    store = boto3.client(
        "s3",
        endpoint_url=parse_qs(url.query)["endpoint"][0],
        region_name=parse_qs(url.query)["region"][0],
        aws_access_key_id=s3_credentials.access_key,
        aws_secret_access_key=s3_credentials.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    store.put_object(Bucket=url.netloc, Key="engines/one", Body=b"bytes" * 1000)
    answer = store.get_object(Bucket=url.netloc, Key="engines/one")["Body"].read()
    store.close()
    assert answer == b"bytes" * 1000
