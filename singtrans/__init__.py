"""singtrans turns a recording of someone singing into notes."""

from singtrans.errors import SingtransError

TYPE_CHECKING = False  # type checkers treat this as True; importing typing would be slow
if TYPE_CHECKING:
    from singtrans.notes import Note, PitchTrack, Transcription

__version__ = "0.2.0"
__all__ = ["Note", "PitchTrack", "SingtransError", "Transcriber", "Transcription", "__version__", "transcribe"]


def __getattr__(name: str) -> object:
    # Importing torch takes seconds, and importing numpy takes a tenth of a second. Both are imported only when they are
    # needed, so that the command can handle signals before. The module is named transcriber because a module named
    # transcribe would replace the function of that name when it is imported.
    if name in ("transcribe", "Transcriber"):
        from singtrans import transcriber

        return getattr(transcriber, name)
    if name in ("Note", "PitchTrack", "Transcription"):
        from singtrans import notes

        return getattr(notes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
