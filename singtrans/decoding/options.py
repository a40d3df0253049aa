"""What a user can choose about how posteriors become notes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.ends import joined
from singtrans.decoding.ornaments import unfolded
from singtrans.notes import Note

ORNAMENTS = ("fold", "keep")
ENDS = ("sung", "joined")

FINEST = 1.0
"""The largest sensitivity; the smallest is its negative."""

_STEP = 3.0  # log odds by which a sensitivity of 1 makes a note, and a note joined to another, cheaper


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """How notes are cut and written.

    Attributes:
        ornaments: ``fold`` (scoops, grace notes and falls are part of their notes) or ``keep`` (they are notes).
        ends: ``sung`` (a note ends with the voice) or ``joined`` (where a score would end it).
        sensitivity: from -1 (coarse: fewer notes, only the clear ones) to 1 (fine: more notes); 0 as tuned.
        shortest_note: seconds; None for the model's own.

    Raises:
        ValueError: if a value is none of these.
    """

    ornaments: str = "fold"
    ends: str = "sung"
    sensitivity: float = 0.0
    shortest_note: float | None = None

    def __post_init__(self) -> None:
        if self.ornaments not in ORNAMENTS or self.ends not in ENDS:
            raise ValueError(f"ornaments is {self.ornaments!r} and ends is {self.ends!r}")
        if not -FINEST <= self.sensitivity <= FINEST:
            raise ValueError(f"sensitivity is {self.sensitivity:g}, not within -1 to 1")
        if self.shortest_note is not None and not 0.0 < self.shortest_note < 10.0:
            raise ValueError(f"shortest_note is {self.shortest_note:g} s, not within 0 to 10 s")

    def config(self, config: DecoderConfig) -> DecoderConfig:
        """A model's costs, changed as the sensitivity and the shortest note ask for."""
        cheaper = _STEP * self.sensitivity
        return replace(
            config,
            note_cost=config.note_cost - cheaper,
            legato_cost=config.legato_cost - cheaper,
            ornament_cost=config.ornament_cost + cheaper,
            shortest_note=config.shortest_note if self.shortest_note is None else self.shortest_note,
        )

    def written(self, notes: Sequence[Note]) -> tuple[Note, ...]:
        """The decoder's notes as they are written."""
        found = tuple(notes)
        if self.ornaments == "keep":
            found = unfolded(found)
        return joined(found) if self.ends == "joined" else found
