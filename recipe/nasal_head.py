"""Train the head for nasals, and write a copy of a model with this head.

    python -m recipe.nasal_head DATA MODEL OUT.safetensors

The head is a logistic regression on the output of the LSTM; all other weights stay the same. Its labels are the
phonemes of PJS and the syllables of UTAU, for the recordings of the training split. Each recording is used three times:
as it is, and with noise after resampling to 5/6 and 6/5 of its length, which moves pitch and formants. PJS and UTAU
have the same total weight, and so have frames with and without nasals.

The program prints, for the validation recordings of each set, the probability that a frame with a nasal has a higher
value than a frame without (area under the curve), and the shares of both kinds of frames that are classified as nasals.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from scipy.signal import resample_poly

from recipe.calibrate import area, fit
from recipe.manifest import NASAL_SYLLABLES, PJS_TEST, PJS_VALID, UTAU_VALID
from singtrans import audio
from singtrans.errors import SingtransError
from singtrans.model.heads import HEADS
from singtrans.model.level import level
from singtrans.model.model_file import read_model, write_model
from singtrans.model.network import Model
from singtrans.model.weights import to_torch

NASALS = frozenset(("N", "n", "ny", "m", "my"))
"""Phonemes of PJS that are nasal consonants."""

STRETCHES = ((1, 1), (5, 6), (6, 5))
"""Lengths of the copies of a recording, relative to its length: numerators and denominators."""

EDGE = 0.02  # seconds at both ends of a phoneme that are not used
VOWEL = (0.04, 0.6)  # seconds after the start of a syllable, and share of its length, between which its vowel sounds
NASAL_END = 0.08  # seconds at the end of a nasal syllable that are not used
NOISE = (20.0, 45.0)  # signal-to-noise ratios in dB
PENALTY = 300.0


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames of a recording whose kind is known.

    Attributes:
        source: name of the data set.
        context: (frames, 2 * hidden) output of the LSTM.
        nasal: (frames,) 1 for frames with a nasal, 0 for others.
    """

    source: str
    context: np.ndarray
    nasal: np.ndarray


def kinds(labels: Path, times: np.ndarray, stretch: float = 1.0) -> np.ndarray:
    """Return the kind of each frame: 1 for a nasal, 0 for another sound, -1 if unknown or silent.

    Args:
        labels: file of phonemes (PJS, in units of 100 ns) or of syllables (UTAU, in seconds).
        times: (frames,) centres of the frames in seconds.
        stretch: factor by which the recording is longer than the labels.
    """
    found = np.full(len(times), -1)
    for line in labels.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        begin, end, name = line.split()
        phoneme = "." not in begin
        start, stop = (float(time) * stretch * (1e-7 if phoneme else 1.0) for time in (begin, end))
        if phoneme:
            kind = -1 if name == "pau" else int(name in NASALS)
            start, stop = start + EDGE, stop - EDGE
        elif name in NASAL_SYLLABLES:
            kind, start, stop = 1, start + VOWEL[0], stop - NASAL_END
        else:
            kind, start, stop = 0, start + VOWEL[0], start + VOWEL[1] * (stop - start)
        found[(times >= start) & (times < stop)] = kind
    return found


@torch.inference_mode()
def context(model: Model, samples: np.ndarray) -> np.ndarray:
    """Compute the output of the LSTM, (frames, 2 * hidden), for the samples of a recording."""
    features, margin = model.config.features, model.front_end.margin
    scaled = samples / max(level(samples, features.sample_rate), 1e-9)
    padded = np.pad(scaled, margin)[None].astype(np.float32)
    joined, _ = model.network.embed(*model.front_end(torch.from_numpy(padded)))
    found: np.ndarray = model.network.lstm(model.network.normalise(joined))[0][0].numpy()
    return found


def labelled(data: Path, *, valid: bool) -> Iterator[tuple[str, Path]]:
    """Yield the sources and the label files of the training recordings, or of the validation recordings."""
    for labels in sorted((data / "pjs").glob("*.lab")):
        number = int(labels.stem.removeprefix("pjs"))
        if number not in PJS_TEST and (number in PJS_VALID) == valid:
            yield "pjs", labels
    for labels in sorted((data / "utau").glob("*.lab")):
        if (labels.stem.split("_")[0] in UTAU_VALID) == valid:
            yield "utau", labels


def collect(model: Model, data: Path, *, valid: bool, seed: int = 0) -> list[Frames]:
    """Compute the labelled frames of all recordings of a split; only training recordings are stretched."""
    rng, features, found = np.random.default_rng(seed), model.config.features, []
    for source, labels in labelled(data, valid=valid):
        recording = next(path for ending in (".flac", ".ogg") if (path := labels.with_suffix(ending)).is_file())
        samples = audio.load(recording, features.sample_rate)
        for up, down in STRETCHES[:1] if valid else STRETCHES:
            heard = samples
            if up != down:
                heard = resample_poly(samples, up, down)
                ratio = rng.uniform(*NOISE)
                heard = heard + rng.normal(0.0, heard.std() * 10 ** (-ratio / 20), len(heard))
            output = context(model, heard)
            kind = kinds(labels, np.arange(len(output)) * features.hop_seconds, up / down)
            found.append(Frames(source, output[kind >= 0], kind[kind >= 0]))
    return found


def train(frames: list[Frames], penalty: float = PENALTY) -> np.ndarray:
    """Fit the head; return its bias and weights, (1 + 2 * hidden,)."""
    nasal = np.concatenate([f.nasal for f in frames])
    group = np.concatenate([np.full(len(f.nasal), f.source == "pjs") for f in frames]) * 2 + nasal
    weight = len(nasal) / np.bincount(group, minlength=4)[group] / len(np.unique(group))
    return fit(np.concatenate([f.context for f in frames]).astype(np.float64), nasal, weight, penalty)


def report(frames: list[Frames], weights: np.ndarray) -> None:
    """Print how well the head classifies the frames of each set."""
    for source in sorted({f.source for f in frames}):
        nasal = np.concatenate([f.nasal for f in frames if f.source == source])
        value = np.concatenate([f.context for f in frames if f.source == source]) @ weights[1:] + weights[0]
        shares = [float((value[nasal == kind] > 0.0).mean()) for kind in (1, 0)]
        print(f"{source}: area {area(value, nasal):.3f}, nasals {shares[0]:.3f}, others {shares[1]:.3f}", flush=True)


def add(data: Path, path: Path, out: Path) -> None:
    """Train the head, and write a copy of a model with it.

    Args:
        data: folder of the data sets.
        path: model file, with or without this head.
        out: file to write.

    Raises:
        SingtransError: if the model or a recording cannot be read.
    """
    stored = read_model(path)
    model = to_torch(stored)
    weights = train(collect(model, data, valid=False))
    report(collect(model, data, valid=True), weights)
    at = HEADS.index("nasal")
    network = dict(stored.network)
    for name, values in (("heads.weight", weights[None, 1:]), ("heads.bias", weights[:1])):
        network[name] = np.concatenate([network[name][:at], values.astype(np.float32)])
    notes = {key: value for key, value in stored.metadata.items() if key not in ("format", "config", "sha256")}
    write_model(replace(stored, network=network), out, notes)


def main() -> None:
    """Add the head to a model; exit with an error of one line if this fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    try:
        add(options.data, options.model, options.out)
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
