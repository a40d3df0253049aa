"""Store the posteriors of recordings in a cache folder.

Tuning the decoder and calibrating the confidence use the same posteriors many times, and decoding takes only a
twentieth of the time of the network.
"""

import dataclasses
import hashlib
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from recipe.validation_sets import Recording
from singtrans import audio
from singtrans.decoding.posteriors import Posteriors
from singtrans.files import whole_file
from singtrans.model.config import Config
from singtrans.model.weights import read_metadata
from singtrans.transcriber import Transcriber

_ARRAYS = ("onset", "offset", "activity", "voicing", "pitch", "syllable", "ornament", "release", "nasal")
_NUMBERS = ("hop", "lowest_midi", "bins_per_semitone")


@dataclass(frozen=True, eq=False)
class Kept:
    """Cached posteriors of a recording.

    Attributes:
        posteriors: posteriors of all frames.
        duration: length in seconds.
    """

    posteriors: Posteriors
    duration: float


class PosteriorCache:
    """Cache of the posteriors of one model.

    The file of a recording is named after its set and its id. It is computed again if the size of the recording has
    changed. The folder of a model is named after a checksum of the network, so that models that differ only in the
    decoder share a folder.

    Args:
        folder: folder that contains the folders of models.
        model: weight file.
        device: device on which the network runs.
    """

    def __init__(self, folder: Path, model: Path, device: str = "cpu") -> None:
        self._model, self._device = model, device
        self._folder = folder / network_digest(model)
        self._transcriber: Transcriber | None = None

    def __call__(self, recording: Recording) -> Kept:
        """Return the posteriors of a recording, from the cache if they are there."""
        path = self._path(recording)
        size = recording.audio.stat().st_size
        if (found := _read(path, size)) is None:
            found = self._compute(recording.audio)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, found, size)
        return found

    def fill(self, recordings: list[Recording], processes: int) -> None:
        """Compute the posteriors that are missing in the cache, in several processes."""
        missing = [r for r in recordings if _read(self._path(r), r.audio.stat().st_size) is None]
        if processes < 2 or len(missing) < 2:
            for recording in missing:
                self(recording)
            return
        parts = [missing[i::processes] for i in range(processes)]
        folder = self._folder.parent
        with ProcessPoolExecutor(processes) as pool:
            list(pool.map(_fill, [folder] * processes, [self._model] * processes, [self._device] * processes, parts))

    def _path(self, recording: Recording) -> Path:
        return self._folder / f"{recording.source}-{recording.id}.npz"

    def _compute(self, path: Path) -> Kept:
        if self._transcriber is None:
            self._transcriber = Transcriber(self._model, self._device)
        rate = self._transcriber.model.config.features.sample_rate
        samples = audio.load(path, rate)
        return Kept(self._transcriber.posteriors(samples), len(samples) / rate)


def network_digest(model: Path) -> str:
    """Return 16 characters that identify a network by its weights and configuration, without the decoder."""
    config = dataclasses.asdict(Config.from_json(read_metadata(model)["config"], str(model)))
    digest = hashlib.sha256(json.dumps([config["features"], config["network"]], sort_keys=True).encode())
    with safe_open(model, framework="numpy") as file:
        for name in sorted(file.keys()):
            digest.update(name.encode() + np.ascontiguousarray(file.get_tensor(name)).tobytes())
    return digest.hexdigest()[:16]


def _fill(folder: Path, model: Path, device: str, recordings: list[Recording]) -> None:
    cache = PosteriorCache(folder, model, device)
    for recording in recordings:
        cache(recording)


def _write(path: Path, found: Kept, size: int) -> None:
    values = {name: getattr(found.posteriors, name) for name in (*_ARRAYS, *_NUMBERS)}
    known = {name: value for name, value in values.items() if value is not None}
    with whole_file(path) as file:
        np.savez(file, **known, duration=found.duration, size=size)


def _read(path: Path, size: int) -> Kept | None:
    """Read a file; return None if the file is missing, or was made for a recording of another size."""
    if not path.is_file():
        return None
    with np.load(path) as file:
        if int(file["size"]) != size:
            return None
        arrays = {name: file[name] for name in _ARRAYS if name in file.files}
        numbers = {name: float(file[name]) for name in _NUMBERS}
        return Kept(Posteriors(**arrays, **numbers), float(file["duration"]))


def default_processes() -> int:
    """Return the number of cores."""
    return os.cpu_count() or 1
