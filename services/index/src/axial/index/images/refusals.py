"""Why a frame is not shown."""

from axial.common.errors import BadParameter


class NoSuchFrame(BadParameter):
    """The instance does not have this frame."""
