"""A run: what to do, small and hashable, and the same thing as a link."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.knob import Knob, complete, number_in, short, suggestion
from algorithms.landscape import Landscape
from algorithms.registry import LANDSCAPES, OPTIMIZERS, fitting, suggested

Values = Mapping[str, Any] | tuple[tuple[str, Any], ...]

FIRST = ("gradient_descent", "bowl")  # what a link without optimizer or landscape shows
STEPS = Knob(1, 10_000, name="steps", kind="int", default=200, help="The run ends here at the latest.")
SEED = Knob(0, 2**31 - 1, name="seed", kind="int", default=0, help="Fixes every random draw of the run.")
REACH = 10  # a start lies at most this many widths of the domain from its center
OWN = ("embed", "embed_options")  # keys of a link that are the page's business, as is every `view.…`


@dataclass(frozen=True)
class Run:
    """One experiment: optimizer and landscape (ids, or a Landscape of your own), their knobs, start, steps and seed.

    Knobs left out take the value suggested for this pair, else their default; `knobs` and `landscape_knobs` end up
    complete, sorted and as tuples of pairs, so equal experiments are equal. `start` (d numbers) defaults to the
    suggested start, else the landscape's; a population without a start is drawn from the domain, and a given start is
    its first member. Raises ValueError that names what is wrong and what is allowed.
    """

    optimizer: str
    landscape: str | Landscape
    knobs: Values = ()
    landscape_knobs: Values = ()
    start: tuple[float, ...] | None = None
    steps: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {short(self.optimizer)}{suggestion(self.optimizer, OPTIMIZERS)}.")
        entry = OPTIMIZERS[self.optimizer]
        given = dict(self.landscape_knobs)
        if isinstance(self.landscape, Landscape):
            self.landscape.check()
            complete({}, given, "a landscape of your own")
            landscape = self.landscape
        elif self.landscape in LANDSCAPES:
            landscape = LANDSCAPES[self.landscape].make(**given)
        else:
            raise ValueError(f"unknown landscape {short(self.landscape)}{suggestion(self.landscape, LANDSCAPES)}.")
        if not entry.fits(landscape):
            missing = ", ".join(sorted(entry.needs - landscape.offers))
            raise ValueError(f"{entry.name} needs what {landscape.name} does not offer: {missing}.")
        hints = suggested(self.optimizer, self.landscape)
        knobs = {name: value for name, value in hints.items() if name in entry.knobs} | dict(self.knobs)
        settled = {
            "knobs": tuple(entry.complete(knobs).items()),
            "landscape_knobs": tuple(landscape.knobs.items()),
            "start": _start(self.start, landscape, hints, entry.population is not None),
            "steps": STEPS.check(self.steps),
            "seed": SEED.check(self.seed),
        }
        for name, value in settled.items():
            object.__setattr__(self, name, value)

    @classmethod
    def suggested(cls, optimizer: str, landscape: str, **given: Any) -> "Run":
        """The first picture of a pair: as `Run`, with the suggested number of steps where none is given."""
        hints = suggested(optimizer, landscape) if optimizer in OPTIMIZERS and landscape in LANDSCAPES else {}
        return cls(optimizer, landscape, **{"steps": hints.get("steps", STEPS.default), **given})

    def make_landscape(self) -> Landscape:
        """The landscape itself, with this run's knobs."""
        if isinstance(self.landscape, Landscape):
            return self.landscape
        return LANDSCAPES[self.landscape].make(**dict(self.landscape_knobs))

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

        What is missing takes its suggested value, what is wrong the nearest allowed or the suggested one.
        """
        notes: list[str] = []
        text = _last_of_each(query, notes)

        name = text.pop("landscape", FIRST[1])
        if name not in LANDSCAPES:
            notes.append(f"There is no landscape {short(name)}. Using {FIRST[1]}.")
            name = FIRST[1]
        place = LANDSCAPES[name]
        landscape_knobs = _read_knobs(text, place.id, place.knobs, {}, notes)
        landscape = place.make(**landscape_knobs)

        fit = [entry.id for entry in fitting(landscape)]
        choice = text.pop("optimizer", FIRST[0] if FIRST[0] in fit else fit[0])
        if choice not in fit:
            why = f"{OPTIMIZERS[choice].name} cannot run on" if choice in OPTIMIZERS else "There is no optimizer"
            what = place.name if choice in OPTIMIZERS else short(choice)
            notes.append(f"{why} {what}. Using {fit[0]}.")
            choice = fit[0]
        entry, hints = OPTIMIZERS[choice], suggested(choice, name)
        knobs = _read_knobs(text, entry.id, entry.knobs, hints, notes)

        start = _read_start(text.pop("start", None), landscape, notes)
        steps = _read_knobs(text, "", {"steps": STEPS}, hints, notes)
        seed = _read_knobs(text, "", {"seed": SEED}, {}, notes)
        _name_unknown(text, choice, name, notes)
        return cls(choice, name, knobs, landscape_knobs, start, **steps, **seed), notes


def _start(given: Any, landscape: Landscape, hints: Mapping[str, Any], population: bool) -> tuple[float, ...] | None:
    """The start as d floats, checked; None for a population that is to be drawn."""
    d = landscape.dimension
    if given is None:
        if population and "start" not in hints:
            return None
        default = np.resize(hints["start"], d) if "start" in hints else landscape.start
        return tuple(float(each) for each in default)
    try:
        start = np.atleast_1d(np.array(given, float))
    except (TypeError, ValueError):
        start = np.array([math.nan])
    if start.shape != (d,) or not np.isfinite(start).all():
        raise ValueError(f"start must be {d} finite number{'s' * (d > 1)} on {landscape.name}; got {short(given)}.")
    center, width = (landscape.low + landscape.high) / 2, landscape.high - landscape.low
    if (abs(start - center) > REACH * width).any():
        low, high = center - REACH * width, center + REACH * width
        raise ValueError(f"start must lie between {low.tolist()} and {high.tolist()}; got {short(given)}.")
    return tuple(float(each) for each in start)


def _read_knobs(
    text: dict[str, str], owner: str, knobs: Mapping[str, Knob], hints: Mapping[str, Any], notes: list[str]
) -> dict[str, Any]:
    """Take the knobs of `owner` out of a link's texts; what is missing takes its suggested or default value."""
    values = {}
    for name, knob in knobs.items():
        fallback = hints.get(name, knob.default)
        written = text.pop(f"{owner}.{name}" if owner else name, None)
        values[name], note = (fallback, None) if written is None else knob.repair(written, fallback)
        if note:
            notes.append(f"{owner}: {note}" if owner else note[0].upper() + note[1:])
    return values


def _read_start(text: str | None, landscape: Landscape, notes: list[str]) -> tuple[float, ...] | None:
    """The start written in a link, moved to the edge of the domain where it is too far out, else None."""
    if text is None:
        return None
    d = landscape.dimension
    numbers = [number_in(part) for part in text.split(",")[: d + 1]]
    finite = [float(number) for number in numbers if number is not None and abs(number) < 1e300]
    if len(numbers) != d or len(finite) != d:
        notes.append(f"Start must be {d} finite number{'s' * (d > 1)}; got {short(text)}. Using the usual start.")
        return None
    try:
        return _start(finite, landscape, {}, False)
    except ValueError:
        inside = np.clip(finite, landscape.low, landscape.high)
        notes.append(f"Start {short(text)} is too far from the picture. Using its edge.")
        return tuple(float(each) for each in inside)


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


def _name_unknown(rest: Iterable[str], optimizer: str, landscape: str, notes: list[str]) -> None:
    """Name the keys that mean nothing here, at most five of them."""
    unknown = [key for key in rest if key not in OWN and not key.startswith("view.")]
    for key in unknown[:5]:
        owner = key.partition(".")[0]
        idle = owner not in (optimizer, landscape) and (owner in OPTIMIZERS or owner in LANDSCAPES)
        why = f"{owner} is not in this run" if idle else "there is no such setting"
        notes.append(f"{short(key)} is ignored: {why}.")
    if len(unknown) > 5:
        notes.append(f"{len(unknown) - 5} more unknown settings are ignored.")
