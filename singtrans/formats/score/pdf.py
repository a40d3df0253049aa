"""Sheet music as PDF on A4 pages: engraved by verovio, and combined by typst (extra ``score``)."""

import logging
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from singtrans.extras import need
from singtrans.formats.format import Format
from singtrans.formats.lyrics import has_cjk
from singtrans.formats.options import JOINED, PLAIN, SHEET, Options
from singtrans.formats.score.engraving import engrave
from singtrans.formats.score.sheet import make_sheet
from singtrans.notes import Transcription

_LOG = logging.getLogger(__name__)
_CJK_FONT = re.compile(
    r"CJK|Han (Sans|Serif)|Noto S\w+ (SC|TC|HK|JP|KR)|WenQuanYi|AR PL|Uming|Ukai|IPA|Takao|VL |Droid Sans Fallback"
    r"|Unifont|Sim(Sun|Hei)|YaHei|JhengHei|MingLiU|Song|Kai|Fang|Hei|PingFang|Hiragino|Meiryo|Gothic|Mincho|Yu (Go|Mi)"
    r"|Malgun|Batang|Gulim|Dotum|Nanum|Un(Batang|Dotum)|Baekmuk",
    re.IGNORECASE,
)
"""Names of fonts with Chinese, Japanese or Korean characters."""

_PAGE = "#set page(width: 210mm, height: 297mm, margin: 0mm)"
_DOCUMENT = "#set document(title: sys.inputs.title, author: sys.inputs.author, date: none)"


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the melody as vector graphics, on as many pages as the music needs.

    Raises:
        UsageError: if verovio or typst is not installed.
    """
    typst = need("typst", "score", "-f pdf")
    sheet = make_sheet(transcription, options)
    pages = engrave(sheet, whole=False)
    words = [sheet.title, *(syllable.text for syllable in sheet.syllables if syllable)]
    if any(map(has_cjk, words)) and not any(map(_CJK_FONT.search, typst.Fonts().families())):
        _LOG.warning("-f pdf: no font on this system has Chinese, Japanese or Korean characters; they will be boxes")
    with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number}.svg").write_text(page, encoding="utf-8")
        images = "\n#pagebreak()\n".join(f'#image("{number}.svg", width: 210mm)' for number in range(len(pages)))
        source = Path(folder) / "score.typ"
        source.write_text(f"{_DOCUMENT}\n{_PAGE}\n{images}\n", encoding="utf-8")
        # Title and names are passed as data, so that typst does not interpret them as code.
        inputs = {"title": sheet.title, "author": sheet.composer}
        # Pictures need no tags, and poppler warns about the tags that typst writes.
        file.write(typst.compile(str(source), root=folder, sys_inputs=inputs, pdf_tags=False))


FORMAT = Format(
    name="pdf",
    description="sheet music on A4 pages",
    endings=(".pdf",),
    write=write,
    uses=SHEET,
    precision="the grid, semitones",
    packages=("verovio", "typst"),
    extra="score",
    ends=JOINED,
    is_sheet=True,
)
