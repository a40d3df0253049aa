"""Level of the singing in a recording, by which its samples are divided before the front end."""

import math

import numpy as np

_LEVEL_BLOCKS = 1000  # blocks of 20 ms whose squares are held and added at once


class Level:
    """Computes the level of the singing in a recording, block by block.

    The level is the mean of the log RMS amplitude of 20 ms blocks, each weighted with its amplitude. A gain on the
    recording moves it by exactly that gain, and silence in front of the singing or after it does not move it.
    """

    def __init__(self, sample_rate: int) -> None:
        self._size = sample_rate // 50
        self._rest: list[np.ndarray] = []
        self._waiting = 0
        self._weight = 0.0
        self._sum = 0.0

    def add(self, samples: np.ndarray) -> None:
        """Add the next samples of the recording, (n,); the value does not depend on how it is cut."""
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
        """RMS amplitude; 0 for digital silence or less than 20 ms."""
        weight, total = self._sums(np.concatenate(self._rest)) if self._rest else (0.0, 0.0)
        weight, total = self._weight + weight, self._sum + total
        return math.exp(total / weight) if weight > 0.0 else 0.0

    def _sums(self, samples: np.ndarray) -> tuple[float, float]:
        whole = len(samples) // self._size * self._size
        # Squares in double precision: a recording may be so quiet that they vanish in single precision.
        rms = np.sqrt(np.mean(samples[:whole].reshape(-1, self._size).astype(np.float64) ** 2, axis=1))
        rms = rms[rms > 0.0]
        return float(rms.sum()), float((rms * np.log(rms)).sum())


def level(samples: np.ndarray, sample_rate: int) -> float:
    """RMS amplitude of the singing in ``samples`` (n,); see `Level`."""
    meter = Level(sample_rate)
    step = sample_rate * 60
    for start in range(0, len(samples), step):
        meter.add(samples[start : start + step])
    return meter.value
