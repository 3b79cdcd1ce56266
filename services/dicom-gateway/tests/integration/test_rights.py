"""What a peer may ask for, as it hears of it on the wire."""

import pytest
from support.gateway import Door, door

from axial.cli.ports import LOOPBACK
from axial.common.configuration import Configuration
from axial.common.sop_classes import FIND_CLASSES, GET_CLASSES, VERIFICATION
from axial.common.testing.eventually import eventually
from axial.common.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.messages.commands import Command, Element, Elements, Field, decode, encode
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.proposal import Proposed, Titles
from axial.dimse.upper_layer.requestor import Peer, Refused, Requestor

pytestmark = pytest.mark.integration

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
REFUSED = "axial_dicom_refused_associations_total"


async def _associate(opened: Door, calling: str, *abstract_syntaxes: str) -> Requestor:
    """Associate with everything proposed in one transfer syntax."""
    peer = Peer(Titles(calling, "AXIAL"), LOOPBACK, opened.port, 30.0)
    contexts = [Proposed(uid, (IMPLICIT_VR_LITTLE_ENDIAN,)) for uid in abstract_syntaxes]
    return await Requestor.open(peer, contexts)


async def _ask(peer: Requestor, abstract_syntax: str, field: Field, data_set: bytes = b"") -> int:
    """Send a request on the context of a SOP class; return the status of its response."""
    association = peer.association
    (context,) = [
        context
        for context in association.agreement.contexts.values()
        if context.abstract_syntax == abstract_syntax
    ]
    elements: Elements = {
        Element.AFFECTED_SOP_CLASS_UID: abstract_syntax,
        Element.AFFECTED_SOP_INSTANCE_UID: "1.2.3",
        Element.MESSAGE_ID: 7,
    }
    await association.send_command(context, encode(field, elements, data_set=bool(data_set)))
    if data_set:
        await association.send_data_set(context, data_set)
    _, raw = await association.command()
    response: Command = decode(raw)
    assert response.responded_to == 7
    return int(response.elements[Element.STATUS])


async def test_only_what_is_allowed_is_accepted() -> None:
    """A stranger gets contexts to say hello and to send, but none to ask on; a modality gets them all."""
    asked = (VERIFICATION, CT_IMAGE, *FIND_CLASSES)
    options = {"DicomModalities": {"ct": ["CT", "10.0.0.1", 104]}}
    async with door(Configuration.model_validate(options)) as opened:
        for calling, allowed in (("STRANGER", asked[:2]), ("CT", asked)):
            peer = await _associate(opened, calling, *asked)
            accepted = peer.association.agreement.contexts.values()
            assert [context.abstract_syntax for context in accepted] == list(allowed)
            await peer.release()


async def test_a_right_is_bound_to_its_contexts() -> None:
    """What must not be asked cannot be smuggled onto another context; the association goes on."""
    async with door(Configuration()) as opened:
        peer = await _associate(opened, "STRANGER", VERIFICATION, CT_IMAGE)
        smuggled = (Field.C_FIND_RQ, Field.C_MOVE_RQ, Field.C_GET_RQ, Field.C_STORE_RQ)
        for field in (*smuggled, Field.N_ACTION_RQ, Field.N_EVENT_REPORT_RQ):
            status = await _ask(peer, VERIFICATION, field, b"\0" * 100_000)
            assert status == Status.SOP_CLASS_NOT_SUPPORTED
        assert await _ask(peer, CT_IMAGE, Field.C_ECHO_RQ) == Status.SOP_CLASS_NOT_SUPPORTED
        assert await _ask(peer, VERIFICATION, Field.C_ECHO_RQ) == Status.SUCCESS
        await peer.release()
        operations = "axial_dicom_operations_total"
        assert opened.count(operations, operation="c-find", status="0x0122") == 1


async def test_who_may_get_may_not_store() -> None:
    """The contexts on which instances would be sent to it are there; on them it may send none."""
    options = {"DicomAlwaysAllowStore": False, "DicomAlwaysAllowGet": True}
    async with door(Configuration.model_validate(options)) as opened:
        peer = await _associate(opened, "VIEWER", CT_IMAGE, GET_CLASSES[0])
        status = await _ask(peer, CT_IMAGE, Field.C_STORE_RQ, b"\0" * 100_000)
        assert status == Status.NOT_AUTHORIZED
        await peer.release()


@pytest.mark.tools
@pytest.mark.parametrize(
    ("options", "reason", "told"),
    [
        ({"DicomCheckCalledAet": True}, "called_aet_unknown", "Called AE Title Not Recognized"),
        (
            {"DicomAlwaysAllowEcho": False, "DicomAlwaysAllowStore": False},
            "calling_aet_unknown",
            "Calling AE Title Not Recognized",
        ),
    ],
    ids=str,
)
async def test_an_association_is_refused(
    options: dict[str, object], reason: str, told: str
) -> None:
    """DCMTK tells its user which title was not recognised; it is counted."""
    configuration = Configuration.model_validate(options)
    async with door(configuration) as opened:
        outcome = await opened.program("echoscu", "-aec", "ORTHANC")
        assert outcome.returncode != 0
        assert told in outcome.stderr
        assert opened.count(REFUSED, reason=reason) == 1


async def test_there_can_be_too_many() -> None:
    """One more than the limit is told to try later, and may when another has left."""
    async with door(Configuration(), associations=1) as opened:
        first = await _associate(opened, "FIRST", VERIFICATION)
        with pytest.raises(Refused):
            await _associate(opened, "SECOND", VERIFICATION)
        assert opened.count(REFUSED, reason="too_many") == 1
        await first.release()
        await eventually(lambda: opened.count("axial_dicom_open_associations") == 0)
        second = await _associate(opened, "SECOND", VERIFICATION)
        assert await _ask(second, VERIFICATION, Field.C_ECHO_RQ) == Status.SUCCESS
        await second.release()
