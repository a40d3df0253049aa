"""Train several models on one stream of batches: the one to ship beside those that a data set is kept from.

    python benchmarks/together.py pack OUT NAME=MANIFEST[,MANIFEST...] [NAME=...]
    python benchmarks/together.py train PACK[,FOLDER...] OUT SPECS.json [--seconds 500] [--batch 64] [--workers 15]

A graphics card learns faster than processors can prepare excerpts, and the models of one experiment hear much the
same recordings. So each excerpt is drawn, changed and transformed once, for all. From recordings that are in the
manifests of its name, a model learns what these say; from the others nothing, but where an excerpt is replaced by
silence. How often a recording is drawn goes by the largest weight that any name gives it.

``pack`` gathers what travels to a machine that has neither the data sets nor WORLD: every recording once, as Opus, and
the labels and measured pitch of each name. ``train`` reads a pack, whose recordings may lie in several folders, learns
for so many seconds, and writes OUT/NAME.safetensors, the running averages of the weights. SPECS.json lists models:

    [{"name": "small-nossvd", "data": "nossvd", "init": "some.safetensors", "rate": 1e-3},
     {"name": "wide", "data": "full", "network": {"hidden": 192}, "rate": 2e-3, "seed": 1}]
"""

import argparse
import hashlib
import io
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from singtrans.config import Config, FeatureConfig
from singtrans.model import Logits, Model, load_model, read_metadata, save_model
from singtrans.training.augment import AugmentConfig
from singtrans.training.batches import Batch, BatchConfig, Excerpts
from singtrans.training.config import TrainConfig
from singtrans.training.data import Recording
from singtrans.training.loss import losses
from singtrans.training.state import State, begin
from singtrans.training.targets import Targets

RATE = 16_000  # Hz
KBPS = {"ssvd": 36, "pjs": 36}  # people whose notes were labelled by people
OTHER_KBPS = 24
BACKGROUNDS = 150  # of the accompaniments


def opus(samples: np.ndarray, kbps: float) -> bytes:
    """``samples`` (n,) int16 as Ogg Opus."""
    import soundfile

    file = io.BytesIO()
    level = 1.0 - (kbps - 6.0) / 250.0  # libsndfile's scale from 256 to 6 kbit/s
    soundfile.write(file, samples, RATE, format="OGG", subtype="OPUS", compression_level=level)
    return file.getvalue()


def pack(out: Path, named: Sequence[tuple[str, list[Path]]], cache: Path) -> None:
    """Write recordings and labels of all names into ``out``, which is made."""
    from singtrans.training.load import load_data

    try:
        out.mkdir(parents=True)
    except OSError as error:
        sys.exit(f"{out}: cannot be made ({error.strerror}); give a folder that does not exist")

    audio: dict[str, tuple[np.ndarray, float]] = {}
    arrays: dict[str, np.ndarray] = {}
    index: dict[str, Any] = {"names": {}, "backgrounds": []}

    def kept(array: np.ndarray | None, kind: type) -> str | None:
        if array is None:
            return None
        array = array.astype(kind)
        key = hashlib.sha256(array.tobytes() + str(array.shape).encode()).hexdigest()[:16]
        arrays[key] = array
        return key

    def heard(samples: np.ndarray, kbps: float) -> str:
        key = hashlib.sha256(samples.tobytes()).hexdigest()[:16]
        audio.setdefault(key, (samples, kbps))
        return key

    for name, manifests in named:
        data = load_data(manifests, None, cache, RATE)
        rows = []
        for entry, r in zip(data.entries, data.recordings, strict=True):
            rows.append(
                {
                    "id": r.id,
                    "audio": heard(r.samples, KBPS.get(entry.source, OTHER_KBPS)),
                    "notes": kept(r.notes, np.float64),
                    "f0": kept(r.f0, np.float32),
                    "voiced": kept(r.voiced, np.float16),
                    "weight": r.weight,
                    "offsets": r.offsets,
                }
            )
            if r.accompaniment is not None and len(index["backgrounds"]) < BACKGROUNDS:
                key = heard(r.accompaniment, OTHER_KBPS)
                if key not in index["backgrounds"]:
                    index["backgrounds"].append(key)
        index["names"][name] = rows
    (out / "index.json").write_text(json.dumps(index))
    np.savez_compressed(out / "arrays.npz", **arrays)  # type: ignore[arg-type]  # none is named allow_pickle
    with ThreadPoolExecutor() as pool:
        encoded = dict(zip(audio, pool.map(opus, *zip(*audio.values(), strict=True)), strict=True))
    for key, file in encoded.items():
        (out / f"{key}.opus").write_bytes(file)
    print(f"{len(encoded)} recordings, {sum(map(len, encoded.values())) / 1e6:.1f} MB")


def _decoded(path: Path) -> tuple[str, np.ndarray]:
    import soundfile

    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE, path
    return path.stem, samples


class Together(Excerpts):
    """Excerpts with the targets of every name side by side.

    ``heads`` and ``head_known`` are (batch, frames, 4 * names), ``pitch`` and ``pitch_known`` (batch, frames, names).
    """

    def __init__(self, folders: Sequence[Path], batch: BatchConfig, seed: int) -> None:
        index, arrays = _read_index(folders[0])
        files = [file for folder in folders for file in sorted(folder.glob("*.opus"))]
        with ProcessPoolExecutor() as pool:
            sounds = dict(pool.map(_decoded, files, chunksize=8))
        self.names = list(index["names"])
        self.views: dict[str, dict[str, Recording]] = {}
        used = {row["audio"] for rows in index["names"].values() for row in rows} | set(index["backgrounds"])
        if lacking := sorted(used - sounds.keys()):
            sys.exit(f"{len(lacking)} recordings of the pack are in none of the folders, such as {lacking[0]}.opus")
        for name, rows in index["names"].items():
            for row in rows:
                self.views.setdefault(row["audio"], {})[name] = _recording(row, sounds, arrays)
        union = []
        for key, views in self.views.items():
            noted = next((v for v in views.values() if v.notes is not None), next(iter(views.values())))
            union.append(replace(noted, id=key, weight=max(v.weight for v in views.values())))
        backgrounds = [sounds[key] for key in index["backgrounds"]]
        super().__init__(union, FeatureConfig(), batch, AugmentConfig(), seed, backgrounds=backgrounds)
        # What silence teaches is each name's own matter: without labels of notes, there is none of them to hear.
        self.taught = np.concatenate([self._taught_by_silence(name) for name in self.names])
        print(f"{len(union)} recordings, {sum(r.duration for r in union) / 60:.0f} min, {len(backgrounds)} backgrounds")

    def _taught_by_silence(self, name: str) -> np.ndarray:
        recordings = [views[name] for views in self.views.values() if name in views]
        return Excerpts(recordings, self.features, self.batch, self.augmentation, self.seed).taught

    def _targets(self, recording: Recording, time: np.ndarray, start: float, ratio: float) -> Targets:
        views = self.views[recording.id]
        every = []
        for name in self.names:
            if name in views:
                every.append(super()._targets(views[name], time, start, ratio))
            else:
                heads, pitch = np.zeros((len(time), 4), np.float32), np.zeros(len(time), np.float32)
                every.append(Targets(heads, heads, pitch, pitch))
        return Targets(
            heads=np.concatenate([t.heads for t in every], axis=1),
            head_known=np.concatenate([t.head_known for t in every], axis=1),
            pitch=np.stack([t.pitch for t in every], axis=1),
            pitch_known=np.stack([t.pitch_known for t in every], axis=1),
        )

    def of(self, batch: Batch, name: str) -> Batch:
        """What a model of this name learns from a batch."""
        i = self.names.index(name)
        heads = slice(4 * i, 4 * i + 4)
        return Batch(
            batch.samples,
            batch.heads[..., heads],
            batch.head_known[..., heads],
            batch.pitch[..., i],
            batch.pitch_known[..., i],
        )


def _read_index(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if not (folder / "index.json").is_file():
        sys.exit(f"{folder}: has no index.json; name the folder first that has it")
    with np.load(folder / "arrays.npz") as file:
        return json.loads((folder / "index.json").read_text()), {name: file[name] for name in file.files}


def _recording(row: dict[str, Any], sounds: dict[str, np.ndarray], arrays: dict[str, np.ndarray]) -> Recording:
    return Recording(
        id=row["id"],
        samples=sounds[row["audio"]],
        notes=arrays[row["notes"]] if row["notes"] else None,
        f0=arrays[row["f0"]],
        voiced=arrays[row["voiced"]].astype(np.float32),
        accompaniment=None,
        sample_rate=RATE,
        weight=row["weight"],
        offsets=row["offsets"],
    )


@dataclass
class Learner:
    """A model in training.

    Attributes:
        name: of its file.
        data: whose manifests it learns from.
        rate: its highest learning rate.
        config: of its training; how many steps there will be is not known.
        state: the model, its running average and its optimiser.
        stream: where its work on the device is queued, beside the other models'; None on a CPU.
        loss: (terms,) of the last step.
    """

    name: str
    data: str
    rate: float
    config: TrainConfig
    state: State
    stream: Any = None
    loss: Tensor | None = None


def learner(spec: dict[str, Any]) -> Learner:
    """What a line of SPECS.json asks for."""
    init = load_model(Path(spec["init"])) if spec.get("init") else None
    network = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.get("network", {}).items()}
    shape = init.config if init else Config()
    shape = replace(shape, network=replace(shape.network, **network))
    if init and shape != init.config:
        init = _grown(init, shape)
    config = TrainConfig(
        rate=spec["rate"],
        seed=spec.get("seed", 0),
        freeze=spec.get("freeze", "none"),
        init=read_metadata(Path(spec["init"]))["sha256"] if init else "",
    )
    state = begin(shape, config, init)
    if state.device.type == "cuda":
        state.optimiser = torch.optim.AdamW(
            state.parameters, lr=config.rate, weight_decay=config.weight_decay, fused=True
        )
    return Learner(spec["name"], spec["data"], spec["rate"], config, state)


def _grown(model: Model, shape: Config) -> Model:
    """A model of another shape, with the weights of those parts that have kept theirs."""
    grown = Model(shape)
    old, new = model.network.state_dict(), grown.network.state_dict()
    grown.network.load_state_dict(new | {k: v for k, v in old.items() if k in new and v.shape == new[k].shape})
    return grown


def learn(one: Learner, heard: tuple[Tensor, Tensor], batch: Batch, progress: float) -> None:
    """One step; nothing in it waits for the device."""
    state, config = one.state, one.config
    warm = min(1.0, (state.step + 1) / 300)
    for group in state.optimiser.param_groups:
        group["lr"] = one.rate * warm * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress))))
    model = state.model.train()
    with torch.autocast(state.device.type, torch.bfloat16, enabled=state.device.type == "cuda"):
        logits: Logits = model.network(*heard)
    terms = losses(logits, batch, model.config.features, config.loss)
    total = torch.stack(list(terms.values())).sum()
    state.optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(state.parameters, config.clip, foreach=True)
    state.optimiser.step()
    state.step += 1
    decay = min(config.average, state.step / (state.step + 10))
    kept, new = zip(*state.averaged(), strict=True)
    with torch.no_grad():
        torch._foreach_lerp_(list(kept), [p.detach() for p in new], 1.0 - decay)
    one.loss = torch.stack([*terms.values()]).detach()


def save(learners: Sequence[Learner], out: Path, batch: BatchConfig, note: dict[str, Any]) -> None:
    """Write the running average of each, and with it how it was trained: ``note`` and its configuration."""
    for one in learners:
        config = replace(one.config, steps=one.state.step, batch=batch)
        about = {"training": json.dumps(note | {"train": asdict(config)}), "step": str(one.state.step)}
        save_model(one.state.average, out / f"{one.name}.safetensors", about)


def train(options: argparse.Namespace) -> None:
    """Learn until the time is over."""
    began = time.monotonic()
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    cuda = torch.cuda.is_available()
    folders = [Path(p) for p in options.packs.split(",")]
    excerpts = Together(folders, BatchConfig(size=options.batch), options.seed)
    print(f"read after {time.monotonic() - began:.0f} s", flush=True)
    learners = [learner(spec) for spec in json.loads(Path(options.specs).read_text())]
    if cuda:
        for one in learners:
            one.stream = torch.cuda.Stream()
    if len({one.state.model.config.features for one in learners}) > 1:
        sys.exit(f"{options.specs}: the models hear with different front ends, so they cannot share batches")
    front_end = learners[0].state.model.front_end
    note = {"seconds": options.seconds, "batches_seed": options.seed}
    options.out.mkdir(parents=True, exist_ok=True)
    step, marks = 0, time.monotonic()
    for batch in _stream(excerpts, options.workers):
        progress = (time.monotonic() - began) / options.seconds
        if progress >= 1.0 or (options.steps and step == options.steps):
            break
        on_device = Batch(**{f.name: getattr(batch, f.name).to(learners[0].state.device) for f in fields(batch)})
        with torch.no_grad():
            heard = front_end(on_device.samples)
        here = torch.cuda.current_stream() if cuda else None
        for one in learners:
            if here is None:
                learn(one, heard, excerpts.of(on_device, one.data), progress)
                continue
            one.stream.wait_stream(here)
            with torch.cuda.stream(one.stream):
                learn(one, heard, excerpts.of(on_device, one.data), progress)
        if here is not None:
            for one in learners:
                here.wait_stream(one.stream)
        step += 1
        if step % 50 == 0 or step < 5:
            told = " | ".join(
                f"{one.name} " + " ".join(f"{v:.3f}" for v in one.loss.tolist())
                for one in learners
                if one.loss is not None
            )
            pace = (time.monotonic() - marks) / (50 if step >= 50 else 1)
            print(f"step {step}, {time.monotonic() - began:.0f} s, {1e3 * pace:.0f} ms: {told}", flush=True)
            marks = time.monotonic()
        if step % 1000 == 0:
            save(learners, options.out, excerpts.batch, note)
    save(learners, options.out, excerpts.batch, note)
    print(f"{step} steps in {time.monotonic() - began:.0f} s")


def _stream(excerpts: Together, workers: int) -> Iterator[Batch]:
    loader = DataLoader(
        excerpts,
        batch_size=None,
        sampler=range(1_000_000),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_one_thread,
    )
    return iter(loader)


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)


def main() -> None:
    """Pack or train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("out", type=Path)
    packing.add_argument("named", nargs="+", help="NAME=MANIFEST[,MANIFEST...]")
    packing.add_argument("--cache", type=Path, default=Path("cache"))
    packing.set_defaults(run=_pack)
    training = commands.add_parser("train")
    training.add_argument("packs")
    training.add_argument("out", type=Path)
    training.add_argument("specs")
    training.add_argument("--seconds", type=float, default=500.0)
    training.add_argument("--steps", type=int, default=0, help="stop earlier, after so many steps (default: do not)")
    training.add_argument("--batch", type=int, default=64)
    training.add_argument("--workers", type=int, default=15)
    training.add_argument("--seed", type=int, default=1)
    training.set_defaults(run=train)
    options = parser.parse_args()
    options.run(options)


def _pack(options: argparse.Namespace) -> None:
    named = []
    for text in options.named:
        name, _, manifests = text.partition("=")
        if not manifests:
            sys.exit(f"{text}: not of the form NAME=MANIFEST")
        named.append((name, [Path(m) for m in manifests.split(",")]))
    pack(options.out, named, options.cache)


if __name__ == "__main__":
    main()
