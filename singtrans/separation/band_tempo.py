"""Tempo of the instruments in a song, found with librosa's beat tracker."""

import importlib
import logging
from collections.abc import Iterable, Iterator
from types import ModuleType

import numpy as np

from singtrans import audio

SAMPLE_RATE = 22_050
_HOP, _FFT, _BANDS = 512, 2048, 64
_LONGEST = 180.0  # seconds of the recording that are used, to save memory
_FEWEST = 8  # beats
_FLOOR = 1e-10  # power, relative to full scale
_log = logging.getLogger(__name__)


def find_band_tempo(source: audio.Source) -> float | None:
    """Find the tempo of the instruments in a recording.

    Args:
        source: the recording. Only its first three minutes are used.

    Returns:
        The mean tempo in beats per minute, which may be half or twice the tempo in a score; None if there are too few
        beats, or librosa is not installed.

    Raises:
        InputError: if the recording cannot be read.
    """
    try:
        librosa = importlib.import_module("librosa")
    except ModuleNotFoundError:
        _log.info("the tempo is found in the notes, because librosa is not installed: pip install librosa")
        return None
    frames = np.concatenate([np.zeros((0, _BANDS), np.float32), *_mel_frames(librosa, _first(source))])
    if len(frames) < _FEWEST:
        return None
    decibels = librosa.power_to_db(frames.T, ref=np.max, amin=_FLOOR)
    strength = librosa.onset.onset_strength(S=decibels, sr=SAMPLE_RATE, hop_length=_HOP)
    _, beats = librosa.beat.beat_track(
        onset_envelope=strength, sr=SAMPLE_RATE, hop_length=_HOP, units="time", trim=True
    )
    return mean_tempo(np.asarray(beats, float))


def mean_tempo(beats: np.ndarray) -> float | None:
    """Compute the mean tempo in beats per minute.

    If the interval between two times is a multiple of the median interval, the beats in between are assumed to be
    missing. Missing beats do not change the result.

    Args:
        beats: (beats,) times of the beats in seconds, in order.

    Returns:
        The tempo; None for fewer than eight beats.
    """
    if len(beats) < _FEWEST:
        return None
    steps = np.diff(beats)
    numbers = np.append(0, np.cumsum(np.maximum(1, np.rint(steps / np.median(steps)))))
    return float(60.0 / np.polyfit(numbers, beats, 1)[0])


def _first(source: audio.Source) -> Iterator[np.ndarray]:
    """Yield the first three minutes of a recording in blocks."""
    left = round(_LONGEST * SAMPLE_RATE)
    for block in audio.blocks(source, SAMPLE_RATE):
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return


def _mel_frames(librosa: ModuleType, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Compute the mel spectrogram of a stream, given as blocks of (n,) samples; yield (frames, bands) powers."""
    bands = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=_FFT, n_mels=_BANDS).T
    window = np.hanning(_FFT).astype(np.float32)
    held = np.zeros(_FFT // 2, np.float32)
    for block in blocks:
        held = np.append(held, block)
        count = (len(held) - _FFT) // _HOP + 1
        if count > 0:
            frames = np.lib.stride_tricks.sliding_window_view(held, _FFT)[: count * _HOP : _HOP]
            yield (np.abs(np.fft.rfft(frames * window)) ** 2 @ bands).astype(np.float32)
            held = held[count * _HOP :]
