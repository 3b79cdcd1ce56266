"""What we propose to a peer, and what it makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, MaximumLengthNotification
from pynetdicom.presentation import PresentationContext

from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.upper_layer.negotiation import APPLICATION_CONTEXT_NAME, Context
from axial.dimse.upper_layer.pdus import BadPdu
from axial.dimse.upper_layer.proposal import (
    Proposed,
    Titles,
    read_acceptance,
    request_pdu,
)

pytestmark = pytest.mark.unit

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
TITLES = Titles("US", "THEM")
PROPOSED = [
    Proposed(CT, (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)),
    Proposed(MR, (EXPLICIT_VR_LITTLE_ENDIAN,)),
]
_HEAD_BYTES = 6


def acceptance(*results: tuple[int, int, str], longest: int = 16384) -> bytes:
    """Write what a peer answers: for each context its number, the result, a transfer syntax."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    primitive.calling_ae_title, primitive.called_ae_title = TITLES.calling, TITLES.called
    primitive.result, primitive.result_source = 0, 1
    answers = []
    for number, result, syntax in results:
        answer = PresentationContext()
        answer.context_id, answer.result, answer.transfer_syntax = number, result, [UID(syntax)]
        answers.append(answer)
    primitive.presentation_context_definition_results_list = answers
    maximum = MaximumLengthNotification()
    maximum.maximum_length_received = longest
    primitive.user_information = [maximum]
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(primitive)
    return bytes(pdu.encode())[_HEAD_BYTES:]


def test_what_is_proposed() -> None:
    """Another implementation reads titles, contexts with odd numbers, and the longest PDU that we take."""
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(request_pdu(TITLES, PROPOSED, 16384))
    request = pdu.to_primitive()
    assert request.calling_ae_title.strip() == "US"
    assert request.called_ae_title.strip() == "THEM"
    assert request.maximum_length_received == 16384
    read = [
        (context.context_id, str(context.abstract_syntax), tuple(map(str, context.transfer_syntax)))
        for context in request.presentation_context_definition_list
    ]
    assert read == [
        (1, CT, PROPOSED[0].transfer_syntaxes),
        (3, MR, PROPOSED[1].transfer_syntaxes),
    ]


def test_what_is_accepted() -> None:
    """Accepted contexts can be used, with the longest PDU that the peer takes; those it rejects cannot."""
    body = acceptance(
        (1, 0, IMPLICIT_VR_LITTLE_ENDIAN), (3, 4, EXPLICIT_VR_LITTLE_ENDIAN), longest=4096
    )
    agreement = read_acceptance(body, TITLES, PROPOSED)
    assert agreement.contexts == {1: Context(1, CT, IMPLICIT_VR_LITTLE_ENDIAN)}
    assert agreement.peer_maximum_bytes == 4096


def test_what_was_not_proposed_is_not_accepted() -> None:
    """A peer that answers with a syntax or a context of its own has accepted nothing by it."""
    body = acceptance((3, 0, IMPLICIT_VR_LITTLE_ENDIAN), (5, 0, EXPLICIT_VR_LITTLE_ENDIAN))
    assert read_acceptance(body, TITLES, PROPOSED).contexts == {}


@given(st.binary(max_size=300))
def test_what_is_no_answer(body: bytes) -> None:
    """Whatever bytes come as an answer, they are read or refused."""
    try:
        read_acceptance(body, TITLES, PROPOSED)
    except BadPdu:
        return


def test_an_answer_cut_short() -> None:
    """An answer that ends in the middle of an item is refused."""
    with pytest.raises(BadPdu):
        read_acceptance(acceptance((1, 0, EXPLICIT_VR_LITTLE_ENDIAN))[:-3], TITLES, PROPOSED)
