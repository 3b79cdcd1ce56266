"""What a modality has, asked by C-FIND."""

from contextlib import AsyncExitStack, aclosing

from axial.common.charsets import LATIN1
from axial.common.dictionary import Dictionary
from axial.common.sop_classes import FIND_CLASSES
from axial.dimse.asking import proposals
from axial.dimse.asking.conversation import Broken, Conversation, NotOffered, conversation
from axial.dimse.asking.find import Failed, Match, find
from axial.dimse.messages.elements import ElementWriter, Written
from axial.dimse.messages.identifiers import QUERY_RETRIEVE_LEVEL, read_identifier
from axial.dimse.messages.repertoires import ASCII, Repertoire
from axial.dimse.sending.instances import Instance
from axial.dimse.upper_layer.requestor import Peer, Refused
from axial.router.index_client import IndexClient

_SOP_INSTANCE_UID = 0x00080018
_STUDY_INSTANCE_UID = 0x0020000D
_SERIES_INSTANCE_UID = 0x0020000E
# Its keys need no patient's identifier, unlike those of Patient Root.
_STUDY_ROOT = FIND_CLASSES[1]
_PLAIN = Repertoire("", (ASCII,))


class Holdings:
    """Asks one modality, on one association for all questions."""

    def __init__(self, peer: Peer, index: IndexClient, dictionary: Dictionary) -> None:
        self._peer = peer
        self._index = index
        self._dictionary = dictionary
        self._stack = AsyncExitStack()
        self._conversation: Conversation | None = None

    async def has(self, instance: Instance) -> bool | None:
        """Ask for an instance; None when the modality cannot be asked. Raises Unavailable."""
        uids = await self._index.uids_above(instance)
        was_open = self._conversation is not None
        try:
            return await self._ask(instance, uids)
        except (Refused, Broken, NotOffered, Failed) as error:
            await self.aclose()
            if not (was_open and isinstance(error, Broken)):
                return None
        # Since the last question it may have ended the association, as one on which nothing happens.
        try:
            return await self._ask(instance, uids)
        except (Refused, Broken, NotOffered, Failed):
            await self.aclose()
            return None

    async def aclose(self) -> None:
        """End the association, if there is one."""
        self._conversation = None
        await self._stack.aclose()

    async def _ask(self, instance: Instance, uids: tuple[str, str] | None) -> bool:
        if self._conversation is None:
            talking = conversation(self._peer, proposals.FIND)
            self._conversation = await self._stack.enter_async_context(talking)
        # Those above are keys that strict archives require (PS3.4 section C.4.1.2.1).
        above = zip((_STUDY_INSTANCE_UID, _SERIES_INSTANCE_UID), uids or (), strict=False)
        elements = [
            Written(_SOP_INSTANCE_UID, "UI", instance.sop_instance_uid),
            Written(QUERY_RETRIEVE_LEVEL, "CS", "IMAGE"),
            *(Written(tag, "UI", uid) for tag, uid in above),
        ]

        def write(transfer_syntax_uid: str) -> bytes:
            return ElementWriter(transfer_syntax_uid).data_set(elements, _PLAIN)

        async with aclosing(find(self._conversation, _STUDY_ROOT, write)) as matches:
            async for match in matches:
                # Some answer with more than was asked for.
                if self._is_of(match, instance):
                    return True
        return False

    def _is_of(self, match: Match, instance: Instance) -> bool:
        read = read_identifier(match.data_set, match.transfer_syntax_uid, self._dictionary, LATIN1)
        return any(
            key.tag == _SOP_INSTANCE_UID and key.text.strip(" \0") == instance.sop_instance_uid
            for key in read.keys
        )
