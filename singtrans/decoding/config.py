"""Costs and weights of the decoder, and calibration of its confidence."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

_WEIGHTS = ("onset_weight", "offset_weight", "activity_weight", "pitch_weight", "ornament_weight", "syllable_weight")


@dataclass(frozen=True)
class DecoderConfig:
    """Costs and weights of the decoder, which are tuned on validation recordings. All scores are natural log odds.

    Attributes:
        onset_weight, offset_weight: weights of the log odds that a note begins or ends at a frame.
        activity_weight: weight of the log odds that a frame is inside a note.
        pitch_weight: weight of the log likelihood of a frame's pitch, given the note's pitch.
        note_cost: cost of a note, which the evidence for the note must exceed.
        legato_cost: additional cost of a note that has no gap between it and the previous note.
        pitch_tolerance: standard deviation of the sung pitch around the note's pitch, in semitones.
        pitch_floor: probability that the pitch of a frame is independent of the note.
        shortest_note: length of the shortest note in seconds.
        edge: fraction of a note that is ignored at each end when its pitch is measured.
        voiced: probability above which a frame of the pitch track is voiced.
        decision_floor: lowest probability. Probabilities are clipped to [decision_floor, 1 - decision_floor] before
            their log odds are computed.
        longest_ornament: length of the longest scoop, grace note or fall in seconds; 0 to find no ornaments.
        ornament_cost: cost of an ornament.
        ornament_weight: weight of the log odds of a boundary between a note and its ornament.
        syllable_weight: weight of the log odds of a new syllable, which is evidence against such a boundary.
        ornament_below, ornament_above: largest distances of an ornament's pitch below and above the note's pitch, in
            semitones.
        ornament_fit: likelihood of any pitch in this range inside an ornament, relative to the likelihood of the note's
            pitch in the steady part.
        longest_nasal: length in seconds below which a nasal that directly follows a note is a part of that note; 0 if
            nasals are separate notes.
        syllable_peak: probability of a new syllable above which a note is divided; 0 if notes are not divided.
        shortest_syllable: length in seconds of the shortest part of a note that is divided at a syllable.
        shortest_turn: length of the shortest note of a turn in seconds, except the first note of the turn; 0 if turns
            are not divided into notes.
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
            "shortest_turn",
            "longest_nasal",
            "syllable_peak",
            "shortest_syllable",
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
    shortest_turn: float = 0.0
    longest_nasal: float = 0.0
    syllable_peak: float = 0.0
    shortest_syllable: float = 0.25

    def __post_init__(self) -> None:
        for name in ("note_cost", "legato_cost", "ornament_cost", *_WEIGHTS):
            check_ranges(self, **{name: (-1000.0, 1000.0)})
        check_ranges(
            self,
            longest_ornament=(0, 2),
            shortest_turn=(0, 2),
            longest_nasal=(0, 2),
            syllable_peak=(0, 1),
            shortest_syllable=(0, 2),
            ornament_fit=(0, 1),
            ornament_below=(0, 24),
            ornament_above=(0, 24),
        )
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
"""Features from which the confidence of a note is computed; `singtrans.decoding.confidence` defines them."""

_NOT_CALIBRATED = (0.0,) * (1 + len(CONFIDENCE_FEATURES))


@dataclass(frozen=True)
class ConfidenceConfig:
    """Calibration of the confidence: one logistic regression for each property of a note.

    Attributes:
        right: weights for the log odds that onset and pitch are right: a constant, and one weight per feature. All are
            0 if the model is not calibrated.
        onset: weights for the log odds that the onset is right.
        pitch, octave, offset: weights for the log odds that this property is right, given that the onset is right.
        least_clarity: lowest mean clarity of the notes at which a recording probably has a single voice; 0 if unknown.
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
        """Whether the model is calibrated."""
        return any(self.right)


def check_ranges(config: object, **ranges: tuple[float, float]) -> None:
    """Refuse values that no trained model has, because a file with such values could use up the memory.

    Raises:
        ValueError: if a value, or an item of a tuple, is out of range. The message names the first such value.
    """
    for name, (lowest, highest) in ranges.items():
        value = getattr(config, name)
        items = value if isinstance(value, tuple) else (value,)
        if len(items) > 100 or not all(lowest <= item <= highest for item in items):
            raise ValueError(f"{name} is not within {lowest:g} to {highest:g}")
