"""The commands in the README work."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.helpers.command import call

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_audio"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands():
    """List the commands in the shell blocks, except in the first two (installation) and in the section on training."""
    before_training = README.split("## Train")
    training, after = before_training[1].split("\n## ", 1)
    assert "singtrans train" in training
    blocks = re.findall(r"```sh\n(.*?)```", before_training[0] + after, re.DOTALL)
    return [line for block in blocks[2:] for line in block.splitlines() if line.startswith("singtrans")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with the files that the README names."""
    place = tmp_path_factory.mktemp("readme")
    for name in ("song.wav", "song.m4a"):  # the content matters, not the suffix
        shutil.copy(SAMPLES / "amazing_grace.wav", place / name)
    (place / "recordings").mkdir()
    shutil.copy(SAMPLES / "twinkle_phone.mp3", place / "recordings")
    shutil.copytree(SAMPLES, place / "sample_audio")
    (place / "true-notes").mkdir()
    (place / "estimated-notes").mkdir()
    for kind in ("true-notes", "estimated-notes"):
        shutil.copy(SAMPLES / "ode_to_joy.notes.csv", place / kind / "ode.csv")
    (place / "words.txt").write_text("A-ma-zing grace how sweet the sound\nthat saved a wretch like me")
    return place


def test_every_readme_command_runs(folder):
    lines = commands()
    assert len(lines) >= 10
    for line in lines:
        # Each command starts without the outputs of the others.
        for made in [*folder.glob("song.*"), *folder.glob("song-*")]:
            if made.name not in ("song.wav", "song.m4a"):
                made.unlink()
        shutil.rmtree(folder / "notes", ignore_errors=True)
        done = call(*shlex.split(line, comments=True)[1:], cwd=folder)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (folder / "pages" / "index.html").exists()


def test_readme_links_exist():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
