"""What all writers have in common: a transcription and options are prepared before a format's writer gets them."""

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
    """What a format's writer gets.

    Attributes:
        transcription: notes with the integers, ornaments, ends and transposition of the options.
        options: the options, with the key and the kind of ends that are written.
    """

    transcription: Transcription
    options: Options


def prepare(transcription: Transcription, format: Format, options: Options) -> Prepared:
    """Apply tuning, key, ornaments, ends and transposition, as far as a format does not do it by itself."""
    transcription = apply_tuning_and_key(transcription, options.tuning, options.key)
    options = replace(options, ends=options.ends or format.ends)
    if options.ornaments == KEEP and not format.is_sheet:
        transcription = replace(transcription, notes=unfolded(transcription.notes))
    if options.ends == JOINED and "quantize" not in format.uses:  # formats with a grid also join notes on it
        transcription = replace(transcription, notes=joined(transcription.notes))
    if options.transpose and "transpose" in format.uses:
        transcription = transpose(transcription, options.transpose)
        if options.stated_key:
            options = replace(options, key=options.stated_key.transposed(options.transpose))
    return Prepared(transcription, options)
