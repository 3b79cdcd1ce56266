"""How a task and its answer stand in the pipes between a service and its workers."""

from struct import Struct

LENGTH = Struct("<Q")
"""What stands before a task on its way to a worker: its length in bytes, pickled."""

ANSWER = Struct("<?Q")
"""What stands before an answer: whether it is what was wanted, or the sentence that says why not; its length."""
