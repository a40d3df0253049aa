"""Comparison of sheet music of sung folk songs with the true scores.

    python -m benchmarks.scores WORK [--songs 200]

A synthetic voice sings songs of the Essen collection that were not used for training (`sung_songs`). Onsets deviate by
25 ms (standard deviation), the tempo drifts by up to 5 %, and phrases end with breaths. The songs are then transcribed
and written as sheet music. If MuseScore 3 is installed (``apt-get install musescore3``), it also imports MIDI files of
singtrans and, with ``--basic-pitch``, of Basic Pitch. Recordings and transcriptions are kept in the folder WORK.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.musescore import PROGRAM, import_midi
from benchmarks.other_systems import basic_pitch_midi
from benchmarks.sung_songs import SungSong, sung_songs
from benchmarks.tables import publish
from benchmarks.written import Written, symbols_of
from singtrans import formats
from singtrans.errors import SingtransError
from singtrans.formats.options import Options
from singtrans.formats.score.arrangement import arrange
from singtrans.formats.score.sheet import make_sheet
from singtrans.melody.metre import Metre, parse_metre

NEAR = 0.04  # relative error up to which a tempo is right
MATCH = 0.15  # most seconds between the onsets of a sung note and of its written note
AGREE = 0.8  # share of the notes on bar lines that must be on true bar lines
RELATED = ({"2/4", "4/4"}, {"6/8", "12/8"})


@dataclass(frozen=True, slots=True)
class Result:
    """Comparison of one written song with its true score; values that are true or false are 1 or 0.

    Attributes:
        metre: whether the metre is right.
        related: whether the metre is right, if 2/4 counts as 4/4, and 6/8 as 12/8.
        downbeat: whether at least 80 % of the notes that are written on bar lines are also on bar lines in the true
            score.
        bars: whether the metre is right, and most notes are at the right position in the bar.
        tempo: whether the tempo is right.
        tempo_or_double: whether the tempo, its double or its half is right.
        values: share of the true notes that have the right note value in the written song.
        key: whether tonic and mode are right.
        symbols: number of written notes, rests and ties, divided by that of the true score.
    """

    metre: float
    related: float
    downbeat: float
    bars: float
    tempo: float
    tempo_or_double: float
    values: float
    key: float
    symbols: float


ROWS = {
    "metre": ("metre", "0.85"),
    "related": ("metre, with 2/4 and 4/4 as the same", ""),
    "downbeat": ("downbeat", "0.85"),
    "bars": ("metre and downbeat", ""),
    "tempo": ("tempo within 4 %", "0.85"),
    "tempo_or_double": ("tempo, its double or half", "0.95"),
    "values": ("note values", "0.85"),
    "key": ("key", "0.90"),
    "symbols": ("symbols, relative to the true score", "at most 1.15"),
}


def compare(sung: SungSong, written: Written) -> Result:
    """Compare a written song with the true score."""
    song, performance = sung.song, sung.performance
    metre = parse_metre(song.metre)
    true_starts, true_lengths = ([getattr(note, name) for note in song.notes] for name in ("start", "length"))
    pairs = _matches(np.array([note.onset for note in performance.notes]), written.onsets)
    on_lines = [written.starts[i] % written.metre.bar == 0 for _, i in pairs]
    true_lines = [true_starts[t] % metre.bar == 0 for t, _ in pairs]
    both = sum(a and b for a, b in zip(on_lines, true_lines, strict=True))
    downbeat = sum(on_lines) > 0 and both >= AGREE * sum(on_lines)
    same = [true_starts[t] % metre.bar == written.starts[i] % written.metre.bar for t, i in pairs]
    is_metre = str(written.metre) == song.metre
    bars = is_metre and np.mean(same or [False]) > 0.5
    ratio = written.tempo * float(written.metre.beat) / (performance.tempo * float(metre.beat))
    right = sum(written.ends[i] - written.starts[i] == true_lengths[t] for t, i in pairs)
    true_symbols = symbols_of(true_starts, [s + n for s, n in zip(true_starts, true_lengths, strict=True)], metre)
    return Result(
        metre=is_metre,
        related=is_metre or {str(written.metre), song.metre} in RELATED,
        downbeat=downbeat,
        bars=bool(bars),
        tempo=abs(ratio - 1) < NEAR,
        tempo_or_double=min(abs(ratio * factor - 1) for factor in (1, 2, 0.5)) < NEAR,
        values=right / len(true_starts),
        key=(written.tonic, written.minor) == (song.tonic, song.minor),
        symbols=written.symbols / true_symbols,
    )


def _matches(true: np.ndarray, found: np.ndarray) -> list[tuple[int, int]]:
    """Pair sung onsets with the nearest written onsets (both in seconds); no onset is used twice."""
    if not len(found):
        return []
    apart = np.abs(true[:, None] - found)
    pairs = []
    for t, i in zip(*np.unravel_index(np.argsort(apart, axis=None), apart.shape), strict=True):
        if apart[t, i] > MATCH:
            break
        pairs.append((int(t), int(i)))
    free_true, free_found, kept = set(range(len(true))), set(range(len(found))), []
    for t, i in pairs:
        if t in free_true and i in free_found:
            free_true.remove(t)
            free_found.remove(i)
            kept.append((t, i))
    return kept


def sheet_music(sung: SungSong, _: Path) -> Written:
    """Write a song as sheet music with singtrans."""
    sheet = make_sheet(sung.found, Options())
    rhythm = arrange(sung.found, Options(), score=True).rhythm
    assert rhythm is not None
    symbols = symbols_of(rhythm.starts, rhythm.ends, rhythm.metre)
    onsets = np.array([note.onset for note in sung.found.notes])
    return Written(
        onsets, rhythm.starts, rhythm.ends, rhythm.metre, rhythm.tempo, sheet.key.tonic, sheet.key.minor, symbols
    )


def through_musescore(options: Options) -> Callable[[SungSong, Path], Written]:
    """Return a function that writes a song as MIDI with ``options``, and opens the file with MuseScore."""

    def write(sung: SungSong, folder: Path) -> Written:
        path = folder / f"{sung.path.stem}.mid"
        formats.save(sung.found, path, options=options)
        return import_midi(path, [note.onset for note in sung.found.notes], [note.note for note in sung.found.notes])

    return write


def basic_pitch_through_musescore(
    program: Path, songs: Sequence[SungSong], folder: Path
) -> Callable[[SungSong, Path], Written]:
    """Transcribe songs with the program ``basic-pitch``; return a function that opens the MIDI files with MuseScore."""
    recordings = [sung.path for sung in songs]
    paths = dict(zip(recordings, basic_pitch_midi(program, recordings, folder), strict=True))

    def write(sung: SungSong, _: Path) -> Written:
        notes = formats.load_notes(paths[sung.path])
        return import_midi(paths[sung.path], [note.onset for note in notes], [note.note for note in notes])

    return write


def measure(songs: Sequence[SungSong], write: Callable[[SungSong, Path], Written], folder: Path) -> list[Result]:
    """Compare all songs; if a song cannot be written, all of its values count as wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for sung in songs:
        try:
            written = write(sung, folder)
        except SingtransError:
            written = Written(np.zeros(0), (), (), Metre(1, 4), 1.0, -1, False, 0)
        results.append(compare(sung, written))
    return results


def main() -> None:
    """Measure and publish the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for recordings and transcriptions")
    parser.add_argument("--songs", type=int, default=200)
    parser.add_argument("--basic-pitch", type=Path, help="the program basic-pitch, whose MIDI files are compared, too")
    arguments = parser.parse_args()
    songs = sung_songs(arguments.songs, arguments.work)
    ways = {"sheet music": sheet_music}
    if PROGRAM:
        ways["MIDI in MuseScore"] = through_musescore(Options(tempo="auto"))
        ways["with --tempo-map"] = through_musescore(Options(tempo="auto", tempo_map=True))
        ways["with --quantize 1/16"] = through_musescore(Options(tempo="auto", quantize="1/16"))
        ways["without --tempo"] = through_musescore(Options())
        if arguments.basic_pitch:
            name = "Basic Pitch in MuseScore"
            ways[name] = basic_pitch_through_musescore(arguments.basic_pitch, songs, arguments.work / "basic_pitch")
    columns = {name: measure(songs, way, arguments.work / name.replace("/", "_")) for name, way in ways.items()}
    rows = [
        [
            label,
            target,
            *(f"{np.mean([getattr(result, field) for result in column]):.3f}" for column in columns.values()),
        ]
        for field, (label, target) in ROWS.items()
    ]
    command = f"python -m benchmarks.scores WORK --songs {arguments.songs}"
    command += " --basic-pitch PATH" if arguments.basic_pitch else ""
    publish("Sheet music of sung folk songs", command, ["figure", "target", *columns], rows, _note(songs))


def _note(songs: Sequence[SungSong]) -> str:
    notes = sum(len(sung.song.notes) for sung in songs)
    return (
        "The table has shares of songs or notes that are right, except in the last row. The columns after *sheet music*"
        " are\nfor MIDI files that MuseScore opens; the column *MIDI in MuseScore* is for --tempo auto alone.\n"
        f"{len(songs)} songs with {notes} notes were used. The downbeat of a song is right if at least {AGREE:.0%} of"
        " the\n"
        "notes on written bar lines are on bar lines of the true score. A written note matches a true note if their\n"
        "onsets are within 0.15 s; the note value is right if both notes have the same length. In a MIDI file,\n"
        "MuseScore looks at the notes near beats. If fewer than 60% of them are within 1/32 of a quarter note of a\n"
        "beat, it treats the file as a performance, and finds metre and tempo itself. With --tempo-map or --quantize,\n"
        "it keeps the metre and tempo of the file. The MusicXML of MuseScore states no mode, so its keys count as\n"
        "major."
    )


if __name__ == "__main__":
    main()
