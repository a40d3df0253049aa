"""Programs that make training data of sung words. The tests need no synthesiser."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from recipe import sung_word_voices as voices
from recipe import sung_words as words
from recipe.synthesis.voices import HOP_SECONDS

FOLDER = Path(__file__).parents[2] / "recipe"


def syllables(soft: bool) -> tuple[list[str], list[int]]:
    """Return the syllables of twenty melodies, and the first pitch of each syllable."""
    found, pitches = [], []
    for seed in range(20):
        tokens = words.score(np.random.default_rng(seed), "es", (55, 79), 0.4, soft=soft).split()
        sung = [(name, places) for name, places in zip(tokens[::2], tokens[1::2], strict=True) if name != "-"]
        found += [name for name, _ in sung]
        pitches += [int(places.split("/")[0]) for _, places in sung]
    return found, pitches


def test_soft_words_have_soft_onsets_and_repeat_pitches():
    shares = []
    for soft in (False, True):
        found, pitches = syllables(soft)
        shares.append(
            (
                np.mean([name.startswith("'") for name in found]),
                np.mean([name.partition("'")[0] in words.SONORANTS for name in found]),
                np.mean(np.diff(pitches) == 0),
            )
        )
    assert shares[0][:2] == pytest.approx((0.08, 0.26), abs=0.08)
    assert shares[1][:2] == pytest.approx(words.SOFTLY, abs=0.1)
    assert shares[1][2] > shares[0][2] + 0.1


def test_vowels_that_begin_with_a_glide_have_no_attack():
    pytest.importorskip("scipy")
    make = words.recipe()
    parts = make.Syllable(first=3, voiced=5, vowel=9, hold=20, unvoiced=40, last=45)
    make.speak, make.divide = (lambda phonemes, voice: phonemes), (lambda frames, closed: parts)
    words.let_vowels_glide(make, np.random.default_rng(0))
    begun = {}
    for phonemes in ("'a", "m'a"):
        begun[phonemes] = [make.divide(make.speak(phonemes, "it+f1"), closed=False) for _ in range(200)]
    gliding = [one for one in begun["'a"] if one.voiced == one.first == one.vowel == 9]
    assert len(gliding) / 200 == pytest.approx(words.GLIDED, abs=0.1)
    assert all(one == parts for one in begun["m'a"])


def test_some_vowels_change_slowly():
    pytest.importorskip("scipy")
    make = words.recipe()
    parts = make.Syllable(first=3, voiced=5, vowel=9, hold=20, unvoiced=40, last=45)
    assert make.hold(parts) == (20, 20)
    words.let_vowels_change(make, np.random.default_rng(0))
    held = [make.hold(parts) for _ in range(200)]
    changing = [(first, last) for first, last in held if first != last]
    assert len(changing) / 200 == pytest.approx(words.CHANGING, abs=0.1)
    assert all(parts.vowel <= first <= parts.hold and first < last < parts.unvoiced for first, last in changing)
    assert set(held) - set(changing) == {(20, 20)}


@pytest.mark.parametrize("language", sorted(voices.ALL_LANGUAGES))
def test_all_sounds_of_a_language_are_sung(language):
    sounds = voices.ALL_LANGUAGES[language]
    sung = set()
    for seed in range(60):
        tokens = words.score(np.random.default_rng(seed), language, (55, 79), 0.4).split()
        for syllable in (name for name in tokens[::2] if name != "-"):
            onset, _, rest = syllable.partition("'")
            vowel = max((v for v in sounds.vowels.split() if rest.startswith(v)), key=len)
            sung |= {("onset", onset), ("vowel", vowel), ("coda", rest.removeprefix(vowel))}
    expected = {("onset", ""), ("coda", "")}
    for kind in ("onset", "vowel", "coda"):
        expected |= {(kind, sound) for sound in getattr(sounds, f"{kind}s").split()}
    assert sung == expected


def test_all_sounds_of_a_syllable_are_passed_to_festival(monkeypatch):
    pytest.importorskip("pyworld")
    said, complaint = [], b""

    def festival(command, **_):
        said.append(command[-1])
        path = command[-1].rpartition('"')[0].rpartition('"')[2]
        soundfile.write(path, 0.3 * np.sin(np.arange(16_000) * 0.08), 16_000)
        return SimpleNamespace(stderr=complaint)

    monkeypatch.setattr(voices.subprocess, "run", festival)
    frames = voices.speak_by_festival("s_t_'aa_n", "american+ked_diphone")
    assert frames.sample_rate == voices.SPOKEN_RATE
    assert said[0].startswith("(begin (voice_ked_diphone) ")
    segments = re.findall(r"\(([^ ()]+) ([\d.]+) \(", said[0])  # sounds, and their lengths in seconds
    assert [sound for sound, _ in segments] == ["pau", "s", "t", "aa", "n", "pau"]
    assert all(float(seconds) > 0 for _, seconds in segments)
    complaint = b"UniSyn: using default diphone ae-pau for eh-pau\n"
    with pytest.raises(LookupError, match="cannot say 'eh_: UniSyn"):
        voices.speak_by_festival("'eh_", "american+ked_diphone")


def test_syllables_are_passed_to_pico_without_stress_marks(monkeypatch):
    pytest.importorskip("pyworld")
    said = []

    class TtsEngine:
        def __init__(self, language):
            said.append(language)

        def speak(self, text):
            said.append(text)
            return (8000 * np.sin(np.arange(16_000) * 0.08)).astype(np.int16).tobytes()

    monkeypatch.setitem(sys.modules, "ttspico", SimpleNamespace(TtsEngine=TtsEngine))
    frames = voices.speak_by_pico("t_S'e_In", "en-US+en-US")
    assert said == ["en-US", '<phoneme ph="t_Se_In"/>']
    assert frames.sample_rate == 16_000
    assert len(frames.f0) == pytest.approx(1 / HOP_SECONDS, abs=2)


@pytest.mark.parametrize(
    ("kind", "needs"),
    [("", "espeak-ng"), ("soft", "espeak-ng"), ("flite", "flite"), ("festival", "festival"), ("pico", "ttspico")],
)
def test_a_missing_synthesiser_is_reported_at_once(tmp_path, monkeypatch, kind, needs):
    monkeypatch.setattr(voices.shutil, "which", lambda program: None)
    monkeypatch.setattr(voices.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["synthetic_words.py", str(tmp_path / "out"), *([f"--{kind}"] if kind else [])])
    with pytest.raises(SystemExit, match=f"^{needs} is missing: .*install {needs}"):
        words.main()
    assert not (tmp_path / "out").exists()


def answering(monkeypatch, lacking=(), returncode=0, stderr=""):
    """Replace Festival with a fake that lacks some voices; return the list to which it adds its commands."""
    asked = []

    def festival(command, **_):
        asked.append(command)
        known = [name for name in re.findall(r"voice_\w+", command[-1]) if name.removeprefix("voice_") not in lacking]
        return SimpleNamespace(returncode=returncode, stdout="\n".join(known), stderr=stderr)

    monkeypatch.setattr(voices.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(voices.subprocess, "run", festival)
    return asked


@pytest.mark.parametrize(
    ("lacking", "line"),
    [
        (["lp_diphone"], "festival lacks the voice lp_diphone: install it (Debian: apt-get install festvox-italp16k)"),
        (
            ["hy_fi_mv_diphone", "kal_diphone"],
            "festival lacks the voices kal_diphone, hy_fi_mv_diphone: install them"
            " (Debian: apt-get install festvox-kallpc16k festvox-suopuhe-mv)",
        ),
    ],
    ids=["one", "two"],
)
def test_missing_voices_of_festival_are_reported_at_once(tmp_path, monkeypatch, lacking, line):
    asked = answering(monkeypatch, lacking)
    monkeypatch.setattr(sys, "argv", ["synthetic_words.py", str(tmp_path / "out"), "--festival"])
    with pytest.raises(SystemExit, match=f"^{re.escape(line)}$"):
        words.main()
    assert len(asked) == 1
    assert not (tmp_path / "out").exists()


def test_no_voices_are_missing_if_festival_has_all(monkeypatch):
    asked = answering(monkeypatch)
    assert voices.missing("festival") is None
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        ("SIOD ERROR: unbound variable : foo\nfestival: fatal error exiting.\n", "SIOD ERROR: unbound variable : foo"),
        ("", "it ends with code 1"),
    ],
    ids=["complaining", "silent"],
)
def test_a_festival_that_does_not_run_is_reported(monkeypatch, stderr, line):
    answering(monkeypatch, voices.FESTVOX, returncode=1, stderr=stderr)
    assert voices.missing("festival") == f"festival does not run: {line}"


def test_the_packages_of_all_festival_voices_are_documented():
    assert list(voices.FESTVOX) == list(voices.OWN_VOICES["festival"])
    named = re.findall(r"(-\w+(?:-\w+)?)", words.__doc__.partition("Debian's festvox")[2])
    assert {package.removeprefix("festvox") for package in voices.FESTVOX.values()} <= set(named)


@pytest.mark.skipif(shutil.which("festival") is None, reason="no Festival is installed: apt-get install festival")
def test_missing_voices_are_found_with_the_real_festival(monkeypatch):
    monkeypatch.setitem(voices.OWN_VOICES["festival"], "nobody_diphone", ("italian", (55, 77)))
    monkeypatch.setitem(voices.FESTVOX, "nobody_diphone", "festvox-nobody")
    listed = subprocess.run(["festival", "-b", "(print (voice.list))"], check=True, capture_output=True, text=True)
    there = listed.stdout.strip().strip("()").split()
    said = re.match(r"festival lacks the voices? ([\w, ]+): install", voices.missing("festival"))
    assert said[1].split(", ") == [name for name in voices.OWN_VOICES["festival"] if name not in there]
