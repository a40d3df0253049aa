"""Any recording to blocks of mono samples at the model's rate."""

from singtrans.audio.decode import AUDIO_SUFFIXES, Soundness, blocks, check, load, seconds, survey

__all__ = ["AUDIO_SUFFIXES", "Soundness", "blocks", "check", "load", "seconds", "survey"]
