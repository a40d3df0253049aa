"""singtrans turns a recording of someone singing into notes."""

from singtrans.errors import SingtransError

TYPE_CHECKING = False  # which type checkers take for true; typing itself is slow to import
if TYPE_CHECKING:
    from singtrans.notes import Note, PitchTrack, Transcription

__version__ = "0.2.0"
__all__ = ["Note", "PitchTrack", "SingtransError", "Transcriber", "Transcription", "__version__", "transcribe"]


def __getattr__(name: str) -> object:
    # torch takes seconds to import, and numpy takes a tenth of one: each is touched only when it is really needed,
    # and the command can heed signals before. The module is named transcriber because a submodule called transcribe
    # would take the place of the function after its first import.
    if name in ("transcribe", "Transcriber"):
        from singtrans import transcriber

        return getattr(transcriber, name)
    if name in ("Note", "PitchTrack", "Transcription"):
        from singtrans import notes

        return getattr(notes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
