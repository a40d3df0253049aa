"""Write the hashed requirements from constraints.txt: `python -m requirements.update [WHEEL ...]`, with uv.

run.txt has the packages that singtrans needs for transcribing; test.txt has the further packages of the extra ``dev``.
Both list the hashes of all files that the package index has for these versions, for all platforms. For a range in
constraints.txt, they have the highest version. A WHEEL from elsewhere, such as PyTorch for CPUs only, replaces the
files of the index, which pip would prefer otherwise. All packages must be installed.
"""

import hashlib
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from benchmarks.install import required

HERE = Path(__file__).parent


def needed(requirements: list[str]) -> set[str]:
    """Return canonical names of the installed packages that fulfil requirements, and of the packages that they need."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            key = (canonicalize_name(requirement.name), extra)
            if key in found:
                continue
            found.add(key)
            for other in map(Requirement, requires(requirement.name) or ()):
                if other.marker is None or other.marker.evaluate({"extra": extra}):
                    waiting.append(other)
    return {name for name, _ in found}


def pinned() -> list[str]:
    """Return the requirements in constraints.txt, with one exact version each."""
    lines = (HERE.parent / "constraints.txt").read_text().split()
    return [re.sub(r">=[^,]*,<=", "==", line) for line in lines]


def hashed(pins: list[str]) -> dict[str, list[str]]:
    """Map each pinned requirement to its hashes in the index that uv uses."""
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
    lines = hashed(pinned())
    for wheel in map(Path, wheels):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        pin = next(p for p in lines if p.partition("==")[0].lower() == name and p.partition("==")[2] == version.public)
        lines[pin] = [f"--hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"]
    run, test = needed(required([])), needed(required(["dev"]))
    for file, names in (("run.txt", run), ("test.txt", test - run)):
        pins = [pin for pin in lines if canonicalize_name(pin.partition("==")[0]) in names]
        content = "".join(" \\\n    ".join([pin, *sorted(lines[pin])]) + "\n" for pin in pins)
        (HERE / file).write_text(f"# By `python -m requirements.update` from constraints.txt.\n{content}")


if __name__ == "__main__":
    main(sys.argv[1:])
