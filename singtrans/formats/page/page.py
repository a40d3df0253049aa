"""The report page: one HTML file to play and correct a transcription.

File names and notes cannot inject markup or scripts: the data are embedded as JSON without ``<`` and displayed as
text. The page's content security policy allows no other script and no network request.
"""

import base64
import hashlib
import json
from html import escape

from singtrans.audio.spectrogram import spectrogram
from singtrans.formats.options import PLAIN, Options
from singtrans.formats.page.backdrop import Backdrop
from singtrans.formats.page.bundle import script, style, template
from singtrans.formats.page.content import content, notes_hash
from singtrans.formats.page.sound import OUTLINE_HOP, Sound, encode
from singtrans.notes import Note, Transcription

LONG_SECONDS = 1200.0
"""Least duration in seconds of a recording whose sound is compressed with losses."""

_LOW_MARGIN, _HIGH_MARGIN = 7.0, 12.0  # semitones of the spectrogram below and above the notes
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; media-src blob:; base-uri 'none';"
    " form-action 'none'"
)


def page(transcription: Transcription, options: Options = PLAIN, long_seconds: float = LONG_SECONDS) -> str:
    """Build the HTML of the page.

    Args:
        transcription: the notes, and the pitch track if there is one.
        options: the recording (None for a page that plays only the notes), beats, key, syllables and analysis.
        long_seconds: least duration in seconds of a recording whose sound is compressed with losses.

    Raises:
        InputError: if the recording cannot be read.
    """
    found = content(transcription, options)
    sound = encode(options.audio, long_seconds) if options.audio else None
    found["base"] = notes_hash(transcription)
    found["recording"] = sound.recording if sound else found["base"]
    found["mime"] = sound.mime if sound else ""
    if sound:  # a file of notes ends with the last note
        found["duration"] = round(max(found["duration"], sound.seconds), 4)
    backdrop = _backdrop(transcription.notes, options, sound) if sound else None
    parts = {
        "policy": _POLICY.format(script=_hash(script()), style=_hash(style())),
        "title": escape(found["title"]),
        "style": style(),
        "script": script(),
        "data": embedded(found),
        "backdrop": embedded(backdrop.fields() if backdrop else None),
        "sound": sound.content if sound else "",
    }
    return template().format_map(parts)


def embedded(value: object) -> str:
    """Convert a value to JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _backdrop(notes: tuple[Note, ...], options: Options, sound: Sound) -> Backdrop:
    """Compute the pictures of the recording, in a range around the pitches of the notes."""
    assert options.audio is not None
    pitches = [note.pitch for note in notes] or [57.0, 69.0]
    lowest, highest = max(24.0, min(pitches) - _LOW_MARGIN), min(108.0, max(pitches) + _HIGH_MARGIN)
    picture = spectrogram(options.audio, float(round(lowest)), float(round(max(highest, lowest + 12))))
    return Backdrop(picture, sound.outline, OUTLINE_HOP)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
