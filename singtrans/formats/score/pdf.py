"""Sheet music as PDF on A4 pages: engraved by verovio, bound by typst (extra ``score``)."""

import tempfile
from pathlib import Path
from typing import BinaryIO

from singtrans.extras import need
from singtrans.formats.format import Format
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.score.svg import engrave
from singtrans.notes import Transcription

_PAGE = "#set page(width: 210mm, height: 297mm, margin: 0mm)"
_TITLE = "#place(top + center, dy: 12mm, text(size: 16pt, sys.inputs.title))"


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the melody on as many pages as it needs, as lines and letters that stay sharp at any size.

    Raises:
        UsageError: if verovio, partitura or typst is not installed.
    """
    typst = need("typst", "score", "-f pdf")
    pages = engrave(transcription, options, whole=False)
    title = options.title_of(transcription.audio)
    with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number}.svg").write_text(page, encoding="utf-8")
        images = "\n#pagebreak()\n".join(f'#image("{number}.svg", width: 210mm)' for number in range(len(pages)))
        source = Path(folder) / "score.typ"
        source.write_text(f"{_PAGE}\n{_TITLE}\n{images}\n", encoding="utf-8")
        # The title is handed over as data: nothing in a file's name can be an instruction to typst.
        file.write(typst.compile(str(source), root=folder, sys_inputs={"title": title}))


FORMAT = Format(
    name="pdf",
    description="sheet music on A4 pages",
    endings=(".pdf",),
    write=write,
    uses=BEATS | {"title", "artist"},
    precision="the grid, semitones",
    packages=("partitura", "verovio", "typst"),
    extra="score",
    is_sheet=True,
)
