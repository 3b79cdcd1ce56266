"""Files through the edge, which sends the long ones by itself, are those that index sends."""

import httpx2
import pytest
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS, DicomMaker
from support.system import Axial

pytestmark = pytest.mark.e2e

_ASKED: tuple[dict[str, str], ...] = (
    {},
    {"Range": "bytes=0-0"},
    {"Range": "bytes=100-400099"},
    {"Range": "bytes=-100000"},
    {"Range": "bytes=100-199,300-399"},
    {"Range": "bytes=99999999-"},
    {"Range": "bytes=0-99999", "If-Range": '"another"'},
    {"If-None-Match": "*"},
    {"If-Match": '"another"'},
    {"If-Modified-Since": "Sat, 21 Nov 2099 12:00:00 GMT"},
    {"Accept-Encoding": "gzip"},
)


@pytest.mark.parametrize("pixels", [SMALL_PIXELS, LARGE_PIXELS])
def test_every_answer_is_that_of_index(axial: Axial, pixels: int) -> None:
    """Status, head and body are the same, whatever is asked; nobody sees where the bytes came from."""
    dicom = DicomMaker(pixels).make(0)
    path = f"/instances/{dicom.id}/file?filename=%c3%a4.dcm"
    with axial.client() as edge, httpx2.Client(base_url=axial.own_url("index")) as index:
        edge.post("/instances", content=dicom.body).raise_for_status()
        assert edge.get(path).content == dicom.body
        for method in ("GET", "HEAD"):
            for asked in _ASKED:
                # An answer of httpx2 with what it was asked, so that a difference shows it.
                assert (asked, *_told(edge, method, path, asked)) == (
                    asked,
                    *_told(index, method, path, asked),
                )
        handed = index.get(path, headers={"X-Axial-Edge": _edge_token(axial)})
        assert ("x-axial-blob" in handed.headers) is (pixels == LARGE_PIXELS)
        # The edge needs to ask but once: it finds the blob where it is told.
        before = _files_asked(axial)
        for asked in _ASKED:
            edge.get(path, headers=asked)
        assert _files_asked(axial) - before == len(_ASKED)


# The edge's own words, and the date, which goes on.
_OF_THE_EDGE = {
    "content-security-policy",
    "date",
    "referrer-policy",
    "via",
    "x-content-type-options",
    "x-frame-options",
}


def _told(
    client: httpx2.Client, method: str, path: str, asked: dict[str, str]
) -> tuple[int, bytes, dict[str, str]]:
    answer = client.request(method, path, headers={"Accept-Encoding": "identity", **asked})
    head = {name: value for name, value in answer.headers.items() if name not in _OF_THE_EDGE}
    return answer.status_code, answer.content, head


def _files_asked(axial: Axial) -> float:
    """How often any replica of index was asked for a file so far."""
    return sum(
        float(line.rpartition(" ")[2])
        for name in axial.replicas("index")
        for line in httpx2.get(f"{axial.own_url(name)}/metrics").text.splitlines()
        if line.startswith("axial_index_http_requests_total{") and "/file" in line
    )


def _edge_token(axial: Axial) -> str:
    return (axial.folder / "run" / "edge-token").read_text()
