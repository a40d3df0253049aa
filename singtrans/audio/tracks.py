"""Choice of a sound track: the default track, unless another track clearly contains the voice."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from singtrans.audio.recording import Header

_MEASURED_SECONDS = 120.0  # length of each track that is measured
_SILENT = 1e-4  # RMS amplitude (-80 dB)
_SOFT = 0.003  # level relative to the loudest track (-50 dB) below which a track counts as silent
_CLEARER = 0.3  # difference by which another track must be more periodic than the default track
_PERIOD_RATE = 8000  # approximate sample rate in Hz for finding periods
_WINDOW_SECONDS, _HOP_SECONDS = 0.04, 0.1
_LOWEST_HZ, _HIGHEST_HZ = 80, 800


@dataclass
class _Track:
    """Measurements of a track."""

    energy: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    clarity: float = 0.0  # sum over windows of energy times periodicity
    weight: float = 0.0  # sum over windows of energy
    _rest: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def level(self) -> float:
        """RMS amplitude."""
        return float(np.sqrt(self.energy / self.samples)) if self.samples else 0.0

    @property
    def periodicity(self) -> float:
        """Mean periodicity, 0 to 1, weighted by energy."""
        return self.clarity / self.weight if self.weight else 0.0

    def add(self, mono: np.ndarray, rate: int) -> None:
        """Add (frames,) samples to the measurements."""
        self.energy += float(np.square(mono, dtype=np.float64).sum())
        self.samples += len(mono)
        self.seconds += len(mono) / rate
        joined = np.concatenate([self._rest, mono])
        hop, window = round(_HOP_SECONDS * rate), round(_WINDOW_SECONDS * rate)
        whole = len(joined) // hop * hop
        for start in range(0, whole, hop):
            part = joined[start : start + window].astype(np.float64)
            energy = float(np.square(part).sum())
            self.clarity += energy * periodicity(part, rate)
            self.weight += energy
        self._rest = joined[whole:]


def periodicity(samples: np.ndarray, rate: int) -> float:
    """Compute the maximum of the normalised autocorrelation of (frames,) samples at the periods of a voice, 0 to 1."""
    step = max(1, rate // _PERIOD_RATE)
    short = samples[: len(samples) // step * step].reshape(-1, step).mean(axis=1)
    short = short - short.mean() if len(short) else short
    rate = rate // step
    lowest, highest = rate // _HIGHEST_HZ, rate // _LOWEST_HZ
    energy = np.concatenate([[0.0], np.cumsum(np.square(short))])
    size = len(short)
    if size <= 2 * highest or energy[-1] <= 0:
        return 0.0
    spectrum = np.fft.rfft(short, 2 * size)
    products = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
    lags = np.arange(lowest, highest + 1)
    scale = np.sqrt((energy[size - lags]) * (energy[-1] - energy[lags])) + 1e-12
    return float(np.clip(np.max(products[lags] / scale), 0.0, 1.0))


def best_track(path: Path, first: int, count: int) -> Header:
    """Choose a sound track.

    The default track is used unless it is silent, or another track is clearly more periodic and therefore probably
    contains the voice.

    Args:
        path: path of the file.
        first: number of the default track.
        count: number of sound tracks.

    Returns:
        The header of the chosen track, without a length.
    """
    tracks = _measure(path)
    loudest = max((track.level for track in tracks), default=0.0)
    silent = tuple(number for number, track in enumerate(tracks, 1) if track.level < max(_SILENT, _SOFT * loudest))
    candidates = [number for number in range(1, count + 1) if number not in silent] or [first]
    best = max(candidates, key=lambda number: (tracks[number - 1].periodicity, -number))
    own = tracks[first - 1].periodicity if first in candidates else -1.0
    if first in candidates and tracks[best - 1].periodicity < own + _CLEARER:
        best = first
    return Header(track=best, tracks=count, silent=silent)


def _measure(path: Path) -> list[_Track]:
    """Measure the beginning of each track."""
    import av

    from singtrans.audio.converter import Converter
    from singtrans.audio.ffmpeg import open_container, sound_tracks

    with open_container(path) as container:
        streams = sound_tracks(container, path)
        tracks = {stream.index: _Track() for stream in streams}
        converters: dict[int, Converter] = {}
        try:
            for packet in container.demux(streams):
                track = tracks[packet.stream.index]
                try:
                    frames = packet.decode() if track.seconds < _MEASURED_SECONDS else []
                except (av.error.FFmpegError, ValueError):
                    continue
                for frame in frames:
                    if isinstance(frame, av.AudioFrame) and frame.samples:
                        converter = converters.setdefault(packet.stream.index, Converter(frame))
                        for samples in converter.convert(frame):
                            track.add(samples.mean(axis=1), converter.rate)
                if all(track.seconds >= _MEASURED_SECONDS for track in tracks.values()):
                    break
        except av.error.FFmpegError:
            pass  # the decoded part has been measured
        return [tracks[stream.index] for stream in streams]
