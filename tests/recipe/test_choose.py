"""The choice of the best of several tuned models."""

import sys
from dataclasses import replace

import pytest

from recipe import choose, validation_sets
from singtrans.model.config import Config
from singtrans.model.model_file import change_config, read_metadata
from singtrans.model.shipped import find_model
from tests.helpers.validation_folder import write_sets

SHIPPED = find_model("default")


def test_the_model_with_the_higher_target_is_copied(tmp_path, monkeypatch, capsys):
    data, strict, out = write_sets(tmp_path), tmp_path / "strict.safetensors", tmp_path / "out.safetensors"
    config = Config.from_json(read_metadata(SHIPPED)["config"])
    change_config(SHIPPED, strict, replace(config, decoder=replace(config.decoder, note_cost=12.0, syllable_peak=0.0)))
    makers = validation_sets.generators()
    monkeypatch.setattr(validation_sets, "generators", lambda: {"legato": makers["legato"]})
    monkeypatch.setattr(validation_sets, "MELODIES", 1)
    words = [str(data), str(out), str(strict), str(SHIPPED), "--cache", str(tmp_path / "cache"), "--processes", "1"]
    monkeypatch.setattr(sys, "argv", ["choose.py", *words])
    choose.main()
    head, _, *rows, best = capsys.readouterr().out.splitlines()
    assert head == "| model | target | pjs | ravdess | ssvd | synthetic | utau | words |"
    targets = {row.split("|")[1].strip(): float(row.split("|")[2]) for row in rows}
    assert targets[str(SHIPPED)] > targets[str(strict)]
    assert best == f"best: {SHIPPED}"
    assert out.read_bytes() == SHIPPED.read_bytes()


def test_a_missing_model_is_refused(tmp_path, monkeypatch):
    data, out = write_sets(tmp_path), tmp_path / "out.safetensors"
    monkeypatch.setattr(sys, "argv", ["choose.py", str(data), str(out), str(tmp_path / "no.safetensors")])
    with pytest.raises(SystemExit, match=r"no\.safetensors"):
        choose.main()
    assert not out.exists()
