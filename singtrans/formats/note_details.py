"""JSON fields of a note besides its times and pitch: certainty, ornaments, and the end in a score."""

from typing import Any

from singtrans.formats.json_file import finite
from singtrans.formats.text import LONGEST
from singtrans.notes import Certainty, Note, Ornament

_TIME, _VALUE = 4, 3  # decimals


def detail_fields(note: Note) -> dict[str, Any]:
    """Return those of the fields ``certainty``, ``doubts``, ``ornaments`` and ``release`` whose values are known."""
    fields: dict[str, Any] = {}
    if note.certainty is not None:
        sure = {name: getattr(note.certainty, name) for name in Certainty.NAMES[1:]}
        fields["certainty"] = {name: round(float(value), _VALUE) for name, value in sure.items()}
        if note.certainty.doubts:
            fields["doubts"] = list(note.certainty.doubts)
    if note.ornaments:
        fields["ornaments"] = [
            {
                "onset": round(float(ornament.onset), _TIME),
                "offset": round(float(ornament.offset), _TIME),
                "pitch": round(float(ornament.pitch), _VALUE),
                "kind": ornament.kind,
            }
            for ornament in note.ornaments
        ]
    if note.release is not None:
        fields["release"] = round(float(note.release), _TIME)
    return fields


def read_details(entry: dict[str, Any], confidence: float) -> dict[str, Any]:
    """Convert the fields that `detail_fields` returns to a map from names of attributes of `Note` to values.

    Args:
        entry: fields of a note.
        confidence: confidence of the note.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: if the fields are invalid.
    """
    details: dict[str, Any] = {}
    if (sure := entry.get("certainty")) is not None:
        values = [finite(sure[name]) for name in Certainty.NAMES[1:]]
        if not all(0.0 <= value <= 1.0 for value in values):
            raise ValueError("a probability lies between 0 and 1")
        details["certainty"] = Certainty(confidence, *values)
    if (ornaments := entry.get("ornaments")) is not None:
        details["ornaments"] = tuple(
            Ornament(finite(o["onset"]), finite(o["offset"]), finite(o["pitch"]), str(o["kind"])) for o in ornaments
        )
    if (release := entry.get("release")) is not None:
        details["release"] = finite(release)
        if not 0.0 <= details["release"] <= LONGEST:
            raise ValueError("a note ends after its recording has begun")
    return details
