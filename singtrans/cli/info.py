"""``singtrans info``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans import __version__
from singtrans.cli.commands import MODEL, OUTPUT
from singtrans.errors import UsageError

if TYPE_CHECKING:
    from singtrans.model.config import Config


def info(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Name of a shipped model, or a weight file. Without MODEL, the default model is described.",
            show_default=False,
        ),
    ] = "",
    option: Annotated[
        str,
        typer.Option(
            "--model", metavar="MODEL", help="The same as MODEL, as in other commands.", rich_help_panel=MODEL
        ),
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all information about MODEL as JSON.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Describe the default model, or another model."""
    if model and option and model != option:
        raise UsageError(f"{model} and --model {option}: give only one model")
    _describe(model or option, as_json)


def _describe(model: str, as_json: bool) -> None:
    import json

    from singtrans.model.shipped import find_model, shipped_models

    if not model:
        models = {name: _listed(name, path) for name, path in shipped_models().items()}
        if as_json:
            typer.echo(json.dumps({"version": __version__, "models": models}, ensure_ascii=False, indent=1))
            return
        model = next((name for name, known in models.items() if known["default"]), "")
        others = [name for name in models if name != model]
        title = f"{model}, the default model of singtrans {__version__}"
        title += f"; others: {', '.join(others)}" if others else ""
    else:
        title = ""
    from singtrans.model.model_file import read_model

    path = find_model(model)
    loaded = read_model(path)
    metadata = loaded.metadata
    if as_json:
        known = {"name": loaded.name, "file": str(path), "parameters": loaded.parameters_count}
        typer.echo(json.dumps(known | {key: _parsed(metadata[key]) for key in sorted(metadata)}, indent=1))
        return
    lines = _lines(loaded.config, metadata, path, loaded.parameters_count)
    for key, value in (lines | ({"model": title} if title else {})).items():
        typer.echo(f"{key:<12}{value}")


def _listed(name: str, path: Path) -> dict[str, object]:
    from singtrans.model.shipped import DEFAULT

    return {"file": str(path), "megabytes": round(path.stat().st_size / 1e6, 1), "default": name == DEFAULT}


def _parsed(text: str) -> object:
    """Parse a metadata value if it is a JSON object or list; otherwise, return it unchanged."""
    import json

    try:
        return json.loads(text) if text.startswith(("{", "[")) else text
    except ValueError:
        return text


def _lines(config: "Config", metadata: Mapping[str, str], path: Path, parameters: int) -> dict[str, str]:
    """Return the description of a model: the label and the text of each line."""
    from singtrans.pitch import note_name

    features, network, decoder = config.features, config.network, config.decoder
    lowest = round(features.lowest_midi)
    highest = round(features.lowest_midi + (network.pitch_bins - 1) / features.bins_per_octave * 12)
    return {
        "model": path.stem,
        "file": str(path),
        "size": f"{path.stat().st_size / 1e6:.1f} MB",
        "sha256": metadata["sha256"],
        "parameters": f"{parameters:,}",
        "input": f"mono, {features.sample_rate / 1000:g} kHz; recordings are converted",
        "frames": f"{1000 * features.hop / features.sample_rate:g} ms apart",
        "pitch": f"{note_name(lowest)} to {note_name(highest)}",
        "notes": f"{decoder.shortest_note * 1000:g} ms or longer",
        "trained": f"{metadata.get('step', '?')} steps in the last stage (--json prints more)",
    }
