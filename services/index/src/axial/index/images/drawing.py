"""Carrying a task out, within a worker."""

from axial.index.images.encoding import encode_matlab, encode_numbers, encode_picture
from axial.index.images.rendering import render, rescaled
from axial.index.images.tasks import Matlab, Numbers, Task
from axial.pixels.decoding import decode


def perform(task: Task) -> bytes:
    """Do what a task says; raises `Undecodable`, and whatever a codec may raise."""
    values = decode(task.pixels, task.frame)
    output = task.output
    if isinstance(output, Matlab):
        return encode_matlab(values)
    if isinstance(output, Numbers):
        if output.rescale is not None and task.pixels.channels == 1:
            values = rescaled(values, output.rescale)
        return encode_numbers(values)
    return encode_picture(render(values, task.pixels, output), output.format, output.quality)
