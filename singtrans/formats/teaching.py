"""Commands that train a model on recordings with corrected notes."""

import re

MANIFEST = "corrected.csv"
"""Manifest to which the commands add recordings."""

MODEL = "my-model"
"""Folder of the model that the commands train."""


def teaching_commands(audio: str, notes: str) -> list[str]:
    """Return two commands: one adds a recording to the manifest, and one trains a model on the whole manifest.

    Both commands must be run in the folder that contains the two files.

    Args:
        audio: file name of the recording.
        notes: name of the file with the corrected notes, such as a session of the report page.

    >>> teaching_commands("song.wav", "song.session.json")[0]
    'singtrans dataset add song.wav song.session.json -o corrected.csv'
    >>> teaching_commands("my song.wav", "my song.session.json")[1]
    'singtrans train corrected.csv -o my-model --adapt --overwrite'
    """
    return [
        f"singtrans dataset add {_quoted(audio)} {_quoted(notes)} -o {MANIFEST}",
        f"singtrans train {MANIFEST} -o {MODEL} --adapt --overwrite",
    ]


def _quoted(name: str) -> str:
    """Quote a file name for shells; one that begins with a hyphen is written as a path."""
    name = f"./{name}" if name.startswith("-") else name
    if re.fullmatch(r"[\w./+-]+", name):
        return name
    if re.search(r'[$`"\\!]', name):  # such names are rare, and most are not allowed on Windows
        return "'" + name.replace("'", "'\\''") + "'"
    return f'"{name}"'
