"""How much memory a program of a system has needed."""

from pathlib import Path

from support.system import Axial


def peak_bytes(system: Axial, program: str) -> int:
    """Return the most memory a process has ever had resident (proc_pid_status(5), VmHWM)."""
    status = Path(f"/proc/{system.pid(program)}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def forget_peak(system: Axial, program: str) -> int:
    """Let the peak of a process be what it has now (proc_pid_clear_refs(5)); return that."""
    Path(f"/proc/{system.pid(program)}/clear_refs").write_text("5")
    return peak_bytes(system, program)
