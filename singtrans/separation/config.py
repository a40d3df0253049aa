"""Tuned thresholds for separating a voice from instruments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SongConfig:
    """Thresholds that distinguish songs with instruments from a single voice.

    The thresholds were tuned for the default model with ``python -m benchmarks.songs tune``. They depend on the clarity
    of notes (see `singtrans.decoding.confidence`), which depends on the model, so they must be tuned again for other
    models.

    Attributes:
        doubtful: mean clarity of the notes below which the voice is separated and transcribed, too. The threshold is
            well above the clarity of songs. If it is too high, only time is lost, because the other thresholds decide
            which notes are kept.
        song: mean clarity of the notes below which the user is warned if the voice cannot be separated, or if
            separation does not help. Noisy recordings of a voice have a higher clarity. If the model has a threshold of
            its own (``least_clarity``), that one is used instead.
        gain: smallest increase in mean clarity for which the notes of the separated voice are kept.
        audible: level in dB (`Balance.instruments`) that the instruments must exceed. If they are quieter, the notes of
            the separated voice are not kept.
        loud: level in dB (`Balance.instruments`) above which ``gain`` is not needed. The notes of the separated voice
            are then kept if their mean clarity is not lower than that of the mix.
        noise: fraction of noise in the rest (`Balance.noise`). At or above this value, the recording is taken to be a
            voice with noise, and the notes of the separated voice are not kept.
        purity: smallest purity of a voice (`Balance.purity`). A separated sound with a lower purity is taken to be an
            instrument.
        melody: mean clarity below which no notes are written if the recording has no voice (see ``quietest``).
        quietest: level of the separated voice relative to the recording, in dB, below which the recording is taken to
            have no voice.
        instruments: fraction of the amplitude of the instruments that is added to the separated voice before it is
            transcribed. The quiet instruments fill the gaps that separation leaves; the model was trained with such
            instruments.
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
