"""A routing rule as its author meets it: tried, carried out, and done for what came before it."""

import secrets
from typing import Any

import httpx2
import pytest
from support.destinations import Destination, listening
from support.dicoms import Dicom, DicomMaker
from support.feeds import last_change
from support.modality import associated, sendable
from support.system import Axial

from axial.cli.ports import LOOPBACK
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE
from axial.common.testing.eventually import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_EXPLICIT = "1.2.840.10008.1.2.1"


async def _upload(client: httpx2.AsyncClient, dicom: Dicom) -> None:
    answer = await client.post("/instances", content=dicom.body)
    assert answer.status_code == 200, answer.text


async def _ask(client: httpx2.AsyncClient, path: str, question: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=question)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_rule(axial: Axial, client: httpx2.AsyncClient) -> None:
    """What comes after a rule goes to its modality, but not back to it; `replay` sends what came before."""
    name, title = f"pacs-{secrets.token_hex(4)}", f"PACS{secrets.token_hex(4)}"
    maker = DicomMaker()
    before, after, by_dicom, back = (maker.make(serial) for serial in range(4))
    since = await last_change(client)
    await _upload(client, before)
    with listening(Destination([(CT_IMAGE_STORAGE, [_EXPLICIT])]), title) as pacs:

        async def arrived(*dicoms: Dicom) -> None:
            uids = [dicom.names.sop_instance_uid for dicom in dicoms]
            await eventually(lambda: [one.sop_instance_uid for one in pacs.received] == uids)

        described = {"AET": title, "Host": LOOPBACK, "Port": pacs.port}
        assert (await client.put(f"/modalities/{name}", json=described)).is_success
        rule = {
            "Trigger": "NewInstance",
            # One attribute of the index, one of the file.
            "Conditions": {
                "Tags": {
                    "PatientID": before.names.patient_id,
                    "ManufacturerModelName": {"Wildcard": "RHAPS*"},
                }
            },
            "Destinations": [{"Modality": name}],
        }
        assert (await client.put(f"/router/rules/{name}", json=rule)).status_code == 201
        try:
            await _upload(client, after)
            await arrived(after)
            for dicom, sender in ((back, title.lower()), (by_dicom, "CT99")):
                instance = sendable(dicom.body)
                assert axial.dicom_port is not None
                async with associated(axial.dicom_port, [instance], sender) as modality:
                    assert await modality.store(instance) == 0
            await arrived(after, by_dicom)
            reasons = {}
            for dicom in (before, after, back):
                question = {"Instance": dicom.id, "Rules": [name]}
                told = await _ask(client, "/router/rules/test", question)
                (reasons[dicom.id],) = told["Rules"][name]["Destinations"]
                assert told["Rules"][name]["Matches"] is True
            assert reasons[before.id]["Delivers"] is True
            assert reasons[back.id]["Reason"] == "The instance came from there"

            async def delivered() -> None:
                question = {"Instance": after.id, "Rules": [name]}
                told = await _ask(client, "/router/rules/test", question)
                (destination,) = told["Rules"][name]["Destinations"]
                assert destination["Reason"] == "It has been delivered already"

            await eventually(delivered)
            replay: dict[str, Any] = {"Rules": [name], "Since": since}
            told = await _ask(client, "/router/rules/replay", replay)
            assert (told["Matches"], told["NotSentBack"]) == ({name: 4}, 1)
            await arrived(after, by_dicom)
            told = await _ask(client, "/router/rules/replay", replay | {"DryRun": False})
            assert (told["Matches"], told["Deliveries"]) == ({name: 4}, 1)
            await arrived(after, by_dicom, before)
        finally:
            assert (await client.delete(f"/router/rules/{name}")).is_success
            assert (await client.delete(f"/modalities/{name}")).is_success
