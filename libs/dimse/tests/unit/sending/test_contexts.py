"""Which presentation contexts sending takes."""

import pytest

from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.sending.contexts import (
    Kind,
    choices,
    is_enough,
    may_change,
    proposals,
    targets,
    touches_pixels,
)
from axial.dimse.sending.instances import Instance
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.proposal import Proposed

pytestmark = pytest.mark.unit

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
JPEG, JPEG_LS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80"


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
    assert choices(instance(JPEG), contexts) == [contexts[3]]
    assert choices(instance(EXPLICIT_VR_BIG_ENDIAN), contexts) == [contexts[5]]
    assert choices(instance(JPEG), contexts, targets(IMPLICIT_VR_LITTLE_ENDIAN)) == [contexts[3]]


def test_what_can_be_written_otherwise() -> None:
    """Uncompressed instances go in another uncompressed syntax; a compressed one in no other, nor in another class."""
    implicit = accepted(IMPLICIT_VR_LITTLE_ENDIAN)
    assert choices(instance(EXPLICIT_VR_LITTLE_ENDIAN), implicit) == [implicit[1]]
    assert choices(instance(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN), implicit) == [implicit[1]]
    assert choices(instance(JPEG), implicit) == []
    assert choices(instance(EXPLICIT_VR_LITTLE_ENDIAN), accepted(JPEG)) == []
    assert choices(instance(EXPLICIT_VR_LITTLE_ENDIAN), accepted()) == []


def test_what_may_be_transcoded() -> None:
    """Then uncompressed syntaxes are proposed beside a compressed one, the best of them on its own."""
    transcoding = targets(EXPLICIT_VR_LITTLE_ENDIAN)
    others = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
    assert proposals([Kind(CT, JPEG)], transcoding) == [
        (
            Proposed(CT, (JPEG,)),
            Proposed(CT, (EXPLICIT_VR_LITTLE_ENDIAN,)),
            Proposed(CT, others),
        )
    ]
    some = accepted(IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)
    assert choices(instance(JPEG), some, transcoding) == [some[3], some[1]]
    assert touches_pixels(instance(JPEG), some[1])
    assert not touches_pixels(instance(EXPLICIT_VR_LITTLE_ENDIAN), some[1])
    assert not touches_pixels(instance(JPEG), Context(1, CT, JPEG))


def test_a_syntax_that_is_preferred() -> None:
    """It is proposed for everything, and comes first where an instance cannot go as it is."""
    transcoding = targets(JPEG_LS)
    assert proposals([Kind(CT, EXPLICIT_VR_LITTLE_ENDIAN)], transcoding) == [
        (
            Proposed(CT, (EXPLICIT_VR_LITTLE_ENDIAN,)),
            Proposed(CT, (JPEG_LS,)),
            Proposed(CT, (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)),
        )
    ]
    both = accepted(IMPLICIT_VR_LITTLE_ENDIAN, JPEG_LS)
    plain = instance(EXPLICIT_VR_LITTLE_ENDIAN)
    assert choices(plain, both, transcoding) == [both[3], both[1]]
    assert touches_pixels(plain, both[3])
    assert not touches_pixels(plain, both[1])
    assert touches_pixels(plain, Context(1, CT, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN))


def test_what_may_arrive_as_another_instance() -> None:
    """Only what is not in the lossy syntax yet that it would be written in."""
    assert may_change(instance(EXPLICIT_VR_LITTLE_ENDIAN), targets(JPEG))
    assert not may_change(instance(JPEG), targets(JPEG))
    assert not may_change(instance(JPEG), targets(JPEG_LS))
    assert not may_change(instance(JPEG), ())


def test_which_association_will_do() -> None:
    """One on which the syntax was proposed, and all that the instance may be transcoded to."""
    kind, transcoding = Kind(CT, JPEG), targets(EXPLICIT_VR_LITTLE_ENDIAN)
    (bare,), (whole,) = proposals([kind]), proposals([kind], transcoding)
    assert is_enough(bare, kind)
    assert not is_enough(bare, kind, transcoding)
    assert is_enough(whole, kind, transcoding)
    assert is_enough(whole, kind)
    assert not is_enough(whole, Kind(MR, JPEG), transcoding)
    assert not is_enough(whole, Kind(CT, IMPLICIT_VR_LITTLE_ENDIAN))
