"""The commands for teaching a model, as printed on the report page, but with fewer steps."""

import json
import shlex

import numpy as np
import pytest

from singtrans import transcribe
from singtrans.errors import UsageError
from singtrans.formats.options import Options
from singtrans.formats.page.page import page
from singtrans.model.model_file import read_model
from singtrans.model.shipped import find_model
from singtrans.training.run import TrainOptions, _train_config, run_training
from tests.helpers.command import call
from tests.helpers.corrections import correct, right_notes, write_session
from tests.helpers.sung import sing, write_audio

QUICKLY = ["--steps", "2", "--batch", "1", "--seconds", "2"]


def commands_of(html: str) -> list[list[str]]:
    line = next(line for line in html.splitlines() if 'id="data"' in line)
    content = json.loads(line[line.index(">") + 1 : line.index("</script>")])
    return [shlex.split(command) for command in content["teaching"]]


def test_the_printed_commands_can_be_repeated(tmp_path):
    sung = sing(5)
    song = write_audio(tmp_path / "my song.wav", sung.samples)
    found = transcribe(song)
    write_session(found, tmp_path / "my song.session.json")
    add, train = commands_of(page(found, Options(audio=song)))
    for _ in range(2):
        for command in (add, [*train, *QUICKLY]):
            assert command[0] == "singtrans"
            done = call(*command[1:], cwd=tmp_path)
            assert done.returncode == 0, done.stderr
    model = tmp_path / "my-model" / "best.safetensors"
    assert "my song" in (tmp_path / "corrected.csv").read_text(encoding="utf-8")
    assert len(transcribe(song, model=model).notes) > 0
    new, old = read_model(model).network, read_model(find_model("default")).network
    changed = {name for name in old if name in new and not np.array_equal(old[name], new[name])}
    assert any(name.startswith("lstm") for name in changed)
    assert not any(name.startswith(("band_convolutions", "spectrum_convolution", "pitch_head")) for name in changed)


def test_adapting_has_its_own_defaults_and_options_override_them():
    config = _train_config(TrainOptions(adapt=True))
    assert (config.freeze, config.steps, config.batch.size, config.rate) == ("early", 60, 8, 3e-4)
    other = _train_config(TrainOptions(adapt=True, freeze="none", steps=7, batch=3))
    assert (other.freeze, other.steps, other.batch.size, other.rate) == ("none", 7, 3, 3e-4)
    assert _train_config(TrainOptions()).batch.size == 12


def test_only_a_model_can_be_adapted(tmp_path):
    with pytest.raises(UsageError, match="random weights cannot be frozen"):
        run_training([tmp_path], tmp_path / "out", TrainOptions(adapt=True))
    done = call("train", tmp_path, "-o", tmp_path / "out", "--adapt", "--resume", "--overwrite")
    assert (done.returncode, "contradict" in done.stderr) == (2, True)


def test_training_on_corrections_corrects_notes():
    true = sing(6).notes
    wrong = [note for number, note in enumerate(true) if number % 4]
    fixed, count = correct(true, wrong, most=2)
    assert count == 2 and len(right_notes(true, fixed)) == len(right_notes(true, wrong)) + 2
