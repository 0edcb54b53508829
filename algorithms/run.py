"""A run: what to do, small and hashable, and the same thing as a link."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from algorithms.knob import Knob, complete, number_in, short, suggestion
from algorithms.landscape import Landscape
from algorithms.moves import REACH, Permutations
from algorithms.registry import LANDSCAPES, OPTIMIZERS, fitting, suggested

Values = Mapping[str, Any] | tuple[tuple[str, Any], ...]

FIRST = {"landscape": "himmelblau", "optimizer": "momentum"}  # what a link that says nothing shows
STEPS = Knob(1, 10_000, name="steps", kind="int", default=200, help="The run ends here at the latest.")
SEED = Knob(0, 2**31 - 1, name="seed", kind="int", default=0, help="Fixes every random draw of the run.")
OWN = ("embed", "embed_options")  # keys of a link that are the page's business, as is every `view.…`


@dataclass(frozen=True)
class Run:
    """One experiment: optimizer and landscape (ids, or a Landscape of your own), their knobs, start, steps and seed.

    Knobs left out take their plain defaults, whatever the landscape; `Run.suggested` takes what suits the pair. `knobs`
    and `landscape_knobs` end up complete, sorted and as tuples of pairs, so equal experiments are equal. `start` (d
    numbers, or a tour) defaults to the landscape's; a population without a start is drawn from the domain, and a given
    start is its first member. Raises ValueError that names what is wrong and what is allowed.
    """

    optimizer: str
    landscape: str | Landscape
    knobs: Values = ()
    landscape_knobs: Values = ()
    start: tuple[float, ...] | None = None
    steps: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.optimizer, str) or self.optimizer not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {short(self.optimizer)}{suggestion(self.optimizer, OPTIMIZERS)}")
        entry = OPTIMIZERS[self.optimizer]
        given = _pairs(self.landscape_knobs, "landscape_knobs")
        if isinstance(self.landscape, Landscape):
            self.landscape.check()
            complete({}, given, "a landscape of your own")
            landscape = self.landscape
        elif isinstance(self.landscape, str) and self.landscape in LANDSCAPES:
            landscape = LANDSCAPES[self.landscape].make(**given)
        else:
            raise ValueError(f"unknown landscape {short(self.landscape)}{suggestion(self.landscape, LANDSCAPES)}")
        if not entry.fits(landscape):
            missing = ", ".join(sorted(entry.needs - landscape.offers))
            raise ValueError(f"{entry.name} needs what {landscape.name} does not offer: {missing}.")
        settled = {
            "knobs": tuple(entry.complete(_pairs(self.knobs, "knobs"), landscape).items()),
            "landscape_knobs": tuple(landscape.knobs.items()),
            "start": _start(self.start, landscape, entry.population is not None),
            "steps": STEPS.check(self.steps),
            "seed": SEED.check(self.seed),
        }
        for name, value in settled.items():
            object.__setattr__(self, name, value)

    @classmethod
    def suggested(cls, optimizer: str, landscape: str | Landscape, **given: Any) -> "Run":
        """The first picture of a pair: as `Run`, but knobs, start and steps left out take what suits this pair."""
        run = cls(optimizer, landscape, **given)
        hints = suggested(optimizer, landscape, dict(run.landscape_knobs))
        more = {name: hints[name] for name in ("steps", "start") if name in hints and given.get(name) is None}
        hints = {name: value for name, value in hints.items() if name in OPTIMIZERS[optimizer].knobs}
        return replace(run, knobs=hints | _pairs(given.get("knobs", ()), "knobs"), **more)

    def make_landscape(self) -> Landscape:
        """The landscape itself, with this run's knobs."""
        if isinstance(self.landscape, Landscape):
            return self.landscape
        return LANDSCAPES[self.landscape].make(**dict(self.landscape_knobs))

    @property
    def stochastic(self) -> bool:
        """Whether the seed matters: the optimizer draws at random, or what it is given is noisy."""
        entry, landscape = OPTIMIZERS[self.optimizer], self.make_landscape()
        return entry.stochastic or landscape.noise > 0 or (landscape.noisy and "gradient" in entry.needs)

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that tell runs apart: a hash of the link."""
        own = isinstance(self.landscape, Landscape)
        text = repr(self) + str(id(self.landscape)) if own else repr(sorted(self.to_query().items()))
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def to_query(self) -> dict[str, str]:
        """The run as the keys and texts of a link, every value written out; ValueError for a landscape of your own."""
        if isinstance(self.landscape, Landscape):
            raise ValueError(f"{self.landscape.name} is a landscape of your own: such a run has no link.")
        query = {"landscape": self.landscape, "optimizer": self.optimizer}
        for entry, values in (
            (LANDSCAPES[self.landscape], self.landscape_knobs),
            (OPTIMIZERS[self.optimizer], self.knobs),
        ):
            query |= {f"{entry.id}.{name}": entry.knobs[name].write(value) for name, value in dict(values).items()}
        if self.start is not None:
            query["start"] = ",".join(map(repr, self.start))
        return query | {"steps": str(self.steps), "seed": str(self.seed)}

    @classmethod
    def from_query(cls, query: Mapping[str, str | Sequence[str]]) -> tuple["Run", list[str]]:
        """The run a link describes, and a sentence for every value that had to be repaired; never an exception.

        What is missing takes its suggested value, a number out of range the nearest allowed one, and what is no finite
        number, or no known choice, the suggested one.
        """
        notes: list[str] = []
        text = _last_of_each(query, notes)

        name = text.pop("landscape", FIRST["landscape"])
        if name not in LANDSCAPES:
            notes.append(f"There is no landscape {short(name)}. Using {_named(FIRST['landscape'])}.")
            name = FIRST["landscape"]
        place = LANDSCAPES[name]
        landscape_knobs = _read_knobs(text, place, place.knobs, {}, notes)
        landscape = place.make(**landscape_knobs)

        fit = [entry.id for entry in fitting(landscape)]
        choice = text.pop("optimizer", FIRST["optimizer"] if FIRST["optimizer"] in fit else fit[0])
        if choice not in fit:
            why = f"{OPTIMIZERS[choice].name} cannot run on" if choice in OPTIMIZERS else "There is no optimizer"
            what = place.name if choice in OPTIMIZERS else short(choice)
            choice = fit[0]
            notes.append(f"{why} {what}. Using {_named(choice)}.")
        entry, hints = OPTIMIZERS[choice], suggested(choice, name, landscape_knobs)
        knobs = _read_knobs(text, entry, entry.knobs_on(landscape), hints, notes)

        start = _read_start(text.pop("start", None), landscape, notes) or hints.get("start")
        steps = _read_knobs(text, None, {"steps": STEPS}, hints, notes)
        seed = _read_knobs(text, None, {"seed": SEED}, {}, notes)
        _name_unknown(text, choice, name, notes)
        return cls(choice, name, knobs, landscape_knobs, start, **steps, **seed), notes


def _pairs(values: Any, name: str) -> dict[str, Any]:
    """Values by name from a mapping or from pairs; ValueError for anything else."""
    try:
        return dict(values)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a mapping from names to values; got {short(values)}.") from None


def _start(given: Any, landscape: Landscape, population: bool) -> tuple[float, ...] | None:
    """The start, a point or a tour, checked; None for a population that is to be drawn."""
    if given is None:
        return None if population else tuple((landscape.start + 0).tolist())  # −0 becomes 0
    return tuple(landscape.moves.check(given, landscape.name).tolist())


def _read_knobs(
    text: dict[str, str], owner: Any, knobs: Mapping[str, Knob], hints: Mapping[str, Any], notes: list[str]
) -> dict[str, Any]:
    """Take the knobs of `owner`, an entry, out of a link's texts; what is missing takes its suggested or default value.

    Steps and seed belong to the run itself; their owner is None.
    """
    values = {}
    for name, knob in knobs.items():
        fallback = hints.get(name, knob.default)
        written = text.pop(f"{owner.id}.{name}" if owner else name, None)
        values[name], note = (fallback, None) if written is None else knob.repair(written, fallback)
        if note:
            notes.append(f"{owner.name}: {note}" if owner else note[0].upper() + note[1:])
    return values


def _read_start(text: str | None, landscape: Landscape, notes: list[str]) -> tuple[float, ...] | None:
    """The start written in a link: a tour, or a point whose coordinates are the nearest allowed ones.

    None, with a note, where it is neither.
    """
    if text is None:
        return None
    d, moves = landscape.dimension, landscape.moves
    numbers = [number_in(part) for part in text.split(",", d)[: d + 1]]
    finite = [number for number in numbers if number is not None]
    if isinstance(moves, Permutations):
        try:
            return tuple(moves.check(finite if len(finite) == len(numbers) else text, landscape.name).tolist())
        except ValueError as refusal:
            notes.append(f"S{str(refusal)[1:]} Using the suggested start.")
            return None
    if len(numbers) != d or len(finite) != d:
        notes.append(f"Start must be {d} finite number{'s' * (d > 1)}; got {short(text)}. Using the suggested start.")
        return None
    given = [float(number) for number in finite]
    nearest = np.clip(given, *moves.allowed).tolist()
    if nearest != given:
        shown = ", ".join(f"{each:.6g}" for each in nearest[:5]) + ", …" * (d > 5)
        where = f"within {REACH} widths of the picture's middle"
        notes.append(f"Start must lie {where}; got {short(text)}. Using the nearest, {shown}.")
    return _start(nearest, landscape, False)


def _last_of_each(query: Mapping[str, str | Sequence[str]], notes: list[str]) -> dict[str, str]:
    """The link's texts by key; of a key written several times, the last one."""
    text = {}
    for key, value in query.items():
        several = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        if len(several) > 1:
            notes.append(f"{short(key)} is written {len(several)} times. Using the last.")
        if several:
            text[str(key)] = several[-1]
    return text


def _named(id: str) -> str:
    """The name that people see of an optimizer or landscape."""
    return OPTIMIZERS[id].name if id in OPTIMIZERS else LANDSCAPES[id].name


def _name_unknown(rest: Iterable[str], optimizer: str, landscape: str, notes: list[str]) -> None:
    """Name the keys that mean nothing here, at most five of them."""
    unknown = [key for key in rest if key not in OWN and not key.startswith("view.")]
    for key in unknown[:5]:
        owner = key.partition(".")[0]
        idle = owner not in (optimizer, landscape) and (owner in OPTIMIZERS or owner in LANDSCAPES)
        why = f"{_named(owner)} is not in this run" if idle else "there is no such setting"
        notes.append(f"{short(key)} is ignored: {why}.")
    if len(unknown) > 5:
        more = len(unknown) - 5
        notes.append(f"{more} more unknown setting{'s are' if more > 1 else ' is'} ignored.")
