"""Which associations are accepted, and with which presentation contexts (PS3.8 section 7.1.1, PS3.7 annex D)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, TypeAlias

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import PresentationContext

from axial.common.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from axial.dimse.messages.commands import Field
from axial.dimse.messages.status import Status

APPLICATION_CONTEXT_NAME = "1.2.840.10008.3.1.1.1"

# What a peer may ask as the user of a SOP class for which it can also be the provider.
_AS_USER = (Field.C_STORE_RQ, Field.N_ACTION_RQ)

OwnInformation: TypeAlias = tuple[
    MaximumLengthNotification,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
]


class Result(IntEnum):
    """What became of a presentation context (PS3.8 table 9-18)."""

    ACCEPTED = 0
    USER_REJECTION = 1
    NO_REASON = 2
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class Refusal:
    """An A-ASSOCIATE-RJ (PS3.8 table 9-21), under a name for metrics."""

    name: str
    result: int
    source: int
    reason: int


# Permanent unless trying later may help.
CALLED_AET_UNKNOWN = Refusal("called_aet_unknown", 1, 1, 7)
CALLING_AET_UNKNOWN = Refusal("calling_aet_unknown", 1, 1, 3)
APPLICATION_CONTEXT_UNKNOWN = Refusal("application_context_unknown", 1, 1, 2)
PROTOCOL_VERSION_UNKNOWN = Refusal("protocol_version_unknown", 1, 2, 2)
TOO_MANY = Refusal("too_many", 2, 3, 2)
STOPPING = Refusal("stopping", 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context."""

    id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both sides know once an association is established."""

    calling_aet: str
    called_aet: str
    contexts: dict[int, Context]
    #: The longest P-DATA-TF that the peer takes, in bytes; 0 for any.
    peer_maximum_bytes: int
    #: On what it was made: it says what may be asked for on the contexts.
    offer: "Offer"
    #: SOP classes of which the peer can be the provider: it can be sent instances (C-GET), or reports commitment.
    stores: frozenset[str] = field(default_factory=frozenset)


class Offer(Protocol):
    """What we can do, by SOP class."""

    def transfer_syntax(self, abstract_syntax: str, proposed: Sequence[str]) -> str | Result:
        """Choose one of the proposed transfer syntaxes, or say why none."""
        ...

    def refusal(self, abstract_syntax: str, field: Field) -> Status | None:
        """Say why a request must not come on a context that was accepted, if so."""
        ...


def agree(request: A_ASSOCIATE, offer: Offer) -> tuple[Agreement, list[PresentationContext]]:
    """Decide on each presentation context that is proposed; none accepted is an agreement, too."""
    answers: list[PresentationContext] = []
    contexts: dict[int, Context] = {}
    for proposed in request.presentation_context_definition_list:
        context_id = proposed.context_id
        abstract = proposed.abstract_syntax
        if context_id is None or abstract is None:
            continue
        chosen = offer.transfer_syntax(
            str(abstract), [str(uid) for uid in proposed.transfer_syntax]
        )
        answer = PresentationContext()
        answer.context_id = context_id
        answer.abstract_syntax = abstract
        if isinstance(chosen, Result):
            answer.result = int(chosen)
            # Not significant, but the item needs one.
            answer.transfer_syntax = list(proposed.transfer_syntax[:1])
        else:
            answer.result = int(Result.ACCEPTED)
            answer.transfer_syntax = [UID(chosen)]
            contexts[context_id] = Context(context_id, str(abstract), chosen)
        answers.append(answer)
    accepted = {context.abstract_syntax for context in contexts.values()}
    roles = _roles(request)
    agreement = Agreement(
        calling_aet=request.calling_ae_title.strip(),
        called_aet=request.called_ae_title.strip(),
        contexts=contexts,
        peer_maximum_bytes=request.maximum_length_received or 0,
        offer=offer,
        # Who proposes no role at all has forgotten to, as some viewers do; Orthanc sends to them, too.
        stores=frozenset(
            str(item.sop_class_uid)
            for item in roles
            if item.scp_role and str(item.sop_class_uid) in accepted
        )
        if roles
        else frozenset(accepted),
    )
    return agreement, answers


def accept_pdu(
    request: A_ASSOCIATE,
    agreement: Agreement,
    answers: list[PresentationContext],
    maximum_bytes: int,
) -> bytes:
    """Write the A-ASSOCIATE-AC."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    primitive.calling_ae_title = request.calling_ae_title
    primitive.called_ae_title = request.called_ae_title
    primitive.result = 0
    primitive.result_source = 1
    primitive.presentation_context_definition_results_list = answers
    primitive.user_information = [*own_information(maximum_bytes)]
    for item in _roles(request):
        if str(item.sop_class_uid) in agreement.stores:
            role = SCP_SCU_RoleSelectionNegotiation()
            role.sop_class_uid = item.sop_class_uid
            # What was not proposed must not be answered with more (PS3.7 D.3.3.4).
            refusals = [
                agreement.offer.refusal(str(item.sop_class_uid), field) for field in _AS_USER
            ]
            role.scu_role = bool(item.scu_role) and None in refusals
            told = agreement.offer.refusal(str(item.sop_class_uid), Field.N_EVENT_REPORT_RQ)
            role.scp_role = told is not Status.NOT_AUTHORIZED
            primitive.user_information.append(role)
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(primitive)
    return bytes(pdu.encode())


def own_information(maximum_bytes: int) -> OwnInformation:
    """Tell a peer the longest P-DATA-TF that we take, in bytes, and what we are (PS3.7 D.3.3)."""
    longest = MaximumLengthNotification()
    longest.maximum_length_received = maximum_bytes
    class_uid = ImplementationClassUIDNotification()
    class_uid.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    return longest, class_uid, version


def reject_pdu(refusal: Refusal) -> bytes:
    """Write the A-ASSOCIATE-RJ."""
    pdu = A_ASSOCIATE_RJ()
    pdu.result = refusal.result
    pdu.source = refusal.source
    pdu.reason_diagnostic = refusal.reason
    return bytes(pdu.encode())


def _roles(request: A_ASSOCIATE) -> list[SCP_SCU_RoleSelectionNegotiation]:
    return [
        item
        for item in request.user_information
        if isinstance(item, SCP_SCU_RoleSelectionNegotiation)
    ]
