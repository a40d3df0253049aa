"""Options of the decoder that users can choose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.ends import joined
from singtrans.decoding.ornaments import unfolded
from singtrans.notes import Note

ORNAMENTS = ("fold", "keep")
ENDS = ("sung", "joined")
NOTE_PER = ("syllable", "mora")

FINEST = 1.0
"""Largest sensitivity; the smallest sensitivity is ``-FINEST``."""

_MORAE = {"longest_nasal": 0.0, "syllable_peak": 0.6, "shortest_syllable": 0.1}
"""Settings of the decoder for notes that are morae."""

_STEP = 3.0  # log odds by which a sensitivity of 1 lowers the costs of a note and of a legato note


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """Options of the decoder.

    Attributes:
        ornaments: ``fold`` (scoops, grace notes and falls are part of notes) or ``keep`` (they are separate notes).
        ends: ``sung`` (a note ends where the voice stops) or ``joined`` (a note ends where a score would end it).
        sensitivity: number from -1 (only clear notes) to 1 (more notes); 0 for the tuned costs.
        shortest_note: length of the shortest note in seconds; None for the value of the model.
        note_per: ``syllable`` (the sounds at the end of a syllable belong to its note) or ``mora`` (a second vowel or a
            nasal can have a note of its own, as in Japanese songs).

    Raises:
        ValueError: if a value is invalid.
    """

    ornaments: str = "fold"
    ends: str = "sung"
    sensitivity: float = 0.0
    shortest_note: float | None = None
    note_per: str = "syllable"

    def __post_init__(self) -> None:
        if self.ornaments not in ORNAMENTS or self.ends not in ENDS:
            raise ValueError(f"ornaments is {self.ornaments!r} and ends is {self.ends!r}")
        if self.note_per not in NOTE_PER:
            raise ValueError(f"note_per is {self.note_per!r}")
        if not -FINEST <= self.sensitivity <= FINEST:
            raise ValueError(f"sensitivity is {self.sensitivity:g}, not within -1 to 1")
        if self.shortest_note is not None and not 0.0 < self.shortest_note < 10.0:
            raise ValueError(f"shortest_note is {self.shortest_note:g} s, not within 0 to 10 s")

    def config(self, config: DecoderConfig) -> DecoderConfig:
        """Return the decoder configuration of a model, adjusted to the options."""
        cheaper = _STEP * self.sensitivity
        return replace(
            config,
            note_cost=config.note_cost - cheaper,
            legato_cost=config.legato_cost - cheaper,
            ornament_cost=config.ornament_cost + cheaper,
            shortest_note=config.shortest_note if self.shortest_note is None else self.shortest_note,
            **(_MORAE if self.note_per == "mora" else {}),
        )

    def written(self, notes: Sequence[Note]) -> tuple[Note, ...]:
        """Apply the chosen treatment of ornaments and ends to the decoder's notes."""
        found = tuple(notes)
        if self.ornaments == "keep":
            found = unfolded(found)
        return joined(found) if self.ends == "joined" else found
