"""JAMS annotations ``note_midi``, ``note_hz`` and ``pitch_contour`` (Humphrey et al., ISMIR 2014; jams.readthedocs.io).

{"annotations": [{"namespace": "note_hz", "data": [{"time": 0.4, "duration": 0.5, "value": 220.0}]}]}
"""

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.json_file import finite, read_json
from singtrans.formats.note_names import to_midi
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.formats.text import in_order, make_note, refuse
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.pitch import midi_to_hz

NAMESPACES = {"note_midi": "midi", "note_hz": "hz"}
CONTOUR = "pitch_contour"


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the notes (``note_midi``) and the pitch track (``pitch_contour``, in Hz) as two annotations."""
    from singtrans import __version__

    notes = [
        _observation(note.onset, note.duration, round(note.pitch, 4), round(note.confidence, 4))
        for note in transcription.notes
    ]
    track = transcription.pitch
    hz = np.nan_to_num(midi_to_hz(np.asarray(track.midi, float)))
    contour = [
        _observation(time, 0.0, {"index": 0, "frequency": round(value, 3), "voiced": value > 0}, round(voicing, 4))
        for time, value, voicing in zip(
            track.time.tolist(), hz.tolist(), np.nan_to_num(track.voicing).tolist(), strict=True
        )
    ]
    about = {
        "annotation_tools": f"singtrans {__version__}",
        "annotation_rules": "",
        "data_source": "program",
        "version": transcription.model,
        "corpus": "",
        "validation": "",
        "curator": {"name": "", "email": ""},
        "annotator": {},
    }
    annotations = [
        {
            "namespace": namespace,
            "data": data,
            "annotation_metadata": about,
            "sandbox": {},
            "time": 0,
            "duration": round(transcription.duration, 6),
        }
        for namespace, data in (("note_midi", notes), (CONTOUR, contour))
        if data or namespace == "note_midi"
    ]
    title = options.title or transcription.audio.encode("utf-8", "replace").decode()
    metadata = {
        "title": title,
        "artist": options.artist,
        "release": "",
        "duration": round(transcription.duration, 6),
        "identifiers": {},
        "jams_version": "0.3.5",
    }
    content = {"annotations": annotations, "file_metadata": metadata, "sandbox": {}}
    file.write(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def _observation(time: float, duration: float, value: object, confidence: float) -> dict[str, object]:
    return {"time": round(time, 6), "duration": round(duration, 6), "value": value, "confidence": confidence}


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one annotation.

    Args:
        path: path of the file.
        request: options, of which ``voice`` (the number of an annotation, counted from ``1``) and ``faults`` are used.

    Raises:
        InputError: if the file cannot be read, has no annotation of notes, has several but ``voice`` chooses none, or
            has an entry that is not a note. The message names the entry.
    """
    path = Path(path)
    voice, faults = request.voice, request.faults
    found = _annotations(path, tuple(NAMESPACES))
    if not found:
        raise InputError(f"{path} has no annotation {' or '.join(NAMESPACES)}: give a JAMS file with notes.")
    places = [str(place) for place in range(1, len(found) + 1)]
    chosen = voice if voice is not None else "1" if len(found) == 1 else None
    if chosen not in places:
        which = f"no annotation of notes {voice!r}" if voice is not None else f"{len(found)} annotations of notes"
        raise InputError(f"{path} has {which}: choose one with --voice, from 1 to {len(found)}.")
    annotation = found[int(chosen) - 1]
    notes = []
    for place, entry in enumerate(_entries(annotation.get("data")), 1):
        try:
            onset, duration, value = (finite(entry[key]) for key in ("time", "duration", "value"))
            pitch = to_midi(value, NAMESPACES[annotation["namespace"]])
            notes.append(make_note(onset, onset + duration, pitch, _confidence(entry.get("confidence"))))
        except (AttributeError, KeyError, TypeError, ValueError):
            fault = f"entry {place} is not a note: it needs a time from 0 s, a duration and a pitch as value."
            refuse(InputError(f"{path}: {fault}"), faults)
    return in_order(notes)


def read_pitch(path: str | Path) -> PitchTrack:
    """Read the annotation ``pitch_contour``; unvoiced frames are NaN.

    Raises:
        InputError: if the file cannot be read, does not have exactly one such annotation, or has an invalid entry. The
            message names the entry.
    """
    path = Path(path)
    found = _annotations(path, (CONTOUR,))
    if len(found) != 1:
        raise InputError(f"{path} has {len(found) or 'no'} annotations {CONTOUR}: give a JAMS file with one.")
    times: list[float] = []
    midi: list[float] = []
    for place, entry in enumerate(_entries(found[0].get("data")), 1):
        try:
            times.append(_later(finite(entry["time"]), times))
            midi.append(_contour_pitch(entry["value"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            fault = f"entry {place} is not a pitch: it needs a later time than the previous one, and a frequency."
            raise InputError(f"{path}: {fault}") from None
    if not times:
        raise InputError(f"{path} has an empty {CONTOUR}: give a JAMS file with pitch in it.")
    track = np.array(midi, float)
    return PitchTrack(np.array(times, float), track, np.isfinite(track).astype(float))


def _later(time: float, times: list[float]) -> float:
    if time < 0 or (times and time <= times[-1]):
        raise ValueError("time goes on")
    return time


def _contour_pitch(value: dict[str, Any]) -> float:
    """Convert a value to a MIDI number; return NaN for unvoiced values, which are 0, negative or missing."""
    if not value.get("voiced", True) or value["frequency"] is None or finite(value["frequency"]) <= 0:
        return np.nan
    midi = to_midi(finite(value["frequency"]), "hz")
    if not 0 <= midi <= 127.5:
        raise ValueError("a pitch lies between MIDI 0 and 127")
    return midi


def namespaces(path: Path) -> set[str]:
    """Return the namespaces of the notes and pitch tracks in a file; empty if the file is not JAMS."""
    try:
        return {annotation["namespace"] for annotation in _annotations(path, (*NAMESPACES, CONTOUR))}
    except InputError:
        return set()


def _annotations(path: Path, wanted: tuple[str, ...]) -> list[dict[str, Any]]:
    content = read_json(path)
    annotations = content.get("annotations") if isinstance(content, dict) else None
    return [
        annotation
        for annotation in (annotations if isinstance(annotations, list) else ())
        if isinstance(annotation, dict) and annotation.get("namespace") in wanted
    ]


def _entries(data: object) -> list[Any]:
    """Return the observations of an annotation; the file may list them one by one, or as columns."""
    if isinstance(data, dict):
        columns: list[Any] = [data.get(key) for key in ("time", "duration", "value")]
        if all(isinstance(column, list) for column in columns) and len({len(column) for column in columns}) == 1:
            return [
                dict(zip(("time", "duration", "value"), entry, strict=True)) for entry in zip(*columns, strict=True)
            ]
        return [None]
    return data if isinstance(data, list) else [None]


def _confidence(value: object) -> float:
    """Return a confidence if it is between 0 and 1, otherwise 1, because JAMS does not define what confidences mean."""
    try:
        confidence = finite(value)
    except ValueError:
        return 1.0
    return confidence if 0 <= confidence <= 1 else 1.0


def _recognises(sample: Sample) -> bool:
    return isinstance(sample.data, dict) and "annotations" in sample.data


FORMAT = Format(
    name="jams",
    description="JAMS: the notes as note_midi, the pitch track as pitch_contour",
    endings=(".jams",),
    read=read,
    recognises=_recognises,
    write=write,
    uses=NOTES | {"audio", "title", "artist"},
    precision="1 µs, 0.0001 semitones",
)
