"""When a voice is separated from instruments: the numbers that are tuned, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SongConfig:
    """How a song with instruments is told from a voice alone.

    Found by ``python -m benchmarks.songs tune``, with the default model: they depend on how clear its notes are, so
    tune them again for other weights.

    Attributes:
        doubtful: below this mean clarity of the notes, the separated voice is transcribed, too. This is well above what
            a song has, and costs time only; `gain` decides.
        song: below this, a user is warned if the voice cannot be separated, or if that does not help. Noisy voices lie
            above. A model file that states the clarity of one voice alone is believed instead.
        gain: the mean clarity must rise by this much for the separated voice's notes to be kept.
        quietest: dB of the separated voice relative to the recording; below it there is no voice.
        instruments: the share of the instruments, in amplitude, that stays under the voice when it is transcribed. It
            fills the holes that separation leaves, and the model knows soft instruments from its training.
    """

    doubtful: float = 0.87
    song: float = 0.80
    gain: float = 0.025
    quietest: float = -20.0
    instruments: float = 0.15
