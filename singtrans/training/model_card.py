"""Write the model card of a training run: data, settings and scores."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans import __version__
from singtrans.dataset.manifest import Entry
from singtrans.files import whole_file
from singtrans.training.recordings import Recording

NAME = "MODEL_CARD.md"
_LISTED = 40  # largest number of validation recordings that are listed by name


@dataclass(frozen=True)
class DataRow:
    """Row of the model card for one data set.

    Attributes:
        source: name of the data set.
        recordings: number of training recordings.
        minutes: total length of these recordings.
        notes: number of labelled notes in these recordings.
        pitch: number of recordings with pitch labels.
        begun: number of notes whose offset is not used.
        singers: number of singers that the manifest names; 0 if it names none.
        licenses: licences in the manifest.
    """

    source: str
    recordings: int
    minutes: float
    notes: int
    pitch: int
    begun: int
    singers: int
    licenses: tuple[str, ...]


def summarise(entries: Sequence[Entry], recordings: Iterable[Recording]) -> list[DataRow]:
    """Make one row for each data set in the training entries."""
    by_source: dict[str, list[tuple[Entry, Recording]]] = {}
    for entry, recording in zip(entries, recordings, strict=True):
        by_source.setdefault(entry.source, []).append((entry, recording))
    return [
        DataRow(
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
    folder: Path,
    rows: Sequence[DataRow],
    valid: Sequence[Entry],
    description: str,
    best: tuple[int, dict[str, float]],
) -> Path:
    """Write the card of the best model.

    Args:
        folder: folder of the training run.
        rows: rows of the table of training data.
        valid: entries for validation, with which the best model was chosen.
        description: configuration of the training run as JSON.
        best: step of the best model, and its scores by name.

    Returns:
        The path of the card.
    """
    config = json.loads(description)["train"]
    step, figures = best
    lines = [
        "# Model card",
        "",
        f"`best.safetensors`: step {step} of {config['steps']}, trained with singtrans {__version__} and seed"
        f" {config['seed']}"
        + (f", starting from the model with the checksum `{config['init']}`." if config["init"] else "."),
        "",
        "## Training data",
        "",
        *_data_table(rows),
        "",
        "You may share this model only if these licences and those of the initial model allow it.",
        "",
        "## Scores",
        "",
        *_scores(valid, figures),
    ]
    lines += ["", "## Configuration", "", "```json", _indented(json.loads(description)), "```", ""]
    path = folder / NAME
    with whole_file(path) as file:
        file.write("\n".join(lines).encode())
    return path


def _data_table(rows: Iterable[DataRow]) -> list[str]:
    """Format the table of the training data."""
    lines = [
        "| data set | recordings | minutes | notes | with pitch | singers | licence |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        license_ = "; ".join(row.licenses) or "not stated in the manifest"
        lines.append(
            f"| {_cell(row.source)} | {row.recordings} | {row.minutes:.1f} | {_notes(row)} | {row.pitch} |"
            f" {row.singers or 'not stated'} | {_cell(license_)} |"
        )
    return lines


def _scores(valid: Sequence[Entry], figures: Mapping[str, float]) -> list[str]:
    """Format the scores of the validation recordings, and explain them."""
    if not valid:
        return [
            "There are no scores, because no recordings were set aside for validation. The model has the weights of the"
            " last step."
        ]
    names = ", ".join(_cell(entry.id) for entry in valid[:_LISTED])
    more = f" and {len(valid) - _LISTED} more" if len(valid) > _LISTED else ""
    return [
        "| score | validation recordings |",
        "|---|---|",
        *(f"| {_cell(name)} | {value:.3f} |" for name, value in figures.items()),
        "",
        f"The scores are means over the validation recordings: {names}{more}. The best step was chosen with these"
        " recordings, so the scores are slightly too high. To publish scores, use recordings that were used neither for"
        " training nor for this choice, and run `singtrans evaluate DATA --model best.safetensors`.",
    ]


def _indented(content: object) -> str:
    """Format JSON with one line per value; a list of values is one line."""
    lists = re.compile(r"\[\n[^\[\]{}\"]*\]")
    return lists.sub(lambda found: f"[{' '.join(found[0][1:-1].split())}]", json.dumps(content, indent=1))


def _notes(row: DataRow) -> str:
    return f"{row.notes} ({row.begun} without offsets)" if row.begun else str(row.notes)


def _cell(text: str) -> str:
    """Escape text for a table cell."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
