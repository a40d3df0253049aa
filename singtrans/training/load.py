"""Read all training and validation data, or report all faults in the data."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from singtrans.dataset.folders import recordings_in
from singtrans.dataset.manifest import SPLITS, Entry, list_entries
from singtrans.dataset.requirements import Faults
from singtrans.errors import InputError
from singtrans.training.loop import Data
from singtrans.training.recordings import Recording, load_background, load_recording


def load_data(
    data: Sequence[Path],
    accompaniment: Path | None,
    cache: Path,
    sample_rate: int,
    progress: Callable[[int, int], None] = lambda done, recordings: None,
    pattern: str = "",
) -> Data:
    """Read the data of a training run.

    Args:
        data: manifests or folders.
        accompaniment: folder of recordings to mix in as background; None for no background.
        cache: folder for decoded audio.
        sample_rate: sample rate of the model to train, in Hz.
        progress: function that is called with the number of recordings read so far, from 0, and the total number.
        pattern: pattern for names of label files, as for `singtrans.dataset.manifest.read_entries`.

    Raises:
        InputError: if there are faults. The message has one line for each of them, so that all can be corrected
            together.
    """
    faults = Faults()
    entries: dict[Path, list[Entry]] = {}
    for path in data:
        listing = faults.of(list_entries, path, pattern=pattern)
        if listing:
            faults.lines += listing.faults
            entries[path] = listing.entries
    faults.lines += conflicts(entries)
    parts: dict[str, list[tuple[Entry, Recording]]] = {"train": [], "valid": []}
    used = [entry for some in entries.values() for entry in some if entry.split in parts]
    progress(0, len(used))
    for done, entry in enumerate(used, start=1):
        # Recordings for validation are read again when they are transcribed. Here, they are only checked.
        recording = faults.of(load_recording, entry, sample_rate, cache)
        if recording:
            parts[entry.split].append((entry, recording))
        progress(done, len(used))
    backgrounds = list(_backgrounds(accompaniment, sample_rate, faults)) if accompaniment else []
    if faults.lines:
        raise InputError("\n".join(faults.lines))
    return Data(
        entries=[entry for entry, _ in parts["train"]],
        recordings=[recording for _, recording in parts["train"]],
        valid=[entry for entry, _ in parts["valid"]],
        backgrounds=backgrounds,
        checksum=_checksum([pair for part in parts.values() for pair in part], backgrounds),
    )


def conflicts(entries: dict[Path, list[Entry]]) -> Iterator[str]:
    """Yield one line for each recording in several splits, and for each id that several manifests or folders use.

    Args:
        entries: map from a manifest or folder to its entries.
    """
    uses: dict[Path, dict[str, Path]] = defaultdict(dict)
    homes: dict[tuple[str, str], dict[Path, None]] = defaultdict(dict)
    for path, some in entries.items():
        for entry in (entry for entry in some if entry.split in SPLITS):
            uses[entry.audio.resolve()].setdefault(entry.split, path)
            homes[entry.source, entry.id][path] = None
    for audio, parts in uses.items():
        if len(parts) > 1:
            where = " and ".join(f"{part} ({path})" for part, path in parts.items())
            yield f"{audio}: is in {where}, so scores on it would be too good; keep it in one split"
    for (source, name), paths in homes.items():
        if len(paths) > 1:
            where = " and ".join(map(str, paths))
            yield f"{where}: the id {name!r} of {source!r} is in each; remove one, or give each its own source"


def _backgrounds(folder: Path, sample_rate: int, faults: Faults) -> Iterator[np.ndarray]:
    """Yield the samples, (n,) int16, of each readable recording in a folder and its sub-folders."""
    files = recordings_in(folder)
    if not files:
        faults.lines.append(f"{folder}: there are no recordings in this folder; give one with accompaniments")
    for file in files:
        samples = faults.of(load_background, file, sample_rate)
        if samples is not None:
            yield samples


def _checksum(pairs: Sequence[tuple[Entry, Recording]], backgrounds: Sequence[np.ndarray]) -> str:
    """Compute the checksum of all data for training and validation, which does not depend on their folders."""
    digest = hashlib.sha256()
    for entry, recording in pairs:
        digest.update(f"{entry.id}|{entry.split}|{entry.source}|{entry.weight}".encode())
        # The default value adds nothing, so that training runs from before this column was added can be resumed.
        digest.update(b"" if entry.boundaries == "both" else entry.boundaries.encode())
        for array in (recording.samples, recording.notes, recording.f0, recording.accompaniment):
            digest.update(b"-" if array is None else array.tobytes())
    for array in backgrounds:
        digest.update(array.tobytes())
    return digest.hexdigest()
