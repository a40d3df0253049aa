"""Values of the options for separating a voice."""

from enum import StrEnum


class Separate(StrEnum):
    """Whether to separate the voice."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Engine(StrEnum):
    """Engines that separate the voice."""

    SPLEETER = "spleeter"
    DEMUCS = "demucs"
