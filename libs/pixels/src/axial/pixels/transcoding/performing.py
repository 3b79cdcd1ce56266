"""A frame in another form, within a worker."""

from axial.pixels.decoding import decode_stored
from axial.pixels.transcoding.encoding import check, encode
from axial.pixels.transcoding.forms import Recast


def perform(task: Recast) -> bytes:
    """Do what a task says; raises `Undecodable`, and whatever a codec may raise."""
    check(task.pixels, task.form)
    return encode(decode_stored(task.pixels, task.frame), task.pixels, task.form)
