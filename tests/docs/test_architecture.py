"""docs/architecture.md names files, packages and classes that exist."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "singtrans"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMES = re.findall(r"`([\w./]+)`", TEXT)


def test_named_files_and_folders_exist():
    paths = [name for name in NAMES if "/" in name or name.endswith(".py")]
    assert len(paths) > 40
    for name in paths:
        places = (
            ROOT / name,
            PACKAGE / name,
            PACKAGE / "model" / name,
            PACKAGE / "formats" / name,
            PACKAGE / "dataset" / name,
        )
        assert any(place.exists() for place in places), name


def test_all_packages_and_modules_are_described():
    for path in PACKAGE.iterdir():
        if path.name.startswith("_") or path.suffix not in ("", ".py"):
            continue
        assert (f"{path.name}/" if path.is_dir() else path.name) in NAMES, path.name


def test_named_classes_exist():
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    for name in re.findall(r"`([A-Z][a-z]\w+)`", TEXT):
        assert f"class {name}" in source, name


def test_packages_are_in_the_order_of_the_import_contract():
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    layers = contract["importlinter:contract:layers"]["layers"].replace("|", " ").split()
    described = [name.removesuffix(".py").removesuffix("/") for name in re.findall(r"^\| `([\w./]+)` \|", TEXT, re.M)]
    assert described == [layer.removeprefix("singtrans.") for layer in layers]
