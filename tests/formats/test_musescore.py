"""MusicXML files are the same after MuseScore 3 has opened and saved them; skipped if it is not installed."""

import os
import random
import shutil
import subprocess
import warnings
from fractions import Fraction

import numpy as np
import pytest

from benchmarks.musescore import import_midi
from recipe.performance import Style, perform
from singtrans import PitchTrack, Transcription, formats
from singtrans.formats import Options
from singtrans.formats.lyrics import parse_lyrics
from singtrans.formats.score.musicxml_writer import to_xml
from singtrans.melody.metre import Metre
from tests.helpers.folk_tunes import tune
from tests.helpers.sheets import sheet_of
from tests.helpers.written_melodies import WrittenMelody

MUSESCORE = shutil.which("mscore3") or shutil.which("musescore3") or shutil.which("mscore")
pytestmark = pytest.mark.skipif(not MUSESCORE, reason="needs MuseScore 3")
warnings.filterwarnings("ignore")
CELLS = {
    True: [["3/2"], ["1", "1/2"], ["1/2", "1/2", "1/2"], ["1/2", "1"], ["3/4", "1/4", "1/2"]],
    False: [["1"], ["1/2", "1/2"], ["1/3", "1/3", "1/3"], ["2/3", "1/3"], ["3/4", "1/4"], ["1/4", "1/2", "1/4"]],
}


def melody(metre, seed):
    """Make about ten bars of notes and rests, with a pickup of a beat."""
    dice = random.Random(seed)
    starts, ends, now = [], [], metre.bar - metre.beat
    while now < 10 * metre.bar:
        for length in map(Fraction, dice.choice(CELLS[metre.is_compound])):
            if not starts or dice.random() < 0.9:
                starts.append(now)
                ends.append(now + length)
            now += length
    pitches = [dice.randint(55, 79) for _ in starts]
    return WrittenMelody(tuple(starts), tuple(ends), tuple(pitches), metre)


def heads(data):
    """Return (bar, position in bar, length, pitch, tie) for all note heads and rests, and the lengths of all bars."""
    import music21

    part = music21.converter.parseData(data, format="musicxml").parts[0]
    notes, bars = [], []
    for number, bar in enumerate(part.getElementsByClass("Measure")):
        bars.append(Fraction(bar.duration.quarterLength))
        for note in bar.flatten().notesAndRests:
            pitch = None if note.isRest else note.pitch.nameWithOctave
            tie = note.tie.type if note.tie else None
            notes.append((number, Fraction(note.offset), Fraction(note.quarterLength), pitch, tie))
    return notes, bars


def unusual(folder, name):
    """Convert in.musicxml to a file with MuseScore, and return its messages except those about progress."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    command = [MUSESCORE, "-o", folder / name, folder / "in.musicxml"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    lines = [line.strip() for line in done.stderr.splitlines()]
    return [line for line in lines if line and not line.startswith(("convert <", "to <", "... success"))]


@pytest.mark.parametrize(
    "metre", [Metre(2, 4), Metre(3, 4), Metre(4, 4), Metre(6, 8), Metre(9, 8), Metre(12, 8)], ids=str
)
def test_musescore_keeps_every_symbol(tmp_path, metre):
    song = melody(metre, seed=metre.numerator)
    count = len(song.starts)
    words = parse_lyrics("Glo-~-ri-a yes " * count)[:count]
    breaths = tuple(number % 7 == 6 for number in range(count))
    data = to_xml(sheet_of(song, "Bb", syllables=words, breaths=breaths, composer="Bach"))
    (tmp_path / "in.musicxml").write_bytes(data)
    for name in ("out.musicxml", "out.mscx"):
        assert unusual(tmp_path, name) == []
    again = (tmp_path / "out.musicxml").read_text("utf-8")
    assert heads(again) == heads(data.decode())
    # MuseScore shows breaths at the end of a bar, but does not write them as MusicXML.
    assert (tmp_path / "out.mscx").read_text("utf-8").count("<Breath>") == data.count(b"<breath-mark")
    assert again.count("<beam number") == data.count(b"<beam number")
    assert again.count("<text>") == data.count(b"<text>")


@pytest.mark.parametrize("name", ["Ode to joy", "Amazing grace", "Silent night"])
def test_musescore_keeps_the_bars_of_a_tempo_map(tmp_path, name):
    folk_song, metre, _ = tune(name)
    sung = perform(folk_song, np.random.default_rng(1), Style(drift=0.05)).notes
    track = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
    options = Options(tempo="auto", metre=formats.options.parse_metre(metre), tempo_map=True)
    song = Transcription(sung, track, sung[-1].offset + 0.5, "song.wav")
    path = formats.save(song, tmp_path / "a.mid", options=options)
    written = import_midi(path, [note.onset for note in sung], [note.note for note in sung])
    assert str(written.metre) == metre
    assert len(written.starts) == len(sung)
    bar = written.metre.bar
    pairs = zip(written.starts, folk_song.notes, strict=True)
    assert np.mean([start % bar == note.start % bar for start, note in pairs]) > 0.8
