"""The example in docs/evaluation.md has the scores of the shipped model."""

import re
from pathlib import Path

import numpy as np

from tests.helpers.command import call

ROOT = Path(__file__).parents[2]
COMMAND = "singtrans evaluate sample_audio --model default"
ROW = re.compile(r"^(\w+) +(\d+) +(\d+)((?: +\d\.\d{3}){4})$", re.MULTILINE)


def scores(text: str) -> dict[str, list[float]]:
    """Return the numbers of notes and the F-measures of each file in the first table."""
    return {
        name: [float(x) for x in (true, found, *figures.split())] for name, true, found, figures in ROW.findall(text)
    }


def test_the_example_has_the_scores_of_the_shipped_model():
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    example = scores(page.split(f"$ {COMMAND}\n")[1].split("```")[0])
    assert len(example) == 4
    measured = scores(call(*COMMAND.split()[1:], cwd=ROOT).stdout)
    assert measured.keys() == example.keys()
    for name, figures in example.items():
        assert measured[name][0] == figures[0]
        # Processors round differently, which can change a note at the limit of a tolerance.
        np.testing.assert_allclose(measured[name][1:], figures[1:], rtol=0.06, err_msg=name)
