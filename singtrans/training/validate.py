"""Scores during training, by the very path that ``transcribe`` walks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.evaluate import mean_scores, score_notes, score_pitch
from singtrans.formats import load_notes
from singtrans.formats.times import read as load_times
from singtrans.model import Model
from singtrans.notes import Note, PitchTrack
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
    notes, times, pitch = {}, {}, {}
    for entry in entries:
        transcription = transcriber(entry.audio)
        if entry.notes:
            scores = score_notes(load_notes(entry.notes, name=entry.name), transcription.notes)
            notes.setdefault(entry.source, []).append(scores)
        elif entry.times:
            # Any pitch will do: neither figure looks at it.
            reference = [Note(onset, offset, 60.0) for onset, offset in load_times(entry.times)]
            times.setdefault(entry.source, []).append(score_notes(reference, transcription.notes))
        if entry.f0:
            scores = score_pitch(reference_pitch(entry), transcription.pitch)
            pitch.setdefault(entry.source, []).append(scores)
    figures, targets = {}, []
    for source, scores in notes.items():
        mean = mean_scores(scores)
        by_name = {"COn": mean.con, "COff": mean.coff, "COnP": mean.conp, "COnPOff": mean.conpoff}
        figures |= {f"{source}.{name}": score.f_measure for name, score in by_name.items()}
        targets.append(mean.conpoff.f_measure)
    for source, scores in times.items():
        mean = mean_scores(scores)
        figures |= {f"{source}.{n} (times)": s.f_measure for n, s in {"COn": mean.con, "COff": mean.coff}.items()}
        if source not in notes:
            targets.append((mean.con.f_measure + mean.coff.f_measure) / 2)
    for source, scores in pitch.items():
        figures[f"{source}.RPA"] = float(np.mean([s.raw_pitch_accuracy for s in scores]))
        figures[f"{source}.VR"] = float(np.mean([s.voicing_recall for s in scores]))
        figures[f"{source}.VFA"] = float(np.mean([s.voicing_false_alarm for s in scores]))
        if source not in notes and source not in times:
            targets.append(figures[f"{source}.RPA"])
    return Validation(figures, float(np.mean(targets)) if targets else 0.0)


def reference_pitch(entry: Entry) -> PitchTrack:
    """The pitch labels of an entry."""
    midi = read_f0(entry.f0)
    return PitchTrack(np.arange(len(midi)) * F0_HOP, np.where(midi > 0, midi, np.nan), (midi > 0).astype(float))
