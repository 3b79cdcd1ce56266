"""What we propose to a peer, and what it makes of it (PS3.8 section 9.3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from axial.dimse.messages.commands import Field
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.negotiation import (
    APPLICATION_CONTEXT_NAME,
    Agreement,
    Context,
    Result,
    own_information,
)
from axial.dimse.upper_layer.pdus import AbortReason, BadPdu, PduType

#: Their identifiers are the odd numbers of one byte.
MOST_CONTEXTS = 128


@dataclass(frozen=True, slots=True)
class Proposed:
    """A presentation context, as it is proposed."""

    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]
    #: Whether instances are to come to us on it (C-GET): we are the provider then.
    is_for_us: bool = False


@dataclass(frozen=True, slots=True)
class Titles:
    """How the two sides are called."""

    calling: str
    called: str


class NothingOffered:
    """What a peer may ask of us on an association that we asked for."""

    def transfer_syntax(self, abstract_syntax: str, proposed: Sequence[str]) -> str | Result:  # noqa: ARG002
        """Accept nothing."""
        return Result.USER_REJECTION

    def refusal(self, abstract_syntax: str, field: Field) -> Status | None:  # noqa: ARG002
        """Refuse every request."""
        return Status.SOP_CLASS_NOT_SUPPORTED


def request_pdu(titles: Titles, contexts: Sequence[Proposed], maximum_bytes: int) -> bytes:
    """Write the A-ASSOCIATE-RQ; the contexts are numbered in their order."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    primitive.calling_ae_title = titles.calling
    primitive.called_ae_title = titles.called
    definitions = []
    for number, proposed in numbered(contexts).items():
        context = PresentationContext()
        context.context_id = number
        context.abstract_syntax = UID(proposed.abstract_syntax)
        context.transfer_syntax = [UID(uid) for uid in proposed.transfer_syntaxes]
        definitions.append(context)
    primitive.presentation_context_definition_list = definitions
    primitive.user_information = [*own_information(maximum_bytes), *_roles(contexts)]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(primitive)
    return bytes(pdu.encode())


def _roles(contexts: Sequence[Proposed]) -> list[SCP_SCU_RoleSelectionNegotiation]:
    """Ask to be the provider of some SOP classes (PS3.7 section D.3.3.4)."""
    roles = []
    for sop_class in dict.fromkeys(each.abstract_syntax for each in contexts if each.is_for_us):
        role = SCP_SCU_RoleSelectionNegotiation()
        role.sop_class_uid = UID(sop_class)
        role.scu_role = False
        role.scp_role = True
        roles.append(role)
    return roles


def numbered(contexts: Sequence[Proposed]) -> Mapping[int, Proposed]:
    """Give the contexts their identifiers."""
    return {2 * place + 1: proposed for place, proposed in enumerate(contexts)}


def read_acceptance(body: bytes, titles: Titles, contexts: Sequence[Proposed]) -> Agreement:
    """Read the A-ASSOCIATE-AC; what pynetdicom cannot read, in whatever way it fails, is not one."""
    head = bytes((PduType.ASSOCIATE_AC, 0)) + len(body).to_bytes(4, "big")
    pdu = A_ASSOCIATE_AC()
    try:
        pdu.decode(head + body)
        answer = pdu.to_primitive()
        maximum_bytes = answer.maximum_length_received or 0
        results = [
            (item.context_id or 0, item.result, [str(uid) for uid in item.transfer_syntax])
            for item in answer.presentation_context_definition_results_list
        ]
    except Exception as error:
        raise BadPdu(AbortReason.INVALID_PARAMETER) from error
    proposed = numbered(contexts)
    accepted = {
        number: Context(number, proposed[number].abstract_syntax, syntaxes[0])
        for number, result, syntaxes in results
        if result == Result.ACCEPTED
        and number in proposed
        # Anything else was not proposed, and cannot be meant.
        and syntaxes[:1]
        and syntaxes[0] in proposed[number].transfer_syntaxes
    }
    return Agreement(titles.calling, titles.called, accepted, maximum_bytes, NothingOffered())
