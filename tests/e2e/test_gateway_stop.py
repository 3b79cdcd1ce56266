"""The gateway is asked to stop while a modality is in the middle of sending."""

import os
import signal

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.system import Axial
from support.waiting import until

from axial.common.file_meta import read_file_meta
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.messages.commands import Element, Elements, Field, decode, encode
from axial.dimse.upper_layer.proposal import Proposed, Titles
from axial.dimse.upper_layer.requestor import Peer, Refused, Requestor

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


async def _associate(axial: Axial) -> Requestor:
    assert axial.dicom_port is not None
    peer = Peer(Titles("MODALITY", "AXIAL"), "127.0.0.1", axial.dicom_port, 60.0)
    return await Requestor.open(peer, [Proposed(CT_IMAGE, (EXPLICIT_VR_LITTLE_ENDIAN,))])


async def test_the_instance_in_hand_is_kept(axial: Axial, client: httpx2.AsyncClient) -> None:
    """Half of it sent, the gateways stop: nobody else is let in, the rest is taken, and it is there afterwards."""
    if axial.data is None:
        pytest.skip("needs a process of its own")
    dicom = DicomMaker().make(0)
    data_set = dicom.body[read_file_meta(dicom.body).dataset_offset :]
    half = len(data_set) // 2
    sender = await _associate(axial)
    (context,) = sender.association.agreement.contexts.values()
    request: Elements = {
        Element.AFFECTED_SOP_CLASS_UID: CT_IMAGE,
        Element.AFFECTED_SOP_INSTANCE_UID: dicom.names.sop_instance_uid,
        Element.MESSAGE_ID: 1,
        Element.PRIORITY: 0,
    }
    command = encode(Field.C_STORE_RQ, request, data_set=True)
    await sender.association.send_command(context, command)
    await sender.association.send_data_set(context, data_set[:half], last=False)
    before = {name: axial.pid(name) for name in axial.replicas("dicom-gateway")}
    for pid in before.values():
        os.kill(pid, signal.SIGTERM)

    async def nobody_is_let_in() -> bool:
        try:
            await (await _associate(axial)).release()
        except Refused:
            return True
        return False

    await until(nobody_is_let_in)
    await sender.association.send_data_set(context, data_set[half:])
    _, raw = await sender.association.command()
    assert decode(raw).elements[Element.STATUS] == 0
    await sender.release()
    assert (await client.get(f"/instances/{dicom.id}/file")).status_code == 200

    async def somebody_is_let_in_again() -> None:
        assert all(axial.pid(name) != pid for name, pid in before.items())
        await (await _associate(axial)).release()

    await until(somebody_is_let_in_again, within=60.0, retry_on=(AssertionError, OSError, Refused))
