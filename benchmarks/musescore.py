"""Import MIDI files with MuseScore 3, and read the resulting score.

MuseScore runs without a screen and writes a MusicXML file. Metre, tempo, key and notes are read from this file.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from difflib import SequenceMatcher
from fractions import Fraction
from pathlib import Path

import numpy as np
from lxml import etree

from benchmarks.written import Written
from singtrans.errors import InputError
from singtrans.melody.metre import Metre

PROGRAM = shutil.which("mscore3") or shutil.which("musescore3") or shutil.which("mscore")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MAJOR = 7  # semitones per step of the line of fifths


def import_midi(path: Path, onsets: Sequence[float], pitches: Sequence[int]) -> Written:
    """Open a MIDI file with MuseScore, and read the score that MuseScore makes of it.

    Args:
        path: the MIDI file.
        onsets: onsets of the sung notes in seconds.
        pitches: MIDI numbers of the sung notes.

    Raises:
        InputError: if MuseScore cannot open the file.
    """
    out = path.with_suffix(".musicxml")
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [str(PROGRAM), "-o", str(out), str(path)], env=environment, capture_output=True, timeout=300, check=False
    )
    if done.returncode or not out.exists():
        raise InputError(f"{path} cannot be opened by MuseScore.")
    return read_score(out, onsets, pitches)


def read_score(path: Path, onsets: Sequence[float], pitches: Sequence[int]) -> Written:
    """Read a MusicXML file of one part, and pair its notes with the sung notes by pitch."""
    part = etree.parse(str(path)).getroot().find("part")
    time = part.find(".//time")
    metre = Metre(int(time.findtext("beats")), int(time.findtext("beat-type")))
    fifths = int(part.findtext(".//key/fifths", "0"))
    minor = part.findtext(".//key/mode", "major") == "minor"
    tempi = [float(sound.get("tempo")) for sound in part.iter("sound") if sound.get("tempo")]
    tempi = tempi[1:] or tempi or [120.0]  # the first one may be that of the time before the song
    found, symbols = _notes(part, metre)
    matcher = SequenceMatcher(None, list(pitches), [pitch for _, _, pitch in found], autojunk=False)
    pairs = [(m.a + i, m.b + i) for m in matcher.get_matching_blocks() for i in range(m.size)]
    return Written(
        np.array([onsets[a] for a, _ in pairs]),
        [found[b][0] for _, b in pairs],
        [found[b][1] for _, b in pairs],
        metre,
        float(np.median(tempi)) / float(metre.beat),
        (_MAJOR * fifths + (9 if minor else 0)) % 12,
        minor,
        symbols,
    )


def _notes(part: "etree._Element", metre: Metre) -> tuple[list[tuple[Fraction, Fraction, int]], int]:
    """Return (start, end, pitch) of notes, with tied notes joined, and the number of symbols up to the last note.

    Starts and ends are in quarter notes since a bar line. If the first measure is a pickup, this is its end.
    """
    found: list[tuple[Fraction, Fraction, int]] = []
    divisions, symbols, counted, begin, pickup = 1, 0, 0, Fraction(0), Fraction(0)
    first = part.find("measure")
    for measure in part.iter("measure"):
        now = longest = begin
        for element in measure:
            divisions = int(element.findtext("divisions", str(divisions)))
            length = Fraction(int(element.findtext("duration", "0")), divisions)
            if element.tag == "backup":
                now -= length
            elif element.tag == "forward":
                now += length
            elif element.tag == "note" and element.find("grace") is None:
                ties = {tie.get("type") for tie in element.iter("tie")}
                symbols += 1 + ("start" in ties)
                pitch = _pitch(element)
                if element.find("chord") is not None:
                    now -= length
                if pitch is not None and "stop" in ties and found and found[-1][2] == pitch:
                    found[-1] = (found[-1][0], now + length, pitch)
                elif pitch is not None:
                    found.append((now, now + length, pitch))
                now += length
                counted = symbols if pitch is not None else counted
            longest = max(longest, now)
        short = measure.get("implicit") == "yes"
        if short and measure is first:
            pickup = longest
        begin += longest - begin if short else metre.bar
    return [(start - pickup, end - pickup, pitch) for start, end, pitch in found], counted


def _pitch(element: "etree._Element") -> int | None:
    pitch = element.find("pitch")
    if pitch is None:
        return None
    octave, alter = int(pitch.findtext("octave")), int(pitch.findtext("alter", "0"))
    return 12 * (octave + 1) + _STEPS[pitch.findtext("step")] + alter
