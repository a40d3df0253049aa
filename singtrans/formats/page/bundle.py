"""The page's scripts and styles, each joined from many small files.

The scripts are ES modules. A page that is opened from a disk cannot import files, so the modules are joined in the
order of their imports. The joined modules share one scope, so no two of them may define the same name.
"""

import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_DEFINED = re.compile(r"^(export )?(?:async )?(?:function\*?|const|let|class) ([\w$]+)", re.MULTILINE)
_STATIC = files("singtrans.formats.page").joinpath("static")
_STYLES = ("base.css", "layout.css", "parts.css", "summary.css")


@cache
def script() -> str:
    """Join the modules that ``main.js`` needs into one script.

    Raises:
        ValueError: if a module imports a name that is not exported, or two modules define the same name.
    """
    order: list[str] = []
    _visit("main.js", order, set())
    owner: dict[str, str] = {}
    for name in order:
        for _, defined in _DEFINED.findall(_module(name)):
            if defined in owner:
                raise ValueError(f"{name} and {owner[defined]} both define {defined}")
            owner[defined] = name
    body = "".join(f"// {name}\n{_EXPORT.sub('', _IMPORT.sub('', _module(name)))}\n" for name in order)
    return f'"use strict";\n(() => {{\n{body}}})();\n'


@cache
def style() -> str:
    """Join the style sheets."""
    return "".join(_STATIC.joinpath("css", name).read_text(encoding="utf-8") for name in _STYLES)


@cache
def template() -> str:
    """Read the page's HTML, in which names in braces are placeholders."""
    return _STATIC.joinpath("page.html").read_text(encoding="utf-8")


@cache
def _module(name: str) -> str:
    return _STATIC.joinpath("js", name).read_text(encoding="utf-8")


def _visit(name: str, order: list[str], seen: set[str]) -> None:
    """Append a module to the order, after the modules that it imports."""
    seen.add(name)
    for names, source in _IMPORT.findall(_module(name)):
        exported = {defined for export, defined in _DEFINED.findall(_module(source)) if export}
        missing = {word.strip() for word in names.split(",") if word.strip()} - exported
        if missing:
            raise ValueError(f"{name} imports {', '.join(sorted(missing))}, which {source} does not export")
        if source not in seen:
            _visit(source, order, seen)
    order.append(name)
