"""Write the tables in the docs that follow from the code: ``python docs/make_tables.py``."""

from collections.abc import Iterable
from pathlib import Path

from singtrans.formats import WRITERS, Format

DOCS = Path(__file__).parent


def written_formats() -> str:
    """Make the Markdown table of the formats that are written, with one row per record."""
    head = ["| `-f` | also | ending | content | precision | convert reads | extra |", "|---" * 7 + "|"]
    return "\n".join([*head, *(_row(format) for format in WRITERS.values())])


def _row(format: Format) -> str:
    cells = (
        f"`{format.name}`",
        _code(format.aliases),
        _code(format.endings),
        format.description,
        format.precision,
        "yes" if format.read else "no",
        _code([format.extra] if format.extra else []),
    )
    return f"| {' | '.join(cells)} |"


def _code(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def insert(text: str, title: str, table: str) -> str:
    """Return the text of a page with a table in its place, between two comments that name it."""
    start, end = f"<!-- {title}: python docs/make_tables.py -->\n", f"<!-- end of {title} -->"
    before, found, rest = text.partition(start)
    if not found or end not in rest:
        raise ValueError(f"the page has no place for {title}")
    return f"{before}{start}\n{table}\n\n{end}{rest.partition(end)[2]}"


def pages() -> dict[Path, str]:
    """Return the text of each page, with current tables, by the path of the page."""
    path = DOCS / "formats.md"
    return {path: insert(path.read_text(encoding="utf-8"), "written formats", written_formats())}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
