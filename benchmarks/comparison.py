"""Accuracy of a model on recordings that were kept out of its training, beside other tools and other models.

    python -m benchmarks.comparison manifest.csv [SOURCE=HZ ...] [--model MODEL] [--split valid --split test]
                                  [--left-out SOURCE=MODEL ...] [--baselines] [--most 20]

One table of notes and one of pitch tracks: means over files with 95 % confidence intervals (bootstrap over files);
50 ms, 50 cents, the larger of 50 ms and 20 % of the note. SOURCE=HZ scores a data set a second time with a constant
added to its pitch labels, for those known to be sharp. "Told the boundaries" has the labels' onsets and offsets and the
model's pitch between them: its COnP is the most that better boundaries could bring. "All frames taken as voiced" has a
pitch in every frame: as MIREX compares trackers' pitch, whatever they call unvoiced. Where the labels are a score's,
whole semitones, a row has the notes that --key auto writes: what was meant, and not what was sung. By how many Hz a
set's labels are off, `singtrans evaluate` prints.

``--left-out`` scores a model that has heard nothing of a data set on all of that set. ``--baselines`` adds pYIN with
the plainest notes, and Basic Pitch, each if it is installed, on the first ``--most`` recordings of each set and part:

    pip install --no-deps basic-pitch; pip install librosa onnxruntime resampy pretty_midi
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.arguments import manifest, source_and_hz, source_and_word
from benchmarks.other_systems import basic_pitch, pyin
from benchmarks.tables import table
from singtrans import audio
from singtrans.dataset.manifest import SPLITS, Entry
from singtrans.decoding.decoder import pitch_between, pitch_track
from singtrans.decoding.posteriors import Posteriors
from singtrans.errors import SingtransError
from singtrans.melody.key import apply_key
from singtrans.melody.tuning import AUTO
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.scoring.metrics import NOTE_FIGURES, PITCH_FIGURES
from singtrans.scoring.references import Annotations, Reference, references_of_entries
from singtrans.scoring.scores import Evaluation, evaluate
from singtrans.scoring.statistics import mean_interval
from singtrans.scoring.systems import ModelSystem, System
from singtrans.transcriber import Transcriber

# The table's columns -> what `singtrans.scoring.scores` calls them.
F_MEASURES = {name: f"{name}.f_measure" for name in NOTE_FIGURES.values()}
PITCH = {name: name for name in PITCH_FIGURES.values()}
SHOWN = tuple(F_MEASURES), ("RPA", "RCA", "VR", "VFA")
BASELINES = {"pYIN, segmented": pyin, "Basic Pitch": basic_pitch}

Rows = dict[str, dict[str, list[float]]]  # what was scored -> metric -> a value a file


class Hearing:
    """A model whose posteriors are read in another way than a transcription reads them."""

    name = ""
    extra: tuple[str, ...] = ()

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._decoder = transcriber.model.config.decoder

    def _posteriors(self, reference: Reference) -> Posteriors:
        rate = self._transcriber.model.config.features.sample_rate
        return self._transcriber.posteriors(audio.load(reference.audio, rate))


class Told(Hearing):
    """A model that is told where the notes begin and end, and finds their pitch."""

    name = "told the boundaries"

    def __call__(self, reference: Reference) -> Annotations:
        """The labels' notes with the pitch that the model hears in them."""
        heard, spans = self._posteriors(reference), reference.read().spans
        return Annotations(tuple(Note(on, off, pitch_between(heard, self._decoder, on, off)) for on, off in spans))


class AllVoiced(Hearing):
    """A model that gives every frame a pitch: what its voicing costs raw pitch accuracy does not count."""

    name = "all frames taken as voiced"

    def __call__(self, reference: Reference) -> Annotations:
        """The pitch of every frame."""
        return Annotations(pitch=pitch_track(self._posteriors(reference), replace(self._decoder, voiced=0.0)))


class Written:
    """A model whose integer notes are scored, with those of the key that is found in them."""

    name = "as --key auto writes it"
    extra: tuple[str, ...] = ()

    def __init__(self, listening: System) -> None:
        self._listening = listening

    def __call__(self, reference: Reference) -> Annotations:
        """The integer notes."""
        notes = self._listening(reference).notes or ()
        nothing = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
        found = apply_key(Transcription(notes, nothing, 0.0), AUTO).notes
        return Annotations(tuple(replace(note, pitch=float(note.note)) for note in found))


def from_scores(references: Sequence[Reference]) -> bool:
    """Whether all pitches in the labels are whole semitones."""
    return all(note.pitch == round(note.pitch) for r in references for note in r.read().notes or ())


def interval(values: list[float]) -> str:
    """Mean and 95 % confidence interval."""
    found = mean_interval(values)
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


def score(
    entries: Sequence[Entry],
    transcribe: Callable[[Path], Transcription],
    shifts: dict[str, float],
    told: System | None = None,
    voiced: System | None = None,
) -> Rows:
    """Values of each metric for each file, by the table's rows; those of ``told`` and ``voiced`` where these are."""
    rows: Rows = {}
    listening = ModelSystem("", cache(transcribe))  # what is scored twice is listened to once
    for source in dict.fromkeys(entry.source for entry in entries if entry.notes or entry.f0):
        references = references_of_entries(
            entry for entry in entries if entry.source == source and (entry.notes or entry.f0)
        )
        found = evaluated(references, listening)
        if notes := values(found, F_MEASURES):
            rows[source] = notes
            row = source
            if shift := shifts.get(source, 0.0):
                row = f"{source}, labels moved by {shift:+g} Hz"
                rows[row] = values(evaluated(references, listening, shift), F_MEASURES)
            if told and from_scores(references):
                written = Written(listening)
                rows[f"{row}, {written.name}"] = values(evaluated(references, written, shift), F_MEASURES)
            if told:
                rows[f"{row}, {told.name}"] = values(evaluated(references, told, shift), F_MEASURES)
        if pitch := values(found, PITCH):
            rows[f"{source} pitch"] = pitch
            if voiced:
                rows[f"{source} pitch, {voiced.name}"] = values(evaluated(references, voiced), PITCH)
    return rows


def evaluated(references: Sequence[Reference], system: System, shift: float = 0.0) -> Evaluation:
    """Scores of all references.

    Raises:
        SingtransError: if one of them cannot be scored: a mean over the others would be of another set.
    """
    found = evaluate(references, system, shift)
    if found.failures:
        raise SingtransError("\n".join(found.failures))
    return found


def values(found: Evaluation, metrics: Mapping[str, str]) -> dict[str, list[float]]:
    """Values of each metric for each file that has all of them; nothing where none has."""
    files = [file.figures for file in found.files if file.figures.keys() >= set(metrics.values())]
    return {title: [figures[name] for figures in files] for title, name in metrics.items()} if files else {}


@dataclass(frozen=True)
class Trial:
    """A system, and the recordings that it is scored on."""

    name: str
    part: str
    entries: Sequence[Entry]
    transcribe: Callable[[Path], Transcription]
    told: System | None = None
    voiced: System | None = None


def first_of_each(entries: Sequence[Entry], most: int) -> list[Entry]:
    """The first ``most`` of each source."""
    sources = dict.fromkeys(entry.source for entry in entries)
    return [entry for source in sources for entry in [e for e in entries if e.source == source][:most]]


def trials(options: argparse.Namespace) -> list[Trial]:
    """Everything that was asked for, with every model loaded: what cannot be had is said before hours of scoring."""
    entries = options.entries
    parts = {split: [e for e in entries if e.split == split] for split in options.split or ["valid", "test"]}
    if missing := {source for source, _ in options.left_out} - {entry.source for entry in entries}:
        sys.exit(f"the manifest has no recordings of {', '.join(sorted(missing))}")
    transcriber = Transcriber(options.model, "cpu")
    found = [
        Trial(transcriber.model.name, part, e, transcriber, Told(transcriber), AllVoiced(transcriber))
        for part, e in parts.items()
    ]
    for source, path in options.left_out:
        other = Transcriber(path, "cpu")
        these = [entry for entry in entries if entry.source == source]
        found.append(Trial(f"trained without {source}", "all", these, other, Told(other)))
    for name, load in BASELINES.items() if options.baselines else ():
        try:
            system = load()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        found += [Trial(name, part, first_of_each(these, options.most), system) for part, these in parts.items()]
    return found


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description="Accuracy on recordings that were kept out of the training.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument(
        "shifts", nargs="*", type=source_and_hz, metavar="SOURCE=HZ", help="score again with pitch labels moved"
    )
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--split", action="append", choices=SPLITS, help="default: valid and test")
    parser.add_argument("--left-out", action="append", default=[], type=source_and_word, metavar="SOURCE=MODEL")
    parser.add_argument("--baselines", action="store_true", help="other tools, too")
    parser.add_argument("--most", type=int, default=20, help="recordings of a source that other tools are given")
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the tables."""
    options = arguments()
    shifts = dict(options.shifts)
    found = [
        (trial, score(trial.entries, trial.transcribe, shifts, trial.told, trial.voiced)) for trial in trials(options)
    ]
    for metrics in SHOWN:
        rows = (
            [name, trial.part, trial.name, len(each[metrics[0]]), *(interval(each[m]) for m in metrics)]
            for trial, by_name in found
            for name, each in by_name.items()
            if metrics[0] in each
        )
        print()
        for line in table(["recordings", "part", "system", "files", *metrics], rows):
            print(line, flush=True)


if __name__ == "__main__":
    main()
