"""Accuracy on songs with accompaniment, with and without separating the voice.

    python -m benchmarks.songs DATA [--part train|valid|test] [--clips 3] [--solos 6] [--model MODEL] [--rows FILE]
    python -m benchmarks.songs tune FILE

The first command measures with the engine ``spleeter``. Some clips of each MIR-1K singer of the part are mixed with
their accompaniment at several levels (dB of the voice above it); the accompaniment is also used alone. Solos are clips
of the same singers and recordings of ssvd and pjs, clean, in a room, and with noise. Three systems are compared:
``raw`` transcribes the mix, ``always`` the separated voice, and ``auto`` chooses (`singtrans.separation.song`). Figures
are means over clips: RPA, VR and VFA against the labelled pitch, and COn and COnP against the notes of the clean voice.

``--rows`` writes the measurements, one line per recording. ``tune`` reads such files of training singers and prints the
best thresholds of `SongConfig`: those that separate no solo and raise the scores of the mixes most.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.conditions import in_room, noisy
from benchmarks.phenomena import seed_of
from benchmarks.tables import table
from recipe import manifest
from singtrans import audio
from singtrans.formats import load_pitch
from singtrans.notes import PitchTrack, Transcription
from singtrans.scoring.metrics import figures as named
from singtrans.scoring.metrics import score_notes, score_pitch
from singtrans.separation.config import SongConfig
from singtrans.separation.engines import Engine, make_separator
from singtrans.separation.separator import Separator
from singtrans.separation.song import separated_is_better, sureness
from singtrans.separation.voice_file import write_voice
from singtrans.transcriber import Transcriber

RATE = 16_000
LEVELS = (10, 5, 0, -5)  # dB of the voice above the accompaniment
SOLO, BAND = "solo", "band"
FIGURES = ("rpa", "vr", "vfa", "con", "conp")
DOUBTFUL = np.round(np.arange(0.50, 0.951, 0.01), 2)
GAINS = np.round(np.arange(0.0, 0.101, 0.005), 3)
PEAK = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """Measurements on one recording; ``raw`` is the mix, and ``voice`` the separated voice.

    Attributes:
        name: name of the clip.
        kind: ``solo`` and a condition, ``band``, or a level in dB.
        share: dB of the separated voice relative to the recording.
        raw_sure, voice_sure: mean clarity of the notes (`sureness`); -1 without notes.
        raw_notes, voice_notes: number of notes.
        raw_rpa, voice_rpa, ...: the `FIGURES` of both; -1 without labels.
    """

    name: str
    kind: str
    share: float
    raw_sure: float
    voice_sure: float
    raw_notes: int
    voice_notes: int
    raw_rpa: float = -1.0
    raw_vr: float = -1.0
    raw_vfa: float = -1.0
    raw_con: float = -1.0
    raw_conp: float = -1.0
    voice_rpa: float = -1.0
    voice_vr: float = -1.0
    voice_vfa: float = -1.0
    voice_con: float = -1.0
    voice_conp: float = -1.0

    def separated(self, config: SongConfig) -> bool:
        """Return whether ``auto`` keeps the separated voice."""
        before, after = (None if sure < 0 else sure for sure in (self.raw_sure, self.voice_sure))
        doubtful = before is not None and before < config.doubtful  # a model may have a lower threshold
        return doubtful and (self.share < config.quietest or separated_is_better(before, after, self.share, config))

    def of(self, system: str, figure: str, config: SongConfig) -> float:
        """Return a figure of ``raw``, ``always`` or ``auto``."""
        voice = system == "always" or (system == "auto" and self.separated(config))
        return float(getattr(self, f"{'voice' if voice else 'raw'}_{figure}"))


class Meter:
    """Measures recordings with one model and one separator."""

    def __init__(self, model: str, folder: Path) -> None:
        self._transcriber = Transcriber(model, "cpu")
        self._separator: Separator = make_separator(Engine.SPLEETER)
        self._folder = folder

    def __call__(
        self, name: str, kind: str, samples: np.ndarray, clean: Transcription | None, pitch: PitchTrack | None
    ) -> Row:
        """Measure (n,) samples at 16 kHz against the transcription of the clean voice and its pitch."""
        path = self._folder / "song.wav"
        soundfile.write(path, samples * (PEAK / max(np.abs(samples).max(), 1e-6)), RATE, subtype="PCM_16")
        target = self._folder / "song.voice.flac"
        voice = write_voice(path, self._separator, None, target, SongConfig().instruments)
        raw, separated = self._transcriber(path), self._transcriber(target)
        sure = [-1.0 if (found := sureness(t)) is None else found for t in (raw, separated)]
        figures = _figures("raw", raw, clean, pitch) | _figures("voice", separated, clean, pitch)
        return Row(name, kind, voice.share, *sure, len(raw.notes), len(separated.notes), **figures)

    def clean(self, samples: np.ndarray) -> Transcription:
        """Transcribe a clean voice."""
        return self._transcriber.transcribe(samples)


def _figures(
    prefix: str, found: Transcription, clean: Transcription | None, pitch: PitchTrack | None
) -> dict[str, float]:
    figures: dict[str, float] = {}
    if pitch is not None:
        scores = named(score_pitch(pitch, found.pitch))
        figures |= {name.lower(): scores[name] for name in ("RPA", "VR", "VFA")}
    if clean is not None:
        notes = score_notes(clean.notes, found.notes)
        figures |= {"con": notes.con.f_measure, "conp": notes.conp.f_measure}
    return {f"{prefix}_{name}": float(value) for name, value in figures.items()}


def mixed(voice: np.ndarray, band: np.ndarray, level: float) -> np.ndarray:
    """Add an accompaniment so that the voice is ``level`` dB above it."""
    band = np.pad(band, (0, max(0, len(voice) - len(band))))[: len(voice)]
    gain = np.sqrt(np.square(voice).mean() / max(np.square(band).mean(), 1e-12)) * 10 ** (-level / 20)
    return voice + gain * band


def clips(data: Path, part: str, most: int) -> list[Path]:
    """Return up to ``most`` pitch files of MIR-1K for each singer in a part, spread over the singer's clips."""
    by_singer: dict[str, list[Path]] = {}
    for path in sorted((data / "mir1k").glob("*.f0.txt")):
        by_singer.setdefault(path.name.split("_")[0], []).append(path)
    named = {"valid": manifest.MIR1K_VALID, "test": manifest.MIR1K_TEST}
    others = by_singer.keys() - manifest.MIR1K_VALID - manifest.MIR1K_TEST
    chosen = sorted(named.get(part, others) & by_singer.keys())
    return [path for singer in chosen for path in spread(by_singer[singer], most)]


def solos(data: Path, part: str, most: int) -> list[Path]:
    """Return up to ``most`` recordings each of ssvd and pjs in a part."""
    found = []
    for source, valid, test in (
        ("ssvd", manifest.SSVD_VALID, manifest.SSVD_TEST),
        ("pjs", {f"pjs{n:03}" for n in manifest.PJS_VALID}, {f"pjs{n:03}" for n in manifest.PJS_TEST}),
    ):
        named = {"valid": frozenset(valid), "test": frozenset(test)}
        paths = sorted(p for p in (data / source).iterdir() if p.suffix in (".flac", ".ogg"))
        these = [p for p in paths if p.stem in named.get(part, {q.stem for q in paths} - set(valid) - set(test))]
        found += spread(these, most)
    return found


def spread(paths: Sequence[Path], most: int) -> list[Path]:
    """Return at most ``most`` of the paths, evenly spaced."""
    if len(paths) <= most:
        return list(paths)
    return [paths[round(i)] for i in np.linspace(0, len(paths) - 1, most)]


def measure(meter: Meter, data: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Measure mixes, accompaniments and solos."""
    for f0 in clips(data, options.part, options.clips):
        name = f0.name.removesuffix(".f0.txt")
        voice, band = (audio.load(f0.with_name(f"{name}.{kind}.ogg"), RATE) for kind in ("voice", "accomp"))
        clean, pitch = meter.clean(voice), load_pitch(f0)
        for level in LEVELS:
            yield meter(name, f"{level:+d} dB", mixed(voice, band, level), clean, pitch)
        yield meter(name, BAND, band, None, None)
        yield from _as_solo(meter, name, voice, clean, pitch)
    for path in solos(data, options.part, options.solos):
        voice = audio.load(path, RATE)[: 20 * RATE]
        yield from _as_solo(meter, path.stem, voice, meter.clean(voice), None)


def _as_solo(
    meter: Meter, name: str, voice: np.ndarray, clean: Transcription, pitch: PitchTrack | None
) -> Iterator[Row]:
    rng = np.random.default_rng(seed_of("songs", name))
    yield meter(name, SOLO, voice, clean, pitch)
    yield meter(name, f"{SOLO}, noise 10 dB", noisy(voice, rng, 10.0), clean, pitch)
    yield meter(name, f"{SOLO}, room and noise 10 dB", noisy(in_room(voice, rng, 0.6), rng, 10.0), clean, pitch)


def summary(rows: Sequence[Row], config: SongConfig) -> Iterator[list[object]]:
    """Yield means over the recordings of each kind, by system."""
    for kind in dict.fromkeys(row.kind for row in rows):
        these = [row for row in rows if row.kind == kind]
        kept = sum(row.separated(config) for row in these)
        for system in ("raw", "always", "auto"):
            cells = []
            for figure in FIGURES:
                values = [v for row in these if (v := row.of(system, figure, config)) >= 0]
                cells.append(f"{np.mean(values):.3f}" if values else "-")
            notes = sum(_notes(row, system, config) for row in these) / len(these)
            yield [kind, len(these), system, *cells, f"{notes:.1f}", kept if system == "auto" else ""]


def _notes(row: Row, system: str, config: SongConfig) -> int:
    """Return the number of notes that a system writes; ``auto`` writes none if there is hardly any voice."""
    if system == "auto" and row.separated(config):
        return 0 if row.share < config.quietest else row.voice_notes
    return row.voice_notes if system == "always" else row.raw_notes


def tune(rows: Sequence[Row], quietest: float) -> tuple[SongConfig, list[list[object]]]:
    """Choose both thresholds.

    Returns:
        The configuration, and the table of trials: thresholds, solos that are separated, mean COnP of the mixes.
    """
    mixes = [row for row in rows if row.kind.endswith(" dB") and not row.kind.startswith(SOLO)]
    alone = [row for row in rows if row.kind.startswith(SOLO)]
    trials = []
    for doubtful in DOUBTFUL:
        for gain in GAINS:
            config = SongConfig(doubtful=float(doubtful), gain=float(gain), quietest=quietest)
            wrong = sum(row.separated(config) for row in alone)
            trials.append((wrong, -float(np.mean([row.of("auto", "conp", config) for row in mixes])), config))
    fewest = min(wrong for wrong, _, _ in trials)
    best = min(score for wrong, score, _ in trials if wrong == fewest)
    as_good = [config for wrong, score, config in trials if wrong == fewest and score <= best + 0.001]
    middle = np.median([[c.doubtful, c.gain] for c in as_good], axis=0)
    chosen = min(as_good, key=lambda c: abs(c.doubtful - middle[0]) + 2 * abs(c.gain - middle[1]))
    shown = [[c.doubtful, c.gain, wrong, f"{-score:.3f}"] for wrong, score, c in trials if c.gain == chosen.gain]
    return chosen, shown


def save(rows: Iterable[Row], path: Path) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def read(path: Path) -> list[Row]:
    """Read rows that `save` wrote."""
    kinds = {field.name: field.type for field in fields(Row)}
    with path.open(newline="", encoding="utf-8") as file:
        return [Row(**{name: kinds[name](value) for name, value in line.items()}) for line in csv.DictReader(file)]


def _tune(paths: Sequence[Path]) -> None:
    rows = [row for path in paths for row in read(path)]
    config, trials = tune(rows, SongConfig().quietest)
    for line in table(["doubtful", "gain", "solos separated", "COnP of mixes"], trials):
        print(line)
    print(f"\n{config}, of {len(rows)} recordings")


def main() -> None:
    """Measure, or choose thresholds (``tune``)."""
    parser = argparse.ArgumentParser(description="Accuracy on songs with accompaniment.")
    parser.add_argument("data", help="the folder of recordings, or: tune")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files of rows for choosing thresholds")
    parser.add_argument("--part", default="valid", choices=["train", "valid", "test"])
    parser.add_argument("--clips", type=int, default=3, help="of each singer")
    parser.add_argument("--solos", type=int, default=6, help="recordings of ssvd, and as many of pjs")
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--rows", type=Path, help="file for the measurements")
    options = parser.parse_args()
    if options.data == "tune":
        _tune(options.files)
        return
    with tempfile.TemporaryDirectory() as folder:
        meter = Meter(options.model, Path(folder))
        rows = list(measure(meter, Path(options.data), options))
    if options.rows:
        save(rows, options.rows)
    head = ["recordings", "clips", "system", "RPA", "VR", "VFA", "COn", "COnP", "notes", "separated"]
    for line in table(head, summary(rows, SongConfig())):
        print(line)


if __name__ == "__main__":
    main()
