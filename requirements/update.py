"""Write the hashed requirements from constraints.txt: `python requirements/update.py [WHEEL ...]`, with uv.

run.txt holds the packages that singtrans needs to transcribe, test.txt those that its tests need besides. Both list the
hashes of every file of these versions that the package index has, for all platforms. A WHEEL from elsewhere, such as
PyTorch's for CPUs alone, replaces those of the index, which pip would prefer to it.
"""

import hashlib
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).parent


def needed(requirements: list[str]) -> set[str]:
    """Canonical names of installed packages that fulfil requirements, and of all that they need in turn."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        requirement = waiting.pop()
        marker = requirement.marker
        if (key := canonicalize_name(requirement.name)) in found or (marker and not marker.evaluate({"extra": ""})):
            continue
        found.add(key)
        waiting += [Requirement(line) for line in requires(requirement.name) or ()]
    return found


def hashed(pins: list[str]) -> dict[str, list[str]]:
    """Pin -> its hashes, of the index that uv is set up for."""
    command = ["uv", "pip", "compile", "-", "--no-deps", "--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
    done = subprocess.run(command, input="\n".join(pins), capture_output=True, text=True, check=True)
    lines: dict[str, list[str]] = {}
    pin = ""
    for line in done.stdout.splitlines():
        text = line.strip().removesuffix("\\").strip()
        if text.startswith("--hash="):
            lines[pin].append(text)
        else:
            pin = text
            lines[pin] = []
    return lines


def main(wheels: list[str]) -> None:
    """Write both files."""
    lines = hashed((HERE.parent / "constraints.txt").read_text().split())
    for wheel in map(Path, wheels):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        pin = next(p for p in lines if p.partition("==")[0].lower() == name and p.partition("==")[2] == version.public)
        lines[pin] = [f"--hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"]
    run = needed(tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]["dependencies"])
    for file, wanted in (("run.txt", True), ("test.txt", False)):
        pins = [pin for pin in lines if (canonicalize_name(pin.partition("==")[0]) in run) == wanted]
        content = "".join(" \\\n    ".join([pin, *sorted(lines[pin])]) + "\n" for pin in pins)
        (HERE / file).write_text(f"# By `python requirements/update.py` from constraints.txt.\n{content}")


if __name__ == "__main__":
    main(sys.argv[1:])
