"""Accuracy of models and other tools on held-out recordings.

    python -m benchmarks.comparison manifest.csv [SOURCE=HZ ...] [--model MODEL] [--split valid --split test]
                                  [--left-out SOURCE=MODEL ...] [--baselines] [--most 20]

It prints one table for notes and one for pitch tracks, with means over files and 95 % bootstrap intervals. Tolerances
are 50 ms for onsets, 50 cents for pitch, and the larger of 50 ms and 20 % of the note's length for offsets. SOURCE=HZ
scores a data set a second time with HZ added to its pitch labels. This is meant for labels that are known to be too
high or too low; `singtrans evaluate` prints the constant to add. The tables also have these rows:

- *given boundaries*: onsets and offsets of the labels, with the model's pitch between them. The COnP of this row is the
  highest that better boundaries could give.
- *all frames taken as voiced*: every frame gets a pitch, as in MIREX.
- *with --key auto*: pitches that ``--key auto`` has rounded to note numbers, if the labels are whole semitones.

With ``--left-out``, a model that was trained without a data set is scored on all of that set. ``--baselines`` also
scores pYIN with simple segmentation, and Basic Pitch, on the first ``--most`` recordings of each set and split. Both
must be installed:

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

# Column of the table -> name in `singtrans.scoring.scores`.
F_MEASURES = {name: f"{name}.f_measure" for name in NOTE_FIGURES.values()}
PITCH = {name: name for name in PITCH_FIGURES.values()}
SHOWN = tuple(F_MEASURES), ("RPA", "RCA", "VR", "VFA")
BASELINES = {"pYIN, segmented": pyin, "Basic Pitch": basic_pitch}

Rows = dict[str, dict[str, list[float]]]  # row -> metric -> one value per file


class ModelReading:
    """A model whose posteriors are decoded differently than in a transcription."""

    name = ""
    extra: tuple[str, ...] = ()

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._decoder = transcriber.model.config.decoder

    def _posteriors(self, reference: Reference) -> Posteriors:
        rate = self._transcriber.model.config.features.sample_rate
        return self._transcriber.posteriors(audio.load(reference.audio, rate))


class GivenBoundaries(ModelReading):
    """A model that only estimates pitches; onsets and offsets are those of the labels."""

    name = "given boundaries"

    def __call__(self, reference: Reference) -> Annotations:
        """Return the labelled notes with the model's pitch."""
        posteriors, spans = self._posteriors(reference), reference.read().spans
        return Annotations(tuple(Note(on, off, pitch_between(posteriors, self._decoder, on, off)) for on, off in spans))


class AllVoiced(ModelReading):
    """A model that gives every frame a pitch."""

    name = "all frames taken as voiced"

    def __call__(self, reference: Reference) -> Annotations:
        """Return the pitch of every frame."""
        return Annotations(pitch=pitch_track(self._posteriors(reference), replace(self._decoder, voiced=0.0)))


class KeyNotes:
    """A model whose pitches are rounded to note numbers in the estimated key."""

    name = "with --key auto"
    extra: tuple[str, ...] = ()

    def __init__(self, system: System) -> None:
        self._listening = system

    def __call__(self, reference: Reference) -> Annotations:
        """Return the notes with their pitches rounded to note numbers."""
        notes = self._listening(reference).notes or ()
        nothing = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
        found = apply_key(Transcription(notes, nothing, 0.0), AUTO).notes
        return Annotations(tuple(replace(note, pitch=float(note.note)) for note in found))


def from_scores(references: Sequence[Reference]) -> bool:
    """Check whether all labelled pitches are whole semitones."""
    return all(note.pitch == round(note.pitch) for r in references for note in r.read().notes or ())


def interval(values: list[float]) -> str:
    """Format the mean and its 95 % confidence interval."""
    found = mean_interval(values)
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


def score(
    entries: Sequence[Entry],
    transcribe: Callable[[Path], Transcription],
    shifts: dict[str, float],
    given: System | None = None,
    voiced: System | None = None,
) -> Rows:
    """Compute the values of each metric for each file, grouped by the rows of the table."""
    rows: Rows = {}
    system = ModelSystem("", cache(transcribe))  # transcribe once for several rows
    for source in dict.fromkeys(entry.source for entry in entries if entry.notes or entry.f0):
        references = references_of_entries(
            entry for entry in entries if entry.source == source and (entry.notes or entry.f0)
        )
        found = evaluated(references, system)
        if notes := values(found, F_MEASURES):
            rows[source] = notes
            row = source
            if shift := shifts.get(source, 0.0):
                row = f"{source}, labels moved by {shift:+g} Hz"
                rows[row] = values(evaluated(references, system, shift), F_MEASURES)
            if given and from_scores(references):
                written = KeyNotes(system)
                rows[f"{row}, {written.name}"] = values(evaluated(references, written, shift), F_MEASURES)
            if given:
                rows[f"{row}, {given.name}"] = values(evaluated(references, given, shift), F_MEASURES)
        if pitch := values(found, PITCH):
            rows[f"{source} pitch"] = pitch
            if voiced:
                rows[f"{source} pitch, {voiced.name}"] = values(evaluated(references, voiced), PITCH)
    return rows


def evaluated(references: Sequence[Reference], system: System, shift: float = 0.0) -> Evaluation:
    """Score all references.

    Raises:
        SingtransError: if a reference cannot be scored. Without it, the means would be over different files, and could
            not be compared.
    """
    found = evaluate(references, system, shift)
    if found.failures:
        raise SingtransError("\n".join(found.failures))
    return found


def values(found: Evaluation, metrics: Mapping[str, str]) -> dict[str, list[float]]:
    """List the values of each metric for the files that have values of all metrics."""
    files = [file.figures for file in found.files if file.figures.keys() >= set(metrics.values())]
    return {title: [figures[name] for figures in files] for title, name in metrics.items()} if files else {}


@dataclass(frozen=True)
class Trial:
    """A system and the recordings to score it on."""

    name: str
    part: str
    entries: Sequence[Entry]
    transcribe: Callable[[Path], Transcription]
    given: System | None = None
    voiced: System | None = None


def first_of_each(entries: Sequence[Entry], most: int) -> list[Entry]:
    """Select the first ``most`` recordings of each source."""
    sources = dict.fromkeys(entry.source for entry in entries)
    return [entry for source in sources for entry in [e for e in entries if e.source == source][:most]]


def trials(options: argparse.Namespace) -> list[Trial]:
    """List all trials.

    All models are loaded first, so that an error occurs before hours of scoring.
    """
    entries = options.entries
    parts = {split: [e for e in entries if e.split == split] for split in options.split or ["valid", "test"]}
    if missing := {source for source, _ in options.left_out} - {entry.source for entry in entries}:
        sys.exit(f"the manifest has no recordings of {', '.join(sorted(missing))}")
    transcriber = Transcriber(options.model, "cpu")
    found = [
        Trial(transcriber.model.name, part, e, transcriber, GivenBoundaries(transcriber), AllVoiced(transcriber))
        for part, e in parts.items()
    ]
    for source, path in options.left_out:
        other = Transcriber(path, "cpu")
        these = [entry for entry in entries if entry.source == source]
        found.append(Trial(f"trained without {source}", "all", these, other, GivenBoundaries(other)))
    for name, load in BASELINES.items() if options.baselines else ():
        try:
            system = load()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        found += [Trial(name, part, first_of_each(these, options.most), system) for part, these in parts.items()]
    return found


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Accuracy on recordings that were kept out of the training.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument(
        "shifts", nargs="*", type=source_and_hz, metavar="SOURCE=HZ", help="score again with HZ added to pitch labels"
    )
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--split", action="append", choices=SPLITS, help="default: valid and test")
    parser.add_argument("--left-out", action="append", default=[], type=source_and_word, metavar="SOURCE=MODEL")
    parser.add_argument("--baselines", action="store_true", help="also score other tools")
    parser.add_argument("--most", type=int, default=20, help="number of recordings of a source for other tools")
    return parser.parse_intermixed_args()


def main() -> None:
    """Print the tables."""
    options = arguments()
    shifts = dict(options.shifts)
    found = [
        (trial, score(trial.entries, trial.transcribe, shifts, trial.given, trial.voiced)) for trial in trials(options)
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
