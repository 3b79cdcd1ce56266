"""The process that decodes: one task after another from its standard input, answers to its standard output.

A hostile file may make a codec crash, hang or eat memory. Here it can harm no more than this process: it has
a bounded address space, none of the service's secrets in its environment, and no connection but the pipe.
"""

import importlib
import io
import os
import pickle
import resource
import sys
import warnings
from collections.abc import Callable

from axial.common.starting import importing
from axial.pixels.messages import ANSWER, LENGTH
from axial.pixels.refusals import Undecodable

_FAILED = "The frame cannot be decoded"


def main() -> None:
    """Serve until the input ends; arguments are the memory in bytes, and the module that performs the tasks."""
    tasks, answers = sys.stdin.buffer, _detach_output()
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # they may quote the file
    with importing(without=("requests",)):  # with which pydicom would download its examples
        perform: Callable[[object], bytes] = importlib.import_module(sys.argv[2]).perform
    while head := tasks.read(LENGTH.size):
        (length,) = LENGTH.unpack(head)
        ok, body = _answer(perform, tasks.read(length))
        answers.write(ANSWER.pack(ok, len(body)))
        answers.write(body)
        answers.flush()


def _answer(perform: Callable[[object], bytes], message: bytes) -> tuple[bool, bytes]:
    task = pickle.loads(message)  # noqa: S301 - from our own parent process
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
