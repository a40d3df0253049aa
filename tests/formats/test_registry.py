"""The registry: records are complete, names are unique, and each file is recognised by exactly one format."""

from pathlib import Path

import pytest

from singtrans import formats
from singtrans.errors import UsageError
from singtrans.formats.detection import read_sample, reader_of
from singtrans.formats.options import Options
from singtrans.formats.registry import ALIASES, BY_SUFFIX, check_formats
from tests.formats.test_labels import TEXTS
from tests.helpers.label_files import written


@pytest.mark.parametrize("format", formats.FORMATS, ids=lambda format: format.name)
def test_records_are_complete(format):
    assert format.description and len(format.description) < 100 and format.description[-1] != "."
    assert format.read or format.write
    assert format.endings and all(ending.startswith(".") for ending in (*format.endings, *format.also_read))
    assert format.uses <= set(Options.__dataclass_fields__)
    assert bool(format.packages) == bool(format.extra)
    assert bool(format.write) == bool(format.precision)


def test_names_aliases_and_endings_are_unique():
    names = [name for format in formats.WRITERS.values() for name in (format.name, *format.aliases)]
    assert len(names) == len(set(names)) == len(ALIASES)
    endings = [ending for format in formats.WRITERS.values() for ending in format.endings]
    assert len(endings) == len(set(endings))
    assert len({format.name for format in formats.FORMATS}) == len(formats.FORMATS)


@pytest.mark.parametrize("text", ["midi", "MID", ".mid", "mid", ".midi"])
def test_formats_are_found_by_name_alias_and_ending(text):
    assert formats.find_format(text) is formats.WRITERS["mid"]


def test_unknown_formats_are_refused_with_the_choices():
    with pytest.raises(UsageError, match="use one of mid, csv, json"):
        formats.find_format("mp3")


@pytest.mark.parametrize("name", TEXTS)
def test_exactly_one_format_recognises_each_file(tmp_path, name):
    path = written(tmp_path / name, TEXTS[name])
    if path.suffix.lower() not in BY_SUFFIX:
        sample = read_sample(path)
        claims = [format.name for format in formats.FORMATS if format.recognises and format.recognises(sample)]
        assert claims == [reader_of(path).name]


def test_a_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(UsageError, match=r"-f pdf needs the package verovio.*\[score\]"):
        check_formats(["mid", "pdf"])


def test_written_endings_are_read_back_as_the_same_format():
    for name, format in formats.WRITERS.items():
        assert formats.format_of(Path(f"a{format.endings[0]}")) == name
