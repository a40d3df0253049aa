"""When a voice is separated, and which notes are kept."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import soundfile

from singtrans.errors import InputError, UsageError
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.separation import engines
from singtrans.separation.config import SongConfig
from singtrans.separation.engines import Engine
from singtrans.separation.song import Separate, SeparationOptions, SongTranscriber
from singtrans.separation.voice_file import write_voice

CONFIG = SongConfig(doubtful=0.8, song=0.65, gain=0.02, loud=-10.0, quietest=-20.0, instruments=0.25)


class Half:
    """An engine that halves the sound."""

    name, sample_rate, factor = "half", 44_100, 0.5

    def __init__(self, engine=None):
        self.engine = engine

    def __call__(self, blocks):
        for block in blocks:
            yield self.factor * block


class Quiet(Half):
    """An engine that finds hardly any voice: 40 dB less."""

    factor = 0.01


class Listener:
    """Gives a recording notes of one confidence, and a separated voice those of another."""

    def __init__(self, mix, voice):
        self.sure, self.heard = {"song.wav": mix, "song.voice.flac": voice, "kept.voice.flac": voice}, []

    def __call__(self, path):
        samples, rate = soundfile.read(path)
        self.heard.append((path.name, rate, samples))
        sure = self.sure[path.name]
        notes = () if sure is None else (Note(0.0, 0.5, 60.0 + len(self.heard), sure), Note(0.5, 0.6, 62.0, 0.1))
        if sure is not None:
            notes = (notes[0], replace(notes[1], confidence=sure))
        nothing = np.zeros(0)
        return Transcription(notes, PitchTrack(nothing, nothing, nothing), 1.0, path.name, "model")


@pytest.fixture
def song(tmp_path):
    samples = 0.2 * np.random.default_rng(0).standard_normal((44_100, 2))
    soundfile.write(tmp_path / "song.wav", samples, 44_100)
    return tmp_path / "song.wav"


def transcribe(song, listener, separate=Separate.AUTO, make=Half, voice=None, config=CONFIG):
    return SongTranscriber(listener, SeparationOptions(separate), config, make)(song, voice)


def refuse(engine):
    raise AssertionError("the voice was separated")


@pytest.mark.parametrize(("mix", "voice", "kept"), [(0.6, 0.7, True), (0.6, 0.61, False), (0.7, 0.5, False)])
def test_doubtful_notes_give_way_to_surer_ones(song, mix, voice, kept):
    listener = Listener(mix, voice)
    found = transcribe(song, listener)
    assert [name for name, _, _ in listener.heard] == ["song.wav", "song.voice.flac"]
    assert found.notes[0].pitch == (62.0 if kept else 61.0)
    assert found.audio == "song.wav"
    assert found.separation.separated is kept
    assert found.separation.engine == "half"
    assert found.separation.mix_confidence == pytest.approx(mix)
    assert found.separation.voice_confidence == pytest.approx(voice)
    assert ("the voice was separated from the instruments (half)" in found.remarks) is kept


@pytest.mark.parametrize(("voice", "loud", "kept"), [(0.6, -5.0, True), (0.59, -5.0, False), (0.6, -7.0, False)])
def test_behind_loud_instruments_the_voice_need_not_be_clearer(song, voice, loud, kept):
    found = transcribe(song, Listener(0.6, voice), config=replace(CONFIG, loud=loud))  # the voice is at -6 dB
    assert found.separation.separated is kept


@pytest.mark.parametrize("mix", [0.8, 0.95, None])
def test_sure_notes_and_no_notes_stay(song, mix):
    listener = Listener(mix, 1.0)
    found = transcribe(song, listener, make=refuse)
    assert len(listener.heard) == 1
    assert not found.separation.separated
    assert not found.remarks


def test_unsure_notes_that_separation_does_not_mend_are_said_to_be(song):
    assert "many notes may be wrong" in transcribe(song, Listener(0.5, 0.5)).remarks[0]
    assert not transcribe(song, Listener(0.75, 0.74)).remarks


@pytest.mark.parametrize(("clarity", "mixed", "tried"), [(0.9, True, True), (0.9, False, False), (0.7, False, True)])
def test_clarity_and_what_the_model_says_decide(song, clarity, mixed, tried):
    class Knowing(Listener):
        def __call__(self, source):
            return replace(super().__call__(source), clarity=clarity, mixed=mixed)

    listener = Knowing(0.5 if clarity > 0.8 else 0.95, 0.99)
    found = transcribe(song, listener)
    assert len(listener.heard) == (2 if tried else 1)
    assert not found.separation.separated  # the voice is no clearer
    assert ("many notes may be wrong" in "".join(found.remarks)) is mixed


def test_without_a_voice_there_are_no_notes(song):
    found = transcribe(song, Listener(0.6, 0.99), make=Quiet)
    assert not found.notes
    assert "no notes" in found.remarks[0]


def test_always_hears_the_voice_alone(song):
    listener = Listener(0.99, 0.3)
    found = transcribe(song, listener, Separate.ALWAYS)
    assert [name for name, _, _ in listener.heard] == ["song.voice.flac"]
    assert found.separation.separated
    assert found.separation.mix_confidence is None


def test_never_separates_nothing(song):
    found = transcribe(song, Listener(0.1, 1.0), Separate.NEVER, refuse)
    assert found.separation is None
    assert not found.remarks


def test_voice_is_half_of_the_recording_in_time(song):
    listener = Listener(0.6, 0.7)
    transcribe(song, listener)
    (_, _, mix), (_, rate, voice) = listener.heard
    assert rate == 44_100
    # Half of the recording is the voice; of the other half, the instruments, a quarter stays.
    np.testing.assert_allclose(voice, np.clip((0.5 + 0.25 * 0.5) * mix, -1, 1), atol=1e-4)


@pytest.mark.parametrize("mix", [0.6, 0.9])
def test_voice_is_written_whichever_notes_are_kept(song, tmp_path, mix):
    target = tmp_path / "kept.voice.flac"
    found = transcribe(song, Listener(mix, 0.5), voice=target)
    assert not found.separation.separated
    samples, rate = soundfile.read(target)
    assert rate == 44_100
    np.testing.assert_allclose(samples, 0.5 * soundfile.read(song)[0], atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.voice.flac", "song.wav"]


def test_nothing_is_left_behind(song, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    transcribe(song, Listener(0.6, 0.7))
    assert not list((tmp_path / "temporary").iterdir())


def test_recording_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "song.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"song\.wav"):
        transcribe(tmp_path / "song.wav", Listener(0.6, 0.7), Separate.ALWAYS)


def test_missing_engine_is_one_line_on_a_doubtful_recording(song, monkeypatch):
    monkeypatch.setitem(engines._PACKAGES, Engine.SPLEETER, ("no_such_package_for_songs",))
    make = engines.make_separator
    found = transcribe(song, Listener(0.6, 0.7), make=make)
    assert found.notes[0].confidence == 0.6
    assert "voice with instruments" in found.remarks[0]
    assert 'pip install "singtrans[songs]"' in found.remarks[0]
    assert "\n" not in found.remarks[0]
    assert not transcribe(song, Listener(0.7, 0.7), make=make).remarks  # perhaps a noisy voice alone
    assert not transcribe(song, Listener(0.9, 0.7), make=make).remarks
    with pytest.raises(UsageError, match=r"singtrans\[songs\]"):
        transcribe(song, Listener(0.6, 0.7), Separate.ALWAYS, make)
    with pytest.raises(UsageError, match=r"singtrans\[songs\]"):
        transcribe(song, Listener(0.9, 0.7), voice=song.with_name("kept.voice.flac"), make=make)


def test_damaged_weights_are_one_line(song, monkeypatch):
    def damaged(engine):
        raise UsageError("x.ckpt is damaged: install it again")

    monkeypatch.setitem(engines._PACKAGES, Engine.SPLEETER, ("numpy",))
    found = transcribe(song, Listener(0.6, 0.7), make=damaged)
    assert found.remarks[0].endswith("x.ckpt is damaged: install it again")


@pytest.mark.parametrize("needed", [False, True])
def test_check_finds_what_is_certain_to_be_used(monkeypatch, needed):
    monkeypatch.setitem(engines._PACKAGES, Engine.DEMUCS, ("no_such_package_for_songs",))
    check = partial(SeparationOptions.check, needed=needed)
    with pytest.raises(UsageError, match=r"singtrans\[demucs\]"):
        check(SeparationOptions(Separate.ALWAYS, Engine.DEMUCS))
    if needed:
        with pytest.raises(UsageError, match=r"singtrans\[demucs\]"):
            check(SeparationOptions(Separate.AUTO, Engine.DEMUCS))
        with pytest.raises(UsageError, match="leave out --separate never"):
            check(SeparationOptions(Separate.NEVER, Engine.DEMUCS))
    else:
        check(SeparationOptions(Separate.AUTO, Engine.DEMUCS))
        check(SeparationOptions(Separate.NEVER, Engine.DEMUCS))


class Late:
    """An engine that gives back what it was given, three seconds late."""

    name, sample_rate = "late", 44_100

    def __call__(self, blocks):
        waiting = np.concatenate(list(blocks))
        yield from (0.5 * waiting[i : i + 10_007] for i in range(0, len(waiting), 10_007))


def test_instruments_stay_in_time_with_a_voice_that_comes_late(tmp_path):
    samples = 0.2 * np.random.default_rng(0).standard_normal((150_000, 2))
    soundfile.write(tmp_path / "a.wav", samples, 44_100)
    written = write_voice(tmp_path / "a.wav", Late(), None, tmp_path / "b.flac", 0.5)
    np.testing.assert_allclose(soundfile.read(tmp_path / "b.flac")[0], np.clip(0.75 * samples, -1, 1), atol=1e-4)
    assert written.share == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.flac"]
