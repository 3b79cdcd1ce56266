"""Compose the gateway: the only place that knows concrete classes."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pynetdicom.pdu_primitives import A_ASSOCIATE

from axial.common.clients.index_files import IndexFiles
from axial.common.clients.ingest import IngestClient
from axial.common.clients.replicas import asked, commanded
from axial.common.configuration import BadConfiguration, Configuration
from axial.common.dictionary import Dictionary
from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.known_modalities import following_modalities
from axial.common.log_levels import LogLevels
from axial.common.move_news import MoveNews
from axial.common.nats import open_nats
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.service import new_api
from axial.dicom_gateway.access import decide
from axial.dicom_gateway.destinations import Destinations
from axial.dicom_gateway.index_client import IndexClient
from axial.dicom_gateway.metrics import GatewayMetrics
from axial.dicom_gateway.offer import PeerOffer
from axial.dicom_gateway.operations.commitment import Commitment
from axial.dicom_gateway.operations.echo import echo
from axial.dicom_gateway.operations.find import Find
from axial.dicom_gateway.operations.get import Get
from axial.dicom_gateway.operations.move import Move
from axial.dicom_gateway.operations.retrieving import Retriever
from axial.dicom_gateway.operations.store import Store
from axial.dicom_gateway.router_client import RouterClient
from axial.dicom_gateway.serving import Serving
from axial.dicom_gateway.settings import GatewaySettings
from axial.dicom_gateway.transcoding import Transcoding
from axial.dimse.messages.commands import Field
from axial.dimse.reaching import Reach
from axial.dimse.sending.contexts import targets
from axial.dimse.tls import certificate_expiry, server_context
from axial.dimse.upper_layer.acceptor import Acceptor, Limits
from axial.dimse.upper_layer.association import Association
from axial.dimse.upper_layer.negotiation import Offer, Refusal

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def build(settings: GatewaySettings, configuration: Configuration) -> AsyncIterator[FastAPI]:
    """Open the collaborators in order, listen for DICOM, close in reverse."""
    registry = CollectorRegistry()
    metrics = GatewayMetrics(registry)
    async with AsyncExitStack() as stack:
        nats = await stack.enter_async_context(open_nats(settings.nats_url, "dicom-gateway"))
        log = EventLog(nats, settings.log_stream, settings.log_prefix)
        await log.ensure(settings.log_replicas)
        runtime = await stack.enter_async_context(
            following(log, initial_settings(configuration), LogLevels(settings.log_level).apply)
        )
        modalities = await stack.enter_async_context(following_modalities(log, configuration))
        ingest = IngestClient(settings.ingest_urls, settings.internal_token)
        stack.push_async_callback(ingest.aclose)
        http = await stack.enter_async_context(
            httpx2.AsyncClient(
                mounts={**asked(settings.index_url), **commanded(settings.router_url)}
            )
        )
        index = IndexClient(http, settings.index_url, settings.internal_token)
        store = Store(ingest, metrics, MoveNews(nats, settings.log_prefix))
        dictionary = Dictionary(configuration.dictionary)

        def default_encoding() -> str:
            return runtime.settings.default_encoding

        find = Find(index, configuration.dicom_aet, dictionary, default_encoding, metrics)
        files = IndexFiles(settings.index_url, settings.internal_token)
        stack.push_async_callback(files.aclose)
        router = RouterClient(http, settings.router_url, settings.internal_token)
        retriever = Retriever(index, dictionary, default_encoding, metrics)
        transcoding = Transcoding(configuration, lambda: modalities.value, files)
        move = Move(
            retriever,
            files,
            Destinations(configuration, lambda: modalities.value, Reach.of(configuration)),
            router,
            configuration.synchronous_c_move,
            transcoding,
            targets(configuration.dicom_scu_preferred_transfer_syntax),
        )
        get = Get(retriever, files, float(configuration.dicom_scp_timeout), transcoding)
        commitment = Commitment(router, metrics)
        operations = {
            Field.C_ECHO_RQ: echo,
            Field.C_FIND_RQ: find.run,
            Field.C_MOVE_RQ: move.run,
            Field.C_GET_RQ: get.run,
            Field.N_ACTION_RQ: commitment.requested,
            Field.N_EVENT_REPORT_RQ: commitment.reported,
        }

        def admit(request: A_ASSOCIATE, peer_ip: str) -> Offer | Refusal:
            rights = decide(
                configuration,
                modalities.value,
                request.calling_ae_title.strip(),
                request.called_ae_title.strip(),
                peer_ip,
            )
            return rights if isinstance(rights, Refusal) else PeerOffer(rights, runtime.settings)

        async def serve(association: Association) -> None:
            await Serving(association, store, operations, index.caught_up, metrics).run()

        def tls_refused(reason: str) -> None:
            metrics.handshake_refused()
            logger.info("tls_refused", reason=reason)

        acceptor = Acceptor(
            Limits(
                settings.maximum_associations,
                configuration.maximum_pdu_length,
                configuration.dicom_scp_timeout,
            ),
            admit,
            serve,
            metrics,
        )
        stack.push_async_callback(acceptor.close, settings.shutdown_seconds)

        async def check_log() -> None:
            await log.end()

        async def check_dicom() -> None:
            if not acceptor.is_open:
                raise Unavailable

        checks = {"log": check_log}
        if configuration.dicom_server_enabled:
            tls = server_context(configuration, tls_refused)
            if tls and (expiry := certificate_expiry(configuration)):
                metrics.certificate_expiry.set(expiry.timestamp())
            await _open(acceptor, settings.dicom_host, configuration.dicom_port, tls)
            checks["dicom"] = check_dicom
        yield new_api("dicom-gateway", settings, configuration, registry, checks)


async def _open(acceptor: Acceptor, host: str, port: int, tls: ssl.SSLContext | None) -> None:
    try:
        await acceptor.open(host, port, tls)
    except OSError as error:
        raise BadConfiguration(f"option DicomPort: {host}:{port}: {error.strerror}") from error
    logger.info("dicom_started", host=host, port=port)
