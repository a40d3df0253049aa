"""Reading of the XML of a MusicXML file, which may be compressed (``.mxl``)."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from singtrans.errors import InputError
from singtrans.files import MOST_BYTES, read_bytes


def score_root(path: Path) -> ElementTree.Element:
    """Parse a MusicXML file, which may be compressed.

    Raises:
        InputError: if the file cannot be read or is not MusicXML.
    """
    content = read_bytes(path)
    try:
        if content[:2] == b"PK":
            content = _unpack(path, content)
        if b"<!ENTITY" in content:
            raise ValueError("entities")
        root = ElementTree.fromstring(content)
        if tag_of(root) not in ("score-partwise", "score-timewise"):
            raise ValueError("not a score")
        return root
    except (ElementTree.ParseError, ValueError, KeyError, LookupError, RecursionError) as error:
        raise InputError(f"{path} is not MusicXML that can be read: export it again.") from error


def _unpack(path: Path, content: bytes) -> bytes:
    """Return the score in a compressed file.

    The size is checked before unpacking, because a score can be thousands of times as large as the compressed file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MOST_BYTES:
                raise InputError(f"{path} unpacks to {size / 1e6:.0f} MB, too many for a score: export it again.")
            names = [name for name in archive.namelist() if not name.startswith("META-INF")]
            scores = [name for name in names if name.lower().endswith((".xml", ".musicxml"))]
            if "META-INF/container.xml" in archive.namelist():
                container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
                roots = [element.get("full-path") for element in container.iter() if tag_of(element) == "rootfile"]
                scores = [name for name in roots if name in names] or scores
            return archive.read(scores[0])
    except InputError:
        raise
    except Exception as error:  # a damaged archive raises different errors for each kind of compression
        raise ValueError("not an archive with a score") from error


def heading_of(root: ElementTree.Element) -> dict[str, str]:
    """Return the texts in the heading of a score: ``title``, and names such as ``composer``, by their kinds.

    The title is that of the work or, if it has none, that of the movement.
    """
    heading: dict[str, str] = {}
    for element in root.iter():
        text = (element.text or "").strip()
        kind = {"work-title": "title", "movement-title": "title", "creator": element.get("type", "")}.get(
            tag_of(element)
        )
        if kind and text:
            heading.setdefault(kind, text)
        if tag_of(element) == "part":  # the heading precedes the parts
            break
    return heading


def tag_of(element: ElementTree.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]
