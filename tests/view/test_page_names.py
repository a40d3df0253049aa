"""Names of notes on the report page."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from singtrans.melody.key import parse_key

MUSIC = Path(__file__).parents[2] / "singtrans/formats/page/static/js/music.js"
SIGNS = {-1: "♭", 0: "", 1: "♯", 2: "𝄪"}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_notes_are_spelled_as_in_scores():
    script = MUSIC.read_text(encoding="utf-8").replace("export ", "").replace("import ", "// import ")
    ask = "KEYS.map((key) => [key, Array.from({ length: 24 }, (_, i) => noteName(55 + i, key))])"
    command = ["node", "-e", f"{script}\nconsole.log(JSON.stringify({ask}))"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout)
    assert len(found) == 30
    for key, names in found:
        spelled = [parse_key(key).spell(55 + i) for i in range(24)]
        assert names == [f"{step}{SIGNS[alter]}{octave}" for step, alter, octave in spelled], key
