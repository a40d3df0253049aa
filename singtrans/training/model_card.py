"""Write the model card of a training: data, settings and scores."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans import __version__
from singtrans.dataset.manifest import Entry
from singtrans.files import whole_file
from singtrans.training.recordings import Recording

NAME = "MODEL_CARD.md"
_LISTED = 40  # names of validation recordings that are written out


@dataclass(frozen=True)
class Learnt:
    """One data set of a training, as a row of the card.

    Attributes:
        source: the data set.
        recordings: number of training recordings.
        minutes: their length.
        notes: number of their labelled notes.
        pitch: number of recordings with pitch labels.
        begun: number of notes used for training their onset only.
        singers: number of singers in the manifest; 0 if it names none.
        licenses: as the manifest states them.
    """

    source: str
    recordings: int
    minutes: float
    notes: int
    pitch: int
    begun: int
    singers: int
    licenses: tuple[str, ...]


def summarise(entries: Sequence[Entry], recordings: Iterable[Recording]) -> list[Learnt]:
    """One row for each data set in the training entries."""
    by_source: dict[str, list[tuple[Entry, Recording]]] = {}
    for entry, recording in zip(entries, recordings, strict=True):
        by_source.setdefault(entry.source, []).append((entry, recording))
    return [
        Learnt(
            source=source,
            recordings=len(pairs),
            minutes=sum(r.duration for _, r in pairs) / 60,
            notes=sum(len(r.notes) for _, r in pairs if r.notes is not None),
            pitch=sum(e.f0 is not None for e, _ in pairs),
            begun=sum(len(r.notes) for _, r in pairs if r.notes is not None and not r.offsets),
            singers=len({e.singer for e, _ in pairs if e.singer}),
            licenses=tuple(sorted({e.license for e, _ in pairs if e.license})),
        )
        for source, pairs in by_source.items()
    ]


def write_card(
    folder: Path, learnt: Sequence[Learnt], valid: Sequence[Entry], description: str, best: tuple[int, dict[str, float]]
) -> Path:
    """Write the card of the best model.

    Args:
        folder: of the training.
        learnt: entries for training.
        valid: entries for validation, which were used to choose the best model.
        description: the training's configuration as JSON.
        best: step and scores of the best model.

    Returns:
        The card's path.
    """
    config = json.loads(description)["train"]
    step, figures = best
    lines = [
        "# Model card",
        "",
        f"`best.safetensors`: step {step} of {config['steps']}, trained by singtrans {__version__} with seed"
        f" {config['seed']}"
        + (f", beginning with the model whose checksum is `{config['init']}`." if config["init"] else "."),
        "",
        "## Learnt from",
        "",
        "| data set | recordings | minutes | notes | with pitch | singers | licence |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in learnt:
        license_ = "; ".join(row.licenses) or "not stated in the manifest"
        lines.append(
            f"| {_cell(row.source)} | {row.recordings} | {row.minutes:.1f} | {_notes(row)} | {row.pitch} |"
            f" {row.singers or 'not stated'} | {_cell(license_)} |"
        )
    lines += [
        "",
        "A model may be passed on only as far as these licences, and those of the model it began with, allow.",
    ]
    lines += ["", "## Scores", ""]
    if valid:
        lines += ["| score | validation recordings |", "|---|---|"]
        lines += [f"| {_cell(name)} | {value:.3f} |" for name, value in figures.items()]
        names = ", ".join(_cell(e.id) for e in valid[:_LISTED])
        more = f" and {len(valid) - _LISTED} more" if len(valid) > _LISTED else ""
        lines += [
            "",
            f"Means over {len(valid)} recordings, none of them used for training: {names}{more}."
            " They were used to choose the best step, so they are slightly too high. For scores to publish, score"
            " recordings that had no part in this, with `singtrans evaluate DATA --model best.safetensors`.",
        ]
    else:
        lines.append("None: no recording was set aside, so this is the last step, and nothing is known about it.")
    lines += ["", "## Configuration", "", "```json", json.dumps(json.loads(description), indent=1), "```", ""]
    path = folder / NAME
    with whole_file(path) as file:
        file.write("\n".join(lines).encode())
    return path


def _notes(row: Learnt) -> str:
    return f"{row.notes} ({row.begun} without their ends)" if row.begun else str(row.notes)


def _cell(text: str) -> str:
    """Escape text of a manifest for a table cell."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
