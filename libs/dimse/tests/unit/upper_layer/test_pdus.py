"""PDUs as they are framed: what is read, and what is refused before it is."""

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.dimse.upper_layer.pdus import (
    AbortReason,
    BadPdu,
    Fragment,
    PduType,
    data_pdu,
    fragments,
    read_pdu,
)

LONGEST = 1000


async def _read(raw: bytes) -> tuple[PduType, bytes]:
    reader = asyncio.StreamReader()
    reader.feed_data(raw)
    reader.feed_eof()
    return await read_pdu(reader, LONGEST)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x08\0\0\0\0\x04\0\0\0\0", AbortReason.UNRECOGNIZED_PDU),
        (b"\0\0\0\0\0\0", AbortReason.UNRECOGNIZED_PDU),
        (b"GET / HTTP/1.1\r\n\r\n", AbortReason.UNRECOGNIZED_PDU),
        # Refused by what they announce: nothing of it has to come.
        (struct.pack(">BxI", PduType.P_DATA_TF, LONGEST + 1), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", PduType.ASSOCIATE_RQ, 2**32 - 1), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", PduType.RELEASE_RQ, 2**31), AbortReason.INVALID_PARAMETER),
    ],
)
async def test_no_pdu(raw: bytes, reason: AbortReason) -> None:
    """What is none, or too long a one, is told from its first six bytes."""
    with pytest.raises(BadPdu) as caught:
        await _read(raw)
    assert caught.value.reason is reason


@pytest.mark.parametrize("length", [0, 1, 5, 6, 7, 5 + LONGEST])
async def test_cut_short(length: int) -> None:
    """A peer that leaves in the middle of a PDU has sent none."""
    whole = struct.pack(">BxI", PduType.P_DATA_TF, LONGEST) + bytes(LONGEST)
    with pytest.raises(asyncio.IncompleteReadError):
        await _read(whole[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"\0",
        b"\0\0\0\x02\x01",
        struct.pack(">IBB", 0, 1, 0),
        struct.pack(">IBB", 1, 1, 0),
        struct.pack(">IBB", 3, 1, 0),
        struct.pack(">IBB", 2**32 - 1, 1, 0) + bytes(10),
        # The second of two.
        struct.pack(">IBB", 4, 1, 0) + b"ab" + struct.pack(">IBB", 9, 1, 0),
    ],
)
def test_no_fragments(body: bytes) -> None:
    """Lengths that contradict one another are an invalid parameter."""
    with pytest.raises(BadPdu) as caught:
        list(fragments(body))
    assert caught.value.reason is AbortReason.INVALID_PARAMETER


@given(
    st.lists(
        st.builds(
            Fragment,
            st.integers(0, 255),
            st.booleans(),
            st.booleans(),
            st.binary(max_size=40),
        )
    )
)
def test_what_is_framed_is_read(sent: list[Fragment]) -> None:
    """Several values in one PDU are as many fragments, in their order."""
    head_bytes = 6
    body = b"".join(
        data_pdu(one.context_id, one.data, command=one.is_command, last=one.is_last)[head_bytes:]
        for one in sent
    )
    assert list(fragments(body)) == sent


@given(st.binary(max_size=200))
def test_any_body(body: bytes) -> None:
    """Any bytes are fragments, or refused."""
    try:
        found = list(fragments(body))
    except BadPdu:
        return
    assert sum(len(one.data) + 6 for one in found) == len(body)
