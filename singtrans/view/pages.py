"""Division of a recording into rows and pages of a plot."""

import math
from dataclasses import dataclass

PAGE_ROWS = 4
"""Rows on a page."""

_ROW_SECONDS = 15.0
_LONG, _LONG_ROW_SECONDS = 480.0, 30.0  # recordings of at least this length have longer rows
_SHORTEST = 2.0  # seconds of a row


@dataclass(frozen=True, slots=True)
class Pages:
    """Rows of a plot.

    Attributes:
        row_seconds: length of a row in seconds; the last row may be shorter.
        duration: total length in seconds.
    """

    row_seconds: float
    duration: float

    @property
    def rows(self) -> int:
        """Number of rows."""
        return max(1, math.ceil(self.duration / self.row_seconds - 1e-9))

    @property
    def count(self) -> int:
        """Number of pages."""
        return math.ceil(self.rows / PAGE_ROWS)

    def on_page(self, page: int) -> list[tuple[float, float]]:
        """Return start and stop in seconds of each row of a page; pages are numbered from 0."""
        rows = range(page * PAGE_ROWS, min((page + 1) * PAGE_ROWS, self.rows))
        return [(row * self.row_seconds, min((row + 1) * self.row_seconds, self.end)) for row in rows]

    @property
    def end(self) -> float:
        """End of the last row in seconds. The last row is at least a fifth as long as the others."""
        return max(self.duration, (self.rows - 1 + 0.2) * self.row_seconds)


def divide(duration: float, row_seconds: float | None = None) -> Pages:
    """Choose the length of the rows.

    If the recording fits on one page, the rows have equal lengths of at most 15 s. Longer recordings have rows of 15 s,
    or of 30 s if they last at least 8 minutes.

    Args:
        duration: length of the recording in seconds.
        row_seconds: length of a row in seconds; None to choose it.
    """
    duration = max(duration, _SHORTEST)
    if row_seconds is not None:
        return Pages(row_seconds, duration)
    if duration >= _LONG:
        return Pages(_LONG_ROW_SECONDS, duration)
    rows = math.ceil(duration / _ROW_SECONDS)
    return Pages(duration / rows if rows <= PAGE_ROWS else _ROW_SECONDS, duration)
