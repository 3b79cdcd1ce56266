"""PDUs as they come in and go out, a few bytes at a time."""

import asyncio

import pytest

from axial.dimse.upper_layer.pdus import Fragment, PduType, data_pdu, fragments, read_pdu

pytestmark = pytest.mark.unit


async def test_a_head_is_heard_of_before_its_body() -> None:
    """Who sends a head alone, and the rest only once it is acknowledged, is noticed in between."""
    reader = asyncio.StreamReader()
    begun = asyncio.Event()
    reading = asyncio.create_task(read_pdu(reader, 4096, begun.set))
    pdu = data_pdu(1, b"body", command=False, last=True)
    reader.feed_data(pdu[:6])
    await begun.wait()
    assert not reading.done()
    reader.feed_data(pdu[6:])
    kind, body = await reading
    assert kind is PduType.P_DATA_TF
    assert list(fragments(body)) == [Fragment(1, is_command=False, is_last=True, data=b"body")]
