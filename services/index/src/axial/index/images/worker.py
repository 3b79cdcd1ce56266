"""The process that decodes: one task after another from its standard input, answers to its standard output.

A hostile file may make a codec crash, hang or eat memory. Here it can harm no more than this process: it has
a bounded address space, none of the service's secrets in its environment, and no connection but the pipe.
"""

import io
import os
import pickle
import resource
import sys
import warnings

from axial.index.images.decoding import decode
from axial.index.images.encoding import encode_matlab, encode_numbers, encode_picture
from axial.index.images.refusals import Undecodable
from axial.index.images.rendering import render, rescaled
from axial.index.images.tasks import ANSWER, LENGTH, Matlab, Numbers, Task

_FAILED = "The frame cannot be decoded"


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


def main() -> None:
    """Serve until the input ends."""
    tasks, answers = sys.stdin.buffer, _detach_output()
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # they may quote the file
    while head := tasks.read(LENGTH.size):
        (length,) = LENGTH.unpack(head)
        ok, body = _answer(tasks.read(length))
        answers.write(ANSWER.pack(ok, len(body)))
        answers.write(body)
        answers.flush()


def _answer(message: bytes) -> tuple[bool, bytes]:
    task: Task = pickle.loads(message)  # noqa: S301 - from our own parent process
    try:
        return True, perform(task)
    except Undecodable as error:
        return False, error.message.encode()
    except MemoryError:
        return False, b"The image is too large to be decoded"
    except Exception:  # noqa: BLE001 - of whatever kind: a codec met a file that it does not understand
        return False, _FAILED.encode()


def _detach_output() -> io.BufferedWriter:
    """Keep the pipe for answers alone: codecs print to the standard streams what they think of a file."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - not a path of ours
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    return answers


if __name__ == "__main__":
    main()
