"""The mean of several models' weights, as one model.

    python -m recipe.average_weights OUT.safetensors MODEL MODEL ...

For models that were trained on from the same weights (Wortsman et al., "Model soups", ICML 2022). Configuration and
notes on the training are the first one's.
"""

import sys
from pathlib import Path

import torch

from singtrans.model.weights import load_model, read_metadata, save_model


def main() -> None:
    """Average and write."""
    out, *paths = map(Path, sys.argv[1:])
    models = [load_model(path) for path in paths]
    if any(
        m.config.network != models[0].config.network or m.config.features != models[0].config.features for m in models
    ):
        sys.exit("the models differ in features or network: only models of one shape can be averaged")
    states = [model.network.state_dict() for model in models]
    mean = {name: torch.stack([s[name].double() for s in states]).mean(0).float() for name in states[0]}
    models[0].network.load_state_dict(mean)
    kept = {k: v for k, v in read_metadata(paths[0]).items() if k not in {"config", "sha256", "format"}}
    save_model(models[0], out, kept | {"averaged": str(len(models))})


if __name__ == "__main__":
    main()
