"""What is decoded."""

from support.side_by_side.request import NOWHERE, Request, get

IMAGES = (
    *get(
        "/instances/{small}/frames",
        "/instances/{multi}/frames",
        "/instances/{report}/frames",
        "/instances/{multi}/frames/3",
        "/instances/{small}/preview",
        "/instances/{multi}/frames/9/preview",
        "/instances/{multi}/frames/10/preview",
        "/instances/{rle}/preview",
        "/instances/{jpeg}/preview",
        "/instances/{lossless}/preview",
        "/instances/{colour}/rendered?width=50",
        "/instances/{small}/image-uint8",
        "/instances/{small}/image-uint16",
        "/instances/{small}/image-int16",
        "/instances/{small}/matlab",
        "/instances/{small}/numpy",
        "/instances/{colour}/frames/1/numpy",
        "/series/{multi.series}/numpy",
        "/instances/{small}/frames/0/raw",
        "/instances/{lossless}/frames/0/raw",
        "/instances/{multi}/frames/2/raw.gz",
        "/instances/{report}/preview",
        "/instances/{wave}/image-uint8",
        "/instances/{small}/pdf",
        "/instances/{small}/frames/0/nothing",
        f"/instances/{NOWHERE}/preview",
    ),
    Request("GET", "/instances/{small}/preview", headers={"Accept": "image/jpeg"}),
    Request(
        "GET", "/instances/{small}/preview", headers={"Accept": "image/x-portable-arbitrarymap"}
    ),
    Request("GET", "/instances/{small}/preview", headers={"Accept": "text/html"}),
)
