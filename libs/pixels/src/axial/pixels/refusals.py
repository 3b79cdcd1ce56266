"""Why pixels are not given out."""

from axial.common.errors import Rejected


class Undecodable(Rejected):
    """The pixels of this instance cannot be decoded."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("undecodable", message)
