"""Tuned thresholds for separating a voice from instruments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SongConfig:
    """Thresholds that distinguish songs with instruments from one voice alone.

    Found by ``python -m benchmarks.songs tune``, with the default model: they depend on how clear its notes are, so
    tune them again for other weights.

    Attributes:
        doubtful: below this mean clarity of the notes, the separated voice is transcribed, too. This is well above
            the clarity of songs, and only costs time; `gain` decides.
        song: below this, a user is warned if the voice cannot be separated, or if that does not help. Noisy voices lie
            above. If the model file states the clarity of one voice alone, that is used instead.
        gain: the mean clarity must rise by this much for the separated voice's notes to be kept.
        loud: dB of the separated voice relative to the recording. Below it, the instruments are so loud that the notes
            of the separated voice are kept if their mean clarity does not fall. Noise is rarely as loud.
        quietest: dB of the separated voice relative to the recording; below it there is no voice.
        instruments: fraction of the amplitude of the instruments that is mixed back in before transcribing. It fills
            the gaps that separation leaves, and the model was trained with soft instruments.
    """

    doubtful: float = 0.87
    song: float = 0.80
    gain: float = 0.025
    loud: float = -2.5
    quietest: float = -20.0
    instruments: float = 0.15
