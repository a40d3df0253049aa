"""Preparation of a transcription and of options for all writers."""

from dataclasses import dataclass, replace

from singtrans.decoding.ends import joined
from singtrans.decoding.ornaments import unfolded
from singtrans.formats.format import Format
from singtrans.formats.options import JOINED, KEEP, Options
from singtrans.melody.key import apply_tuning_and_key
from singtrans.melody.transpose import transpose
from singtrans.notes import Transcription


@dataclass(frozen=True, slots=True)
class Prepared:
    """Input of a format's writer.

    Attributes:
        transcription: transcription to which the options for tuning, key, ornaments, ends and transposition have been
            applied.
        options: options in which the key is transposed like the notes, and the kind of ends is set.
    """

    transcription: Transcription
    options: Options


def prepare(transcription: Transcription, format: Format, options: Options) -> Prepared:
    """Apply tuning, key, ornaments, ends and transposition, unless the format's writer applies them."""
    transcription = apply_tuning_and_key(transcription, options.tuning, options.key)
    options = replace(options, ends=options.ends or format.ends)
    if options.ornaments == KEEP and not format.is_sheet:
        transcription = replace(transcription, notes=unfolded(transcription.notes))
    if (
        options.ends == JOINED and "quantize" not in format.uses
    ):  # writers of formats with a grid join notes on the grid
        transcription = replace(transcription, notes=joined(transcription.notes))
    if options.transpose and "transpose" in format.uses:
        transcription = transpose(transcription, options.transpose)
        if options.stated_key:
            options = replace(options, key=options.stated_key.transposed(options.transpose))
    return Prepared(transcription, options)
