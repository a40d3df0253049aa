"""singtrans turns a recording of someone singing into notes."""

from singtrans.errors import SingtransError
from singtrans.notes import Note, PitchTrack, Transcription

__version__ = "0.1.0"
__all__ = ["Note", "PitchTrack", "SingtransError", "Transcriber", "Transcription", "__version__", "transcribe"]


def __getattr__(name: str) -> object:
    # torch takes seconds to import: it is touched only when something is really transcribed. The module is named
    # transcriber because a submodule called transcribe would take the place of the function after its first import.
    if name == "transcribe":
        from singtrans.transcriber import transcribe

        return transcribe
    if name == "Transcriber":
        from singtrans.transcriber import Transcriber

        return Transcriber
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
