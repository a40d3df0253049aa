"""A spectrogram on a semitone scale, for pictures and pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from singtrans import audio
from singtrans.pitch import midi_to_hz

RATE = 16_000
HOP = 320  # samples: 20 ms
_WINDOW = 2048
_STEPS = 3  # per semitone
_FLOOR = 60.0  # dB below the maximum at which the level is 0


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """Level over time and pitch.

    Attributes:
        level: (steps, frames) levels from 0 (60 dB below the maximum) to 1. Steps are a third of a semitone apart, and
            frames are 20 ms apart.
        lowest: pitch of the lower edge, fractional MIDI.
        highest: pitch of the upper edge, fractional MIDI.
        duration: length in seconds.
    """

    level: np.ndarray
    lowest: float
    highest: float
    duration: float


def spectrogram(path: audio.Source, lowest: float, highest: float) -> Spectrogram:
    """Compute the spectrogram of a recording between two pitches (fractional MIDI), block by block.

    Raises:
        InputError: if the recording cannot be read.
    """
    centres = np.arange(lowest + 0.5 / _STEPS, highest, 1 / _STEPS)
    bins = np.clip(midi_to_hz(centres) * _WINDOW / RATE, 0, _WINDOW // 2 - 1)
    low = bins.astype(int)
    part = (bins - low).astype(np.float32)
    columns = []
    for magnitude in _frames(path):
        columns.append((magnitude[:, low] * (1 - part) + magnitude[:, low + 1] * part).T.astype(np.float32))
    level = np.concatenate(columns, 1) if columns else np.zeros((len(centres), 1), np.float32)
    loud = max(float(np.quantile(level, 0.999)), 1e-9)
    decibels = 20 * np.log10(np.maximum(level / loud, 1e-6))
    return Spectrogram(
        np.clip(1 + decibels / _FLOOR, 0, 1), lowest, lowest + len(centres) / _STEPS, level.shape[1] * HOP / RATE
    )


def _frames(path: audio.Source) -> Iterator[np.ndarray]:
    """Yield (frames, bins) magnitudes block by block; frame ``n`` is centred on sample ``n * HOP``."""
    window = np.hanning(_WINDOW).astype(np.float32)
    waiting = np.zeros(_WINDOW // 2, np.float32)
    for block in chain(audio.blocks(path, RATE), [np.zeros(_WINDOW // 2, np.float32)]):
        waiting = np.concatenate([waiting, block])
        count = (len(waiting) - _WINDOW) // HOP + 1
        if count > 0:
            frames = np.lib.stride_tricks.sliding_window_view(waiting, _WINDOW)[: count * HOP : HOP]
            yield np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32)
            waiting = waiting[count * HOP :]
