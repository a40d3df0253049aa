"""JSON with all content of a transcription: notes, pitch track and metadata.

    {"version": "0.1.0", "model": "…", "audio": "song.wav", "duration": 12.5,
     "notes": [{"onset": 0.421, "offset": 0.963, "pitch": 60.132, "note": 60, "confidence": 0.871}, …],
     "separation": {"separated": true, "engine": "spleeter", "mix_confidence": 0.71, "voice_confidence": 0.88,
                    "tempo": 96.02},
     "pitch": {"time": [0.0, 0.01, …], "midi": [null, 60.02, …], "voicing": [0.01, 0.98, …]}}

Times are in seconds, and pitch is a fractional MIDI number, or null where nothing is sung. The file is strict JSON,
without NaN. If A4 is not 440 Hz, a note has "tuning", the distance of A4 from 440 Hz in semitones. If a note was moved
to the key, it has "moved", the change in semitones: 1 or -1. A note also has these fields, if their values are known:

    "certainty": {"onset": 0.97, "pitch": 0.62, "octave": 0.99, "offset": 0.88}, "doubts": ["pitch"],
    "ornaments": [{"onset": 0.421, "offset": 0.533, "pitch": 58.2, "kind": "scoop"}], "release": 1.02

Certainties are probabilities; "doubts" lists those below 0.7. The kind of an ornament is scoop, grace or fall. The
release is the time at which a score would end the note.
"""

import json
import math
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

import numpy as np

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.json_file import finite, read_json
from singtrans.formats.note_details import detail_fields, read_details
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.formats.text import LONGEST, make_note, refuse
from singtrans.formats.time_grid import on_grid
from singtrans.notes import Note, PitchTrack, Separation, Transcription

_STEPS_PER_SECOND = 10_000
_LOWEST, _HIGHEST = -20.0, 150.0  # MIDI numbers of 2.6 Hz and 47 kHz; written pitches may be slightly outside 0 to 127

_TEMPI = (10.0, 500.0)  # beats per minute


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a transcription as UTF-8, with one note per line.

    Times of notes have four decimals, and times of frames have six; pitch, confidence and voicing have three.
    """
    from singtrans import __version__

    head: dict[str, object] = {
        "version": __version__,
        "model": transcription.model,
        "audio": transcription.audio,
        "duration": round(float(transcription.duration), 6),
    }
    if transcription.separation is not None:
        head["separation"] = separation_fields(transcription.separation)
    track = transcription.pitch
    pitch = {
        "time": _rounded(track.time, 6),
        "midi": [value if math.isfinite(value) else None for value in _rounded(track.midi, 3)],
        "voicing": _rounded(np.nan_to_num(track.voicing), 3),
    }
    times = on_grid(transcription.notes, _STEPS_PER_SECOND)
    notes = [
        note_fields(note, on / _STEPS_PER_SECOND, off / _STEPS_PER_SECOND)
        for note, (on, off) in zip(transcription.notes, times, strict=True)
    ]
    parts = [f" {_dump(key)}: {_dump(value)}" for key, value in head.items()]
    parts.append(' "notes": [' + ",".join(f"\n  {_dump(note)}" for note in notes) + "]")
    parts.append(' "pitch": {' + ",".join(f"\n  {_dump(key)}: {_dump(value)}" for key, value in pitch.items()) + "}")
    # File names may have bytes that are not text, which are replaced with question marks.
    file.write(("{\n" + ",\n".join(parts) + "\n}\n").encode("utf-8", "replace"))


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> Transcription:
    """Read a transcription. Only ``notes`` with onset, offset and pitch are required.

    Args:
        path: path of the file.
        request: options, of which only ``faults`` is used.

    Raises:
        InputError: if the file cannot be read or is not JSON of this form. The message names the entry.
    """
    path = Path(path)
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("notes"), list):
        raise InputError(f'{path} has no list of "notes": give a file that singtrans wrote.')
    notes = sorted(_notes(path, content["notes"], request.faults), key=lambda note: (note.onset, note.offset))
    try:
        pitch = _track(content.get("pitch") or {})
        duration = finite(content.get("duration", max((note.offset for note in notes), default=0.0)))
        if not 0 <= duration <= LONGEST:
            raise ValueError("no recording is that long")
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise InputError(
            f'{path} has a "pitch" or "duration" that is not what singtrans writes: write it again.'
        ) from None
    _check_track(path, pitch)
    return Transcription(
        tuple(notes),
        pitch,
        duration,
        # Only the name is kept, because a file from somewhere else may have a path.
        audio=PureWindowsPath(str(content.get("audio", ""))).name,
        model=str(content.get("model", "")),
        separation=_separation(content.get("separation")),
    )


def separation_fields(separation: Separation) -> dict[str, object]:
    """Return the JSON fields of a separation."""
    sure = {"mix_confidence": separation.mix_confidence, "voice_confidence": separation.voice_confidence}
    return {
        "separated": separation.separated,
        **({"engine": separation.engine} if separation.engine else {}),
        **{name: round(float(value), 3) for name, value in sure.items() if value is not None},
        **({"tempo": round(separation.tempo, 2)} if separation.tempo else {}),
    }


def _separation(content: object) -> Separation | None:
    """Read the result of a separation; return None if there is none. Fields with unexpected values are ignored."""
    if not isinstance(content, dict):
        return None
    return Separation(
        content.get("separated") is True,
        str(content.get("engine", ""))[:60],
        _probability(content.get("mix_confidence")),
        _probability(content.get("voice_confidence")),
        _number(content.get("tempo"), *_TEMPI),
    )


def _probability(value: object) -> float | None:
    return _number(value, 0.0, 1.0)


def _number(value: object, least: float, most: float) -> float | None:
    return float(value) if isinstance(value, int | float) and least <= value <= most else None


def _track(content: dict[str, Any]) -> PitchTrack:
    time, midi, voicing = (np.array(content.get(key, []), dtype=float) for key in ("time", "midi", "voicing"))
    track = PitchTrack(time, midi, voicing)
    if not ((time >= 0) & (time <= LONGEST)).all() or not ((voicing >= 0) & (voicing <= 1)).all():
        raise ValueError("times are those of a recording, voicing is a probability")
    return track


def _notes(path: Path, entries: list[Any], faults: list[InputError] | None) -> list[Note]:
    notes = []
    for number, entry in enumerate(entries, 1):
        try:
            onset, offset, pitch = (finite(entry[key]) for key in ("onset", "offset", "pitch"))
            if not _LOWEST <= pitch <= _HIGHEST:
                refuse(_absurd(path, onset, pitch), faults)
                continue
            confidence, tuning = finite(entry.get("confidence", 1.0)), finite(entry.get("tuning", 0.0))
            note = make_note(onset, offset, pitch, confidence, tuning, finite(entry.get("moved", 0)))
            notes.append(replace(note, **read_details(entry, confidence)))
        except (AttributeError, KeyError, TypeError, ValueError):
            fault = f"entry {number} is not a note: it needs an onset from 0 s, a later offset and a pitch."
            refuse(InputError(f"{path}: {fault}"), faults)
    return notes


def _check_track(path: Path, track: PitchTrack) -> None:
    """Refuse a track whose pitches are not MIDI numbers (but perhaps Hz), or whose times are not in order."""
    for place in np.flatnonzero((track.midi < _LOWEST) | (track.midi > _HIGHEST))[:1]:
        raise _absurd(path, track.time[place], track.midi[place])
    if (np.diff(track.time) <= 0).any():
        raise InputError(f'{path} has times in "pitch" that do not ascend: write it again.')


def _absurd(path: Path, time: float, pitch: float) -> InputError:
    return InputError(
        f"{path} has the pitch {pitch:g} at {time:g} s, which is not a MIDI number: if these are Hz, export them"
        " as CSV with a first line onset,offset,hz."
    )


def note_fields(note: Note, onset: float, offset: float) -> dict[str, Any]:
    """Return the JSON fields of a note; ``onset`` and ``offset`` are its rounded times in seconds."""
    tuning = round(float(note.tuning), 3)
    return {
        "onset": onset,
        "offset": offset,
        "pitch": round(float(note.pitch), 3),
        "note": note.note,
        "confidence": round(float(note.confidence), 3),
        **({"tuning": tuning} if tuning else {}),
        **({"moved": note.moved} if note.moved else {}),
        **detail_fields(note),
    }


def _rounded(values: np.ndarray, decimals: int) -> list[float]:
    # Double precision is used, because float32 values would be written with their rounding error.
    return np.round(np.asarray(values, dtype=np.float64), decimals).tolist()


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _recognises(sample: Sample) -> bool:
    if not isinstance(sample.data, dict) or "notes" not in sample.data or "annotations" in sample.data:
        return False
    notes = sample.data["notes"]
    first = notes[0] if isinstance(notes, list) and notes else None
    return not isinstance(first, dict) or {"onset", "offset", "pitch"} <= set(first)


FORMAT = Format(
    name="json",
    description="everything: notes, confidence, pitch track",
    endings=(".json",),
    read=read,
    recognises=_recognises,
    write=write,
    uses=NOTES | {"tuning", "key", "audio"},
    precision="0.1 ms, 0.001 semitones",
)
