"""Accuracy of a model on the recordings that were kept out of its training, in one table.

    python benchmarks/accuracy.py manifest.csv [MODEL] [--split test] [SOURCE=HZ ...]

Means over files with 95 % confidence intervals (bootstrap over files); 50 ms, 50 cents, the larger of 50 ms and
20 % of the note. SOURCE=HZ scores a data set a second time with a constant added to its pitch labels, for those
known to be sharp. "Told the boundaries" has the labels' onsets and offsets and the model's pitch between them: its
COnP is the most that better boundaries could bring. Where the labels are a score's, whole semitones, a row has the
notes that --key auto writes: what was meant, and not what was sung.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from singtrans import audio
from singtrans.decode import pitch_between
from singtrans.errors import SingtransError
from singtrans.evaluate import NOTE_FIGURES, PITCH_FIGURES
from singtrans.key import keyed
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.scoring.evaluation import Evaluation, evaluate
from singtrans.scoring.references import Labels, Reference, of_entries
from singtrans.scoring.statistics import mean_interval
from singtrans.scoring.systems import Listening, System
from singtrans.training.manifest import Entry, read_entries
from singtrans.transcriber import Transcriber
from singtrans.tuning import AUTO

# The table's columns -> what `singtrans.scoring.evaluation` calls them.
F_MEASURES = {name: f"{name}.f_measure" for name in NOTE_FIGURES.values()}
PITCH = {name: name for name in PITCH_FIGURES.values()}
SHOWN = tuple(F_MEASURES), ("RPA", "RCA", "VR", "VFA")


class Told:
    """A model that is told where the notes begin and end, and finds their pitch."""

    name = "told the boundaries"
    extra: tuple[str, ...] = ()

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber

    def __call__(self, reference: Reference) -> Labels:
        """The labels' notes with the pitch that the model hears in them."""
        config = self._transcriber.model.config
        heard = self._transcriber.posteriors(audio.load(reference.audio, config.features.sample_rate))
        spans = reference.read().spans
        return Labels(tuple(Note(on, off, pitch_between(heard, config.decoder, on, off)) for on, off in spans))


class Written:
    """A model whose integer notes are scored, with those of the key that is found in them."""

    name = "as --key auto writes it"
    extra: tuple[str, ...] = ()

    def __init__(self, listening: System) -> None:
        self._listening = listening

    def __call__(self, reference: Reference) -> Labels:
        """The integer notes."""
        notes = self._listening(reference).notes or ()
        nothing = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
        found = keyed(Transcription(notes, nothing, 0.0), AUTO).notes
        return Labels(tuple(replace(note, pitch=float(note.note)) for note in found))


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
) -> dict[str, dict[str, list[float]]]:
    """Values of each metric for each file, by the table's rows."""
    rows: dict[str, dict[str, list[float]]] = {}
    listening = Listening("", cache(transcribe))  # what is scored twice is listened to once
    for source in dict.fromkeys(entry.source for entry in entries if entry.notes or entry.f0):
        references = of_entries(entry for entry in entries if entry.source == source and (entry.notes or entry.f0))
        found = evaluated(references, listening)
        if notes := values(found, F_MEASURES):
            print(f"{source}: labels are {found.constant_hz:+.2f} Hz off the transcription (median of notes)")
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


def main() -> None:
    """Print the table."""
    words = sys.argv[1:]
    split = words.pop(words.index("--split") + 1) if "--split" in words else "test"
    shifts = {w.split("=")[0]: float(w.split("=")[1]) for w in words if "=" in w}
    paths = [w for w in words if "=" not in w and w != "--split"]
    transcriber = Transcriber(paths[1] if len(paths) > 1 else "default", "cpu")
    entries = [e for e in read_entries(Path(paths[0])) if e.split == split]
    rows = score(entries, transcriber, shifts, Told(transcriber))
    for metrics in SHOWN:
        print(f"\n| {split} part | files | " + " | ".join(metrics) + " |")
        print("|---|---|" + "---|" * len(metrics))
        for name, row in rows.items():
            if metrics[0] in row:
                cells = [interval(row[m]) for m in metrics]
                print(f"| {name} | {len(row[metrics[0]])} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
