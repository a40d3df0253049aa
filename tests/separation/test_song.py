"""The decisions when to separate a voice and which notes to keep."""

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import soundfile

from singtrans.errors import InputError, UsageError
from singtrans.extras import install_command
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.separation import engines
from singtrans.separation import song as rule
from singtrans.separation.balance import Balance
from singtrans.separation.choices import Engine, Separate
from singtrans.separation.config import SongConfig
from singtrans.separation.song import SeparationOptions, SongTranscriber, separated_is_better
from singtrans.separation.voice_file import write_voice

CONFIG = SongConfig(
    doubtful=0.8,
    song=0.65,
    melody=0.65,
    gain=0.02,
    audible=-999.0,
    loud=0.0,
    noise=1.1,
    purity=0.4,
    quietest=-20.0,
    instruments=0.25,
)
SONG = Balance(share=-3.0, purity=0.9, instruments=-8.0, noise=0.3)


class Half:
    """Engine that halves the sound."""

    name, sample_rate, factor = "half", 44_100, 0.5

    def __init__(self, engine=None):
        self.engine = engine

    def __call__(self, blocks):
        for block in blocks:
            yield self.factor * block


class Quiet(Half):
    """Engine that finds hardly any voice: its output is 40 dB quieter than its input."""

    factor = 0.01


class FakeTranscriber:
    """Transcriber whose notes have one confidence in a recording, and another in its separated voice."""

    def __init__(self, mix, voice):
        self.sure, self.calls = {"song.wav": mix, "song.voice.flac": voice, "kept.voice.flac": voice}, []

    def __call__(self, path):
        samples, rate = soundfile.read(path)
        self.calls.append((path.name, rate, samples))
        sure = self.sure[path.name]
        notes = () if sure is None else (Note(0.0, 0.5, 60.0 + len(self.calls), sure), Note(0.5, 0.6, 62.0, 0.1))
        if sure is not None:
            notes = (notes[0], replace(notes[1], confidence=sure))
        nothing = np.zeros(0)
        return Transcription(notes, PitchTrack(nothing, nothing, nothing), 1.0, path.name, "model")


@pytest.fixture
def song(tmp_path):
    samples = 0.2 * np.random.default_rng(0).standard_normal((44_100, 2))
    soundfile.write(tmp_path / "song.wav", samples, 44_100)
    return tmp_path / "song.wav"


def transcribe(song, transcriber, separate=Separate.AUTO, make=Half, voice=None, config=CONFIG):
    return SongTranscriber(transcriber, SeparationOptions(separate), config, make)(song, voice)


def refuse(engine):
    raise AssertionError("the voice was separated")


@pytest.mark.parametrize(("mix", "voice", "kept"), [(0.6, 0.7, True), (0.6, 0.61, False), (0.7, 0.5, False)])
def test_uncertain_notes_are_replaced_by_more_certain_ones(song, mix, voice, kept):
    transcriber = FakeTranscriber(mix, voice)
    found = transcribe(song, transcriber)
    assert [name for name, _, _ in transcriber.calls] == ["song.wav", "song.voice.flac"]
    assert found.notes[0].pitch == (62.0 if kept else 61.0)
    assert found.audio == "song.wav"
    assert found.separation.separated is kept
    assert found.separation.engine == "half"
    assert found.separation.mix_confidence == pytest.approx(mix)
    assert found.separation.voice_confidence == pytest.approx(voice)
    assert ("the voice was separated from the instruments (half)" in found.remarks) is kept


@pytest.mark.parametrize(
    ("voice", "changed", "kept"),
    [
        (0.63, {}, True),
        (0.61, {}, False),
        (0.63, {"noise": 0.7}, False),
        (0.63, {"instruments": -15.0}, False),
        (0.63, {"purity": 0.5}, False),
        (0.60, {"instruments": -4.0}, True),
        (0.59, {"instruments": -4.0}, False),
    ],
)
def test_the_rule_depends_on_clarity_and_balance(voice, changed, kept):
    config = SongConfig(gain=0.02, audible=-14.0, loud=-5.0, noise=0.6, purity=0.7)
    assert separated_is_better(0.6, voice, replace(SONG, **changed), config) is kept


def test_notes_of_an_instrument_are_kept_with_a_warning(song):
    # The mask of the engine is 0.5, which is less than the purity of a voice.
    found = transcribe(song, FakeTranscriber(0.7, 0.9), config=replace(CONFIG, purity=0.7))
    assert found.notes[0].pitch == 61.0
    assert not found.separation.separated
    assert "notes of an instrument" in found.remarks[0]


@pytest.mark.parametrize("mix", [0.8, 0.95, None])
def test_certain_notes_and_silence_are_not_separated(song, mix):
    transcriber = FakeTranscriber(mix, 1.0)
    found = transcribe(song, transcriber, make=refuse)
    assert len(transcriber.calls) == 1
    assert not found.separation.separated
    assert not found.remarks


@pytest.mark.parametrize(("asked", "voice", "tempo"), [(True, 0.7, 96.0), (True, 0.5, None), (False, 0.7, None)])
def test_the_tempo_of_the_instruments_is_found_if_the_voice_was_separated(song, monkeypatch, asked, voice, tempo):
    monkeypatch.setattr(rule, "find_band_tempo", lambda source: 96.0)
    options = SeparationOptions(tempo=asked)
    found = SongTranscriber(FakeTranscriber(0.6, voice), options, CONFIG, Half)(song)
    assert found.separation.tempo == tempo


def test_uncertain_notes_that_are_kept_cause_a_remark(song):
    assert "many notes may be wrong" in transcribe(song, FakeTranscriber(0.5, 0.5)).remarks[0]
    assert not transcribe(song, FakeTranscriber(0.75, 0.74)).remarks


@pytest.mark.parametrize(("clarity", "mixed", "tried"), [(0.9, True, True), (0.9, False, False), (0.7, False, True)])
def test_separation_depends_on_clarity_and_the_model(song, clarity, mixed, tried):
    class WithClarity(FakeTranscriber):
        def __call__(self, source):
            return replace(super().__call__(source), clarity=clarity, mixed=mixed)

    transcriber = WithClarity(0.5 if clarity > 0.8 else 0.95, 0.99)
    found = transcribe(song, transcriber)
    assert len(transcriber.calls) == (2 if tried else 1)
    assert not found.separation.separated  # the voice is not clearer
    assert ("many notes may be wrong" in "".join(found.remarks)) is mixed


def test_no_notes_are_found_without_a_voice(song):
    found = transcribe(song, FakeTranscriber(0.6, 0.99), make=Quiet)
    assert not found.notes
    assert "no notes" in found.remarks[0]


def test_clear_notes_without_a_voice_are_kept_with_a_warning(song):
    found = transcribe(song, FakeTranscriber(0.7, 0.99), make=Quiet)
    assert found.notes[0].pitch == 61.0
    assert "notes of an instrument" in found.remarks[0]


def test_only_the_voice_is_transcribed_with_always(song):
    transcriber = FakeTranscriber(0.99, 0.3)
    found = transcribe(song, transcriber, Separate.ALWAYS)
    assert [name for name, _, _ in transcriber.calls] == ["song.voice.flac"]
    assert found.separation.separated
    assert found.separation.mix_confidence is None


def test_the_voice_is_not_separated_with_never(song):
    found = transcribe(song, FakeTranscriber(0.1, 1.0), Separate.NEVER, refuse)
    assert found.separation is None
    assert not found.remarks


def test_the_separated_voice_is_mixed_with_the_quieter_instruments(song):
    transcriber = FakeTranscriber(0.6, 0.7)
    transcribe(song, transcriber)
    (_, _, mix), (_, rate, voice) = transcriber.calls
    assert rate == 44_100
    # The voice is half of the amplitude. The instruments are the other half, and a quarter of them is kept.
    np.testing.assert_allclose(voice, np.clip((0.5 + 0.25 * 0.5) * mix, -1, 1), atol=1e-4)


@pytest.mark.parametrize("mix", [0.6, 0.9])
def test_the_voice_is_written_even_if_its_notes_are_not_kept(song, tmp_path, mix):
    target = tmp_path / "kept.voice.flac"
    found = transcribe(song, FakeTranscriber(mix, 0.5), voice=target)
    assert not found.separation.separated
    samples, rate = soundfile.read(target)
    assert rate == 44_100
    np.testing.assert_allclose(samples, 0.5 * soundfile.read(song)[0], atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.voice.flac", "song.wav"]


def test_temporary_files_are_removed(song, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    transcribe(song, FakeTranscriber(0.6, 0.7))
    assert not list((tmp_path / "temporary").iterdir())


def test_an_unreadable_recording_is_reported(tmp_path):
    (tmp_path / "song.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"song\.wav"):
        transcribe(tmp_path / "song.wav", FakeTranscriber(0.6, 0.7), Separate.ALWAYS)


def test_a_missing_engine_causes_a_remark_for_uncertain_notes(song, monkeypatch):
    monkeypatch.setitem(engines._PACKAGES, Engine.SPLEETER, ("no_such_package_for_songs",))
    make = engines.make_separator
    found = transcribe(song, FakeTranscriber(0.6, 0.7), make=make)
    assert found.notes[0].confidence == 0.6
    assert "voice with instruments" in found.remarks[0]
    assert install_command("songs") in found.remarks[0]
    assert "\n" not in found.remarks[0]
    assert not transcribe(
        song, FakeTranscriber(0.7, 0.7), make=make
    ).remarks  # the recording may be a single voice with noise
    assert not transcribe(song, FakeTranscriber(0.9, 0.7), make=make).remarks
    with pytest.raises(UsageError, match=re.escape(install_command("songs"))):
        transcribe(song, FakeTranscriber(0.6, 0.7), Separate.ALWAYS, make)
    with pytest.raises(UsageError, match=re.escape(install_command("songs"))):
        transcribe(song, FakeTranscriber(0.9, 0.7), voice=song.with_name("kept.voice.flac"), make=make)


def test_damaged_weights_are_reported_in_one_line(song, monkeypatch):
    def damaged(engine):
        raise UsageError("x.ckpt is damaged: install it again")

    monkeypatch.setitem(engines._PACKAGES, Engine.SPLEETER, ("numpy",))
    found = transcribe(song, FakeTranscriber(0.6, 0.7), make=damaged)
    assert found.remarks[0].endswith("x.ckpt is damaged: install it again")


@pytest.mark.parametrize("needed", [False, True])
def test_check_reports_missing_packages_that_are_needed(monkeypatch, needed):
    monkeypatch.setitem(engines._PACKAGES, Engine.DEMUCS, ("no_such_package_for_songs",))
    check = partial(SeparationOptions.check, needed=needed)
    with pytest.raises(UsageError, match=re.escape(install_command("demucs"))):
        check(SeparationOptions(Separate.ALWAYS, Engine.DEMUCS))
    if needed:
        with pytest.raises(UsageError, match=re.escape(install_command("demucs"))):
            check(SeparationOptions(Separate.AUTO, Engine.DEMUCS))
        with pytest.raises(UsageError, match="leave out --separate never"):
            check(SeparationOptions(Separate.NEVER, Engine.DEMUCS))
    else:
        check(SeparationOptions(Separate.AUTO, Engine.DEMUCS))
        check(SeparationOptions(Separate.NEVER, Engine.DEMUCS))


class Late:
    """Engine that returns its input three seconds late."""

    name, sample_rate = "late", 44_100

    def __call__(self, blocks):
        waiting = np.concatenate(list(blocks))
        yield from (0.5 * waiting[i : i + 10_007] for i in range(0, len(waiting), 10_007))


def test_instruments_are_aligned_with_a_delayed_voice(tmp_path):
    samples = 0.2 * np.random.default_rng(0).standard_normal((150_000, 2))
    soundfile.write(tmp_path / "a.wav", samples, 44_100)
    written = write_voice(tmp_path / "a.wav", Late(), None, tmp_path / "b.flac", 0.5)
    np.testing.assert_allclose(soundfile.read(tmp_path / "b.flac")[0], np.clip(0.75 * samples, -1, 1), atol=1e-4)
    assert written.balance.share == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.flac"]
