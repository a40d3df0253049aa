"""The files of pinned and of hashed requirements have the same versions and are complete."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def pins(path: Path) -> dict[str, str]:
    """Return a map from canonical names of packages to exact versions, or to upper limits of ranges."""
    found = re.findall(r"^([\w.-]+)(?:==|>=[^,]*,<=)([^\s\\]+)", path.read_text(), flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


ENGINES = ("songs", "demucs")
"""Extras that CI does not install, because they are large and the tests do not need them."""


ELSEWHERE = {"pyworld", "setuptools", "coloredlogs", "humanfriendly", "colorama"}
"""Packages that are needed only by recipe/, or only on macOS 13 and Windows."""


def stated_requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [lines for name, lines in project["optional-dependencies"].items() if name not in ENGINES]
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return [requirement for requirement in map(Requirement, lines) if requirement.name != project["name"]]


@pytest.mark.parametrize("requirement", stated_requirements(), ids=str)
def test_every_requirement_is_pinned_within_its_range(requirement):
    version = pins(ROOT / "constraints.txt")[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_hashed_versions_equal_pinned_versions():
    run, test = (pins(ROOT / "requirements" / name) for name in ("run.txt", "test.txt"))
    pinned = pins(ROOT / "constraints.txt")
    assert (run | test).items() <= pinned.items()
    assert not run.keys() & test.keys()
    assert pinned.keys() - run.keys() - test.keys() <= ELSEWHERE
    assert {"onnxruntime", "numpy", "typer"} <= run.keys()
    assert not {"torch", "librosa", "scipy", "numba", "mir-eval"} & run.keys()


@pytest.mark.parametrize("name", ["run.txt", "test.txt"])
def test_every_version_has_hashes(name):
    entries = re.split(r"\n(?=[\w.-]+==)", (ROOT / "requirements" / name).read_text())[1:]
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert len(entries) == len(pins(ROOT / "requirements" / name))


def test_the_bill_of_materials_has_the_same_versions():
    bill = json.loads((ROOT / "requirements" / "sbom.json").read_text())
    listed = {canonicalize_name(c["name"]): c["version"].partition("+")[0] for c in bill["components"]}
    assert listed == pins(ROOT / "requirements" / "run.txt")
    assert all(component.get("licenses") for component in bill["components"])
