"""Make the shipped model from the data sets, in one command.

    python -m recipe DATA WORK [--seeds 1 2] [--minutes 9] [--data-alone]

DATA contains the recordings (`recipe.manifest`). WORK receives all intermediate results: the manifest, synthetic songs
(`recipe.make_songs`), re-sung melodies (`recipe.resung_melodies`), plain tones (`recipe.tones`), the pack of all of
them (`recipe.pack`) and the models (`recipe.train`). Existing results are kept, so run the same command again to
resume. Making the data takes about half an hour on two cores; training takes ten minutes on one H100, or about ten
hours on two cores. ``--data-alone`` stops before the training, for a machine without a GPU.

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
    for step in data_steps(options.data, options.work):
        if not step.makes.is_file():
            print(" ".join(step.program), flush=True)
            if code := subprocess.run([sys.executable, "-m", *step.program], check=False).returncode:
                sys.exit(code)
    if options.data_alone:
        return
    words, pack = options.data / "mir1k" / recipe.train.WORDS, options.work / "pack"
    (pack / recipe.train.WORDS).write_bytes(words.read_bytes())
    try:
        for path in recipe.train.follow(
            recipe.train.Recipe(options.work / "models", options.seeds), pack, options.minutes
        ):
            print(path)
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
