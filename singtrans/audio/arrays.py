"""Conversion of samples in memory to mono samples at a given sample rate, in the same way as for files."""

import numpy as np

from singtrans.audio.blocks import regroup, resample
from singtrans.audio.channels import mix
from singtrans.audio.reading import FADE_SECONDS

_MOST_CHANNELS = 64


def from_array(samples: np.ndarray, sample_rate: int, target: int) -> np.ndarray:
    """Mix the channels of an array and change its sample rate.

    Args:
        samples: (n,) or (n, channels) samples, as from `soundfile.read`: floating-point numbers with full scale at 1,
            or signed integers with full scale at the maximum of their type.
        sample_rate: sample rate of the samples, in Hz.
        target: sample rate of the result, in Hz.

    Returns:
        (m,) float32 mono samples.

    Raises:
        ValueError: if there are no samples, their shape or type is wrong, some of them are not finite, or the sample
            rate is not positive.

    Example:
        >>> stereo = np.zeros((44100, 2), np.int16)
        >>> from_array(stereo, 44100, 16000).shape
        (16000,)
    """
    array = np.asarray(samples)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size or array.shape[1] > _MOST_CHANNELS:
        raise ValueError(f"samples must have the shape (n,) or (n, channels), not {np.shape(samples)}")
    if array.dtype.kind == "i":
        array = array / np.float32(-float(np.iinfo(array.dtype).min))
    elif array.dtype.kind != "f":
        raise ValueError(f"samples must be signed integers or floating point, not {array.dtype}")
    if sample_rate <= 0:
        raise ValueError(f"the sample rate must be positive, not {sample_rate}")
    array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ValueError("samples must be finite numbers")
    fade = round(sample_rate * FADE_SECONDS)
    mono = mix(regroup([array], max(fade, sample_rate)), fade)
    return np.concatenate(list(resample(mono, sample_rate, target)))
