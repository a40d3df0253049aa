"""Removal and joining of the notes that the search finds in sounds that have no note of their own."""

from collections.abc import Sequence

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.nasals import join_nasals
from singtrans.decoding.refinement import Timed
from singtrans.decoding.short_notes import plausible
from singtrans.decoding.vibrato import join_vibrato


def merge(notes: Sequence[Timed], config: DecoderConfig) -> list[Timed]:
    """Remove implausible short notes, and join nasals and the cycles of wide vibratos.

    Args:
        notes: notes in time order.
        config: configuration of the decoder.
    """
    keep = plausible([(onset, offset) for _, onset, offset in notes], [found.activity for found, _, _ in notes])
    kept = [note for note, wanted in zip(notes, keep, strict=True) if wanted]
    return join_vibrato(join_nasals(kept, config.longest_nasal))
