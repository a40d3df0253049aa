"""The report page: one HTML file to play and correct a transcription.

File names and notes cannot inject markup or scripts: the data are embedded as JSON without ``<`` and displayed as
text. The page's content security policy allows no other script and no network request.
"""

import base64
import hashlib
import io
import json
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

import numpy as np

from singtrans import audio
from singtrans.errors import InputError
from singtrans.formats.json_file import finite
from singtrans.formats.text import make_note
from singtrans.messages import counted
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.pitch import note_name

UNSURE = 0.5
"""Notes with a lower confidence are marked as unsure."""

_RATE, _LONG_RATE = 24_000, 16_000  # Hz
_DATA = b'<script type="application/json" id="data">'
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; media-src blob:; base-uri 'none';"
    " form-action 'none'"
)


def page(transcription: Transcription, recording: audio.Source | None, long_seconds: float = 1200.0) -> str:
    """Build the HTML of the page.

    Args:
        transcription: the notes, and the pitch track if there is one.
        recording: the recording; None for a page that plays only the notes.
        long_seconds: duration in seconds from which the sound has a lower sample rate.

    Raises:
        InputError: if the recording cannot be read.
    """
    title = _text(Path(transcription.audio).stem) or "Untitled"
    sound, seconds = _sound(recording, long_seconds) if recording else ("", 0.0)
    content = {
        "title": title,
        "audio": _text(transcription.audio),
        "about": summary(transcription),
        "duration": round(max(float(transcription.duration), seconds), 4),  # a file of notes ends with the last one
        "mime": "audio/flac",
        "notes": [_numbers(note) for note in transcription.notes],
        "pitch": _curve(transcription.pitch),
    }
    style, script = _part("report.css"), _part("report.js")
    parts = {
        "policy": _POLICY.format(script=_hash(script), style=_hash(style)),
        "title": escape(title),
        "style": style,
        "script": script,
        "data": embedded(content),
        "sound": sound,
    }
    return _part("report.html").format_map(parts)


def read_page(path: Path) -> Transcription | None:
    """Read the notes of a page as they were written, without the pitch track; None if it is not a report page.

    Raises:
        InputError: if the file cannot be read.
    """
    try:
        content = json.loads(_data(path))
        notes = tuple(make_note(*map(finite, values)) for values in content["notes"])
        nothing = np.zeros(0)
        track, name = PitchTrack(nothing, nothing, nothing), str(content["audio"])
        return Transcription(notes, track, finite(content["duration"]), name)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _data(path: Path) -> str:
    """Read the JSON in a page, which is one line; the sound after it, most of the page, is not read."""
    try:
        with path.open("rb") as file:
            line = next((line for line in file if line.startswith(_DATA)), b"")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error
    return line.removeprefix(_DATA).partition(b"</script>")[0].decode()


def _numbers(note: Note) -> list[float]:
    """Convert a note to the page's numbers: onset and offset in seconds, pitch, confidence, tuning, moved."""
    times = [round(note.onset, 4), round(note.offset, 4)]
    return [*times, *(round(float(value), 3) for value in (note.pitch, note.confidence, note.tuning)), note.moved]


def embedded(content: object) -> str:
    """Convert to JSON that is safe inside a script element."""
    text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def summary(transcription: Transcription) -> str:
    """Describe the notes in one line: their number, range and confidence."""
    notes = transcription.notes
    if not notes:
        return "no notes"
    numbers = [note.note for note in notes]
    unsure = sum(note.confidence < UNSURE for note in notes)
    separation = transcription.separation
    voice = f"; of the voice, separated by {separation.engine}" if separation and separation.separated else ""
    return (
        f"{counted(len(notes), 'note')}, {note_name(min(numbers))} to {note_name(max(numbers))}, {unsure} unsure{voice}"
    )


def _text(name: str) -> str:
    """Convert a file name to printable text; other characters become question marks."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())


def _curve(track: PitchTrack) -> dict[str, object]:
    """Convert the pitch track to an even grid: start and hop in seconds, MIDI numbers or null."""
    if len(track) < 2:
        return {"start": 0.0, "hop": 1.0, "midi": []}
    hop = float(np.median(np.diff(track.time)))
    index = np.rint((track.time - track.time[0]) / hop).astype(int)
    even = np.full(min(int(index[-1]) + 1, 10_000_000), np.nan)
    even[index[index < len(even)]] = track.midi[index < len(even)]
    midi = [round(value, 2) if np.isfinite(value) else None for value in even.tolist()]
    return {"start": float(track.time[0]), "hop": hop, "midi": midi}


def _sound(recording: audio.Source, long_seconds: float) -> tuple[str, float]:
    """Encode the recording as FLAC in base64, and return its duration in seconds.

    FLAC keeps the exact length, and every browser can play it.
    """
    import soundfile

    rate = _RATE if audio.seconds(recording) < long_seconds else _LONG_RATE
    buffer, length = io.BytesIO(), 0
    with soundfile.SoundFile(buffer, "w", rate, 1, format="FLAC", subtype="PCM_16") as out:
        for block in audio.blocks(recording, rate):
            out.write(np.clip(block, -1, 1))
            length += len(block)
    return base64.b64encode(buffer.getbuffer()).decode("ascii"), length / rate


@cache
def _part(name: str) -> str:
    return files("singtrans.formats.page").joinpath(name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
