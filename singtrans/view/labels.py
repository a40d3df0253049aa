"""Placement of the names of notes, so that no name overlaps another name or a note."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: seconds from left to right, semitones from bottom to top."""

    left: float
    right: float
    bottom: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        """Return whether two rectangles share an area."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


@dataclass(frozen=True, slots=True)
class TextSize:
    """Size of a text: seconds per character and semitones of a line."""

    character: float
    line: float


def place_labels(names: Sequence[str], boxes: Sequence[Box], size: TextSize, frame: Box) -> list[Box | None]:
    """Choose a place for each name: above its box, or below it.

    Args:
        names: names of the notes.
        boxes: boxes of the notes, in time order.
        size: size of the text.
        frame: area within which names must be.

    Returns:
        The place of each name; None where there is no free place.
    """
    placed: list[Box | None] = []
    for number, (name, box) in enumerate(zip(names, boxes, strict=True)):
        width = size.character * len(name)
        left = min(max(box.left, frame.left), frame.right - width)
        nearby = [other for other in boxes[max(0, number - 12) : number + 13] if other is not box]
        nearby += [other for other in placed[-12:] if other]
        candidates = [Box(left, left + width, y, y + size.line) for y in (box.top, box.bottom - size.line)]
        free = (
            place
            for place in candidates
            if frame.bottom <= place.bottom and place.top <= frame.top and not any(map(place.overlaps, nearby))
        )
        placed.append(next(free, None))
    return placed
