"""What is being found in the labels of one recording, a line each.

Notes that stand alone get a line each; where many have the same fault, one line counts them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from singtrans.dataset.requirements import Suspicion

ONE_BY_ONE = 3
"""Of more faults of one kind than these, only their number is said."""


@dataclass
class Findings:
    """What is being found in one file.

    Attributes:
        notes: onsets of notes of which something has been said: the rest would only follow from it.
    """

    file: Path
    notes: set[float] = field(default_factory=set)
    lines: list[Suspicion] = field(default_factory=list)

    def add(self, kind: str, what: str, times: Sequence[float] = ()) -> None:
        """Note a line, and the times in seconds that it is about."""
        self.lines.append(Suspicion(self.file, kind, what, tuple(round(float(t), 3) for t in times)))

    def each(self, kind: str, found: Sequence[tuple[float, str]], many: Callable[[int], str]) -> None:
        """A line for each of a few (time, what); one line that counts them for more."""
        self.notes.update(time for time, _ in found)
        if len(found) <= ONE_BY_ONE:
            for time, what in found:
                self.add(kind, f"at {time:.2f} s {what}", [time])
            return
        times = [time for time, _ in found]
        shown = ", ".join(f"{time:.2f}" for time in times[:5]) + (", …" if len(times) > 5 else "")
        self.add(kind, f"{many(len(found))} (at {shown} s)", times)
