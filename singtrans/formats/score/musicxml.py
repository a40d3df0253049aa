"""MusicXML: the melody as sheet music, with a key, bars, rests, ties and lyrics.

The file does not contain pitches between semitones or times off the grid.
"""

from typing import BinaryIO

from singtrans.formats.format import Format, Sample
from singtrans.formats.options import JOINED, PLAIN, SHEET, Options
from singtrans.formats.score.musicxml_reader import read, read_song
from singtrans.formats.score.musicxml_writer import to_xml
from singtrans.formats.score.sheet import make_sheet
from singtrans.notes import Transcription


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the melody as MusicXML 3.1, starting with the bar of the first note.

    Without a grid in the options, notes are moved to sixteenth notes or triplets. Without a
    tempo, the tempo is estimated.

    Raises:
        InputError: if the notes span more bars than a score can have.
    """
    file.write(to_xml(make_sheet(transcription, options)))


def _recognises(sample: Sample) -> bool:
    return "<score-partwise" in sample.text or "<score-timewise" in sample.text


FORMAT = Format(
    name="musicxml",
    description="sheet music: notes on a grid, key, bars, syllables",
    endings=(".musicxml",),
    aliases=("xml",),
    also_read=(".mxl",),
    read=read,
    read_song=read_song,
    recognises=_recognises,
    write=write,
    uses=SHEET | {"program"},
    precision="the grid, semitones",
    ends=JOINED,
    is_sheet=True,
)
