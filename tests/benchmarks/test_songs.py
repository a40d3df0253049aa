"""Choice of the thresholds for separating a voice."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.song_rows import MOST_HARM, Row, improvement, read, save, tune
from benchmarks.songs import mixed, spread, summary
from singtrans.separation.config import SongConfig

CONFIG = SongConfig(
    doubtful=0.8, melody=0.75, gain=0.02, audible=-14.0, loud=-5.0, noise=0.6, purity=0.7, quietest=-20.0
)


def row(kind, raw_sure, voice_sure, raw=0.9, voice=0.9, share=-1.0, instruments=-8.0, noise=0.3):
    return Row("a", kind, share, 0.9, instruments, noise, raw_sure, voice_sure, 10, 8, raw_conp=raw, voice_conp=voice)


def test_a_mix_has_the_requested_level():
    rng = np.random.default_rng(0)
    voice, band = rng.standard_normal((2, 4000))
    added = mixed(voice, band[:3000], 5.0) - voice
    assert 10 * np.log10(np.square(voice).mean() / np.square(added).mean()) == pytest.approx(5.0, abs=1e-6)
    assert not added[3000:].any()


@pytest.mark.parametrize(
    ("raw", "voice", "share", "instruments", "separated"),
    [
        (0.7, 0.8, -1, -8, True),
        (0.7, 0.71, -1, -8, False),
        (0.7, 0.71, -3, -4, True),
        (0.7, 0.69, -3, -4, False),
        (0.7, 0.8, -3, -15, False),
        (0.85, 0.95, -1, -8, False),
        (0.7, 0.1, -30, -8, True),
        (0.76, 0.1, -30, -8, False),
        (-1, 0.9, -1, -8, False),
    ],
)
def test_auto_follows_the_rule_of_the_transcriber(raw, voice, share, instruments, separated):
    found = row("+0 dB", raw, voice, raw=0.3, voice=0.6, share=share, instruments=instruments)
    assert found.separated(CONFIG) is separated
    assert found.of("auto", "conp", CONFIG) == (0.6 if separated else 0.3)
    assert (found.of("raw", "conp", CONFIG), found.of("always", "conp", CONFIG)) == (0.3, 0.6)


def test_tuning_never_harms_solos_and_improves_the_mixes():
    solos = [row("solo", sure, sure + 0.01, 1.0, 0.9, noise=0.5) for sure in (0.84, 0.8, 0.78)]
    noisy = [row("solo, noise 10 dB", 0.75, 0.80, 0.9, 0.7, noise=0.9)]
    mixes = [row("+0 dB", 0.6, 0.8, 0.3, 0.9), row("+10 dB", 0.8, 0.88, 0.8, 0.9), row("-5 dB", 0.5, 0.6, 0.1, 0.7)]
    config, trials = tune([*solos, *noisy, *mixes], SongConfig())
    assert not any(r.separated(config) for r in solos + noisy)
    assert all(r.separated(config) for r in mixes)
    assert trials[0][-2:] == [f"{MOST_HARM:.4f}", "0.4333"]
    # If a noisy solo is louder and clearer after separation, only its noise distinguishes it from songs.
    config, _ = tune([*noisy, *mixes], SongConfig())
    assert config.noise <= 0.9


def test_a_lower_false_alarm_rate_is_an_improvement():
    better = replace(row("+0 dB", 0.6, 0.8), raw_vfa=0.3, voice_vfa=0.1)
    assert improvement([better], CONFIG) == pytest.approx({"vfa": 0.2, "conp": 0.0})


def test_the_summary_counts_no_notes_without_a_voice():
    rows = [row("band", 0.6, 0.9, share=-30.0), row("band", -1, -1)]
    (line,) = summary(rows, CONFIG)
    assert line[-2:] == ["10.0 / 8.0 / 5.0", 1]


def test_rows_are_saved_and_loaded(tmp_path):
    rows = [row("+0 dB", 0.7, 0.8), row("solo", -1.0, -1.0)]
    save(rows, tmp_path / "rows.csv")
    assert read(tmp_path / "rows.csv") == rows


def test_spread_selects_evenly():
    assert spread(list("abcdefghi"), 3) == ["a", "e", "i"]
    assert spread(["a"], 3) == ["a"]
