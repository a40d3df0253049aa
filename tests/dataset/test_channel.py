"""The column of a manifest for the channel of the voice."""

import numpy as np
import pytest
import soundfile

from singtrans.audio import Recording
from singtrans.dataset.manifest import read_entries, write_manifest
from singtrans.errors import InputError
from singtrans.scoring.references import references_of_entries
from singtrans.training.recordings import load_recording

RATE = 16_000


def manifest(folder, channel):
    time = np.arange(2 * RATE) / RATE
    voice, music = 0.5 * np.sin(2 * np.pi * 220 * time), 0.3 * np.sin(2 * np.pi * 311 * time)
    soundfile.write(folder / "a.wav", np.stack([music, voice], 1), RATE)
    (folder / "a.csv").write_text("onset,offset,pitch\n0.2,1.8,57\n")
    path = folder / "set.csv"
    path.write_text(f"audio,notes,split,channel\na.wav,a.csv,train,{channel}\n")
    return path


def test_training_uses_the_chosen_channel(tmp_path):
    pytest.importorskip("pyworld")
    (entry,) = read_entries(manifest(tmp_path, "right"))
    assert entry.sound == Recording(tmp_path / "a.wav", channel=2)
    right = load_recording(entry, RATE, tmp_path / "cache").samples
    assert np.abs(np.fft.rfft(right)).argmax() == 440
    (mix,) = read_entries(manifest(tmp_path, ""))
    assert mix.sound == tmp_path / "a.wav"
    assert not np.array_equal(load_recording(mix, RATE, tmp_path / "cache").samples, right)


def test_scoring_uses_the_chosen_channel(tmp_path):
    (reference,) = references_of_entries(read_entries(manifest(tmp_path, "2")))
    assert reference.audio == Recording(tmp_path / "a.wav", channel=2)


def test_the_column_is_written(tmp_path):
    entries = read_entries(manifest(tmp_path, "right"))
    write_manifest(tmp_path / "again.csv", entries)
    assert read_entries(tmp_path / "again.csv")[0].channel == "right"


def test_an_invalid_channel_is_a_fault(tmp_path):
    with pytest.raises(InputError, match=r"set\.csv:2: channel is 'middle'; use left, right, mix"):
        read_entries(manifest(tmp_path, "middle"))
