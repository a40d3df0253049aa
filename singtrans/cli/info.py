"""``singtrans info``."""

from typing import Annotated

import typer

from singtrans import __version__


def info(model: Annotated[str, typer.Argument(help="A shipped model's name or a weight file.")] = "") -> None:
    """Say what a model is, or which are shipped."""
    import json

    from singtrans.model.shipped import DEFAULT, find_model, shipped_models
    from singtrans.model.weights import load_model, read_metadata

    if not model:
        typer.echo(f"singtrans {__version__}")
        for name, path in shipped_models().items():
            typer.echo(f"{name}{' (default)' if name == DEFAULT else ''}: {path.stat().st_size / 1e6:.1f} MB, {path}")
        return
    path = find_model(model)
    loaded, metadata = load_model(path), read_metadata(path)
    typer.echo(f"{loaded.name}: {loaded.parameters_count:,} parameters, {path.stat().st_size / 1e6:.1f} MB, {path}")
    typer.echo(f"sha256 {metadata['sha256']}")
    for section, values in json.loads(metadata["config"]).items():
        typer.echo(f"{section}: " + ", ".join(f"{key} {value}" for key, value in values.items()))
    for key in sorted(set(metadata) - {"config", "sha256", "format"}):
        typer.echo(f"{key}: {metadata[key]}")
