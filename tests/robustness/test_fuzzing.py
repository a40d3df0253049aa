"""Short fuzzing of every reader, the decoder and the configuration; `benchmarks.fuzz` runs longer."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.robustness.fuzzing import LIMIT, attempt, fuzz, targets

ROUNDS = 60


def of_notes(*notes: tuple[float, float, float]) -> bytes:
    return json.dumps(
        {"notes": [dict(zip(("onset", "offset", "pitch"), note, strict=True)) for note in notes]}
    ).encode()


CORPUS = {
    # Inputs that were found by fuzzing and caused faults in earlier versions.
    "page": [
        b'<script type="application/json" id="data">{"notes":[[0,1%s,60,0.5]],"duration":1,"audio":"a"}</script>'
        % (b"0" * 400),
        b'<script type="application/json" id="data">{"notes":[],"duration":1e999,"audio":"a"}</script>',
        b'<script type="application/json" id="data">' + b"[" * 100_000 + b"</script>",
    ],
    "config": [
        json.dumps({"features": {}}).encode(),
        b'{"decoder": 1%s}' % (b"0" * 400),
        json.dumps({"features": {"hop\nlength": 1}, "network": {}, "decoder": {}}).encode(),
        json.dumps({"features": {}, "network": {}, "decoder": {"x" * 5000: 1}}).encode(),
        json.dumps({"features": {str(number): 1 for number in range(5000)}, "network": {}, "decoder": {}}).encode(),
    ],
    "toml": [
        b"a = " + b"[" * 50_000,
        b"[transcribe]\njobs = 1979-05-27\n",
        b"[transcribe]\njobs = nan\n",
        b"\xff",
        b"[transcribe]\n%s = 1\n" % (b"x" * 5000),
        b"[%s]\n" % (b"x" * 5000),
        b'[transcribe]\n"a\\nb" = 1\n',
    ],
    "json": [
        b'{"notes": [{"onset": 0, "offset": 1e999, "pitch": 60}]}',
        b"[[0,1,1%s]]" % (b"0" * 400),
        b'{"!\\ng": [[0, 1, 60]], "b": []}',
    ],
    "convert": [
        b'{"notes": [], "duration": 1e300}',
        b'{"notes": [], "duration": 1, "pitch": {"time": [0, NaN, 1], "midi": [1, 2, 3], "voicing": [0, 0, 0]}}',
        b'{"notes": [], "duration": 1, "pitch": {"time": [0, 1, 1e6], "midi": [1, 2, 1e300], "voicing": [0, 0, 0]}}',
        # A note of eleven days with its pitch, simultaneous notes, and notes with a gap of many minutes.
        b'{"notes": [{"onset": 0, "offset": 1e6, "pitch": 60}], "duration": 3,'
        b' "pitch": {"time": [0, 1], "midi": [60, 60.2], "voicing": [1, 1]}}',
        of_notes((0.5, 1, 60), *((number // 9 / 2, 9, 60 + number) for number in range(30))),
        of_notes(
            (0.5, 1, 60), (1, 912, 62), (908.98, 912, 4), (909.1175, 912, 127), (909.124, 912, 3), (911.9, 912, 9)
        ),
    ],
}


@pytest.mark.parametrize("name", targets())
def test_mutated_inputs_are_read_or_refused_in_one_line(tmp_path, name):
    left = iter(range(ROUNDS))
    count, found = fuzz(name, lambda: next(left, None) is not None, 1, tmp_path)
    assert count == ROUNDS
    assert not found, found


@pytest.mark.parametrize(("name", "content"), [(name, content) for name, all_ in CORPUS.items() for content in all_])
def test_former_findings_cause_no_faults(tmp_path, name, content):
    target = targets()[name]
    assert attempt(target, tmp_path / next(iter(target.seeds)), content) == ""


@settings(max_examples=20, deadline=LIMIT * 1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode), data=st.data())
def test_arbitrary_content_is_read_or_refused(tmp_path, content, data):
    name = data.draw(st.sampled_from(sorted(targets())))
    target = targets()[name]
    path = tmp_path / data.draw(st.sampled_from(sorted(target.seeds)))
    assert attempt(target, path, content) == ""
