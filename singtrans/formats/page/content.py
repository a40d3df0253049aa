"""Data of the report page as JSON, and reading of the notes from a page."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from singtrans.analysis.summary import analyse, plain
from singtrans.errors import InputError
from singtrans.formats.json_file import finite
from singtrans.formats.json_notes import note_fields, separation_fields
from singtrans.formats.lyrics import HELD, fit
from singtrans.formats.note_details import read_details
from singtrans.formats.options import Options
from singtrans.formats.page.doubts import doubts
from singtrans.formats.session import lyric_text
from singtrans.formats.teaching import teaching_commands
from singtrans.formats.text import make_note
from singtrans.melody.beats import DEFAULT_METRE, Beats
from singtrans.melody.key import Key, likely_key
from singtrans.melody.metre import Metre
from singtrans.melody.rhythm_search import RhythmRequest, find_rhythm
from singtrans.melody.tempo import CONFIDENT, align_beats
from singtrans.notes import Note, PitchTrack, Transcription

_DATA = b'<script type="application/json" id="data">'
_MOST_FRAMES = 10_000_000


def content(transcription: Transcription, options: Options) -> dict[str, Any]:
    """Return the data of a transcription for the page, without the sound."""
    from singtrans import __version__

    title = printable(Path(transcription.audio).stem) or "Untitled"
    separation = transcription.separation
    key = options.key if isinstance(options.key, Key) else options.signature or likely_key(transcription.notes)
    return {
        "version": __version__,
        "model": transcription.model,
        "title": title,
        "audio": printable(transcription.audio),
        "voice": _voice(transcription),
        "duration": round(float(transcription.duration), 4),
        "notes": _notes(transcription.notes, options),
        "pitch": _curve(transcription.pitch),
        "beats": _beats(transcription.notes, options),
        "key": key.name if key else None,
        "separation": separation_fields(separation) if separation else None,
        "analysis": _analysis(transcription, options),
        "teaching": teaching_commands(printable(transcription.audio) or "song.wav", f"{title}.session.json"),
        "history": options.history,
    }


def notes_hash(transcription: Transcription) -> str:
    """Return a hash of the notes, with which the page finds corrections that belong to exactly these notes."""
    values = [(note.onset, note.offset, note.pitch, note.note) for note in transcription.notes]
    text = f"{transcription.audio} {np.round(np.array(values), 4).tolist()}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def read_page(path: Path) -> Transcription | None:
    """Read the notes that were written to a page, without the pitch track; return None for other files.

    Raises:
        InputError: if the file cannot be read.
    """
    try:
        found = json.loads(_data(path))
        notes = tuple(_note(entry) for entry in found["notes"])
        nothing = np.zeros(0)
        track, name = PitchTrack(nothing, nothing, nothing), str(found["audio"])
        return Transcription(notes, track, finite(found["duration"]), name)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def printable(name: str) -> str:
    """Convert a file name to printable text; other characters become question marks."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())


def _voice(transcription: Transcription) -> str:
    """Describe in a few words how the voice was separated; the text is empty if it was not separated."""
    separation = transcription.separation
    return f"voice separated by {separation.engine}" if separation and separation.separated else ""


def _analysis(transcription: Transcription, options: Options) -> Mapping[str, Any] | None:
    """Return the values for the summary, which are in the options or are computed from the notes."""
    if options.analysis is not None or not transcription.notes:
        return options.analysis
    return plain(analyse(transcription, options.reference))


def _data(path: Path) -> str:
    """Read the JSON in a page, which is on a single line. The sound, which is most of the page, is not read."""
    try:
        with path.open("rb") as file:
            line = next((line for line in file if line.startswith(_DATA)), b"")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error
    return line.removeprefix(_DATA).partition(b"</script>")[0].decode()


def _note(entry: Any) -> Note:
    """Convert an entry of the page to a note; in older pages, an entry is a list of numbers."""
    if isinstance(entry, list):
        return make_note(*map(finite, entry))
    onset, offset, pitch, confidence = (finite(entry[name]) for name in ("onset", "offset", "pitch", "confidence"))
    tuning, moved = finite(entry.get("tuning", 0.0)), finite(entry.get("moved", 0))
    note = make_note(onset, offset, pitch, confidence, tuning, moved)
    return replace(note, **read_details(entry, note.confidence))


def _notes(notes: Sequence[Note], options: Options) -> list[dict[str, Any]]:
    """Return the JSON fields of each note, including its syllable, its doubts, and whether a person has checked it."""
    checked, found = set(options.checked), []
    unsung = next((i for i, syllable in enumerate(options.lyrics) if syllable.text != HELD), len(notes))
    for number, (note, reasons, syllable) in enumerate(
        zip(notes, doubts(notes), fit(options.lyrics, len(notes)), strict=True)
    ):
        fields = note_fields(note, round(note.onset, 4), round(note.offset, 4))
        lyric = lyric_text(syllable) if number >= unsung else ""
        found.append(
            {
                **fields,
                **({"reasons": list(reasons)} if reasons else {}),
                **({"lyric": lyric} if lyric else {}),
                **({"checked": True} if number in checked else {}),
            }
        )
    return found


def _curve(track: PitchTrack) -> dict[str, Any]:
    """Convert the pitch track to evenly spaced frames.

    The fields are the start and the hop in seconds, the MIDI numbers (None where unvoiced), and the voicing (0 to 1).
    """
    if len(track) < 2:
        return {"start": 0.0, "hop": 1.0, "midi": [], "voicing": []}
    hop = float(np.median(np.diff(track.time)))
    index = np.rint((track.time - track.time[0]) / hop).astype(int)
    length = min(int(index[-1]) + 1, _MOST_FRAMES)
    even, voicing = np.full(length, np.nan), np.zeros(length)
    inside = index < length
    even[index[inside]], voicing[index[inside]] = track.midi[inside], np.nan_to_num(track.voicing[inside])
    midi = [round(value, 2) if np.isfinite(value) else None for value in even.tolist()]
    return {"start": float(track.time[0]), "hop": hop, "midi": midi, "voicing": np.round(voicing, 2).tolist()}


def _beats(notes: Sequence[Note], options: Options) -> dict[str, Any] | None:
    """Return the JSON fields of the stated beats, or of beats found in the notes with enough confidence, or None."""
    beats, metre = options.beats, options.metre if isinstance(options.metre, Metre) else None
    if isinstance(options.tempo, float | int):
        beats = align_beats(float(options.tempo), notes, metre or DEFAULT_METRE)
    elif beats is None:
        rhythm = find_rhythm(notes, RhythmRequest(metre))
        beats = rhythm.beats if rhythm and rhythm.confidence.beat >= CONFIDENT else None
    return beat_fields(beats) if beats else None


def beat_fields(beats: Beats) -> dict[str, Any]:
    """Return the JSON fields of beats."""
    times, quarters = (np.round(np.asarray(values, float), 6).tolist() for values in (beats.times, beats.quarters))
    return {"times": times, "quarters": quarters, "metre": str(beats.metre)}
