"""Choice of the thresholds for separating a voice."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.songs import Row, mixed, read, save, spread, summary, tune
from singtrans.separation.config import SongConfig

CONFIG = SongConfig(doubtful=0.8, gain=0.02, loud=-2.5, quietest=-20.0)


def row(kind, raw_sure, voice_sure, raw=0.9, voice=0.9, share=-1.0):
    return Row("a", kind, share, raw_sure, voice_sure, 10, 8, raw_conp=raw, voice_conp=voice)


def test_a_mix_has_the_requested_level():
    rng = np.random.default_rng(0)
    voice, band = rng.standard_normal((2, 4000))
    added = mixed(voice, band[:3000], 5.0) - voice
    assert 10 * np.log10(np.square(voice).mean() / np.square(added).mean()) == pytest.approx(5.0, abs=1e-6)
    assert not added[3000:].any()


@pytest.mark.parametrize(
    ("raw", "voice", "share", "separated"),
    [
        (0.7, 0.8, -1, True),
        (0.7, 0.71, -1, False),
        (0.7, 0.71, -3, True),
        (0.7, 0.69, -3, False),
        (0.85, 0.95, -1, False),
        (0.7, 0.1, -30, True),
        (-1, 0.9, -1, False),
    ],
)
def test_auto_follows_the_rule_of_the_transcriber(raw, voice, share, separated):
    found = row("+0 dB", raw, voice, raw=0.3, voice=0.6, share=share)
    assert found.separated(CONFIG) is separated
    assert found.of("auto", "conp", CONFIG) == (0.6 if separated else 0.3)
    assert (found.of("raw", "conp", CONFIG), found.of("always", "conp", CONFIG)) == (0.3, 0.6)


def test_tuning_never_separates_solos_and_maximises_the_score():
    solos = [row("solo", sure, sure + 0.01) for sure in (0.95, 0.9, 0.82)]
    noisy = [row("solo, noise 10 dB", 0.75, 0.76, 0.9, 0.7)]
    mixes = [row("+0 dB", 0.6, 0.8, 0.3, 0.9), row("+10 dB", 0.8, 0.88, 0.8, 0.9), row("-5 dB", 0.5, 0.6, 0.1, 0.7)]
    config, trials = tune([*solos, *noisy, *mixes], -20.0)
    assert not any(r.separated(config) for r in solos + noisy)
    assert all(r.separated(config) for r in mixes)
    assert any(wrong == 0 and score == "0.833" for _, _, wrong, score in trials)
    # A noisy solo is not separated even if its separated voice is as certain as that of a mix.
    config, _ = tune([*solos, replace(noisy[0], voice_sure=0.95), *mixes], -20.0)
    assert not any(r.separated(config) for r in (*solos, replace(noisy[0], voice_sure=0.95)))


def test_the_summary_counts_no_notes_without_a_voice():
    rows = [row("band", 0.6, 0.9, share=-30.0), row("band", -1, -1)]
    lines = {line[2]: line for line in summary(rows, CONFIG)}
    assert [lines[system][-2] for system in ("raw", "always", "auto")] == ["10.0", "8.0", "5.0"]
    assert lines["auto"][-1] == 1


def test_rows_are_saved_and_loaded(tmp_path):
    rows = [row("+0 dB", 0.7, 0.8), row("solo", -1.0, -1.0)]
    save(rows, tmp_path / "rows.csv")
    assert read(tmp_path / "rows.csv") == rows


def test_spread_selects_evenly():
    assert spread(list("abcdefghi"), 3) == ["a", "e", "i"]
    assert spread(["a"], 3) == ["a"]
