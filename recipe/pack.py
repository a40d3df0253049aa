"""Pack what is trained on, to travel to a machine that has neither the data sets nor WORLD.

    python -m recipe.pack OUT NAME=MANIFEST[,MANIFEST...] [NAME=...] [--cache FOLDER]

OUT receives every recording once, as Ogg Opus, and for each name the labels and the measured pitch of the training
recordings in its manifests: `together.py` trains from it. A pack that is too large for one journey may be divided: its
recordings may lie in several folders.
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

from singtrans.errors import SingtransError
from singtrans.training.load import load_data
from singtrans.training.recordings import Recording

RATE = 16_000  # Hz
KBPS = {"ssvd": 36, "pjs": 36}  # people whose notes were labelled by people
OTHER_KBPS = 24
BACKGROUNDS = 150  # of the accompaniments


@dataclass(frozen=True)
class Pack:
    """What was packed.

    Attributes:
        views: recording -> name -> the recording with that name's labels.
        names: in the order in which they were packed.
        backgrounds: (n,) int16 each, accompaniments to be mixed in.
    """

    views: Mapping[str, Mapping[str, Recording]]
    names: Sequence[str]
    backgrounds: Sequence[np.ndarray]


@dataclass
class _Packer:
    """Gathers sounds and arrays, each once, under a name made of what they are."""

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


def write_pack(out: Path, named: Sequence[tuple[str, list[Path]]], cache: Path) -> None:
    """Pack the training recordings of all names' manifests into the new folder ``out``.

    Args:
        out: is made, once everything was read.
        named: names with their manifests.
        cache: folder for decoded audio.

    Raises:
        SingtransError: if a manifest or a recording cannot be used, or the folder exists or cannot be made.
    """
    if out.exists():
        raise SingtransError(f"{out}: exists already; give a folder that does not")
    packer = _Packer()
    names: dict[str, list[dict[str, Any]]] = {}
    backgrounds: dict[str, None] = {}
    for name, manifests in named:
        data = load_data(manifests, None, cache, RATE)
        names[name] = []
        for entry, recording in zip(data.entries, data.recordings, strict=True):
            names[name].append(
                {
                    "id": recording.id,
                    "audio": packer.sound(recording.samples, KBPS.get(entry.source, OTHER_KBPS)),
                    "notes": packer.array(recording.notes, np.float64),
                    "f0": packer.array(recording.f0, np.float32),
                    "voiced": packer.array(recording.voiced, np.float16),
                    "weight": recording.weight,
                    "offsets": recording.offsets,
                }
            )
            if recording.accompaniment is not None and len(backgrounds) < BACKGROUNDS:
                backgrounds[packer.sound(recording.accompaniment, OTHER_KBPS)] = None
    with ThreadPoolExecutor() as pool:
        files = pool.map(_opus, *zip(*packer.sounds.values(), strict=True))
        encoded = dict(zip(packer.sounds, files, strict=True))
    try:
        out.mkdir(parents=True)
    except OSError as error:
        raise SingtransError(f"{out}: cannot be made ({error.strerror}); give a folder that can") from None
    for key, file in encoded.items():
        (out / f"{key}.opus").write_bytes(file)
    np.savez_compressed(out / "arrays.npz", **packer.arrays)  # type: ignore[arg-type]  # none is named allow_pickle
    (out / "index.json").write_text(json.dumps({"names": names, "backgrounds": list(backgrounds)}))
    print(f"{len(encoded)} recordings, {sum(map(len, encoded.values())) / 1e6:.1f} MB")


def read_pack(folders: Sequence[Path]) -> Pack:
    """Read a pack.

    Args:
        folders: the first has the index, all have recordings.

    Raises:
        SingtransError: if the index or a recording is missing.
    """
    first = folders[0]
    if not (first / "index.json").is_file():
        raise SingtransError(f"{first}: has no index.json; name the folder first that has it")
    index = json.loads((first / "index.json").read_text())
    with np.load(first / "arrays.npz") as file:
        arrays = {name: file[name] for name in file.files}
    with ProcessPoolExecutor() as pool:
        sounds = dict(pool.map(_decoded, [f for folder in folders for f in sorted(folder.glob("*.opus"))], chunksize=8))
    used = {row["audio"] for rows in index["names"].values() for row in rows} | set(index["backgrounds"])
    if lacking := sorted(used - sounds.keys()):
        raise SingtransError(
            f"{first}: {len(lacking)} recordings of the pack are in none of the folders, such as {lacking[0]}.opus;"
            " name all folders that hold a part of it"
        )
    views: dict[str, dict[str, Recording]] = {}
    for name, rows in index["names"].items():
        for row in rows:
            views.setdefault(row["audio"], {})[name] = _recording(row, sounds, arrays)
    return Pack(views, list(index["names"]), [sounds[key] for key in index["backgrounds"]])


def _opus(samples: np.ndarray, kbps: float) -> bytes:
    """``samples`` (n,) int16 as Ogg Opus."""
    file = io.BytesIO()
    level = 1.0 - (kbps - 6.0) / 250.0  # libsndfile's scale from 256 to 6 kbit/s
    soundfile.write(file, samples, RATE, format="OGG", subtype="OPUS", compression_level=level)
    return file.getvalue()


def _decoded(path: Path) -> tuple[str, np.ndarray]:
    return path.stem, soundfile.read(path, dtype="int16")[0]


def _recording(row: dict[str, Any], sounds: dict[str, np.ndarray], arrays: dict[str, np.ndarray]) -> Recording:
    return Recording(
        id=row["id"],
        samples=sounds[row["audio"]],
        notes=arrays[row["notes"]] if row["notes"] else None,
        f0=arrays[row["f0"]],
        voiced=arrays[row["voiced"]].astype(np.float32),
        accompaniment=None,
        sample_rate=RATE,
        weight=row["weight"],
        offsets=row["offsets"],
    )


def main() -> None:
    """Pack, or say in a line why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("named", nargs="+", metavar="NAME=MANIFEST[,MANIFEST...]")
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="for decoded audio (default: %(default)s)")
    options = parser.parse_args()
    named = []
    for text in options.named:
        name, _, manifests = text.partition("=")
        if not (name and manifests):
            parser.error(f"{text}: not of the form NAME=MANIFEST")
        named.append((name, [Path(path) for path in manifests.split(",")]))
    try:
        write_pack(options.out, named, options.cache)
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
