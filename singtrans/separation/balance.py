"""Levels of a separated voice and of the rest of the recording, to distinguish songs from noisy voices."""

from dataclasses import dataclass

import numpy as np

_BAND = (80.0, 5000.0)  # Hz
_FRAME_SECONDS, _PATCH = 0.064, 8  # a patch has this many frames and bins
_GEOMETRIC = float(np.exp(-np.euler_gamma))  # ratio of the geometric to the arithmetic mean of the power of noise
_FLOOR = 1e-20
_LEAST_POWER = 1e-9  # of one bin


@dataclass(frozen=True, slots=True)
class Balance:
    """Levels of a separated voice and of the rest of the recording.

    The rest is everything but the voice. Its energy is divided into the energy of noise and the energy of structured
    sounds, such as tones and drums. Within a small patch of the spectrogram, the power of noise is spread evenly,
    whereas the power of structured sounds is concentrated in a few bins.

    Attributes:
        share: energy of the voice relative to the energy of the recording, in dB.
        purity: mean value of the separation mask in the separated sound, 0 to 1. It is near 1 for a voice. It is lower
            for an instrument that sounds a little like a voice, because the engine separates only a part of its sound.
        instruments: energy of the structured sounds in the rest relative to the energy of the recording, in dB, for
            frequencies from 80 to 5000 Hz.
        noise: fraction of the energy of the rest that is noise, for frequencies from 80 to 5000 Hz; 1 if the recording
            is too short to measure it.
    """

    share: float
    purity: float
    instruments: float
    noise: float


class BalanceMeter:
    """Measurement of the `Balance` of a recording that is separated block by block.

    Args:
        sample_rate: sample rate of the blocks, in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._frame = _PATCH**2 * max(1, round(_FRAME_SECONDS * sample_rate / _PATCH**2))
        self._bins = slice(*(round(hertz * self._frame / sample_rate) for hertz in _BAND))
        self._window = np.hanning(self._frame).astype(np.float32)
        self._waiting = np.zeros((0, 2), np.float32)
        self._mix = self._voice = self._common = 0.0
        self._mix_power = self._rest_power = self._smooth_power = 0.0

    def add(self, mix: np.ndarray, voice: np.ndarray) -> None:
        """Add the next (n, channels) samples of the recording and of its voice."""
        self._mix += _product(mix, mix)
        self._voice += _product(voice, voice)
        self._common += _product(mix, voice)
        both = np.stack([mix.mean(axis=1), (mix - voice).mean(axis=1)], axis=1)
        self._waiting = np.concatenate([self._waiting, both])
        step = self._frame * _PATCH
        whole = len(self._waiting) // step * step
        for start in range(0, whole, step):
            self._add_patches(self._waiting[start : start + step])
        self._waiting = self._waiting[whole:]

    def balance(self) -> Balance:
        """Return the balance of all samples that have been added."""
        noise = min(self._smooth_power, self._rest_power)
        return Balance(
            _decibels(self._voice, self._mix),
            float(np.clip(self._voice / max(self._common, _FLOOR), 0.0, 1.0)),
            _decibels(self._rest_power - noise, self._mix_power),
            noise / self._rest_power if self._rest_power else 1.0,
        )

    def _add_patches(self, samples: np.ndarray) -> None:
        """Add the patches of ``_PATCH`` frames, from (n, 2) samples: the recording and the rest, each in mono."""
        frames = samples.reshape(_PATCH, self._frame, 2) * self._window[:, None]
        power = np.abs(np.fft.rfft(frames, axis=1)[:, self._bins]) ** 2 + _LEAST_POWER
        power = power[:, : power.shape[1] // _PATCH * _PATCH]
        patches = power[:, :, 1].reshape(_PATCH, -1, _PATCH)
        self._mix_power += float(power[:, :, 0].sum())
        self._rest_power += float(patches.sum())
        self._smooth_power += float(np.exp(np.log(patches).mean(axis=(0, 2))).sum() * _PATCH**2 / _GEOMETRIC)


def _product(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.einsum("ij,ij->", a, b, dtype=np.float64))


def _decibels(part: float, of: float) -> float:
    return float(10.0 * np.log10((part + _FLOOR) / (of + _FLOOR)))
