"""Scores during training, by the very path that ``transcribe`` walks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.evaluate import mean_scores, score_notes, score_pitch
from singtrans.formats import load_notes
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
        target: what the best model is chosen by: the mean over data sets of COnPOff, or of raw pitch accuracy
            for those without note labels.
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
        entries: with notes, f0 or both.
    """
    transcriber = Transcriber(model, next(model.parameters()).device.type)
    notes, pitch = {}, {}
    for entry in entries:
        transcription = transcriber(entry.audio)
        if entry.notes:
            scores = score_notes(load_notes(entry.notes, name=entry.name), transcription.notes)
            notes.setdefault(entry.source, []).append(scores)
        if entry.f0:
            scores = score_pitch(reference_pitch(entry), transcription.pitch)
            pitch.setdefault(entry.source, []).append(scores)
    figures, targets = {}, []
    for source, scores in notes.items():
        mean = mean_scores(scores)
        by_name = {"COn": mean.con, "COff": mean.coff, "COnP": mean.conp, "COnPOff": mean.conpoff}
        figures |= {f"{source}.{name}": score.f_measure for name, score in by_name.items()}
        targets.append(mean.conpoff.f_measure)
    for source, scores in pitch.items():
        figures[f"{source}.RPA"] = float(np.mean([s.raw_pitch_accuracy for s in scores]))
        figures[f"{source}.VR"] = float(np.mean([s.voicing_recall for s in scores]))
        figures[f"{source}.VFA"] = float(np.mean([s.voicing_false_alarm for s in scores]))
        if source not in notes:
            targets.append(figures[f"{source}.RPA"])
    return Validation(figures, float(np.mean(targets)) if targets else 0.0)


def reference_pitch(entry: Entry) -> PitchTrack:
    """The pitch labels of an entry."""
    midi = read_f0(entry.f0)
    return PitchTrack(np.arange(len(midi)) * F0_HOP, np.where(midi > 0, midi, np.nan), (midi > 0).astype(float))
