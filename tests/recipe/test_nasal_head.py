"""The head for nasals: its labels, its training, and the model with this head."""

import numpy as np
import pytest
import soundfile

from recipe import nasal_head
from singtrans.model.heads import HEADS
from singtrans.model.model_file import HEADS_WITHOUT_NASAL, read_model
from tests.helpers.models import small_config, small_stored_model

TIMES = np.arange(100) * 0.02
RATE = 16_000


def test_phonemes_are_read_without_their_edges(tmp_path):
    labels = tmp_path / "pjs001.lab"
    labels.write_text("0 2000000 pau\n2000000 6000000 a\n6000000 10000000 N\n")
    kind = nasal_head.kinds(labels, TIMES)
    assert set(kind[:11]) == set(kind[50:]) == {-1}
    assert set(kind[12:28]) == {0}
    assert set(kind[32:48]) == {1}
    assert kind[29] == kind[30] == -1


def test_syllables_are_stretched_with_the_recording(tmp_path):
    labels = tmp_path / "a_1.lab"
    labels.write_text("0.0 0.5 か\n0.5 1.0 ん\n")
    kind = nasal_head.kinds(labels, TIMES, 1.2)
    assert set(kind[:2]) == set(kind[21:32]) == {-1}
    assert set(kind[2:18]) == {0}
    assert set(kind[33:55]) == {1}
    assert set(kind[57:]) == {-1}


def test_the_head_distinguishes_nasals_of_both_sets():
    rng = np.random.default_rng(0)
    frames = []
    for source, count in (("pjs", 400), ("utau", 50)):
        nasal = np.arange(count) % 5 == 0
        context = rng.normal(0.0, 1.0, (count, 4))
        context[:, 1] += 3.0 * nasal
        frames.append(nasal_head.Frames(source, context, nasal.astype(int)))
    weights = nasal_head.train(frames, penalty=1.0)
    for f in frames:
        value = f.context @ weights[1:] + weights[0]
        assert (value[f.nasal == 1] > 0.0).mean() > 0.85
        assert (value[f.nasal == 0] < 0.0).mean() > 0.85


@pytest.fixture
def data(tmp_path):
    """Make a recording of each set and split, whose nasals have a lower pitch."""
    time = np.arange(RATE) / RATE
    sound = np.sin(2 * np.pi * np.where(time < 0.5, 880.0, 220.0) * time)
    for name, text in (
        ("pjs/pjs001", "0 5000000 a\n5000000 10000000 N\n"),
        ("utau/alys_1", "0.0 0.5 か\n0.5 1.0 ん\n"),
    ):
        for copy in (name, name.replace("001", "061").replace("alys", "yuki")):
            path = tmp_path / copy
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path.with_suffix(".flac"), sound, RATE)
            path.with_suffix(".lab").write_text(text)
    return tmp_path


@pytest.mark.parametrize("heads", [HEADS_WITHOUT_NASAL, len(HEADS)])
def test_the_head_is_added_to_a_model_or_replaced(data, heads, monkeypatch, capsys):
    stored = small_stored_model(small_config(), heads)
    monkeypatch.setattr(nasal_head, "read_model", lambda _path: stored)
    nasal_head.add(data, data / "any", data / "out.safetensors")
    found = read_model(data / "out.safetensors")
    assert found.heads == len(HEADS)
    for name, array in stored.network.items():
        wanted = array[:HEADS_WITHOUT_NASAL] if name.startswith("heads.") else array
        assert np.array_equal(found.network[name][: len(wanted)], wanted)
    if heads == len(HEADS):
        assert not np.array_equal(found.network["heads.weight"][-1], stored.network["heads.weight"][-1])
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["pjs", "utau"]


def test_a_model_that_cannot_be_read_is_one_line(data, monkeypatch):
    monkeypatch.setattr("sys.argv", ["nasal_head", str(data), str(data / "none.safetensors"), str(data / "out")])
    with pytest.raises(SystemExit, match="there is no such model file"):
        nasal_head.main()
