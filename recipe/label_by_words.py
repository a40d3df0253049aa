"""Label notes with models, in recordings whose number of syllables is known.

MIR-1K has no labels of notes, but the number of syllables in every clip is known: a Chinese character is one syllable,
which is sung on one note or, in a melisma, on several. Models that were trained on other recordings find the notes
(self-training; Xie et al., "Self-training with noisy student", CVPR 2020). The decoder's cost per note is raised until
there are at most `MOST` notes per syllable. If there are then fewer than `FEWEST`, or still more than `MOST` at the
highest cost, the clip gets no notes.
"""

import csv
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import decode
from singtrans.decoding.posteriors import Posteriors
from singtrans.model.heads import HEADS
from singtrans.model.level import level
from singtrans.model.network import Model
from singtrans.training.recordings import Recording

COSTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)  # costs of a note that are added to the decoder's cost
FEWEST, MOST = 0.95, 1.2  # least and largest number of notes per syllable
WEIGHT = 0.5
CLIPS_AT_ONCE = 32
LEAD = 0.5  # seconds of silence before a clip, as in transcription


@dataclass(frozen=True)
class Labelled:
    """Result of labelling.

    Attributes:
        recordings: all recordings, some of which now have notes.
        labelled: number of recordings that were labelled.
        left: number of recordings that still have no notes.
    """

    recordings: list[Recording]
    labelled: int
    left: int


def read_words(path: Path) -> dict[str, int]:
    """Read the number of syllables of each recording from a table with the columns ``id`` and ``characters``.

    Recordings without Chinese characters are left out, because they have words in other languages, whose number of
    syllables is unknown.
    """
    with path.open(encoding="utf-8", newline="") as file:
        counts = {row["id"]: int(row["characters"]) for row in csv.DictReader(file, delimiter="\t")}
    return {name: count for name, count in counts.items() if count}


def label(recordings: Sequence[Recording], syllables: Mapping[str, int], models: Sequence[Model]) -> Labelled:
    """Label recordings that have words but no notes, from the mean posteriors of the models."""
    wanted = [r for r in recordings if r.notes is None and r.id in syllables]
    config = models[0].config.decoder
    heard = mean_posteriors(wanted, models)
    tasks = [(p, syllables[r.id], r.duration) for p, r in zip(heard, wanted, strict=True)]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(partial(_notes, config), tasks, chunksize=8))
    notes = {r.id: n for r, n in zip(wanted, found, strict=True) if n is not None}
    made = [
        replace(r, notes=notes[r.id], weight=r.weight * WEIGHT) if r.notes is None and r.id in notes else r
        for r in recordings
    ]
    return Labelled(made, len(notes), len(wanted) - len(notes))


def _notes(config: DecoderConfig, task: tuple[Posteriors, int, float]) -> np.ndarray | None:
    """Find the notes, (notes, 3), of one recording; return None if their number does not fit the syllables."""
    posteriors, syllables, duration = task
    for cost in COSTS:
        found = decode(posteriors, replace(config, note_cost=config.note_cost + cost), duration)
        if len(found) <= MOST * syllables:
            if len(found) < FEWEST * syllables:
                return None
            return np.array([[n.onset, n.offset, n.pitch] for n in found])
    return None


@torch.inference_mode()
def mean_posteriors(recordings: Sequence[Recording], models: Sequence[Model]) -> list[Posteriors]:
    """Compute the mean posteriors of several models of the same shape for each recording."""
    order = sorted(range(len(recordings)), key=lambda i: recordings[i].duration)
    found: list[Posteriors | None] = [None] * len(recordings)
    for start in range(0, len(order), CLIPS_AT_ONCE):
        chosen = order[start : start + CLIPS_AT_ONCE]
        for i, posteriors in zip(chosen, _batch([recordings[i] for i in chosen], models), strict=True):
            found[i] = posteriors
    return [p for p in found if p is not None]


def _batch(recordings: Sequence[Recording], models: Sequence[Model]) -> list[Posteriors]:
    features, margin = models[0].config.features, models[0].front_end.margin
    lead = round(LEAD / features.hop_seconds)
    longest = max(len(r.samples) for r in recordings)
    clips = np.zeros((len(recordings), 2 * margin + lead * features.hop + longest), np.float32)
    for row, recording in zip(clips, recordings, strict=True):
        samples = recording.samples.astype(np.float32) / 32768.0
        begin = margin + lead * features.hop
        row[begin : begin + len(samples)] = samples / max(level(samples, features.sample_rate), 1e-9)
    device = next(models[0].parameters()).device
    logits = [model(torch.from_numpy(clips).to(device)) for model in models]
    heads = torch.stack([one.heads.float().sigmoid() for one in logits]).mean(0).cpu().numpy()
    pitch = torch.stack([one.pitch.float().softmax(-1) for one in logits]).mean(0).half().cpu().numpy()
    made = []
    for i, recording in enumerate(recordings):
        inside = slice(lead, lead + len(recording.samples) // features.hop + 1)
        made.append(
            Posteriors(
                **{name: np.ascontiguousarray(heads[i, inside, k]) for k, name in enumerate(HEADS)},
                pitch=pitch[i, inside],
                hop=features.hop_seconds,
                lowest_midi=features.lowest_midi,
                bins_per_semitone=features.bins_per_semitone,
            )
        )
    return made
