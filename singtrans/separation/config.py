"""Tuned thresholds for separating a voice from instruments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SongConfig:
    """Thresholds that distinguish songs with instruments from a single voice.

    They were found with ``python -m benchmarks.songs tune`` and the default model. They depend on the clarity of its
    notes, so they must be tuned again for other weights.

    Attributes:
        doubtful: mean clarity of the notes below which the separated voice is also transcribed. It is well above the
            clarity of songs. A high value only costs time, because `gain` decides which notes are kept.
        song: mean clarity below which a user is warned if the voice cannot be separated, or if separating does not
            help. Noisy voices have a higher clarity. If the model file states the clarity of a single voice, that is
            used instead.
        gain: increase of the mean clarity from which the notes of the separated voice are kept.
        audible: level of the instruments (`Balance.instruments`) above which the notes of the separated voice are kept.
        loud: level of the instruments above which the notes of the separated voice are kept if their mean clarity does
            not fall.
        noise: largest part of the rest that is noise (`Balance.noise`). Above it, the recording is a voice with noise,
            which is not separated.
        purity: least purity of the separated voice (`Balance.purity`). Below it, it is taken for an instrument.
        melody: mean clarity below which the notes of a recording without a voice are not written.
        quietest: level of the separated voice relative to the recording, in dB, below which there is no voice.
        instruments: fraction of the amplitude of the instruments that is mixed back in before transcribing. They fill
            the gaps that separation leaves, and the model was trained with quiet instruments.
    """

    doubtful: float = 0.87
    song: float = 0.80
    gain: float = 0.015
    audible: float = -16.0
    loud: float = -4.0
    noise: float = 0.62
    purity: float = 0.65
    melody: float = 0.6
    quietest: float = -20.0
    instruments: float = 0.1
