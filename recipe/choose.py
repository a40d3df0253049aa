"""Choose the best of several tuned models, and write a copy of it.

    python -m recipe.choose DATA OUT.safetensors MODEL [MODEL ...] [--cache FOLDER] [--processes N]

The best model is the one with the highest target of `recipe.tune_decoder`, which is computed from validation recordings
only. The program prints the target of each model, and the means for each data set from which it is computed.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.tables import table
from recipe.posterior_cache import default_processes
from recipe.tune_decoder import chosen, tuner
from recipe.validation_sets import recordings, synthetic_recordings
from singtrans.errors import SingtransError
from singtrans.files import whole_file
from singtrans.model.config import Config
from singtrans.model.model_file import read_model


def means(data: Path, model: Path, cache: Path, processes: int) -> dict[str, float]:
    """Compute the mean of the figures of each data set, for a model with its own costs.

    Args:
        data: folder of the data sets.
        model: weight file.
        cache: folder for posteriors.
        processes: number of processes.

    Raises:
        SingtransError: if the model cannot be read.
    """
    config: Config = read_model(model).config
    found = [*chosen(recordings(data)), *synthetic_recordings(cache / "melodies")]
    with tuner(model, cache, found, processes) as target:
        return {source: float(figures.mean()) for source, figures in target.figures(config.decoder).items()}


def rows(measured: Mapping[Path, Mapping[str, float]]) -> list[list[str]]:
    """Format one row for each model: its path, its target, and the mean of each data set."""
    return [
        [str(path), *(f"{value:.4f}" for value in (target(found), *found.values()))] for path, found in measured.items()
    ]


def target(found: Mapping[str, float]) -> float:
    """Compute the target from the means of the data sets."""
    return float(np.mean(list(found.values())))


def choose(data: Path, out: Path, models: Sequence[Path], cache: Path, processes: int) -> Path:
    """Measure the models, print their figures, copy the best one to ``out``, and return the path of the original.

    Raises:
        SingtransError: if a model cannot be read.
    """
    measured = {path: means(data, path, cache, processes) for path in models}
    for line in table(["model", "target", *next(iter(measured.values()))], rows(measured)):
        print(line, flush=True)
    best = max(models, key=lambda path: target(measured[path]))
    with whole_file(out) as file:
        file.write(best.read_bytes())
    return best


def main() -> None:
    """Choose a model; exit with a one-line error message if this fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--cache", type=Path, default=Path("cache/posteriors"), help="folder for posteriors")
    parser.add_argument("--processes", type=int, default=default_processes())
    options = parser.parse_args()
    try:
        print(f"best: {choose(options.data, options.out, options.models, options.cache, options.processes)}")
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
