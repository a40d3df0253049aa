"""The commands in the README work. All blocks are run in order and in the same folder."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.command import call

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
INSTALLERS = ("pip", "pytest", "python3")  # commands that only set up the environment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder like a checkout, with an environment in which programs that install packages have no effect."""
    place = tmp_path_factory.mktemp("readme")
    # Outputs that the first block may have written there are not copied.
    shutil.copytree(ROOT / "sample_audio", place / "sample_audio", ignore=shutil.ignore_patterns("*.mid"))
    programs = place / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").touch()
    for name in INSTALLERS:
        (programs / name).write_text("#!/bin/sh\n")
    (programs / "singtrans").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m singtrans "$@"\n')
    (programs / "python").symlink_to(sys.executable)
    for program in programs.iterdir():
        if not program.is_symlink():
            program.chmod(0o755)
    return place


def run(command: list[str], folder: Path) -> None:
    environment = os.environ | {
        "PATH": f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stderr}"


def run_line(line: str, folder: Path) -> None:
    """Run a line of a shell block. A line that is a plain ``singtrans`` command is run in this process."""
    if line.startswith("singtrans ") and "--jobs" not in line:
        done = call(*shlex.split(line)[1:], cwd=folder)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    else:
        run(["bash", "-euo", "pipefail", "-c", line], folder)


@pytest.mark.skipif(os.name != "posix", reason="the blocks are for POSIX shells")
def test_all_blocks_run(folder):
    pytest.importorskip("torch")
    pytest.importorskip("verovio")
    assert len(BLOCKS) >= 10
    assert any("--steps 10\n" in block for _, block in BLOCKS)
    for kind, block in BLOCKS:
        if kind == "python":
            run([sys.executable, "-c", block], folder)
            continue
        for line in block.replace("--steps 10\n", "--steps 1\n").splitlines():  # a step takes a second
            run_line(line, folder)
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name in (
        "sample_audio/ode_to_joy.mid",
        "notes/frere_jacques.json",
        "score/amazing_grace.pdf",
        "karaoke/frere_jacques.txt",
        "pages/index.html",
        "out/ode.png",
        "out/python.mid",
        "out/mine.mid",
    ):
        assert name in made, name
    words = [line for line in (folder / "karaoke/frere_jacques.txt").read_text().splitlines() if line.startswith(": ")]
    assert len(words) == 32 and not any("~" in line for line in words)  # each note has a syllable


def test_two_commands_are_enough_for_the_set_up():
    """The first two blocks have one line each, and install packages only into the environment."""
    first, second = (block for _, block in BLOCKS[:2])
    assert first.count("\n") == second.count("\n") == 1
    assert "python3 -m venv .venv" in first and "sample_audio/" in first
    assert ".[test]" in second and "pytest" in second
    assert not re.search(r"(?<!/)\bpip install", first + second)


def test_blocks_use_files_that_exist():
    for _, block in BLOCKS:
        for path in re.findall(r"sample_audio/[\w.]+", block):
            assert (ROOT / path).exists(), path


def test_link_targets_exist():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_every_extra_is_listed():
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for name in extras.keys() - {"dev", "recipe"}:
        assert f"| `{name}` |" in README, name


def test_every_format_is_listed():
    from singtrans.formats import WRITERS

    table = README.split("| `-f` | content |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= WRITERS.keys()
