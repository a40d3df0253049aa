"""Compare onsets in files that have gaps and delays with onsets in the same files after conversion to WAV by ffmpeg.

    python -m benchmarks.clocks [--keep FOLDER]

Forty recordings are generated from one sample, with different codecs, containers, gaps, delays and channels. Each is
transcribed directly, and again after ``ffmpeg -af aresample=async=1`` has converted it to WAV. In the WAV file, every
sound has the time at which a player would play it. The ffmpeg command is needed here, but not by singtrans itself.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from benchmarks.tables import SAMPLES
from singtrans.errors import SingtransError
from singtrans.notes import Transcription
from singtrans.transcriber import Transcriber

SOURCE = SAMPLES / "amazing_grace.wav"
TOLERANCE_SECONDS = 0.03
PAUSE = ((4.0, 7.0),)
LOSSES = tuple((1.0 + 0.9 * i, 1.0 + 0.9 * i + 0.2) for i in range(13))
"""Start and end of each gap in seconds.

Gaps are longer than 0.1 s, because ffmpeg does not fill shorter gaps immediately.
"""


@dataclass(frozen=True)
class Recording:
    """A recording to generate.

    Attributes:
        codec: name of the codec in ffmpeg.
        ending: suffix of the file without the dot.
        gaps: start and end in seconds of each stretch whose packets are removed.
        delay: delay of the sound in seconds.
        channels: number of channels.
        picture: whether the file also has a picture.
    """

    codec: str
    ending: str
    gaps: tuple[tuple[float, float], ...] = ()
    delay: float = 0.0
    channels: int = 1
    picture: bool = False

    @property
    def name(self) -> str:
        """A description of the recording."""
        gaps = {(): "", PAUSE: ", pause", LOSSES: ", losses"}[self.gaps]
        delay = f", {self.delay:g} s late" if self.delay else ""
        return f"{self.codec} in .{self.ending}, {self.channels} ch{gaps}{delay}{', picture' if self.picture else ''}"


RECORDINGS = (
    Recording("aac", "m4a"),
    Recording("aac", "m4a", PAUSE, channels=2),
    Recording("aac", "m4a", LOSSES),
    Recording("aac", "m4a", channels=8),
    Recording("aac", "mp4", delay=1.5, picture=True),
    Recording("aac", "mp4", PAUSE, delay=0.4, picture=True, channels=2),
    Recording("aac", "mov", PAUSE, channels=6),
    Recording("aac", "mkv", PAUSE),
    Recording("aac", "mkv", delay=2.2, picture=True),
    Recording("aac", "ts", PAUSE),
    Recording("aac", "ts", delay=1.0, picture=True),
    Recording("aac", "flv", PAUSE, picture=True),
    Recording("aac", "aac", channels=2),
    Recording("libopus", "webm"),
    Recording("libopus", "webm", PAUSE, channels=2),
    Recording("libopus", "webm", LOSSES),
    Recording("libopus", "webm", delay=0.7),
    Recording("libopus", "mkv", PAUSE, delay=1.1, picture=True),
    Recording("libopus", "ogg", PAUSE),
    Recording("libopus", "opus", LOSSES, channels=2),
    Recording("libopus", "mp4", PAUSE),
    Recording("libopus", "ts", PAUSE),
    Recording("libvorbis", "ogg"),
    Recording("libvorbis", "mkv", PAUSE),
    Recording("libvorbis", "webm", PAUSE, channels=2),
    Recording("libmp3lame", "mp3"),
    Recording("libmp3lame", "mkv", PAUSE),
    Recording("libmp3lame", "mp4", PAUSE, channels=2),
    Recording("libmp3lame", "avi", picture=True),
    Recording("flac", "flac", channels=2),
    Recording("flac", "mkv", PAUSE, channels=8),
    Recording("flac", "mkv", LOSSES),
    Recording("alac", "m4a", PAUSE),
    Recording("alac", "mov", delay=1.3, picture=True, channels=2),
    Recording("ac3", "mkv", PAUSE, channels=6),
    Recording("ac3", "ts", PAUSE, picture=True),
    Recording("eac3", "mp4", channels=6),
    Recording("mp2", "mpg", picture=True),
    Recording("wmav2", "wma", channels=2),
    Recording("pcm_s16le", "mkv", PAUSE, channels=8),
)


def ffmpeg(*arguments: object) -> None:
    """Run the ffmpeg command.

    Raises:
        subprocess.CalledProcessError: if the command fails.
    """
    command = ["ffmpeg", "-y", "-nostdin", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def generate(recording: Recording, folder: Path) -> Path:
    """Encode the sample with ffmpeg, and rewrite its packets with the gaps and the delay."""
    plain = folder / f"plain.{recording.ending}"
    picture = ["-f", "lavfi", "-i", "color=gray:s=64x64:r=10:d=16"] if recording.picture else []
    video = ["-map", "1:v", "-c:v", "flv" if recording.ending == "flv" else "mpeg4"] if recording.picture else []
    if recording.ending == "mpg":
        video[-1] = "mpeg1video"
        picture[3] = picture[3].replace("r=10", "r=25")
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[recording.channels]
    spread = f"pan={layout}|" + "|".join(f"c{i}=c0" for i in range(recording.channels))
    rate = 48_000
    sound = ["-map", "0:a", "-af", spread, "-ar", rate, "-c:a", recording.codec, "-b:a", 64_000 * recording.channels]
    ffmpeg("-i", SOURCE, *picture, *video, *sound, "-shortest", plain)
    if not recording.gaps and not recording.delay:
        return plain
    changed = folder / f"changed.{recording.ending}"
    with av.open(str(plain)) as source, av.open(str(changed), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                time = float(packet.pts * packet.time_base)
                if any(start <= time < end for start, end in recording.gaps):
                    continue
                late = round(recording.delay / packet.time_base)
                packet.pts, packet.dts = packet.pts + late, packet.dts + late
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
    return changed


def lay_out(path: Path, wav: Path, picture: bool) -> None:
    """Convert a recording to WAV with the timing of a player, which counts time from the picture if there is one."""
    if picture:
        # The picture is read too, because ffmpeg counts time from the earliest track that it reads.
        start, also = ":first_pts=0", ["-map", "0:v:0", "-c", "copy", "-f", "null", "-"]
    else:
        start, also = "", []
    ffmpeg("-i", path, "-map", "0:a:0", "-af", f"aresample=async=1{start}", wav, *also)


@dataclass(frozen=True)
class Difference:
    """Numbers of notes of two transcriptions, and the largest difference between their onsets in seconds."""

    notes: int
    expected: int
    largest: float

    @property
    def fine(self) -> bool:
        """Whether the numbers of notes are equal, and all onsets differ by at most `TOLERANCE_SECONDS`."""
        return self.notes == self.expected and self.largest <= TOLERANCE_SECONDS


def compare(found: Transcription, expected: Transcription) -> Difference:
    """Compare each onset with the nearest onset of the other transcription, and find the largest difference."""
    ours = np.array([note.onset for note in found.notes])
    theirs = np.array([note.onset for note in expected.notes])
    if not len(ours) or not len(theirs):
        return Difference(len(ours), len(theirs), float("inf"))
    apart = np.abs(ours[:, None] - theirs)
    return Difference(len(ours), len(theirs), float(max(apart.min(0).max(), apart.min(1).max())))


def main() -> None:
    """Generate the recordings, transcribe and compare them, and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="keep the recordings in this folder")
    arguments = parser.parse_args()
    if not shutil.which("ffmpeg"):
        sys.exit("this needs the ffmpeg command")
    transcriber = Transcriber("default", "cpu")
    fine = 0
    for number, recording in enumerate(RECORDINGS):
        with tempfile.TemporaryDirectory() as temporary:
            folder = arguments.keep / str(number) if arguments.keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            try:
                path = generate(recording, folder)
            except (subprocess.CalledProcessError, av.error.FFmpegError) as error:
                print(f"skipped  {recording.name}: {getattr(error, 'stderr', error)}")
                continue
            lay_out(path, folder / "reference.wav", recording.picture)
            try:
                found = transcriber(path)
            except SingtransError as error:
                print(f"FAILED   {recording.name}: {error}")
                continue
            difference = compare(found, transcriber(folder / "reference.wav"))
            fine += difference.fine
            print(
                f"{'same' if difference.fine else 'DIFFERS':8} {recording.name}: {difference.notes} notes,"
                f" {difference.expected} expected, at most {1000 * difference.largest:.0f} ms apart"
                + (f"; {found.missing}" if found.missing else ""),
                flush=True,
            )
    print(f"{fine} of {len(RECORDINGS)} the same within {1000 * TOLERANCE_SECONDS:.0f} ms")


if __name__ == "__main__":
    main()
