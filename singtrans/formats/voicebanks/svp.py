"""Projects of Synthesizer V Studio (``.svp``): JSON with times in blicks. A quarter note has 705 600 000 blicks."""

import json
import uuid
from typing import BinaryIO

from singtrans.formats.format import Format, Sample
from singtrans.formats.options import BEATS, JOINED, PLAIN, Options
from singtrans.formats.voicebanks.melody_grid import SungNote, deviations, melody_grid
from singtrans.formats.voicebanks.svp_reader import BLICKS, DEFAULT_LYRIC, DEVIATION, read, read_song
from singtrans.notes import Transcription

_RESOLUTION = 480
_PER_TICK = BLICKS // _RESOLUTION
_VERSION = 113  # version of Synthesizer V Studio 1.0, which later programs can read
_HELD_LYRIC = "-"
_STEP = 5  # ticks from point to point of the curve
_OTHER_PARAMETERS = ("vibratoEnv", "loudness", "tension", "breathiness", "voicing", "gender", "toneShift")
_PLAIN_PITCH = {"tF0Left": 0.0, "tF0Right": 0.0, "dF0Left": 0.0, "dF0Right": 0.0, "dF0Vbr": 0.0}
"""Attributes of notes. They disable the program's own transitions and vibrato, which the pitch curve replaces."""


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a project with one track. It contains the notes, the tempo, the metre, and the sung pitch as a curve."""
    notes, arrangement, tempi = melody_grid(transcription, options, _RESOLUTION)
    end, metre = notes[-1].end if notes else 0, arrangement.beats.metre
    group = str(uuid.uuid5(uuid.NAMESPACE_URL, "singtrans"))
    name = options.title_of(transcription.audio) or "Voice"
    curve = deviations(transcription, arrangement, notes, _STEP)
    parameters: dict[str, object] = {name: {"mode": "cubic", "points": []} for name in _OTHER_PARAMETERS}
    points = [value for tick, cents in curve.items() for value in (tick * _PER_TICK, cents)]
    parameters[DEVIATION] = {"mode": "linear", "points": points}
    track = {
        "name": name,
        "dispColor": "ff7db235",
        "dispOrder": 0,
        "renderEnabled": False,
        "mixer": {"gainDecibel": 0.0, "pan": 0.0, "mute": False, "solo": False, "display": True},
        "mainGroup": {
            "name": "main",
            "uuid": group,
            "parameters": parameters,
            "notes": [_note(note, _PLAIN_PITCH if curve else {}) for note in notes],
        },
        "mainRef": {
            "groupID": group,
            "blickOffset": 0,
            "pitchOffset": 0,
            "isInstrumental": False,
            "database": {"name": "", "language": "", "phoneset": ""},
            "dictionary": "",
            "voice": {},
        },
        "groups": [],
    }
    content = {
        "version": _VERSION,
        "time": {
            "meter": [{"index": 0, "numerator": metre.numerator, "denominator": metre.denominator}],
            "tempo": [{"position": t * _PER_TICK, "bpm": 60e6 / length} for t, length in tempi.changes(end)],
        },
        "library": [],
        "tracks": [track],
        "renderConfig": {
            "destination": "./",
            "filename": name,
            "numChannels": 1,
            "aspirationFormat": "noAspiration",
            "bitDepth": 16,
            "sampleRate": 44100,
            "exportMixDown": True,
        },
    }
    file.write(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def _note(note: SungNote, attributes: dict[str, float]) -> dict[str, object]:
    return {
        "onset": note.start * _PER_TICK,
        "duration": (note.end - note.start) * _PER_TICK,
        "lyrics": _HELD_LYRIC if note.is_held else note.text or DEFAULT_LYRIC,
        "phonemes": "",
        "pitch": note.key,
        "detune": 0,
        "attributes": attributes,
    }


def _recognises(sample: Sample) -> bool:
    return isinstance(sample.data, dict) and {"time", "tracks"} <= set(sample.data)


FORMAT = Format(
    name="svp",
    description="Synthesizer V Studio project: notes, syllables, tempo, metre and the pitch curve",
    endings=(".svp",),
    aliases=("synthv",),
    read=read,
    read_song=read_song,
    recognises=_recognises,
    write=write,
    uses=BEATS | {"title", "tempo_map"},
    ends=JOINED,
    precision="0.5 ms at 120 beats per minute, semitones; 4 cents in the curve",
)
