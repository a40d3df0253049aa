"""Scores during training. Recordings are transcribed by the same code as in ``transcribe``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.dataset.manifest import Entry
from singtrans.errors import InputError
from singtrans.model.network import Model
from singtrans.scoring.references import references_of_entries
from singtrans.scoring.scores import FileScores, evaluate
from singtrans.scoring.systems import ModelSystem
from singtrans.transcriber import Transcriber


@dataclass(frozen=True)
class Validation:
    """Scores of a model.

    Attributes:
        figures: map from names of the form ``source.metric`` to means over files.
        target: score by which the best model is chosen: a mean over data sets. The score of a data set is COnPOff if
            its notes have a pitch. If they have none, it is the mean of COn and COff. If only the pitch over time is
            labelled, it is raw pitch accuracy.
    """

    figures: dict[str, float]
    target: float

    @property
    def line(self) -> str:
        """All figures on one line."""
        return ", ".join(f"{name} {value:.3f}" for name, value in self.figures.items())


def validate(model: Model, entries: Sequence[Entry]) -> Validation:
    """Transcribe every entry, and score it in the same way as ``singtrans evaluate``.

    Args:
        model: model to validate. It is switched to evaluation mode, and stays on its device.
        entries: recordings with labels of notes, times or pitch.

    Raises:
        InputError: if entries cannot be read. The message has one line for each such entry.
    """
    transcriber = Transcriber(model, next(model.parameters()).device.type)
    scores = evaluate(references_of_entries(entries), ModelSystem("model", transcriber))
    if scores.failures:
        raise InputError("\n".join(scores.failures))
    sources: dict[str, dict[str, list[float]]] = {}
    for file in scores.files:
        values = sources.setdefault(file.reference.source, {})
        for name, value in _figures(file):
            values.setdefault(name, []).append(value)
    means = {
        f"{source}.{name}": float(np.mean(each)) for source, values in sources.items() for name, each in values.items()
    }
    targets = [_target(source, means) for source in sources]
    return Validation(means, float(np.mean(targets)) if targets else 0.0)


def _figures(file: FileScores) -> Iterator[tuple[str, float]]:
    """Yield names and values of F-measures and pitch scores; names for notes without pitch end in "(times)"."""
    timed = file.true_notes is None
    for name, value in file.figures.items():
        figure, _, kind = name.partition(".")
        if kind in ("", "f_measure"):
            yield (f"{figure} (times)" if kind and timed else figure), value


def _target(source: str, means: dict[str, float]) -> float:
    if f"{source}.COnPOff" in means:
        return means[f"{source}.COnPOff"]
    if f"{source}.COn (times)" in means:
        return (means[f"{source}.COn (times)"] + means[f"{source}.COff (times)"]) / 2
    return means[f"{source}.RPA"]
