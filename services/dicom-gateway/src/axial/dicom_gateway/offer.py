"""What a peer may do here, as SOP classes with their transfer syntaxes."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.uid import UID

from axial.common.runtime.settings import RuntimeSettings
from axial.common.sop_classes import (
    FIND_CLASSES,
    GET_CLASSES,
    MOVE_CLASSES,
    STORAGE_COMMITMENT,
    VERIFICATION,
)
from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dicom_gateway.access import Rights
from axial.dimse.messages.commands import Field
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.negotiation import Result

# Of messages, which hold no images, what we prefer comes first.
_PLAIN = (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
)
# Of each request but C-STORE, the SOP classes on whose contexts it may come.
_CLASSES: dict[Field, Sequence[str]] = {
    Field.C_ECHO_RQ: (VERIFICATION,),
    Field.C_FIND_RQ: FIND_CLASSES,
    Field.C_MOVE_RQ: MOVE_CLASSES,
    Field.C_GET_RQ: GET_CLASSES,
    Field.N_ACTION_RQ: (STORAGE_COMMITMENT,),
    Field.N_EVENT_REPORT_RQ: (STORAGE_COMMITMENT,),
}


@dataclass(frozen=True, slots=True)
class PeerOffer:
    """What is offered to one peer, as the settings are when it asks."""

    rights: Rights
    settings: RuntimeSettings

    def transfer_syntax(self, abstract_syntax: str, proposed: Sequence[str]) -> str | Result:
        """Choose one of the proposed transfer syntaxes, or say why none.

        Of an instance's, the first that is accepted: the sender proposes first what it would rather not convert.
        """
        fields = [field for field, classes in _CLASSES.items() if abstract_syntax in classes]
        if fields:
            allowed = any(map(self._allows, fields))
            return _choose(_PLAIN, proposed) if allowed else Result.USER_REJECTION
        if not self._is_storage(abstract_syntax):
            return Result.ABSTRACT_SYNTAX_NOT_SUPPORTED
        # Of what a peer may get, the instances have to be sent to it on contexts that it proposes.
        if not (self.rights.store or self.rights.get):
            return Result.USER_REJECTION
        accepted = frozenset(self.settings.accepted_transfer_syntaxes)
        return _choose([uid for uid in proposed if uid in accepted], proposed)

    def refusal(self, abstract_syntax: str, field: Field) -> Status | None:
        """Say why a request must not come on a context that was accepted, if so.

        A right is bound to its SOP classes: what may not be found, cannot be asked for on a context for echoes.
        """
        if field is Field.C_STORE_RQ:
            fits = all(abstract_syntax not in classes for classes in _CLASSES.values())
        elif field in _CLASSES:
            fits = abstract_syntax in _CLASSES[field]
        else:
            # There is no such operation, for nobody.
            return None
        if not fits:
            return Status.SOP_CLASS_NOT_SUPPORTED
        return None if self._allows(field) else Status.NOT_AUTHORIZED

    def _allows(self, field: Field) -> bool:
        rights = self.rights
        return {
            Field.C_ECHO_RQ: rights.echo,
            Field.C_STORE_RQ: rights.store,
            Field.C_FIND_RQ: rights.find,
            Field.C_MOVE_RQ: rights.move,
            Field.C_GET_RQ: rights.get,
            Field.N_ACTION_RQ: rights.n_action,
            Field.N_EVENT_REPORT_RQ: rights.event_report,
        }[field]

    def _is_storage(self, abstract_syntax: str) -> bool:
        if abstract_syntax in self.settings.accepted_sop_classes:
            return True
        # A class of the standard that is no storage class is something else, and nobody's unknown one.
        is_unknown = UID(abstract_syntax).name == abstract_syntax
        return self.settings.unknown_sop_class_accepted and is_unknown


def _choose(acceptable: Sequence[str], proposed: Sequence[str]) -> str | Result:
    for uid in acceptable:
        if uid in proposed:
            return uid
    return Result.TRANSFER_SYNTAXES_NOT_SUPPORTED
