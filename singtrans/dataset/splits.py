"""Splitting of recordings for training, validation and testing."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import replace

from singtrans import audio
from singtrans.dataset.entry import Entry
from singtrans.errors import InputError, UsageError
from singtrans.messages import counted


def set_aside(entries: Sequence[Entry], fraction: float) -> list[Entry]:
    """Mark a fraction of the entries as ``valid``.

    If all singers are known and there are more than two, all recordings of some singers are marked. Otherwise,
    individual recordings are marked. The choice depends on a checksum of the names, so that a second training makes the
    same choice.
    """
    singers = {e.singer for e in entries}
    return split(entries, {"valid": fraction}, by_singer=len(singers) > 2 and "" not in singers)


def divide(
    entries: Sequence[Entry],
    fractions: dict[str, float],
    by: str | None = None,
    seed: int = 0,
    *,
    keep_test: bool = False,
) -> list[Entry]:
    """Split entries according to the options of a user.

    Args:
        entries: entries, whose ``split`` is replaced.
        fractions: map from splits (``valid``, ``test``) to shares of the recordings; the rest is ``train``.
        by: ``singer`` or ``recording``. None means ``singer`` if all singers are known and there is at least one singer
            per split, and ``recording`` in all other cases.
        seed: random seed.
        keep_test: whether to leave the split ``test`` unchanged if it has entries.

    Raises:
        UsageError: if there are fewer singers or recordings than splits, or not all singers are known.
    """
    held_out = [entry for entry in entries if keep_test and entry.split == "test"]
    if held_out:
        rest = [entry for entry in entries if entry.split != "test"]
        divided = iter(divide(rest, fractions | {"test": 0.0}, by, seed))
        return [entry if entry.split == "test" else next(divided) for entry in entries]
    singers, parts = {e.singer for e in entries}, 1 + sum(share > 0 for share in fractions.values())
    if by == "singer" and "" in singers:
        unknown = next(e.id for e in entries if not e.singer)
        raise UsageError(f"--by singer: the singer of {unknown} is not known; give a manifest with a column singer")
    if by == "singer" and len(singers) < parts:
        few = counted(len(singers), "singer")
        raise UsageError(f"--by singer: {few} for {parts} parts; use --by recording, or fewer parts")
    if len(entries) < parts:
        raise UsageError(f"{len(entries)} recordings for {parts} parts are too few; set --valid or --test to 0")
    by = by or ("singer" if "" not in singers and len(singers) >= parts else "recording")
    return split(entries, fractions, by_singer=by == "singer", seed=seed)


def split(entries: Sequence[Entry], fractions: dict[str, float], *, by_singer: bool, seed: int = 0) -> list[Entry]:
    """Split entries by singer or by recording.

    Args:
        entries: entries, whose ``split`` is replaced.
        fractions: map from splits (``valid``, ``test``) to shares of the recordings; the rest is ``train``. ``train``
            and each split with a share above 0 get at least one singer or recording, if there are enough.
        by_singer: whether to keep the recordings of each singer in one split. Recordings without a singer are split
            individually.
        seed: random seed.

    Returns:
        The entries in the same order.
    """
    sizes: dict[str, int] = {}
    for entry in entries:
        name = _group(entry, by_singer)
        sizes[name] = sizes.get(name, 0) + 1
    order = sorted(sizes, key=lambda name: _chance(name, seed))
    asked = [part for part, fraction in fractions.items() if fraction > 0.0]
    part_of: dict[str, str] = {}
    for place, part in enumerate(asked, 1):
        wanted, taken = fractions[part] * len(entries), 0
        free = [name for name in order if name not in part_of]
        spare = len(free) - 1 - (len(asked) - place)  # one is reserved for each following split and for train
        # A name is added if this brings the number nearer to the share. At least one name is added.
        for name in free:
            if spare > 0 and taken + sizes[name] / 2 <= wanted:
                part_of[name] = part
                taken, spare = taken + sizes[name], spare - 1
        if not taken and len(free) > 1:
            part_of[min(free, key=sizes.__getitem__)] = part
    return [replace(entry, split=part_of.get(_group(entry, by_singer), "train")) for entry in entries]


def summarise(entries: Sequence[Entry]) -> list[str]:
    """Return one line for each split, with its numbers of recordings, minutes and singers.

    Raises:
        InputError: if recordings cannot be read. The message has one line for each such recording.
    """
    minutes: dict[str, float] = {}
    faults = []
    for entry in entries:
        try:
            minutes[entry.id] = audio.seconds(entry.audio) / 60
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    lines = []
    for part in dict.fromkeys(("train", "valid", "test", *(e.split for e in entries))):
        some = [e for e in entries if e.split == part]
        singers = {e.singer for e in some} - {""}
        line = f"{part:<6} {counted(len(some), 'recording')}, {sum(minutes[e.id] for e in some):.1f} min"
        lines += [line + (f", {counted(len(singers), 'singer')}" if singers else "")] if some else []
    return lines


def _chance(name: str, seed: int) -> int:
    """Compute a pseudo-random number from a name, by CRC-32 for seed 0 and by SHA-256 for other seeds.

    CRC-32 cannot be used with a seed, because another seed would change the same bits for all names.
    """
    if not seed:
        return zlib.crc32(name.partition(" ")[2].encode())
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8])


def _group(entry: Entry, by_singer: bool) -> str:
    """Return the key that all entries that stay in one split share.

    The key has a prefix, because a singer and a recording may have the same name.
    """
    return f"singer {entry.singer}" if by_singer and entry.singer else f"recording {entry.id}"
