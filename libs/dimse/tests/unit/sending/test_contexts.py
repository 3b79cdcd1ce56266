"""Which presentation contexts sending takes."""

import pytest

from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.sending.contexts import Kind, choose, proposals, touches_pixels
from axial.dimse.sending.instances import Instance
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.proposal import Proposed

pytestmark = pytest.mark.unit

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
JPEG = "1.2.840.10008.1.2.4.50"


def instance(transfer_syntax: str) -> Instance:
    """Make a CT image."""
    return Instance("id", CT, "1.2.3", transfer_syntax)


def accepted(*syntaxes: str) -> dict[int, Context]:
    """Give contexts of CT that a peer accepts, one of MR beside them."""
    contexts = [Context(2 * n + 1, CT, syntax) for n, syntax in enumerate(syntaxes)]
    return {context.id: context for context in [*contexts, Context(99, MR, JPEG)]}


def test_each_syntax_has_a_context_of_its_own() -> None:
    """The peer cannot choose between two syntaxes that we have; it can, between those that we can write."""
    kinds = [Kind(CT, JPEG), Kind(CT, EXPLICIT_VR_LITTLE_ENDIAN), Kind(MR, JPEG)]
    assert proposals(kinds) == [
        (
            Proposed(CT, (JPEG,)),
            Proposed(CT, (EXPLICIT_VR_LITTLE_ENDIAN,)),
            Proposed(CT, (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)),
            Proposed(MR, (JPEG,)),
        )
    ]


@pytest.mark.parametrize("uid", ["", "1.2 ", "é.1", "1." * 40, "nonsense"])
def test_what_is_no_uid_is_not_proposed(uid: str) -> None:
    """An instance with such a SOP class or syntax, which could spoil the whole request, is left out of it."""
    some = proposals([Kind(uid, EXPLICIT_VR_LITTLE_ENDIAN), Kind(CT, uid), Kind(MR, JPEG)])
    assert some == [(Proposed(MR, (JPEG,)),)]


def test_as_many_associations_as_it_takes() -> None:
    """An association has 128 contexts; all contexts of a SOP class are in one of them."""
    kinds = [Kind(f"1.2.{n}", EXPLICIT_VR_LITTLE_ENDIAN) for n in range(130)]
    some = proposals(kinds)
    assert [len(contexts) for contexts in some] == [128, 128, 4]
    assert all(
        Proposed(kind.sop_class_uid, (kind.transfer_syntax_uid,)) in some[n // 64]
        for n, kind in enumerate(kinds)
    )


def test_the_own_syntax_first() -> None:
    """An instance goes as it is when the peer takes it so, whatever else it takes."""
    contexts = accepted(IMPLICIT_VR_LITTLE_ENDIAN, JPEG, EXPLICIT_VR_BIG_ENDIAN)
    assert choose(instance(JPEG), contexts) == contexts[3]
    assert choose(instance(EXPLICIT_VR_BIG_ENDIAN), contexts) == contexts[5]


def test_what_can_be_written_otherwise() -> None:
    """Uncompressed instances go in another uncompressed syntax; a compressed one in no other, nor in another class."""
    implicit = accepted(IMPLICIT_VR_LITTLE_ENDIAN)
    assert choose(instance(EXPLICIT_VR_LITTLE_ENDIAN), implicit) == implicit[1]
    assert choose(instance(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN), implicit) == implicit[1]
    assert choose(instance(JPEG), implicit) is None
    assert choose(instance(EXPLICIT_VR_LITTLE_ENDIAN), accepted(JPEG)) is None
    assert choose(instance(EXPLICIT_VR_LITTLE_ENDIAN), accepted()) is None


def test_what_may_be_transcoded() -> None:
    """Then uncompressed syntaxes are proposed beside a compressed one, which goes first where it is taken."""
    others = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
    assert proposals([Kind(CT, JPEG)], transcoding=True) == [
        (Proposed(CT, (JPEG,)), Proposed(CT, others))
    ]
    both = accepted(IMPLICIT_VR_LITTLE_ENDIAN, JPEG)
    own = choose(instance(JPEG), both, transcoding=True)
    assert own == both[3]
    assert not touches_pixels(instance(JPEG), both[3])
    implicit = accepted(IMPLICIT_VR_LITTLE_ENDIAN)
    assert choose(instance(JPEG), implicit, transcoding=True) == implicit[1]
    assert touches_pixels(instance(JPEG), implicit[1])
    assert not touches_pixels(instance(EXPLICIT_VR_LITTLE_ENDIAN), implicit[1])
