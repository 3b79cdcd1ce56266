"""Which presentation contexts a C-GET takes."""

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation

from axial.common.configuration import Configuration
from axial.common.runtime.settings import initial_settings
from axial.common.sop_classes import GET_CLASSES
from axial.dimse.asking.proposals import get
from axial.dimse.upper_layer.proposal import MOST_CONTEXTS, Titles, request_pdu

EXPLICIT, IMPLICIT, RETIRED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.52"
JPEG, RLE = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.5"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
SETTINGS = initial_settings(Configuration())


def test_each_syntax_has_a_context_of_its_own_while_there_is_room() -> None:
    """So an archive may send each instance as it keeps it."""
    contexts = get([CT, MR, CT], [JPEG, IMPLICIT, EXPLICIT, RETIRED])
    taking = [one for one in contexts if one.is_for_us]
    assert [one.abstract_syntax for one in contexts if not one.is_for_us] == list(GET_CLASSES)
    assert [(one.abstract_syntax, *one.transfer_syntaxes) for one in taking] == [
        (uid, syntax) for uid in (CT, MR) for syntax in (EXPLICIT, IMPLICIT, JPEG)
    ]


def test_what_is_compressed_shares_a_context_when_there_are_many_classes() -> None:
    """Uncompressed syntaxes stand first, which every archive can write."""
    classes = [f"1.2.3.{number}" for number in range(60)]
    taking = [one for one in get(classes, [JPEG, EXPLICIT, RLE, IMPLICIT]) if one.is_for_us]
    assert len(taking) == 120
    assert [one.transfer_syntaxes for one in taking[:2]] == [(EXPLICIT, IMPLICIT), (JPEG, RLE)]


def test_there_are_never_more_than_an_association_can_have() -> None:
    """All that we take in fits: 128 contexts, and no more syntaxes in one than DCMTK reads."""
    contexts = get(SETTINGS.accepted_sop_classes, SETTINGS.accepted_transfer_syntaxes)
    assert len(contexts) == MOST_CONTEXTS
    assert max(len(one.transfer_syntaxes) for one in contexts) <= 50
    assert contexts[2].transfer_syntaxes[0] == EXPLICIT


def test_we_are_the_provider_of_what_comes_to_us() -> None:
    """The role is asked for once a class, and for nothing else."""
    raw = request_pdu(Titles("US", "THEM"), get([CT, MR], [EXPLICIT, IMPLICIT]), 16384)
    request = A_ASSOCIATE_RQ()
    request.decode(raw)
    roles = [
        (str(item.sop_class_uid), item.scu_role, item.scp_role)
        for item in request.to_primitive().user_information
        if isinstance(item, SCP_SCU_RoleSelectionNegotiation)
    ]
    assert roles == [(CT, False, True), (MR, False, True)]
