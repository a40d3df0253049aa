"""The decoder's costs and weights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DecoderConfig:
    """The decoder's costs, tuned on validation recordings; all scores are natural-log odds.

    Attributes:
        onset_weight, offset_weight: weight of a boundary's log odds.
        activity_weight: weight of a frame's log odds of being inside a note.
        pitch_weight: weight of a frame's log likelihood under the note's pitch.
        note_cost: what one note costs, so that a note needs evidence.
        legato_cost: what it costs to go from note to note with no gap.
        pitch_tolerance: semitones; standard deviation of sung pitch around the note's.
        pitch_floor: probability that a frame's pitch says nothing about the note.
        shortest_note: seconds.
        edge: fraction of a note at either end that has no say in its pitch.
        voiced: a frame of the pitch track is voiced above this probability.
        decision_floor: probabilities are clipped to [floor, 1 - floor] before their log odds are taken.
    """

    onset_weight: float = 1.25
    offset_weight: float = 1.25
    activity_weight: float = 0.25
    pitch_weight: float = 0.35
    note_cost: float = 0.5
    legato_cost: float = 0.5
    pitch_tolerance: float = 0.6
    pitch_floor: float = 0.05
    shortest_note: float = 0.06
    edge: float = 0.1
    voiced: float = 0.5
    decision_floor: float = 0.001

    def __post_init__(self) -> None:
        weights = ("onset_weight", "offset_weight", "activity_weight", "pitch_weight", "note_cost", "legato_cost")
        check_ranges(self, **dict.fromkeys(weights, (-1000.0, 1000.0)))
        if not (
            0.0 < self.pitch_tolerance <= 12.0 and 0.0 < self.pitch_floor < 1.0 and 0.0 < self.decision_floor < 0.5
        ):
            raise ValueError("the decoder's pitch_tolerance, pitch_floor or decision_floor is out of range")
        if not (0.0 <= self.edge < 0.5 and 0.0 <= self.shortest_note < 10.0):
            raise ValueError("the decoder's edge or shortest_note is out of range")


def check_ranges(config: object, **ranges: tuple[float, float]) -> None:
    """Refuse values that nothing was ever trained with: a file that claims them could take all memory.

    Raises:
        ValueError: naming the first that lies outside its range; of a tuple, every item counts.
    """
    for name, (lowest, highest) in ranges.items():
        value = getattr(config, name)
        items = value if isinstance(value, tuple) else (value,)
        if len(items) > 100 or not all(lowest <= item <= highest for item in items):
            raise ValueError(f"{name} is not within {lowest:g} to {highest:g}")
