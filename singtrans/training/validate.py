"""Scores during training, by the very path that ``transcribe`` walks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.evaluate import f_measures, figures, note_arrays, score_notes, score_pitch, score_times
from singtrans.formats import load_notes
from singtrans.formats.times import read as load_times
from singtrans.model import Model
from singtrans.notes import PitchTrack
from singtrans.training.data import F0_HOP, read_f0
from singtrans.training.manifest import Entry
from singtrans.transcriber import Transcriber


@dataclass(frozen=True)
class Validation:
    """Scores of a model.

    Attributes:
        figures: by ``source.metric``, means over files.
        target: what the best model is chosen by: the mean over data sets of COnPOff; of the mean of COn and COff for
            those whose notes have no pitch; of raw pitch accuracy for those with pitch alone.
    """

    figures: dict[str, float]
    target: float

    @property
    def line(self) -> str:
        """All figures in one line."""
        return ", ".join(f"{name} {value:.3f}" for name, value in self.figures.items())


def validate(model: Model, entries: Sequence[Entry]) -> Validation:
    """Transcribe every entry and score it.

    Args:
        model: is put into evaluation mode and left on its device.
        entries: with notes, times or f0.
    """
    transcriber = Transcriber(model, next(model.parameters()).device.type)
    scores: dict[str, list[dict[str, float]]] = {}
    for entry in entries:
        transcription = transcriber(entry.audio)
        if entry.notes:
            found = f_measures(score_notes(load_notes(entry.notes, name=entry.name), transcription.notes))
        elif entry.times:
            heard = note_arrays(transcription.notes)[0]
            found = {f"{k} (times)": v for k, v in f_measures(score_times(load_times(entry.times), heard)).items()}
        else:
            found = {}
        if entry.f0:
            found |= figures(score_pitch(reference_pitch(entry), transcription.pitch))
        scores.setdefault(entry.source, []).append(found)
    means: dict[str, float] = {}
    for source, files in scores.items():
        for name in dict.fromkeys(name for file in files for name in file):
            means[f"{source}.{name}"] = float(np.mean([file[name] for file in files if name in file]))
    targets = [_target(source, means) for source in scores]
    return Validation(means, float(np.mean(targets)) if targets else 0.0)


def _target(source: str, means: dict[str, float]) -> float:
    if f"{source}.COnPOff" in means:
        return means[f"{source}.COnPOff"]
    if f"{source}.COn (times)" in means:
        return (means[f"{source}.COn (times)"] + means[f"{source}.COff (times)"]) / 2
    return means[f"{source}.RPA"]


def reference_pitch(entry: Entry) -> PitchTrack:
    """The pitch labels of an entry."""
    midi = read_f0(entry.f0)
    return PitchTrack(np.arange(len(midi)) * F0_HOP, np.where(midi > 0, midi, np.nan), (midi > 0).astype(float))
