"""Size of an installation for each platform and Python version, and names of the packages without wheels.

    python -m benchmarks.install [EXTRA ...]

For each platform and Python version, pip downloads the wheels of the requirements and of their dependencies, in the
versions that constraints.txt lists. Nothing is built. The sizes are those of the wheel files. The limit for an
installation without extras is 150 MB.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from benchmarks.tables import publish

ROOT = Path(__file__).parents[1]
LIMIT = 150.0  # MB
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Target:
    """A platform: its name, its tags in pip, and the values of two environment markers."""

    name: str
    tags: tuple[str, ...]
    sys_platform: str
    machine: str

    def environment(self, python: str) -> dict[str, str]:
        """Return the values of the environment markers on which requirements depend."""
        systems = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
        return {
            "sys_platform": self.sys_platform,
            "platform_system": systems[self.sys_platform],
            "platform_machine": self.machine,
            "os_name": "nt" if self.sys_platform == "win32" else "posix",
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


def _linux(machine: str) -> tuple[str, ...]:
    return (*(f"manylinux_2_{minor}_{machine}" for minor in range(28, 4, -1)), f"manylinux2014_{machine}")


def _mac(newest: int, machine: str) -> tuple[str, ...]:
    tags = [f"macosx_{major}_0_{kind}" for major in range(newest, 10, -1) for kind in (machine, "universal2")]
    return (*tags, *(f"macosx_10_{minor}_{kind}" for minor in range(16, 8, -1) for kind in (machine, "universal2")))


TARGETS = (
    Target("Linux x86-64", _linux("x86_64"), "linux", "x86_64"),
    Target("Linux arm64", _linux("aarch64"), "linux", "aarch64"),
    Target("macOS 14 arm64", _mac(14, "arm64"), "darwin", "arm64"),
    Target("macOS 13 arm64", _mac(13, "arm64"), "darwin", "arm64"),
    Target("macOS 13 Intel", _mac(13, "x86_64"), "darwin", "x86_64"),
    Target("Windows x64", ("win_amd64",), "win32", "AMD64"),
)


def required(extras: Sequence[str]) -> list[str]:
    """Return the requirements of the package and of extras, including extras that other extras name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines, waiting = list(project["dependencies"]), list(extras)
    while waiting:
        for line in project["optional-dependencies"][waiting.pop()]:
            requirement = Requirement(line)
            if requirement.name == project["name"]:
                waiting += requirement.extras
            else:
                lines.append(line)
    return lines


def download(lines: Sequence[str], target: Target, python: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Return the wheels of requirements and of their dependencies, and the names of packages without a wheel."""
    found: dict[str, Path] = {}
    missing: set[str] = set()
    read: set[tuple[str, str]] = set()  # packages whose requirements are known, with or without an extra
    waiting = [Requirement(line) for line in lines]
    while waiting:
        wanted = {canonicalize_name(r.name): r for r in waiting}
        wanted = {name: r for name, r in wanted.items() if name not in found and name not in missing}
        _fetch(list(wanted.values()), target, python, folder)
        found = {canonicalize_name(parse_wheel_filename(path.name)[0]): path for path in folder.glob("*.whl")}
        missing |= wanted.keys() - found.keys()
        due = {(canonicalize_name(r.name), extra) for r in waiting for extra in ("", *r.extras)} - read
        read |= due
        waiting = [
            needed for name, extra in due if name in found for needed in _needed(found[name], extra, target, python)
        ]
    return list(found.values()), sorted(missing)


def _fetch(requirements: Sequence[Requirement], target: Target, python: str, folder: Path) -> None:
    """Download the wheels of all requirements that have one.

    pip fails if one of the requirements has no wheel. Each half of the requirements is then downloaded separately.
    """
    if not requirements:
        return
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--constraint", str(ROOT / "constraints.txt"), "--dest", str(folder)]
    command += ["--python-version", python, *(word for tag in target.tags for word in ("--platform", tag))]
    words = [f"{requirement.name}{requirement.specifier}" for requirement in requirements]
    if subprocess.run([*command, *words], capture_output=True, check=False).returncode and len(words) > 1:
        half = len(requirements) // 2
        for part in (requirements[:half], requirements[half:]):
            _fetch(part, target, python, folder)


def _needed(wheel: Path, extra: str, target: Target, python: str) -> Iterator[Requirement]:
    environment = target.environment(python) | {"extra": extra}
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = Parser().parsestr(archive.read(metadata).decode("utf-8")).get_all("Requires-Dist") or []
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


def main() -> None:
    """Measure and print the table."""
    extras = sys.argv[1:]
    os.environ["PIP_NO_INPUT"] = "1"
    rows, failed = [], False
    for target in TARGETS:
        for python in PYTHONS:
            with tempfile.TemporaryDirectory() as folder:
                wheels, missing = download(required(extras), target, python, Path(folder))
                size = sum(wheel.stat().st_size for wheel in wheels) / 1e6
                largest = max(wheels, key=lambda wheel: wheel.stat().st_size)
                name, version, *_ = parse_wheel_filename(largest.name)
                most = f"{name} {version}, {largest.stat().st_size / 1e6:.1f} MB"
                row = [target.name, python, len(wheels), ", ".join(missing) or "none", f"{size:.1f} MB", most]
                rows.append(row)
                print(*row, sep=", ", file=sys.stderr, flush=True)
                failed |= bool(missing) or (not extras and size > LIMIT)
    head = ["platform", "Python", "wheels", "without a wheel", "downloads", "largest"]
    title = "Installation" + (f" with {', '.join(extras)}" if extras else "")
    publish(title, " ".join(["python -m benchmarks.install", *extras]), head, rows)
    sys.exit(failed)


if __name__ == "__main__":
    main()
