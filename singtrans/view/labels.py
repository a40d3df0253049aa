"""Placement of the names of notes, so that no name overlaps another name or a note."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a plot. ``left`` and ``right`` are in seconds, and ``bottom`` and ``top`` are in semitones."""

    left: float
    right: float
    bottom: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        """Return whether this rectangle overlaps another one."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


@dataclass(frozen=True, slots=True)
class TextSize:
    """Size of text in a plot.

    Attributes:
        character: width of a character in seconds.
        line: height of a line in semitones.
    """

    character: float
    line: float


def place_labels(names: Sequence[str], boxes: Sequence[Box], size: TextSize, frame: Box) -> list[Box | None]:
    """Choose a place for the name of each note, above or below the box of the note.

    Args:
        names: names of the notes.
        boxes: boxes of the notes, in time order.
        size: size of the text.
        frame: area that must contain the names.

    Returns:
        A rectangle for each name; None if neither place is free.
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
