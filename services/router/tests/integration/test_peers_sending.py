"""Instances go to a peer over HTTP, which may be any kind of server, and any kind of bad one."""

import gzip
from dataclasses import replace

import pytest
from support.http_lines import (
    INSTANCE,
    KNOWN,
    LARGE,
    SMALL,
    SUCCESS,
    Shelf,
    line_to,
    orthanc,
    saying,
)
from support.http_peer import Asked, Says, http_peer

from axial.common.configuration import Configuration
from axial.common.errors import NotFound, Unavailable
from axial.common.peers import Peer
from axial.router.destinations.http_ways import Manner
from axial.router.destinations.port import Verdict

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("content", "sized"),
    [(SMALL, True), (SMALL, False), (LARGE, True), (LARGE, False), (b"", True)],
)
async def test_the_file_arrives(content: bytes, sized: bool) -> None:  # noqa: FBT001 - a case
    """Byte for byte, whatever its size, with its length if it is known; credentials and headers go along."""
    async with http_peer(saying(SUCCESS)) as server:
        peer = orthanc(server, Username="al", Password="ü", HttpHeaders={"X-Key": "k"})
        async with line_to(peer, Shelf(content, sized=sized)) as line:
            outcome = await line.send(INSTANCE)
        (asked,) = server.asked
    assert (outcome.verdict, outcome.status, line.sent_bytes) == (
        Verdict.DELIVERED,
        200,
        len(content),
    )
    assert (asked.method, asked.path, asked.body) == ("POST", "/instances", content)
    assert asked.headers["authorization"] == "Basic YWw6w7w="
    assert asked.headers["x-key"] == "k"
    assert ("content-length" in asked.headers) == (sized or len(content) < len(LARGE))


@pytest.mark.parametrize("content", [SMALL, LARGE])
async def test_a_file_is_compressed(content: bytes) -> None:
    """The body is gzip's, and says so."""
    async with (
        http_peer(saying(SUCCESS)) as server,
        line_to(orthanc(server), Shelf(content), compress=True) as line,
    ):
        assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    assert asked.headers["content-encoding"] == "gzip"
    assert gzip.decompress(asked.body) == content
    assert line.sent_bytes == len(asked.body) < len(content)


async def test_a_connection_serves_many() -> None:
    """One after the other, also behind a refusal."""
    refusal = Says(400, b"{}")
    async with (
        http_peer(saying(SUCCESS, refusal, SUCCESS)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        verdicts = [(await line.send(INSTANCE)).verdict for _ in range(3)]
        assert server.connections == 1
    assert verdicts == [Verdict.DELIVERED, Verdict.REFUSED, Verdict.DELIVERED]


async def test_an_early_refusal_ends_the_sending() -> None:
    """Whoever does not want a long body says so before its end, and is heard."""
    async with (
        http_peer(saying(Says(413, at_once=True))) as server,
        line_to(orthanc(server), Shelf(LARGE * 4)) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert outcome.verdict in {Verdict.REFUSED, Verdict.AWAY}
    assert not outcome.is_doubtful
    assert line.sent_bytes < len(LARGE * 4)


@pytest.mark.parametrize(("cut", "is_doubtful"), [("head", False), ("body", True)])
async def test_a_connection_that_breaks(cut: str, is_doubtful: bool) -> None:  # noqa: FBT001 - a case
    """Away; it may be of this instance, and is doubtful exactly when all had been sent."""
    async with (
        http_peer(saying(Says(cut=cut))) as server,
        line_to(orthanc(server), Shelf(LARGE * 4)) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, is_doubtful)
    assert outcome.is_broken
    assert outcome.protocol == "none"


async def test_a_silent_peer_is_not_waited_for_longer_than_its_timeout() -> None:
    """It may have the instance all the same."""
    async with (
        http_peer(saying(Says(silent=True))) as server,
        line_to(orthanc(server, Timeout=1), Shelf()) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, True)


async def test_nobody_there() -> None:
    """Nothing was sent, and nothing is in doubt."""
    async with http_peer(saying(SUCCESS)) as server:
        peer = orthanc(server)
    async with line_to(peer, Shelf()) as line:
        outcome = await line.send(INSTANCE)
        assert await line.has(INSTANCE) is None
    assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, False)
    assert not outcome.is_broken
    assert outcome.reason == "it cannot be reached"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    """An operator has to say where the peer is; nothing is sent elsewhere, credentials least of all."""
    async with http_peer(saying(SUCCESS)) as elsewhere:
        away = Says(status, headers={"Location": f"{elsewhere.url}instances"})
        async with http_peer(saying(away)) as server:
            peer = orthanc(server, Username="al", Password="secret")
            async with line_to(peer, Shelf()) as line:
                assert (await line.send(INSTANCE)).verdict is Verdict.AWAY
                assert await line.has(INSTANCE) is None
            assert len(server.asked) == 2
        assert not elsewhere.asked


async def test_a_name_that_no_host_can_have() -> None:
    """It is a peer that is away, as one whose name nobody knows."""
    for host in ("far..example", f"{'a' * 64}.example"):
        peer = Peer.model_validate([f"http://{host}:8042"])
        async with line_to(peer, Shelf()) as line:
            outcome = await line.send(INSTANCE)
        assert (outcome.verdict, outcome.reason) == (Verdict.AWAY, "it cannot be reached")


async def test_an_address_of_the_newer_kind() -> None:
    """With its brackets in the URL, and a path before all others."""
    async with http_peer(saying(SUCCESS), host="::1") as server:
        peer = Peer.model_validate([f"{server.url}orthanc"])
        async with line_to(peer, Shelf()) as line:
            assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        (asked,) = server.asked
    assert asked.path == "/orthanc/instances"
    assert f"http://{asked.headers['host']}/" == server.url


@pytest.mark.parametrize(
    ("says", "reason", "is_doubtful"),
    [
        (Says(200, endless="head"), "it broke the connection off", True),
        (Says(200, endless="body"), "its answer does not end", True),
        # Only of success the words matter.
        (Says(400, endless="body"), "it refused the instance (HTTP status 400)", False),
    ],
)
async def test_an_answer_without_an_end(says: Says, reason: str, is_doubtful: bool) -> None:  # noqa: FBT001 - a case
    """It is not listened to for ever, nor kept in memory."""
    async with (
        http_peer(saying(says)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        outcome = await line.send(INSTANCE)
    assert (outcome.reason, outcome.is_doubtful) == (reason, is_doubtful)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    """We ask for none; whoever sends one all the same, of a kilobyte or of a gigabyte, has not answered."""
    bomb = Says(200, gzip.compress(bytes(2**24)), {"Content-Encoding": "gzip"})
    for protocol in ("Orthanc", "DICOMweb"):
        async with http_peer(saying(bomb)) as server:
            async with line_to(orthanc(server, Protocol=protocol), Shelf()) as line:
                outcome = await line.send(INSTANCE)
            assert (outcome.verdict, outcome.is_doubtful) == (Verdict.AWAY, True)
            assert server.asked[0].headers["accept-encoding"] == "identity"


def test_nobody_is_waited_for_for_ever() -> None:
    """An `HttpTimeout` of 0 is Orthanc's usual one."""
    assert Manner.of(Configuration(http_timeout=0)).timeout_seconds == 60
    assert Manner.of(Configuration(http_timeout=7)).timeout_seconds == 7


async def test_a_kept_connection_that_was_closed() -> None:
    """The peer is asked whether it has the instance before it gets it again; its bytes are counted once."""

    def answer(asked: Asked) -> Says:
        posts = [one for one in server.asked if one.method == "POST"]
        if asked.method == "GET":
            return Says(404)
        return Says(cut="body") if len(posts) == 1 else SUCCESS

    async with (
        http_peer(answer) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        first = await line.send(INSTANCE)
        size_bytes = line.sent_bytes
        second = await line.send(INSTANCE)
        assert line.sent_bytes == 2 * size_bytes
        methods = [asked.method for asked in server.asked]
    assert (first.verdict, second.verdict) == (Verdict.DELIVERED, Verdict.DELIVERED)
    assert methods == ["POST", "POST", "GET", "POST"]


async def test_a_kept_connection_that_was_closed_behind_the_instance() -> None:
    """Whoever has it does not get it a second time."""

    def answer(asked: Asked) -> Says:
        if asked.method == "GET":
            return KNOWN
        return SUCCESS if not server.asked else Says(cut="body")

    async with (
        http_peer(answer) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        await line.send(INSTANCE)
        size_bytes = line.sent_bytes
        assert (await line.send(INSTANCE)).verdict is Verdict.DELIVERED
        assert line.sent_bytes == 2 * size_bytes
        methods = [asked.method for asked in server.asked]
    assert methods == ["POST", "POST", "GET"]


@pytest.mark.parametrize(
    ("says", "there"),
    [
        (KNOWN, True),
        (Says(404), False),
        (Says(401), None),
        (Says(500), None),
        (Says(200, b"welcome"), None),
        (Says(200, b'{"ID": "another"}'), None),
    ],
)
async def test_a_peer_is_asked(says: Says, there: bool | None) -> None:  # noqa: FBT001 - a case
    """By the identifier that is the same in all Orthancs; an answer that says nothing is none."""
    async with (
        http_peer(saying(says)) as server,
        line_to(orthanc(server), Shelf()) as line,
    ):
        assert await line.has(INSTANCE) is there
        assert server.asked[0].path == f"/instances/{INSTANCE.id}"


@pytest.mark.parametrize(
    ("says", "keeps"),
    [
        (Says(200, b"d41d8cd98f00b204e9800998ecf8427e"), True),
        (Says(200, b"another's"), False),
        (Says(404), None),
        (Says(500), None),
    ],
)
async def test_a_peer_is_asked_for_the_file(says: Says, keeps: bool | None) -> None:  # noqa: FBT001 - a case
    """What is deleted here is there, and not another file of the instance, which the peer had before and kept."""

    def answer(asked: Asked) -> Says:
        return says if asked.path.endswith("/attachments/dicom/md5") else KNOWN

    async with http_peer(answer) as server, line_to(orthanc(server), Shelf()) as line:
        assert await line.keeps(INSTANCE, "d41d8cd98f00b204e9800998ecf8427e") is keeps


async def test_our_own_failures_are_not_the_peers() -> None:
    """A file that is gone, or breaks off, is raised; the peer never gets a body that looks whole."""
    gone = replace(INSTANCE, id="gone")
    async with http_peer(saying(SUCCESS)) as server:
        async with line_to(orthanc(server), Shelf(LARGE, error=Unavailable())) as line:
            with pytest.raises(NotFound):
                await line.send(gone)
            with pytest.raises(Unavailable):
                await line.send(INSTANCE)
        assert not server.asked
