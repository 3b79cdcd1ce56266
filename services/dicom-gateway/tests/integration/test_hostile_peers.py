"""Peers that do not speak DICOM, or stop in the middle: cut off, and nothing kept of what was not whole."""

import asyncio
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from support.gateway import Door, door
from support.raw_peer import (
    ASSOCIATE,
    CT_CONTEXT,
    ECHO,
    ECHO_CONTEXT,
    Basket,
    Heard,
    piece,
    store_request,
    talk,
)

from axial.cli.ports import LOOPBACK
from axial.common.configuration import Configuration
from axial.common.testing.eventually import eventually
from axial.dimse.messages.commands import Element, Field, encode
from axial.dimse.upper_layer.pdus import (
    RELEASE_RP,
    RELEASE_RQ,
    AbortReason,
    PduType,
    abort_pdu,
    data_pdu,
)

pytestmark = pytest.mark.integration

LARGE = 3 * 1024 * 1024
PDU_BYTES = 16000
INSTANCE = b"data set" * 1000
BODY = b"".join(
    [
        store_request(),
        *(
            piece(INSTANCE[start : start + 1000], last=start + 1000 >= len(INSTANCE))
            for start in range(0, len(INSTANCE), 1000)
        ),
    ]
)
BY_PROVIDER = 2
IMPATIENT = Configuration.model_validate({"DicomScpTimeout": 1})


def _large(*, last: bool) -> bytes:
    """Write more than is kept in memory; it may have no end."""
    return b"".join(
        piece(bytes(PDU_BYTES), last=last and start + PDU_BYTES >= LARGE)
        for start in range(0, LARGE, PDU_BYTES)
    )


async def _is_forgotten(opened: Door) -> None:
    async def is_forgotten() -> bool:
        return opened.count("axial_dicom_open_associations") == 0

    await eventually(is_forgotten)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        # Before there is an association.
        (ECHO, AbortReason.UNEXPECTED_PDU),
        (RELEASE_RQ, AbortReason.UNEXPECTED_PDU),
        (b"\x02" + ASSOCIATE[1:], AbortReason.UNEXPECTED_PDU),
        (b"GET / HTTP/1.1\r\n\r\n", AbortReason.UNRECOGNIZED_PDU),
        (struct.pack(">BxI", 1, 2**31) + b"x", AbortReason.INVALID_PARAMETER),
        (ASSOCIATE[:6] + b"\xff" * (len(ASSOCIATE) - 6), AbortReason.INVALID_PARAMETER),
        (struct.pack(">BxI", 1, 0), AbortReason.INVALID_PARAMETER),
        # After.
        (ASSOCIATE + ASSOCIATE, AbortReason.UNEXPECTED_PDU),
        (ASSOCIATE + RELEASE_RP, AbortReason.UNEXPECTED_PDU),
        (ASSOCIATE + b"\x09\0\0\0\0\0", AbortReason.UNRECOGNIZED_PDU),
        (ASSOCIATE + struct.pack(">BxI", 4, 2**32 - 1), AbortReason.INVALID_PARAMETER),
        (ASSOCIATE + struct.pack(">BxI", 4, 5) + bytes(5), AbortReason.INVALID_PARAMETER),
        (ASSOCIATE + piece(b"ab", last=True), AbortReason.UNEXPECTED_PARAMETER),
        (ASSOCIATE + store_request() + ECHO, AbortReason.UNEXPECTED_PARAMETER),
        (
            ASSOCIATE + store_request() + piece(b"ab", last=True, context=ECHO_CONTEXT),
            AbortReason.UNEXPECTED_PARAMETER,
        ),
        (
            ASSOCIATE + data_pdu(99, ECHO[12:], command=True, last=True),
            AbortReason.INVALID_PARAMETER,
        ),
        (
            ASSOCIATE + data_pdu(ECHO_CONTEXT, b"no command", command=True, last=True),
            AbortReason.UNEXPECTED_PARAMETER,
        ),
        (
            ASSOCIATE + data_pdu(ECHO_CONTEXT, bytes(9000), command=True, last=False) * 8,
            AbortReason.UNEXPECTED_PARAMETER,
        ),
        (ASSOCIATE + store_request(data_set=False), AbortReason.UNEXPECTED_PARAMETER),
        (ASSOCIATE + store_request() + _large(last=False) + ECHO, AbortReason.UNEXPECTED_PARAMETER),
    ],
    ids=range(20),
)
async def test_told_why(said: bytes, reason: AbortReason) -> None:
    """What cannot be answered is answered by our A-ABORT with its reason; nothing is kept."""
    basket = Basket()
    async with door(Configuration(), ingest=basket) as opened:
        heard = await talk(opened.port, said)
        assert heard.abort == (BY_PROVIDER, reason)
        await _is_forgotten(opened)
        assert opened.count("axial_dicom_associations_total", end="failed") == 1
    assert not basket.taken


@pytest.mark.parametrize(
    "begun", [piece(b"a" * 100, last=False), _large(last=False)], ids=["small", "large"]
)
@pytest.mark.parametrize("end", [b"", abort_pdu(), RELEASE_RQ, b"\x04\0\0"], ids=range(4))
async def test_in_the_middle_of_an_instance(begun: bytes, end: bytes) -> None:
    """Who leaves, aborts or releases before an instance is whole has sent none, and nobody is to blame."""
    basket = Basket()
    async with door(Configuration(), ingest=basket) as opened:
        heard = await talk(opened.port, ASSOCIATE, store_request(), begun, end)
        released = [PduType.RELEASE_RP] if end == RELEASE_RQ else []
        assert heard.kinds == [PduType.ASSOCIATE_AC, *released]
        await _is_forgotten(opened)
    assert not basket.taken


async def test_after_the_instance() -> None:
    """What was whole before its sender failed is kept, and was answered."""
    basket = Basket()
    async with door(Configuration(), ingest=basket) as opened:
        heard = await talk(opened.port, ASSOCIATE, BODY, b"\x09\0\0\0\0\0")
        assert heard.kinds == [PduType.ASSOCIATE_AC, PduType.P_DATA_TF, PduType.ABORT]
    assert [uid for uid, _ in basket.taken] == ["1.2.3.4"]
    assert basket.taken[0][1].endswith(INSTANCE)


async def test_who_says_nothing() -> None:
    """A connection on which no association is asked for is closed in time, and so is one that asks byte by byte."""
    async with door(Configuration(), artim_seconds=0.2) as opened:
        for said in (b"", ASSOCIATE[:1], ASSOCIATE[:-1]):
            assert (await talk(opened.port, said, leaves=False)).pdus == []
        await _is_forgotten(opened)


@pytest.mark.parametrize(
    "said",
    [b"", ECHO[:5], ECHO[:-1], store_request(), BODY[:-1], store_request() + _large(last=False)],
    ids=range(6),
)
async def test_who_stops_talking(said: bytes) -> None:
    """After `DicomScpTimeout`, wherever it has stopped; a PDU that never ends is silence, too."""
    basket = Basket()
    async with door(IMPATIENT, ingest=basket) as opened:
        heard = await talk(opened.port, ASSOCIATE, said, leaves=False)
        assert heard.abort is not None
        await _is_forgotten(opened)
    assert not basket.taken


async def test_who_does_not_listen() -> None:
    """A peer that asks without end and reads no answer is cut off after `DicomScpTimeout`, too."""
    # Its answer is as long.
    long = store_request("1" * 15_000) + piece(b"ab", last=True)
    async with door(IMPATIENT, ingest=Basket()) as opened:
        # Who reads no more than this has filled it with the first answer.
        _, writer = await asyncio.open_connection(LOOPBACK, opened.port, limit=1)

        async def ask_for_ever() -> None:
            writer.write(ASSOCIATE)
            while True:
                writer.write(long)
                await writer.drain()

        with pytest.raises(ConnectionError):
            async with asyncio.timeout(60):
                await ask_for_ever()
        writer.transport.abort()
        await _is_forgotten(opened)


async def test_ingest_is_away() -> None:
    """An instance that nobody takes, small or large, is answered 0xA700, and the association goes on."""
    async with door(Configuration()) as opened:
        large = store_request("1.2.3.5") + _large(last=True)
        heard = await talk(opened.port, ASSOCIATE, BODY, large, ECHO, RELEASE_RQ)
        statuses = [
            int.from_bytes(body.partition(b"\0\0\0\x09\x02\0\0\0")[2][:2], "little")
            for kind, body in heard.pdus
            if kind is PduType.P_DATA_TF
        ]
        assert statuses == [0xA700, 0xA700, 0]
        assert heard.kinds[-1] is PduType.RELEASE_RP


SESSION = [
    ASSOCIATE,
    ECHO,
    store_request("1.1"),
    piece(b"one" * 50, last=False),
    piece(b"two" * 50, last=True),
    store_request("1.2"),
    piece(b"three" * 50, last=True),
    data_pdu(
        CT_CONTEXT,
        encode(Field.C_CANCEL_RQ, {Element.MESSAGE_ID_BEING_RESPONDED_TO: 1}),
        command=True,
        last=True,
    ),
    RELEASE_RQ,
]
FUZZ = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def _spoiled(draw: st.DrawFn) -> bytes:
    """A session with PDUs lost, repeated or exchanged, then with bytes changed, added or cut off."""
    pdus = draw(st.lists(st.sampled_from(SESSION), min_size=1, max_size=12))
    raw = bytearray(ASSOCIATE * draw(st.booleans()) + b"".join(pdus))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(raw) - 1))
        raw[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
        if not raw:
            raw = bytearray(b"\0")
    return bytes(raw)


def _attack(sessions: list[bytes]) -> tuple[list[Heard], Basket]:
    """Have a gateway hear each; nothing of them may be left in it, nor take it by surprise."""
    basket = Basket()

    async def attack() -> list[Heard]:
        async with door(Configuration(), ingest=basket) as opened:
            tasks = asyncio.all_tasks()
            heard = [await talk(opened.port, said) for said in sessions]
            await _is_forgotten(opened)
            assert asyncio.all_tasks() == tasks
            return heard

    with capture_logs() as lines:
        heard = asyncio.run(attack())
    assert {line["event"] for line in lines} <= {
        "association_failed",
        "association_refused",
        "request_refused",
    }
    return heard, basket


@FUZZ
@given(st.lists(st.one_of(_spoiled(), st.binary(min_size=1, max_size=300)), min_size=5, max_size=5))
def test_anything_said(sessions: list[bytes]) -> None:
    """Whatever comes is answered or refused in the protocol's own words; no exception is left to be logged."""
    for heard in _attack(sessions)[0]:
        assert heard.kinds[:1] in (
            [],
            [PduType.ASSOCIATE_AC],
            [PduType.ASSOCIATE_RJ],
            [PduType.ABORT],
        )


@FUZZ
@given(st.lists(st.integers(0, sum(map(len, SESSION))), min_size=5, max_size=5))
def test_cut_off_anywhere(cuts: list[int]) -> None:
    """A sender that goes away at any byte has sent the instances that were whole by then, and no other."""
    whole = b"".join(SESSION)
    ends = {"1.1": len(b"".join(SESSION[:5])), "1.2": len(b"".join(SESSION[:7]))}
    expected = [uid for cut in cuts for uid, end in ends.items() if cut >= end]
    _, basket = _attack([whole[:cut] for cut in cuts])
    assert [uid for uid, _ in basket.taken] == expected
