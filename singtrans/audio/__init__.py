"""Any recording to blocks of samples at a given rate."""

from singtrans.audio.decode import AUDIO_SUFFIXES, Soundness, blocks, check, load, seconds, survey
from singtrans.audio.stereo import stereo_blocks

__all__ = ["AUDIO_SUFFIXES", "Soundness", "blocks", "check", "load", "seconds", "stereo_blocks", "survey"]
