"""What became of everything, in numbers; of what was not taken, by reason and by name."""

from collections import Counter, defaultdict
from pathlib import Path

from axial.cli.importing.sources import Source, Unreadable
from axial.cli.importing.upload import Outcome, Status

# More names than this scroll the numbers away; the file has them all.
_NAMES_SHOWN = 10


class Report:
    """Collects outcomes while the work goes on."""

    def __init__(self) -> None:
        #: Why the work was broken off, if it was.
        self.hopeless: str | None = None
        self._counts: Counter[Status] = Counter()
        self._skipped = 0
        self._names: defaultdict[tuple[Status, str], list[str]] = defaultdict(list)

    def skipped(self) -> None:
        """Count a source that an earlier run had finished."""
        self._skipped += 1

    def finished(self, source: Source | Unreadable, outcome: Outcome) -> None:
        """Count a source, and remember it by name when it was not taken."""
        self._counts[outcome.status] += 1
        if not outcome.acknowledged:
            self._names[outcome.status, outcome.reason].append(source.label)

    def count(self, status: Status) -> int:
        """Return how many had this status."""
        return self._counts[status]

    def lines(self) -> list[str]:
        """Tell the numbers, then the reasons with the names of the first few."""
        numbers = {str(status): self._counts[status] for status in Status}
        numbers["finished by an earlier run"] = self._skipped
        width = max(len(str(number)) for number in numbers.values())
        lines = [
            f"{number:>{width}}  {name}"
            for name, number in numbers.items()
            if number or name == Status.STORED
        ]
        for (status, reason), names in sorted(self._names.items()):
            lines += ["", f"{status}, {len(names)}: {reason}"]
            lines += [f"  {name}" for name in names[:_NAMES_SHOWN]]
            if len(names) > _NAMES_SHOWN:
                lines.append(f"  … and {len(names) - _NAMES_SHOWN} more")
        return lines

    def write_names(self, file: Path) -> None:
        """Write all names of what was not taken, with the reasons, one a line."""
        lines = [
            f"{status}\t{reason}\t{name}\n"
            for (status, reason), names in sorted(self._names.items())
            for name in names
        ]
        # A name of a file need not be UTF-8.
        file.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
