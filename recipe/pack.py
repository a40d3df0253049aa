"""Copy the training data to one folder: recordings as Ogg Opus, and labels and measured pitch as arrays.

    python -m recipe.pack OUT MANIFEST [MANIFEST ...] [--cache FOLDER]

A pack can be copied to a machine that has neither the data sets nor WORLD, and `recipe.train` can use it there.
"""

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from singtrans.dataset.manifest import Entry
from singtrans.errors import InputError
from singtrans.training.load import load_data
from singtrans.training.loop import Data
from singtrans.training.recordings import Recording

RATE = 16_000  # Hz
KBPS = {"ssvd": 28, "pjs": 28, "utau": 28, "mir1k": 20}
OTHER_KBPS = 16
BACKGROUNDS = 100  # number of accompaniments in the pack
ARRAYS: dict[str, type] = {
    "notes": np.float32,
    "f0": np.float32,
    "voiced": np.float16,
    "syllables": np.float32,
    "ornaments": np.float32,
}
"""Map from the names of a `Recording`'s arrays to their types in the pack."""
TOLD = ("id", "source", "license", "singer", "weight", "boundaries", "convention")


@dataclass
class _Packer:
    """Collection of sounds and arrays without duplicates; each is named by a checksum of its content."""

    sounds: dict[str, tuple[np.ndarray, float]] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def array(self, array: np.ndarray | None, kind: type) -> str | None:
        if array is None:
            return None
        array = array.astype(kind)
        key = hashlib.sha256(array.tobytes() + str(array.shape).encode()).hexdigest()[:16]
        self.arrays[key] = array
        return key

    def sound(self, samples: np.ndarray, kbps: float) -> str:
        key = hashlib.sha256(samples.tobytes()).hexdigest()[:16]
        self.sounds.setdefault(key, (samples, kbps))
        return key


def write_pack(out: Path, manifests: Sequence[Path], cache: Path) -> None:
    """Write the training recordings of all manifests to the new folder ``out``.

    Args:
        out: new folder. It is made only after everything has been read.
        manifests: manifests of the recordings.
        cache: folder for decoded audio.

    Raises:
        InputError: if a manifest or a recording cannot be used, or if ``out`` exists or cannot be made.
    """
    if out.exists():
        raise InputError(f"{out}: already exists; give a folder that does not")
    data, packer = load_data(manifests, None, cache, RATE), _Packer()
    rows: list[dict[str, Any]] = []
    backgrounds: dict[str, None] = {}
    for entry, recording in zip(data.entries, data.recordings, strict=True):
        row: dict[str, Any] = {name: getattr(entry, name) for name in TOLD}
        row["audio"] = packer.sound(recording.samples, KBPS.get(entry.source, OTHER_KBPS))
        row |= {name: packer.array(getattr(recording, name), kind) for name, kind in ARRAYS.items()}
        rows.append(row)
        if recording.accompaniment is not None and len(backgrounds) < BACKGROUNDS:
            backgrounds[packer.sound(recording.accompaniment, OTHER_KBPS)] = None
    with ThreadPoolExecutor() as pool:
        files = pool.map(_opus, *zip(*packer.sounds.values(), strict=True))
        encoded = dict(zip(packer.sounds, files, strict=True))
    try:
        out.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be made ({error.strerror}); give a folder that can") from None
    for key, file in encoded.items():
        (out / f"{key}.opus").write_bytes(file)
    np.savez_compressed(out / "arrays.npz", **packer.arrays)  # type: ignore[arg-type]  # none is named allow_pickle
    (out / "index.json").write_text(json.dumps({"recordings": rows, "backgrounds": list(backgrounds)}))
    print(f"{len(encoded)} recordings, {sum(map(len, encoded.values())) / 1e6:.1f} MB")


def read_pack(folder: Path) -> Data:
    """Read a pack.

    Raises:
        InputError: if the index or a recording is missing.
    """
    if not (folder / "index.json").is_file():
        raise InputError(f"{folder}: has no index.json; give a folder that `python -m recipe.pack` made")
    text = (folder / "index.json").read_text()
    index = json.loads(text)
    with np.load(folder / "arrays.npz") as file:
        arrays = {name: file[name] for name in file.files}
    with ProcessPoolExecutor() as pool:
        sounds = dict(pool.map(_decoded, sorted(folder.glob("*.opus")), chunksize=8))
    used = {row["audio"] for row in index["recordings"]} | set(index["backgrounds"])
    if lacking := sorted(used - sounds.keys()):
        raise InputError(f"{folder}: {len(lacking)} recordings are missing, such as {lacking[0]}.opus; pack again")
    rows = index["recordings"]
    return Data(
        entries=[Entry(audio=folder / f"{row['audio']}.opus", **{name: row[name] for name in TOLD}) for row in rows],
        recordings=[_recording(row, sounds, arrays) for row in rows],
        backgrounds=[sounds[key] for key in index["backgrounds"]],
        checksum=hashlib.sha256(text.encode()).hexdigest(),
    )


def _opus(samples: np.ndarray, kbps: float) -> bytes:
    """Encode ``samples`` (n,) int16 as Ogg Opus."""
    file = io.BytesIO()
    level = 1.0 - (kbps - 6.0) / 250.0  # libsndfile's scale from 256 to 6 kbit/s
    soundfile.write(file, samples, RATE, format="OGG", subtype="OPUS", compression_level=level)
    return file.getvalue()


def _decoded(path: Path) -> tuple[str, np.ndarray]:
    return path.stem, soundfile.read(path, dtype="int16")[0]


def _recording(row: Mapping[str, Any], sounds: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray]) -> Recording:
    wide = {
        name: arrays[row[name]].astype(np.float64 if name in ("notes", "syllables", "ornaments") else np.float32)
        if row[name]
        else None
        for name in ARRAYS
    }
    return Recording(
        id=row["id"],
        samples=sounds[row["audio"]],
        accompaniment=None,
        sample_rate=RATE,
        weight=row["weight"],
        offsets=row["boundaries"] != "onsets",
        convention=row["convention"] or row["source"],
        **wide,  # type: ignore[arg-type]  # pitch and voicing are always there
    )


def main() -> None:
    """Write the pack; exit with a one-line error message if this fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("manifests", nargs="+", type=Path, metavar="MANIFEST")
    parser.add_argument(
        "--cache", type=Path, default=Path("cache"), help="folder for decoded audio (default: %(default)s)"
    )
    options = parser.parse_args()
    try:
        write_pack(options.out, options.manifests, options.cache)
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
