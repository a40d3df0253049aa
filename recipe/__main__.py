"""Make the shipped model from the data sets, in one command.

    python -m recipe DATA WORK [--seeds 1 2] [--minutes 9] [--data-alone]

DATA contains the recordings (`recipe.manifest`). WORK receives all intermediate results: the manifest, synthetic songs
(`recipe.make_songs`), re-sung melodies (`recipe.resung_melodies`), plain tones (`recipe.tones`), the pack of all of
them (`recipe.pack`) and the trained models (`recipe.train`), one for each seed. Each of these models then gets the head
for nasals (`recipe.nasal_head`), tuned costs (`recipe.tune_decoder`) and a calibration (`recipe.calibrate`). The best
of them is copied to WORK/solo.safetensors (`recipe.choose`).

Existing results are kept, so run the same command again to resume. Making the data takes about half an hour on two
cores; training takes ten minutes on one H100, or about ten hours on two cores; the steps after the training take about
four minutes for each seed. ``--data-alone`` stops before the training, for a machine without a GPU. If you train the
models on another machine, copy its folder WORK/models to this machine, and run the same command again.

The installed synthesisers (`recipe.sung_word_voices`) sing some of the synthetic songs, so the data depend on which
ones are installed.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import recipe.train
from singtrans.errors import SingtransError


@dataclass(frozen=True)
class Step:
    """One program of the recipe.

    Attributes:
        program: module and arguments.
        makes: file that exists when the program has finished.
    """

    program: Sequence[str]
    makes: Path


def data_steps(data: Path, work: Path) -> list[Step]:
    """Return the programs that make the training data, in order."""
    manifest, pack = work / "manifest.csv", work / "pack"
    made = [work / name / "manifest.csv" for name in ("songs", "synthetic", "tones")]
    songs, synthetic, tones = (str(path.parent) for path in made)
    voices = str(work / "voices")
    return [
        Step(["recipe.manifest", str(data), str(manifest)], manifest),
        Step(["recipe.make_songs", str(manifest), songs, "--cache", voices], made[0]),
        Step(["recipe.resung_melodies", str(manifest), synthetic], made[1]),
        Step(["recipe.tones", tones, "60"], made[2]),
        Step(
            ["recipe.pack", str(pack), str(manifest), *map(str, made), "--cache", str(work / "cache")],
            pack / "index.json",
        ),
    ]


def finished(work: Path, seed: int) -> Path:
    """Return the path of the finished model of a seed."""
    return work / f"calibrated-{seed}.safetensors"


def finishing_steps(data: Path, work: Path, seed: int) -> list[Step]:
    """Return the programs that complete the trained model of a seed, in order."""
    trained = work / "models" / recipe.train.STAGES[-1].name / f"seed-{seed}" / "last.safetensors"
    nasal, tuned = (work / f"{name}-{seed}.safetensors" for name in ("nasal", "tuned"))
    calibrated, cache = finished(work, seed), str(work / "posteriors")
    return [
        Step(["recipe.nasal_head", str(data), str(trained), str(nasal)], nasal),
        Step(["recipe.tune_decoder", str(data), str(nasal), str(tuned), "--cache", cache], tuned),
        Step(["recipe.calibrate", str(data), str(tuned), str(calibrated), "--cache", cache], calibrated),
    ]


def choosing_step(data: Path, work: Path, seeds: Sequence[int]) -> Step:
    """Return the program that copies the best of the finished models."""
    best = work / "solo.safetensors"
    models = [str(finished(work, seed)) for seed in seeds]
    return Step(["recipe.choose", str(data), str(best), *models, "--cache", str(work / "posteriors")], best)


def run(step: Step) -> None:
    """Run a program; exit with its code if it fails."""
    print(" ".join(step.program), flush=True)
    if code := subprocess.run([sys.executable, "-m", *step.program], check=False).returncode:
        sys.exit(code)


def run_missing(steps: Sequence[Step]) -> None:
    """Run the programs whose results are missing, in order."""
    for step in steps:
        if not step.makes.is_file():
            run(step)


def train(work: Path, seeds: Sequence[int], minutes: float) -> None:
    """Train the models that are not trained yet.

    Args:
        work: folder of the results.
        seeds: seeds of the models.
        minutes: time limit of the training; 0 for none.

    Raises:
        SingtransError: if the pack cannot be used.
    """
    settings = recipe.train.Recipe(work / "models", seeds)
    if settings.is_done(settings.stages[-1]):
        return
    recipe.train.follow(settings, work / "pack", minutes)


def main() -> None:
    """Make the missing results; exit with a one-line error message if this fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--minutes", type=float, default=0.0, help="time limit of the training (default: none)")
    parser.add_argument("--data-alone", action="store_true", help="make only the data, without training")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    run_missing(data_steps(options.data, options.work))
    words = (options.data / "mir1k" / recipe.train.WORDS).read_bytes()
    (options.work / "pack" / recipe.train.WORDS).write_bytes(words)
    if options.data_alone:
        return
    try:
        train(options.work, options.seeds, options.minutes)
    except SingtransError as error:
        sys.exit(str(error))
    for seed in options.seeds:
        run_missing(finishing_steps(options.data, options.work, seed))
    run(choosing_step(options.data, options.work, options.seeds))  # always, because the seeds may be others than before


if __name__ == "__main__":
    main()
