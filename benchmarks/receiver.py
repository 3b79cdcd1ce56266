"""The destination that routed instances are counted at, by DICOM and by HTTP: `python -m benchmarks.receiver`.

A process of its own, the same for every system, that notes when the last byte of an instance has come, by the clock
that all processes of a machine share. Or one that has no room for any.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence

import uvicorn
from prometheus_client import Gauge
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from axial.cli.ports import LOOPBACK
from axial.dimse.messages.commands import Element, Field, decode, encode
from axial.dimse.messages.status import Status
from axial.dimse.upper_layer.acceptor import Acceptor, Limits
from axial.dimse.upper_layer.association import Association, Released
from axial.dimse.upper_layer.negotiation import Offer, Result

# As the benchmarks' files are named (support.dicoms).
_SOP_INSTANCE_UID = re.compile(rb"2\.25\.3[0-9]{30}")
# The names stand in the first kilobytes of a file.
_HEAD_BYTES = 16 * 1024


class Everything:
    """Takes whatever is sent, as it is."""

    def transfer_syntax(self, abstract_syntax: str, proposed: Sequence[str]) -> str | Result:  # noqa: ARG002
        """Choose what the sender names first."""
        return proposed[0]

    def refusal(self, abstract_syntax: str, field: Field) -> Status | None:  # noqa: ARG002
        """Refuse nothing."""
        return None


class Uncounted:
    """Keeps no figures of associations."""

    open_associations = Gauge("open_associations", "Open associations.", registry=None)

    def ended(self, end: str) -> None:
        """Hear that an association ended."""

    def refused(self, reason: str) -> None:
        """Hear that one was refused."""


class Arrivals:
    """When each instance had arrived, first and again; with `refuses` none has."""

    def __init__(self, *, refuses: bool) -> None:
        self._refuses = refuses
        self._status = Status.OUT_OF_RESOURCES if refuses else Status.SUCCESS
        self.times: dict[str, float] = {}
        self.repeated = 0

    def note(self, sop_instance_uid: str) -> None:
        """Note that an instance is here."""
        if self._refuses:
            return
        now = time.monotonic()
        if sop_instance_uid in self.times:
            self.repeated += 1
        self.times.setdefault(sop_instance_uid, now)

    async def serve(self, association: Association) -> None:
        """Take instances until the sender releases."""
        try:
            while True:
                context, raw = await association.command()
                command = decode(raw)
                if command.has_data_set:
                    async for _ in association.data_set(context):
                        pass
                if command.field is Field.C_STORE_RQ:
                    self.note(str(command.elements[Element.AFFECTED_SOP_INSTANCE_UID]))
                answer = {
                    Element.MESSAGE_ID_BEING_RESPONDED_TO: command.message_id,
                    Element.STATUS: int(self._status),
                }
                await association.send_command(
                    context, encode(Field(command.field | 0x8000), answer, data_set=False)
                )
        except Released:
            await association.release()

    async def post(self, request: Request) -> Response:
        """Take an instance as an Orthanc does."""
        body = await request.body()
        found = _SOP_INSTANCE_UID.search(body[:_HEAD_BYTES])
        assert found is not None, "only the benchmarks' files are sent"
        self.note(found[0].decode())
        if self._refuses:
            return Response(status_code=503)
        return JSONResponse({"ID": "", "Path": "", "Status": "Success"})

    async def get(self, _: Request) -> Response:
        """Tell all that has arrived."""
        return JSONResponse({"times": self.times, "repeated": self.repeated})


async def main(dicom_port: int, http_port: int, *, refuses: bool) -> None:
    """Listen on both ports until told to stop."""
    arrivals = Arrivals(refuses=refuses)
    offer: Offer = Everything()
    acceptor = Acceptor(
        Limits(associations=64, pdu_bytes=16384, idle_seconds=0),
        lambda _request, _ip: offer,
        arrivals.serve,
        Uncounted(),
    )
    await acceptor.open(LOOPBACK, dicom_port, None)
    app = Starlette(
        routes=[
            Route("/instances", arrivals.post, methods=["POST"]),
            Route("/arrivals", arrivals.get, methods=["GET"]),
        ]
    )
    config = uvicorn.Config(
        app, host=LOOPBACK, port=http_port, log_config=None, access_log=False, lifespan="off"
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    asyncio.run(main(told["dicom"], told["http"], refuses=told["refuses"]))
