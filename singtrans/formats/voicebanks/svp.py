"""Synthesizer V Studio's projects (``.svp``): JSON with notes in blicks, 705 600 000 of them a quarter note."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.json_file import finite
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.text import in_order, make_note, refuse
from singtrans.formats.tracks import Track, choose_track
from singtrans.formats.voicebanks.melody_grid import SungNote, TickClock, melody_grid
from singtrans.notes import Note, Transcription

BLICKS = 705_600_000
_RESOLUTION = 480
_PER_TICK = BLICKS // _RESOLUTION
_VERSION = 113  # of Synthesizer V Studio 1.0, which later programs read
_DEFAULT_LYRIC, _HELD_LYRIC = "la", "-"
_PARAMETERS = ("pitchDelta", "vibratoEnv", "loudness", "tension", "breathiness", "voicing", "gender", "toneShift")


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a project of one track, with the tempo and the metre of its beats."""
    notes, arrangement, tempi = melody_grid(transcription, options, _RESOLUTION)
    end, metre = notes[-1].end if notes else 0, arrangement.beats.metre
    group = str(uuid.uuid5(uuid.NAMESPACE_URL, "singtrans"))
    name = options.title_of(transcription.audio) or "Voice"
    track = {
        "name": name,
        "dispColor": "ff7db235",
        "dispOrder": 0,
        "renderEnabled": False,
        "mixer": {"gainDecibel": 0.0, "pan": 0.0, "mute": False, "solo": False, "display": True},
        "mainGroup": {
            "name": "main",
            "uuid": group,
            "parameters": {parameter: {"mode": "cubic", "points": []} for parameter in _PARAMETERS},
            "notes": [_note(note) for note in notes],
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


def _note(note: SungNote) -> dict[str, object]:
    return {
        "onset": note.start * _PER_TICK,
        "duration": (note.end - note.start) * _PER_TICK,
        "lyrics": _HELD_LYRIC if note.is_held else note.text or _DEFAULT_LYRIC,
        "phonemes": "",
        "pitch": note.key,
        "detune": 0,
        "attributes": {},
    }


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one track, groups and detuned notes too.

    Args:
        path: the file.
        request: ``voice``, the name or number of a track, and ``faults``.

    Raises:
        InputError: if the file cannot be read or is not such a project, or has several tracks that could be the voice.
    """
    path = Path(path)
    try:
        # Older programs end the file with a null character.
        content = json.loads(read_bytes(path).decode("utf-8-sig").rstrip("\0 \r\n\t"))
        tempi = [(finite(change["position"]), finite(change["bpm"])) for change in content["time"]["tempo"]]
        clock = TickClock(tempi, BLICKS)
        library = {group["uuid"]: group for group in content.get("library") or ()}
        tracks = list(content["tracks"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path} is not a project of Synthesizer V Studio: save it again.") from None
    found = []
    for track in tracks:
        notes = in_order(_notes(path, track, library, clock, request))
        if notes:
            found.append(Track(str(track.get("name", "")).strip(), notes))
    return choose_track(path, found, request.voice)


def _notes(path: Path, track: Any, library: dict[str, Any], clock: TickClock, request: ReadOptions) -> Iterator[Note]:
    """The notes of a track's own group and of the groups of the library that it refers to."""
    try:
        own = track["mainGroup"]
        references = [(own, track.get("mainRef") or {})]
        placed = [ref for ref in track.get("groups") or () if ref["groupID"] in library]
        references += [(library[ref["groupID"]], ref) for ref in placed]
        entries = [
            (entry, ref) for group, ref in references if not ref.get("isInstrumental") for entry in group["notes"]
        ]
    except (KeyError, TypeError, AttributeError):
        refuse(InputError(f"{path} has a track that cannot be read: save it again."), request.faults)
        return
    for place, (entry, reference) in enumerate(entries, 1):
        try:
            start = finite(entry["onset"]) + finite(reference.get("blickOffset", 0))
            pitch = finite(entry["pitch"]) + finite(reference.get("pitchOffset", 0))
            end = start + finite(entry["duration"])
            yield make_note(clock.seconds(start), clock.seconds(end), pitch + finite(entry.get("detune", 0)) / 100)
        except (KeyError, TypeError, AttributeError, ValueError):
            fault = f"entry {place} is not a note: it needs onset and duration in blicks, and a pitch."
            refuse(InputError(f"{path}: {fault}"), request.faults)


def _recognises(sample: Sample) -> bool:
    return isinstance(sample.data, dict) and {"time", "tracks"} <= set(sample.data)


FORMAT = Format(
    name="svp",
    description="Synthesizer V Studio project: notes, syllables, tempo and metre",
    endings=(".svp",),
    aliases=("synthv",),
    read=read,
    recognises=_recognises,
    write=write,
    uses=BEATS | {"title"},
    precision="0.5 ms at 120 beats per minute, semitones",
)
