"""Run the examples in the docstrings of the package."""

import doctest
import importlib
import pkgutil
import shutil

import pytest

import singtrans
from tests.helpers.models import SAMPLES


def _examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    names = [module.name for module in pkgutil.walk_packages(singtrans.__path__, "singtrans.")]
    tests = [
        test
        for name in names
        if not name.endswith("__main__")
        for test in finder.find(importlib.import_module(name), name)
    ]
    return [test for test in tests if test.examples]


@pytest.mark.parametrize("example", _examples(), ids=lambda test: test.name)
def test_example(example, tmp_path, monkeypatch):
    """Run an example in a folder that has a file ``song.wav``."""
    shutil.copy(SAMPLES / "amazing_grace.wav", tmp_path / "song.wav")
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.DocTestRunner(verbose=False).run(example)
    assert not failed
    assert tried == len(example.examples)
