"""Train several models on one stream of batches: the one to ship beside those that a data set is kept from.

    python -m recipe.joint_training PACK[,FOLDER...] OUT SPECS.json [--seconds 500] [--batch 64] [--workers 15]

A graphics card learns faster than processors can prepare excerpts, and the models of one experiment hear much the
same recordings. So each excerpt is drawn, changed and transformed once, for all. From recordings that are in the
manifests of its name, a model learns what these say; from the others nothing, but where an excerpt is replaced by
silence. How often a recording is drawn goes by the largest weight that any name gives it.

PACK is what `packs.py` wrote. OUT/NAME.safetensors are the running averages of the weights after so many seconds.
SPECS.json lists the models; ``data`` is a name of the pack's, and ``init`` may have another network, of which the parts
that fit are kept:

    [{"name": "small-nossvd", "data": "nossvd", "init": "some.safetensors", "rate": 1e-3},
     {"name": "wide", "data": "full", "network": {"hidden": 192}, "rate": 2e-3, "seed": 1}]
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from recipe.pack import Pack, read_pack
from singtrans.errors import SingtransError
from singtrans.model.config import Config, FeatureConfig
from singtrans.model.network import HEADS, Model
from singtrans.model.weights import load_model, read_metadata, save_model
from singtrans.training.augment import AugmentConfig
from singtrans.training.batches import Batch, BatchConfig, Excerpts
from singtrans.training.config import TrainConfig, annealing
from singtrans.training.recordings import Recording
from singtrans.training.state import State, begin
from singtrans.training.step import advance, descend
from singtrans.training.targets import Targets

WARMUP = 300  # steps
SAVE_EVERY, TELL_EVERY = 1000, 50  # steps


class Together(Excerpts):
    """Excerpts with the targets of every name side by side.

    Of its batches, ``heads`` and ``head_known`` are (batch, frames, 4 * names), and ``pitch`` and ``pitch_known``
    (batch, frames, names).

    Args:
        pack: recordings and labels.
        batch: see there.
        seed: start of all chance.
    """

    def __init__(self, pack: Pack, batch: BatchConfig, seed: int) -> None:
        self.pack = pack
        union = []
        for key, views in pack.views.items():
            noted = next((v for v in views.values() if v.notes is not None), next(iter(views.values())))
            union.append(replace(noted, id=key, weight=max(v.weight for v in views.values())))
        super().__init__(union, FeatureConfig(), batch, AugmentConfig(), seed, backgrounds=pack.backgrounds)
        # What silence teaches is each name's own matter: without labels of notes, there is none of them to hear.
        self.taught = np.concatenate([self._taught_by_silence(name) for name in pack.names])
        minutes = sum(r.duration for r in union) / 60
        print(f"{len(union)} recordings, {minutes:.0f} min, {len(pack.backgrounds)} backgrounds")

    def _taught_by_silence(self, name: str) -> np.ndarray:
        recordings = [views[name] for views in self.pack.views.values() if name in views]
        return Excerpts(recordings, self.features, self.batch, self.augmentation, self.seed).taught

    def _targets(self, recording: Recording, time: np.ndarray, start: float, ratio: float) -> Targets:
        views = self.pack.views[recording.id]
        every = []
        for name in self.pack.names:
            if name in views:
                every.append(super()._targets(views[name], time, start, ratio))
            else:
                heads, pitch = np.zeros((len(time), len(HEADS)), np.float32), np.zeros(len(time), np.float32)
                every.append(Targets(heads, heads, pitch, pitch))
        return Targets(
            heads=np.concatenate([t.heads for t in every], axis=1),
            head_known=np.concatenate([t.head_known for t in every], axis=1),
            pitch=np.stack([t.pitch for t in every], axis=1),
            pitch_known=np.stack([t.pitch_known for t in every], axis=1),
        )

    def of(self, batch: Batch, name: str) -> Batch:
        """What a model of this name learns from a batch; shapes as in `Batch`."""
        i = self.pack.names.index(name)
        heads = slice(len(HEADS) * i, len(HEADS) * (i + 1))
        return Batch(
            batch.samples,
            batch.heads[..., heads],
            batch.head_known[..., heads],
            batch.pitch[..., i],
            batch.pitch_known[..., i],
        )


@dataclass
class Learner:
    """A model in training.

    Attributes:
        name: of its file.
        data: whose manifests it learns from.
        config: of its training; how many steps there will be is not known.
        state: the model, its running average and its optimiser.
        stream: where its work on the device is queued, beside the other models'; None on a CPU.
        loss: (terms,) of the last step.
    """

    name: str
    data: str
    config: TrainConfig
    state: State
    stream: Any = None
    loss: Tensor | None = None


def learner(spec: dict[str, Any]) -> Learner:
    """What an entry of SPECS.json asks for.

    Raises:
        SingtransError: if its ``init`` cannot be used.
    """
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
    return Learner(spec["name"], spec["data"], config, state)


def _grown(model: Model, shape: Config) -> Model:
    """A model of another shape, with the weights of those parts that have kept theirs."""
    grown = Model(shape)
    old, new = model.network.state_dict(), grown.network.state_dict()
    grown.network.load_state_dict(new | {k: v for k, v in old.items() if k in new and v.shape == new[k].shape})
    return grown


def learn(one: Learner, heard: tuple[Tensor, Tensor], batch: Batch, progress: float) -> None:
    """One step; nothing in it waits for the device.

    Args:
        one: who learns.
        heard: what the front end makes of the batch, as `Network` takes it.
        batch: with this model's targets.
        progress: part of the time that is over, 0 to 1.
    """
    state, config = one.state, one.config
    warm = min(1.0, (state.step + 1) / WARMUP)
    for group in state.optimiser.param_groups:
        group["lr"] = config.rate * warm * annealing(progress)
    state.model.train()
    terms, _ = descend(state, heard, batch, config)
    advance(state, config)
    one.loss = torch.stack([*terms.values()]).detach()


def save(learners: Sequence[Learner], out: Path, batch: BatchConfig, note: dict[str, Any]) -> None:
    """Write the running average of each, and with it how it was trained: ``note`` and its configuration."""
    for one in learners:
        config = replace(one.config, steps=one.state.step, batch=batch)
        about = {"training": json.dumps(note | {"train": asdict(config)}), "step": str(one.state.step)}
        save_model(one.state.average, out / f"{one.name}.safetensors", about)


def train(options: argparse.Namespace) -> None:
    """Learn until the time is over.

    Raises:
        SingtransError: if pack, specifications or models cannot be used.
    """
    began = time.monotonic()
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    excerpts = Together(read_pack(options.pack), BatchConfig(size=options.batch), options.seed)
    print(f"read after {time.monotonic() - began:.0f} s", flush=True)
    learners = _learners(options.specs, excerpts.pack.names)
    front_end, device = learners[0].state.model.front_end, learners[0].state.device
    note = {"seconds": options.seconds, "batches_seed": options.seed}
    options.out.mkdir(parents=True, exist_ok=True)
    step, told = 0, time.monotonic()
    for batch in _stream(excerpts, options.workers):
        progress = (time.monotonic() - began) / options.seconds
        if progress >= 1.0 or (options.steps and step == options.steps):
            break
        on_device = Batch(**{f.name: getattr(batch, f.name).to(device) for f in fields(batch)})
        with torch.no_grad():
            heard = front_end(on_device.samples)
        _learn_side_by_side([(one, excerpts.of(on_device, one.data)) for one in learners], heard, progress)
        step += 1
        if step % TELL_EVERY == 0:
            pace, told = (time.monotonic() - told) / TELL_EVERY, time.monotonic()
            losses = " | ".join(f"{one.name} " + " ".join(f"{v:.3f}" for v in one.loss.tolist()) for one in learners)
            print(f"step {step}, {told - began:.0f} s, {1e3 * pace:.0f} ms: {losses}", flush=True)
        if step % SAVE_EVERY == 0:
            save(learners, options.out, excerpts.batch, note)
    save(learners, options.out, excerpts.batch, note)
    print(f"{step} steps in {time.monotonic() - began:.0f} s")


def _learners(specs: Path, names: Sequence[str]) -> list[Learner]:
    """Those that are asked for, who must hear alike."""
    try:
        learners = [learner(spec) for spec in json.loads(specs.read_text())]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SingtransError(f"{specs}: is no list of models ({error!r}); see --help for one") from None
    for one in learners:
        if one.data not in names:
            raise SingtransError(f"{specs}: {one.name} learns from {one.data!r}, but the pack has {', '.join(names)}")
    if len({one.state.model.config.features for one in learners}) != 1:
        raise SingtransError(f"{specs}: give models with one front end, at least one, since they share batches")
    return learners


def _learn_side_by_side(tasks: Sequence[tuple[Learner, Batch]], heard: tuple[Tensor, Tensor], progress: float) -> None:
    """A step of each, on a CUDA device at the same time."""
    here = torch.cuda.current_stream() if torch.cuda.is_available() else None
    for one, batch in tasks:
        if here is None:
            learn(one, heard, batch, progress)
            continue
        one.stream = one.stream or torch.cuda.Stream()
        one.stream.wait_stream(here)
        with torch.cuda.stream(one.stream):
            learn(one, heard, batch, progress)
    if here is not None:
        for one, _ in tasks:
            here.wait_stream(one.stream)


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
    """Train, or say in a line why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=lambda text: [Path(folder) for folder in text.split(",")], metavar="PACK")
    parser.add_argument("out", type=Path)
    parser.add_argument("specs", type=Path)
    parser.add_argument("--seconds", type=float, default=500.0, help="(default: %(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="stop earlier, after so many steps (default: do not)")
    parser.add_argument("--batch", type=int, default=64, help="excerpts a step (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=15, help="processes that prepare them (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the batches (default: %(default)s)")
    try:
        train(parser.parse_args())
    except SingtransError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
