"""Why a frame is not shown."""

from axial.common.errors import BadParameter, Rejected


class Undecodable(Rejected):
    """The pixels of this instance cannot be decoded."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("undecodable", message)


class NoSuchFrame(BadParameter):
    """The instance does not have this frame."""
