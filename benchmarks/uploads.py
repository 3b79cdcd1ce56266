"""Files to store: `python -m benchmarks.uploads` is the process that sends them."""

from support.dicoms import DicomMaker

from benchmarks.connection import Answer
from benchmarks.load import Plan, Requests, serve, start
from benchmarks.record import Figures

# A real series: enough instances that a series' row is written again and again, as in an archive.
PER_SERIES = 100
# Serial numbers of one client; more than any run sends.
_CLIENT_SERIALS = 10**8


def upload(plan: Plan, pixels: int) -> Figures:
    """Store files with so many rows and columns, each another one; raise Failed at the first bad answer."""
    return start("benchmarks.uploads", plan, {"pixels": pixels})


class Uploads:
    """Files to store, each another one; `pixels` are their rows and columns."""

    def __init__(self, pixels: int) -> None:
        self._maker = DicomMaker(pixels, per_series=PER_SERIES)

    def requests(self, client: int, host: str) -> Requests:
        """Give each client serial numbers of its own."""
        return _Uploading(self._maker, client * _CLIENT_SERIALS, host)


class _Uploading:
    def __init__(self, maker: DicomMaker, serial: int, host: str) -> None:
        self._maker = maker
        self._serial = serial
        head = (
            f"POST /instances HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/dicom\r\nContent-Length: {len(maker.template)}\r\n\r\n"
        ).encode()
        self._head_bytes = len(head)
        self._request = bytearray(head + maker.template)

    def next(self) -> bytearray:
        self._maker.patch(self._request, self._head_bytes, self._serial)
        self._serial += 1
        return self._request

    def is_good(self, answer: Answer) -> bool:
        return answer.is_ok and b'"Success"' in answer.body


if __name__ == "__main__":
    serve(Uploads)
