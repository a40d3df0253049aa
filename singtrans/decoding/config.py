"""The decoder's costs and weights, and the calibration of its confidence."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

_WEIGHTS = ("onset_weight", "offset_weight", "activity_weight", "pitch_weight", "ornament_weight", "syllable_weight")


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
        longest_ornament: seconds of the longest scoop, grace note or fall; 0 if notes have none.
        ornament_cost: what an ornament costs.
        ornament_weight: weight of the log odds that an ornament begins or ends.
        syllable_weight: weight of the log odds of a new syllable, which speak against an ornament's boundary.
        ornament_below, ornament_above: semitones between a note's pitch and the lowest and highest of its ornaments.
        ornament_fit: likelihood of a pitch in that range in an ornament, relative to the note's own pitch in the note.
    """

    LATER: ClassVar = frozenset(
        (
            "longest_ornament",
            "ornament_cost",
            "ornament_weight",
            "syllable_weight",
            "ornament_below",
            "ornament_above",
            "ornament_fit",
        )
    )
    """Fields that older weight files lack."""

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
    longest_ornament: float = 0.0
    ornament_cost: float = 1.0
    ornament_weight: float = 1.0
    syllable_weight: float = 0.0
    ornament_below: float = 3.5
    ornament_above: float = 2.5
    ornament_fit: float = 0.5

    def __post_init__(self) -> None:
        for name in ("note_cost", "legato_cost", "ornament_cost", *_WEIGHTS):
            check_ranges(self, **{name: (-1000.0, 1000.0)})
        check_ranges(self, longest_ornament=(0, 2), ornament_fit=(0, 1), ornament_below=(0, 24), ornament_above=(0, 24))
        if not (
            0.0 < self.pitch_tolerance <= 12.0 and 0.0 < self.pitch_floor < 1.0 and 0.0 < self.decision_floor < 0.5
        ):
            raise ValueError("the decoder's pitch_tolerance, pitch_floor or decision_floor is out of range")
        if not (0.0 <= self.edge < 0.5 and 0.0 <= self.shortest_note < 10.0):
            raise ValueError("the decoder's edge or shortest_note is out of range")


CONFIDENCE_FEATURES = (
    "onset",
    "onset_blurred",
    "offset",
    "inside_onset",
    "syllable",
    "ornament",
    "activity",
    "voicing",
    "pitch_mass",
    "pitch_spread",
    "octave_mass",
    "log_duration",
    "legato_before",
    "legato_after",
    "step_after",
    "off_semitone",
    "in_tune",
    "ornaments",
)
"""What the confidence of a note is computed from; `singtrans.decoding.confidence` says what each is."""

_NOT_CALIBRATED = (0.0,) * (1 + len(CONFIDENCE_FEATURES))


@dataclass(frozen=True)
class ConfidenceConfig:
    """How sure a note is: a logistic regression for each thing that can be wrong, fitted on validation recordings.

    Attributes:
        right: constant and weights, one per feature, of the log odds that onset and pitch are right; all 0 if the
            model is not calibrated.
        onset: likewise, that the onset is.
        pitch, octave, offset: likewise, that they are, if the onset is.
        least_clarity: mean clarity of notes below which a recording does not look like one voice alone; 0 if it is not
            known.
    """

    LATER: ClassVar = frozenset(("right", "onset", "pitch", "octave", "offset", "least_clarity"))
    """Fields that older weight files lack."""

    right: tuple[float, ...] = _NOT_CALIBRATED
    onset: tuple[float, ...] = _NOT_CALIBRATED
    pitch: tuple[float, ...] = _NOT_CALIBRATED
    octave: tuple[float, ...] = _NOT_CALIBRATED
    offset: tuple[float, ...] = _NOT_CALIBRATED
    least_clarity: float = 0.0

    def __post_init__(self) -> None:
        check_ranges(self, least_clarity=(0, 1))
        names = [f.name for f in dataclasses.fields(self) if f.name != "least_clarity"]
        check_ranges(self, **dict.fromkeys(names, (-1e6, 1e6)))
        if any(len(getattr(self, name)) != len(_NOT_CALIBRATED) for name in names):
            raise ValueError(f"the confidence needs {len(_NOT_CALIBRATED)} numbers for each of {', '.join(names)}")

    @property
    def calibrated(self) -> bool:
        """Whether it was fitted."""
        return any(self.right)


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
