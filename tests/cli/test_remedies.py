"""Every option that a message recommends exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer.main

import singtrans
from singtrans.cli import app

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
_STYLES = ("view", "page")  # folders with style sheets; names of variables in these look like options


def _texts() -> Iterator[tuple[str, str]]:
    """Yield the file and the text of every string in the package that is not a docstring."""
    for path in sorted(Path(singtrans.__file__).parent.rglob("*.py")):
        if set(path.parent.parts) & set(_STYLES):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
                yield path.name, node.value


def _options() -> set[str]:
    found = set()
    commands = [typer.main.get_command(app)]
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        for parameter in command.params:
            found |= {*parameter.opts, *parameter.secondary_opts}
    return found | {"--help", "--version"}


def test_every_option_that_a_message_names_exists():
    known = _options()
    named = {(option, name) for name, text in _texts() for option in _OPTION.findall(text) if "pip install" not in text}
    assert len(named) > 50
    assert {(option, name) for option, name in named if option not in known} == set()
