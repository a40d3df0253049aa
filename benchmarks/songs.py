"""Accuracy on songs with accompaniment, with and without separating the voice.

    python -m benchmarks.songs DATA [--part train|valid|test] [--clips 3] [--solos 6] [--model MODEL] [--rows FILE]
    python -m benchmarks.songs tune FILE [FILE ...]

The first command measures the accuracy with the separation engine ``spleeter``. Some clips of each MIR-1K singer in the
selected part are mixed with their accompaniment at several levels (in dB of the voice above the accompaniment); the
accompaniment is also used alone. Solos are clips of the same singers and recordings of ssvd and pjs; each is used
clean, in a room, and with several noises. Three systems are compared: ``raw`` transcribes the mix, ``always``
transcribes the separated voice, and ``auto`` chooses between the two (`singtrans.separation.song`). Figures are means
over clips: RPA, VR and VFA against the labelled pitch, and COn and COnP against the notes of the clean voice.

``--rows`` writes the measurements, one line per recording. ``tune`` reads such files, made with ``--part train``, and
prints the best thresholds for `SongConfig`. These improve the mixes most without making any figure of any kind of solos
worse by more than `benchmarks.song_rows.MOST_HARM`.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.conditions import hum, in_room, metronome, noisy
from benchmarks.phenomena import seed_of
from benchmarks.song_rows import FIGURES, GRID, SOLO, SYSTEMS, Row, mean, read, save, tune
from benchmarks.tables import table
from recipe import manifest
from singtrans import audio
from singtrans.formats import load_pitch
from singtrans.notes import PitchTrack, Transcription
from singtrans.scoring.metrics import figures as named
from singtrans.scoring.metrics import score_notes, score_pitch
from singtrans.separation.choices import Engine
from singtrans.separation.config import SongConfig
from singtrans.separation.engines import make_separator
from singtrans.separation.separator import Separator
from singtrans.separation.song import sureness
from singtrans.separation.voice_file import write_voice
from singtrans.transcriber import Transcriber

RATE = 16_000
LEVELS = (10, 5, 0, -5)  # dB of the voice above the accompaniment
BAND = "band"
PEAK = 0.9
ROOM = 0.6  # RT60 in seconds
PINK = 1.0  # slope of the spectrum of pink noise
SOLOS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    SOLO: lambda voice, rng: voice,
    f"{SOLO}, noise 10 dB": lambda voice, rng: noisy(voice, rng, 10.0),
    f"{SOLO}, pink noise 10 dB": lambda voice, rng: noisy(voice, rng, 10.0, PINK),
    f"{SOLO}, pink noise 5 dB": lambda voice, rng: noisy(voice, rng, 5.0, PINK),
    f"{SOLO}, room": lambda voice, rng: in_room(voice, rng, ROOM),
    f"{SOLO}, room and noise 10 dB": lambda voice, rng: noisy(in_room(voice, rng, ROOM), rng, 10.0),
    f"{SOLO}, room and pink noise 10 dB": lambda voice, rng: noisy(in_room(voice, rng, ROOM), rng, 10.0, PINK),
    f"{SOLO}, hum 10 dB": lambda voice, rng: hum(voice, rng, 10.0),
    f"{SOLO}, metronome 10 dB": lambda voice, rng: metronome(voice, rng, 10.0),
}
"""Map from kinds of solos to functions that make them from a clean voice."""


class Meter:
    """Measurement of recordings with one model and one separator."""

    def __init__(self, model: str, folder: Path) -> None:
        self._transcriber = Transcriber(model, "cpu")
        self._separator: Separator = make_separator(Engine.SPLEETER)
        self._folder = folder

    def __call__(
        self, name: str, kind: str, samples: np.ndarray, clean: Transcription | None, pitch: PitchTrack | None
    ) -> Row:
        """Compare transcriptions of (n,) samples at 16 kHz with that of the clean voice and with the labelled pitch."""
        path = self._folder / "song.wav"
        soundfile.write(path, samples * (PEAK / max(np.abs(samples).max(), 1e-6)), RATE, subtype="PCM_16")
        target = self._folder / "song.voice.flac"
        voice = write_voice(path, self._separator, None, target, SongConfig().instruments)
        raw, separated = self._transcriber(path), self._transcriber(target)
        sure = [-1.0 if (found := sureness(t)) is None else found for t in (raw, separated)]
        figures = _figures("raw", raw, clean, pitch) | _figures("voice", separated, clean, pitch)
        return Row(name, kind, *astuple(voice.balance), *sure, len(raw.notes), len(separated.notes), **figures)

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
    """Return up to ``most`` pitch files of MIR-1K for each singer in a part, evenly spaced among the singer's clips."""
    by_singer: dict[str, list[Path]] = {}
    for path in sorted((data / "mir1k").glob("*.f0.txt")):
        by_singer.setdefault(path.name.split("_")[0], []).append(path)
    named = {"valid": manifest.MIR1K_VALID, "test": manifest.MIR1K_TEST}
    others = by_singer.keys() - manifest.MIR1K_VALID - manifest.MIR1K_TEST
    chosen = sorted(named.get(part, others) & by_singer.keys())
    return [path for singer in chosen for path in spread(by_singer[singer], most)]


def solos(data: Path, part: str, most: int) -> list[Path]:
    """Return up to ``most`` recordings of ssvd, and as many of pjs, in a part."""
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
    for kind, change in SOLOS.items():
        yield meter(name, kind, change(voice, np.random.default_rng(seed_of(kind, name))), clean, pitch)


def summary(rows: Sequence[Row], config: SongConfig) -> Iterator[list[object]]:
    """Yield one row for each kind of recordings; each cell contains the means of all systems side by side."""
    for kind in dict.fromkeys(row.kind for row in rows):
        these = [row for row in rows if row.kind == kind]
        cells = [_cell([mean(these, system, figure, config) for system in SYSTEMS]) for figure in FIGURES]
        notes = [sum(_notes(row, system, config) for row in these) / len(these) for system in SYSTEMS]
        kept = sum(row.separated(config) for row in these)
        yield [kind, len(these), *cells, " / ".join(f"{count:.1f}" for count in notes), kept]


def _cell(values: Sequence[float | None]) -> str:
    return " / ".join("-" if value is None else f"{value:.3f}" for value in values)


def _notes(row: Row, system: str, config: SongConfig) -> int:
    """Return the number of notes that a system writes; ``auto`` writes none if there is hardly any voice."""
    if system == "auto" and row.separated(config):
        return 0 if row.is_instrumental(config) else row.voice_notes
    return row.voice_notes if system == "always" else row.raw_notes


def _tune(paths: Sequence[Path]) -> None:
    rows = [row for path in paths for row in read(path)]
    config, trials = tune(rows, SongConfig())
    for line in table([*GRID, "harm to solos", "improvement of mixes"], trials):
        print(line)
    print(f"\n{config}, from {len(rows)} recordings")


def main() -> None:
    """Measure, or choose thresholds (``tune``)."""
    parser = argparse.ArgumentParser(description="Accuracy on songs with accompaniment.")
    parser.add_argument("data", help="folder of recordings, or the word tune")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files that --rows wrote, for tune")
    parser.add_argument("--part", default="valid", choices=["train", "valid", "test"])
    parser.add_argument("--clips", type=int, default=3, help="number of clips of each singer")
    parser.add_argument("--solos", type=int, default=6, help="number of recordings of ssvd, and of pjs")
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
    print(f"Cells: {' / '.join(SYSTEMS)}\n")
    head = ["recordings", "clips", "RPA", "VR", "VFA", "COn", "COnP", "notes", "separated"]
    for line in table(head, summary(rows, SongConfig())):
        print(line)


if __name__ == "__main__":
    main()
