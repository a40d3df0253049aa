"""List of the problems of one file.

Up to `ONE_BY_ONE` notes with the same problem are listed individually. If there are more, they are listed together as
one problem.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from singtrans.dataset.requirements import Problem

ONE_BY_ONE = 3
"""Largest number of problems of one kind that are listed individually."""


@dataclass
class ProblemList:
    """Problems of one file.

    Attributes:
        file: file with the problems.
        notes: onsets of the notes that already have a problem; later checks skip these notes.
        lines: problems.
    """

    file: Path
    notes: set[float] = field(default_factory=set)
    lines: list[Problem] = field(default_factory=list)

    def add(self, kind: str, what: str, times: Sequence[float] = ()) -> None:
        """Add a problem that occurs at the given times in seconds."""
        self.lines.append(Problem(self.file, kind, what, tuple(round(float(t), 3) for t in times)))

    def each(self, kind: str, found: Sequence[tuple[float, str]], many: Callable[[int], str]) -> None:
        """Add one problem for each (time, description); if there are many, add a single problem for all of them."""
        self.notes.update(time for time, _ in found)
        if len(found) <= ONE_BY_ONE:
            for time, what in found:
                self.add(kind, f"at {time:.2f} s {what}", [time])
            return
        times = [time for time, _ in found]
        shown = ", ".join(f"{time:.2f}" for time in times[:5]) + (", …" if len(times) > 5 else "")
        self.add(kind, f"{many(len(found))} (at {shown} s)", times)
