"""URLs of inputs and outputs, with fsspec's file system in memory and a local web server."""

import functools
import http.server
import threading
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from singtrans.batch import Existing, plan, run
from singtrans.batch.locations import Url, exists, local, place
from singtrans.errors import SingtransError, UsageError
from tests.helpers import transcribers

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def memory():
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    yield fs
    fs.store.clear()


def test_text_becomes_a_path_or_a_url():
    assert place("a/b.wav") == Path("a/b.wav")
    assert place("file:///a/b%20c.wav") == Path("/a/b c.wav")
    url = place("s3://bucket/x/song.take.wav")
    assert (url.name, url.stem, url.suffix) == ("song.take.wav", "song.take", ".wav")
    assert url.parent == Url("s3://bucket/x") and url.parent / "y.mid" == Url("s3://bucket/x/y.mid")
    assert url.parent / PureWindowsPath(r"a\b") == Url("s3://bucket/x/a/b")
    assert url.parent / PurePosixPath() == url.parent


def test_inputs_and_outputs_may_be_url_folders(memory):
    memory.pipe({"/in/a.wav": b"x" * 50, "/in/sub/b.mp3": b"x" * 60, "/in/sub/notes.txt": b"", "/in/.c.wav": b""})
    jobs = plan([Url("memory://in")], Url("memory://out"), ["mid", "csv"]).jobs
    assert [str(job.audio) for job in jobs] == ["memory://in/a.wav", "memory://in/sub/b.mp3"]
    outcomes = list(run(jobs, transcribers.of_content, Existing.REFUSE))
    assert [outcome.result.lowest for outcome in outcomes] == [50, 60]
    assert sorted(memory.find("/out")) == ["/out/a.csv", "/out/a.mid", "/out/sub/b.csv", "/out/sub/b.mid"]
    assert memory.cat("/out/a.mid").startswith(b"MThd")
    assert "already exists" in next(run(jobs, transcribers.of_content, Existing.REFUSE)).error
    assert all(outcome.skipped for outcome in run(jobs, transcribers.of_content, Existing.SKIP))


def test_outputs_are_placed_beside_the_url(memory):
    memory.pipe({"/in/a.wav": b"x" * 50})
    outcome = next(run(plan([Url("memory://in/a.wav")], None, []).jobs, transcribers.of_content, Existing.REFUSE))
    assert outcome.written == (Url("memory://in/a.mid"),) and exists(outcome.written[0])


def test_a_recording_is_read_from_a_web_server(tmp_path):
    pytest.importorskip("aiohttp")
    (tmp_path / "a.wav").write_bytes(b"x" * 50)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = Url(f"http://127.0.0.1:{server.server_port}/a.wav")
        outcome = next(run(plan([url], tmp_path / "out", []).jobs, transcribers.of_content, Existing.REFUSE))
        server.shutdown()
    assert outcome.error == "" and (tmp_path / "out" / "a.mid").exists()


def test_errors_name_the_url(memory):
    memory.pipe({"/in/bad.wav": b"x"})
    outcomes = run(
        plan([Url("memory://in/bad.wav"), Url("memory://no.wav")], None, []).jobs,
        transcribers.of_content,
        Existing.REFUSE,
    )
    assert [outcome.error for outcome in outcomes] == [
        "memory://in/bad.wav is bad",
        "memory://no.wav does not exist: check the URL.",
    ]
    with pytest.raises(UsageError, match="s9"):
        exists(Url("s9://x/y"))
    with pytest.raises(SingtransError, match="both write"):
        plan([Url("memory://x/a.wav"), Url("memory://y/a.wav")], Url("memory://z"), [])


def test_errors_that_name_the_copy_are_changed_to_name_the_url(memory):
    memory.pipe({"/in/a.wav": b"x"})
    for kind in (SingtransError, UsageError):
        with pytest.raises(kind, match=r"^memory://in/a\.wav is bad$"), local(Url("memory://in/a.wav")) as copy:
            raise kind(f"{copy} is bad")


def test_the_temporary_copy_is_removed(memory):
    memory.pipe({"/in/a.wav": b"x"})
    with local(Url("memory://in/a.wav")) as copy:
        assert copy.name == "a.wav" and copy.read_bytes() == b"x"
    assert not copy.parent.exists()


def test_report_pages_of_urls_are_written(memory, tmp_path):
    from typer.testing import CliRunner

    from singtrans.cli import app

    samples = Path(__file__).parents[2] / "sample_audio"
    memory.pipe({"/in/a.ogg": (samples / "ode_to_joy.ogg").read_bytes()})
    for out in (str(tmp_path), "memory://out"):
        notes = ["--notes", str(samples / "ode_to_joy.notes.csv")]
        result = CliRunner().invoke(app, ["report", "memory://in", *notes, "-o", out])
        assert (result.exit_code, result.output.count("30 notes")) == (0, 1), result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.report.html", "index.html"]
    assert sorted(memory.find("/out")) == ["/out/a.report.html"]
    assert memory.cat("/out/a.report.html") == (tmp_path / "a.report.html").read_bytes()
