"""Level of the singing in a recording. Samples are divided by the level before the front end processes them."""

import math

import numpy as np

_LEVEL_BLOCKS = 1000  # number of blocks of 20 ms that are added together


class Level:
    """Measurement of the level of the singing in a recording, block by block.

    The level is computed from the RMS amplitudes of 20 ms blocks: it is the exponential of the mean of their
    logarithms, weighted by the amplitudes. If all samples are multiplied by a factor, the level is multiplied by the
    same factor. Silence before or after the singing has no effect.
    """

    def __init__(self, sample_rate: int) -> None:
        self._size = sample_rate // 50
        self._rest: list[np.ndarray] = []
        self._waiting = 0
        self._weight = 0.0
        self._sum = 0.0

    def add(self, samples: np.ndarray) -> None:
        """Add the next samples of the recording, (n,). The result does not depend on the block lengths."""
        self._rest.append(samples)
        self._waiting += len(samples)
        group = self._size * _LEVEL_BLOCKS
        if self._waiting < group:
            return
        joined = np.concatenate(self._rest)
        whole = len(joined) // group * group
        for start in range(0, whole, group):
            weight, total = self._sums(joined[start : start + group])
            self._weight, self._sum = self._weight + weight, self._sum + total
        self._rest, self._waiting = [joined[whole:].copy()], len(joined) - whole

    @property
    def value(self) -> float:
        """RMS amplitude of the singing; 0 for digital silence or less than 20 ms."""
        weight, total = self._sums(np.concatenate(self._rest)) if self._rest else (0.0, 0.0)
        weight, total = self._weight + weight, self._sum + total
        return math.exp(total / weight) if weight > 0.0 else 0.0

    def _sums(self, samples: np.ndarray) -> tuple[float, float]:
        whole = len(samples) // self._size * self._size
        # Squares are in double precision, because squares of very quiet sound would underflow in single precision.
        rms = np.sqrt(np.mean(samples[:whole].reshape(-1, self._size).astype(np.float64) ** 2, axis=1))
        rms = rms[rms > 0.0]
        return float(rms.sum()), float((rms * np.log(rms)).sum())


def level(samples: np.ndarray, sample_rate: int) -> float:
    """Measure the RMS amplitude of the singing in ``samples`` (n,); see `Level`."""
    meter = Level(sample_rate)
    step = sample_rate * 60
    for start in range(0, len(samples), step):
        meter.add(samples[start : start + step])
    return meter.value
