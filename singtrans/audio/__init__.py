"""Reading of recordings as blocks of samples at a given sample rate."""

from singtrans.audio.arrays import from_array
from singtrans.audio.endings import AUDIO_SUFFIXES
from singtrans.audio.reading import Reading, Soundness, blocks, check, load, seconds, survey
from singtrans.audio.recording import Recording, Selection, Source, Summary, as_recording, parse_channel
from singtrans.audio.stereo import stereo_blocks

__all__ = [
    "AUDIO_SUFFIXES",
    "Reading",
    "Recording",
    "Selection",
    "Soundness",
    "Source",
    "Summary",
    "as_recording",
    "blocks",
    "check",
    "from_array",
    "load",
    "parse_channel",
    "seconds",
    "stereo_blocks",
    "survey",
]
