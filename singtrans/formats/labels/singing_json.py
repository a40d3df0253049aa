"""Metadata of singing data sets in JSON: M4Singer's list of recordings, and GTSinger's list of words.

    [{"item_name": "Alto-1#newboy#0000", "phs": ["n", "i"], "is_slur": [0, 0], "ph_dur": [0.1, 0.4],
      "notes": [60, 60], "notes_dur": [0.5, 0.5]}, …]

    [{"word": "you", "note": [60, 62], "note_start": [0.4, 0.8], "note_end": [0.8, 1.3]}, …]

Sources: Zhang et al., "M4Singer", NeurIPS 2022; Zhang et al., "GTSinger", NeurIPS 2024. In M4Singer, a MIDI number of 0
is a rest. The lists ``notes`` and ``notes_dur`` have one value for each phoneme. If an item lacks them, the lists
``ep_pitches`` and ``ep_notedurs`` are read, which have one value for each note.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.json_file import finite, read_json
from singtrans.formats.labels.phonemes import PhonemeLabel, notes_of_phonemes
from singtrans.formats.text import in_order, listed, make_note, refuse
from singtrans.notes import Note

_WORD_KEYS = ("note", "note_start", "note_end")
_ITEM_KEYS = (("notes", "notes_dur"), ("ep_pitches", "ep_notedurs"))


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one recording.

    Args:
        path: path of the file.
        request: options, of which ``name`` and ``faults`` are used. ``name`` is the ``item_name`` of the recording, or
            the part of the ``item_name`` after the last ``#``. It is not needed if the file has only one recording.

    Raises:
        InputError: if the file cannot be read, lacks the recording, or has an invalid entry. The message names the
            entry.
    """
    path = Path(path)
    entries = read_json(path)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{path} has no list of recordings or of words with notes: give the data set's own file.")
    if all(key in entries[0] for key in _WORD_KEYS):
        return in_order(_notes_of_words(path, entries, request.faults))
    item = _chosen(path, entries, request.name)
    try:
        return in_order(_notes_of_item(item))
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{path}: the notes of {str(item.get('item_name'))[:60]!r} are not valid: they need a pitch and a duration"
            " in seconds each."
        ) from None


def _chosen(path: Path, items: list[dict[str, Any]], name: str | None) -> dict[str, Any]:
    names = [str(item.get("item_name", "")) for item in items]
    found = [item for item, own in zip(items, names, strict=True) if name in (own, own.rpartition("#")[2])]
    if len(items) == 1:
        return items[0]
    if len(found) != 1:
        which = f"{len(found) or 'no'} recordings {name!r}" if name is not None else f"{len(items)} recordings"
        raise InputError(f"{path} has {which}: choose one with --name ({listed(names)}).")
    return found[0]


def _notes_of_words(path: Path, words: list[dict[str, Any]], faults: list[InputError] | None) -> Iterator[Note]:
    for place, word in enumerate(words, 1):
        try:
            for pitch, start, end in zip(*(word[key] for key in _WORD_KEYS), strict=True):
                if finite(pitch) > 0 and finite(end) > finite(start):
                    yield make_note(finite(start), finite(end), finite(pitch))
        except (ValueError, KeyError, TypeError):
            fault = f"entry {place} is not a word with notes: each note needs note, note_start and note_end."
            refuse(InputError(f"{path}: {fault}"), faults)


def _notes_of_item(item: dict[str, Any]) -> Iterator[Note]:
    notes, lengths = next(keys for keys in _ITEM_KEYS if keys[0] in item)
    pitches = [finite(pitch) or None for pitch in item[notes]]
    seconds = [finite(length) for length in item[lengths]]
    phonemes, own, slurs = item.get("phs"), item.get("ph_dur"), item.get("is_slur")
    if phonemes is None or notes == "ep_pitches":
        phonemes, own = [""] * len(pitches), seconds
    own = seconds if own is None else [finite(length) for length in own]
    slurs = [0] * len(pitches) if slurs is None or len(slurs) != len(pitches) else slurs
    columns = zip(phonemes, pitches, seconds, own, slurs, strict=True)
    yield from notes_of_phonemes(
        [PhonemeLabel(str(phoneme), pitch, length, one, slur == 1) for phoneme, pitch, length, one, slur in columns]
    )


def names_in(entries: list[Any]) -> set[str]:
    """Return the names of the recordings in a list of items; empty for other lists."""
    items = [entry for entry in entries if isinstance(entry, dict) and "item_name" in entry]
    fits = any(set(keys) <= set(item) for item in items for keys in _ITEM_KEYS)
    return {str(item["item_name"]) for item in items} if fits else set()


def _recognises(sample: Sample) -> bool:
    entries = sample.data
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        return False
    first = set(entries[0])
    return set(_WORD_KEYS) <= first or ("item_name" in first and any(set(keys) <= first for keys in _ITEM_KEYS))


FORMAT = Format(
    name="singing-json",
    description="metadata of M4Singer (recordings with phonemes and notes) and GTSinger (words with notes)",
    endings=(".json",),
    read=read,
    recognises=_recognises,
)
