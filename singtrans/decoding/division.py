"""Division of the notes that the search finds: at turns and at the starts of syllables."""

from collections.abc import Sequence

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.search import Segment
from singtrans.decoding.syllables import divide_syllables
from singtrans.decoding.turns import divide_turns


def divide(segments: Sequence[Segment], posteriors: Posteriors, first: int, config: DecoderConfig) -> list[Segment]:
    """Divide segments into notes.

    Args:
        segments: segments with frames relative to the start of the recording.
        posteriors: posteriors that cover the segments.
        first: frame of the recording at which ``posteriors`` start.
        config: configuration of the decoder.

    Returns:
        The divided and the unchanged segments, in time order. The result for a segment does not depend on the others.
    """

    def frames(segment: Segment) -> Posteriors:
        return posteriors[segment.start - first : segment.end - first]

    notes = [note for segment in segments for note in divide_turns(segment, frames(segment), config)]
    return [part for note in notes for part in divide_syllables(note, frames(note), config)]
