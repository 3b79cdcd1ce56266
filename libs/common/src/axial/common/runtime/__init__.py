"""What can be changed while Axial runs: in all its processes, and for good.

catalogue   the transfer syntaxes and SOP classes that patterns choose from
bodies      what clients send becomes a value, or is refused
settings    the values, and what a change makes of them (pure)
follower    the log's changes, followed by each process
"""

from axial.common.runtime.follower import Runtime
from axial.common.runtime.settings import LogCategory, RuntimeSettings, Verbosity

__all__ = ["LogCategory", "Runtime", "RuntimeSettings", "Verbosity"]
