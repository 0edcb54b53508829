"""The registry: every file in optimizers/ and every function in landscapes/ enters itself here on import."""

import ast
import importlib
import importlib.util
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from algorithms.knob import Knob, complete, knobs_of, short, suggestion
from algorithms.landscape import Landscape
from algorithms.state import DISPLAYED, FIELDS

EXTRA = "OPTIMIZATION_LAB_EXTRA"  # environment variable: more folders with optimizers/ and landscapes/ in them
SAFE = 0.9  # of a stability limit: what is suggested at most
ARTICLE = "as in the article"  # the preset that is the signature's own defaults
SLOT = re.compile(r"<(\w+)('?)>")
COLORS = ("black", "orange", "sky", "green", "yellow", "blue", "vermillion", "purple")  # Okabe and Ito
FAMILIES = (
    "first order", "second order", "direct search", "stochastic search", "construction and local search",
    "evolutionary", "metaheuristic", "swarm", "hyperparameter search", "constrained",
)  # fmt: skip

GRADIENT_NOISE = Knob(
    0.0, 10.0, step=0.05, symbol="σ", words="gradient noise", name="gradient_noise", default=0.0, aside=True,
    help="Standard deviation of the noise on each component of every gradient that the optimizer is given.",
)  # fmt: skip
GROUPS = (
    "curves", "bowls and valleys", "many minima", "saddles and plateaus", "noise and data", "your own", "cities",
)  # fmt: skip
GROUP_OF = {"curve": "curves", "surface": "bowls and valleys", "tours": "cities"}  # by kind, where none is declared

Work = Callable[[Landscape, Mapping[str, Any]], float]


class Registry(dict):
    """Entries by id, in the order of the picker; an unknown id is a KeyError that names the nearest known one."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __missing__(self, key: Any) -> Any:
        raise KeyError(f"unknown {self.what} {short(key)}{suggestion(key, self)}")


@dataclass(frozen=True)
class Limit:
    """A stability limit: the largest `knob` for which the method settles, from L, the largest curvature.

    `text` is the formula as read, `2(1+β)/L`; calling it with L and the knobs' values gives the number. `smooth` gives
    in the same way the largest value with which no coordinate of a quadratic valley swings across its floor, where that
    is known; it reads `smooth_text`.
    """

    text: str
    formula: Callable[[float, Mapping[str, Any]], float]
    knob: str = "learning_rate"
    smooth: Callable[[float, Mapping[str, Any]], float] | None = None
    smooth_text: str = ""

    def __call__(self, L: float, knobs: Mapping[str, Any]) -> float:
        return self.formula(L, knobs)


class Entry:
    """What optimizers and landscapes share: the text that is shown for them."""

    function: Callable

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return (inspect.getdoc(self.function) or "").split("\n\n")[0].replace("\n", " ")

    @cached_property
    def source(self) -> str:
        """The text of the function that runs, from its `def` on."""
        lines = textwrap.dedent(inspect.getsource(self.function)).splitlines()
        definition = ast.parse("\n".join(lines)).body[0]
        return "\n".join(lines[definition.lineno - 1 :]) + "\n"


@dataclass(frozen=True, eq=False)
class OptimizerEntry(Entry):
    """An optimizer and all that is said about it; `entry(f, x, rng, **knobs)` checks the knobs and starts it.

    `function` is the generator `(f, x, rng, *, knobs)`. `needs` is what a landscape must offer. `stops` is "small step"
    or None. `population` names the knob that sets the number of members, None for a single point. `work`, a function of
    a landscape and the knobs' values, says how many evaluations one step is worth, where that is more than its members:
    one is about 25 µs of computing, and a run goes no further than the budget of them. `rule` holds LaTeX lines with
    slots `<name>` (at this frame) and `<name'>` (at the next). `arrows` and `derived` map a name to a function of
    `algorithms.trace.Frames`, giving arrays (T, …). Where nothing is suggested for a landscape, what is suggested there
    for the optimizer called `like` is taken. `elementwise` says that every coordinate of every point is computed for
    itself, so that x may have any leading axes: many starts, or many values of a knob, run as one batch. `settings`
    holds what each preset says, which may be some knobs only; `presets` and `presets_on` complete it.
    """

    id: str
    name: str
    family: str
    needs: frozenset[str]
    reference: str
    function: Callable
    knobs: Mapping[str, Knob]
    stops: str | None = None
    limit: Limit | None = None
    stochastic: bool = False
    population: str | None = None
    work: Work | None = None
    color: str = "blue"
    rule: tuple[str, ...] = ()
    arrows: Mapping[str, Callable] = field(default_factory=dict)
    derived: Mapping[str, Callable] = field(default_factory=dict)
    suggest: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    like: str = ""
    elementwise: bool = False
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __call__(self, f: Any, x: Any, rng: Any, **knobs: Any) -> Any:
        return self.function(f, x, rng, **self.complete(knobs))

    def complete(self, knobs: Mapping[str, Any], landscape: Landscape | None = None) -> dict[str, Any]:
        """Every knob's value, given or default, checked; where a landscape is given, as they are on that one."""
        return complete(self.knobs_on(landscape) if landscape else self.knobs, knobs, self.id)

    def fits(self, landscape: Landscape) -> bool:
        """Whether the landscape offers what this optimizer needs."""
        return self.needs <= landscape.offers

    def knobs_on(self, landscape: Landscape) -> dict[str, Knob]:
        """The knobs as they are on this landscape: a choice of moves holds only those that the landscape knows."""
        return {name: knob.on(landscape.moves) for name, knob in self.knobs.items()}

    @cached_property
    def presets(self) -> dict[str, Mapping[str, Any]]:
        """The presets by name, each with a value for every knob: its default, where the preset names none."""
        return {preset: MappingProxyType(self.complete(values)) for preset, values in self.settings.items()}

    def presets_on(self, landscape: Landscape) -> dict[str, dict[str, Any]]:
        """The presets as they are on this landscape, again with a value for every knob.

        A knob that a preset does not name has the value that is suggested there. So does a choice that the landscape
        does not know: no tour is blended.
        """
        hints, knobs = suggested(self.id, landscape.id or landscape, landscape.knobs), self.knobs_on(landscape)
        plain = {name: hints.get(name, knob.default) for name, knob in knobs.items()}
        return {
            preset: {
                name: values[name] if name in values and knobs[name].knows(values[name]) else plain[name]
                for name in knobs
            }
            for preset, values in self.settings.items()
        }

    @property
    def group(self) -> str:
        """Where the picker lists it: its family."""
        return self.family

    def symbol(self, name: str) -> str:
        """The LaTeX symbol of a slot: a knob, a field or a derived quantity."""
        if name in self.knobs:
            return self.knobs[name].latex
        known = FIELDS.get(name) or DISPLAYED.get(name)
        return known.symbol if known else rf"\mathrm{{{name.replace('_', ' ')}}}"

    @property
    def year(self) -> int:
        """The first year in the reference, by which the picker orders a family."""
        found = re.search(r"\b1[5-9]\d\d|\b20\d\d", self.reference)
        return int(found.group()) if found else 9999


@dataclass(frozen=True, eq=False)
class LandscapeEntry(Entry):
    """A landscape and its knobs; `make(**knobs)` gives the Landscape itself.

    `suggest` maps an optimizer's id to the knob values, and "steps" and "start", that make a good first picture; see
    the function `suggested`. `declared` is the group that the decorator named, empty where it named none.
    """

    id: str
    name: str
    function: Callable[..., Landscape]
    suggest: Mapping[str, Mapping[str, Any]]
    declared: str = ""
    made: dict[tuple, Landscape] = field(default_factory=dict, repr=False)

    def make(self, **knobs: Any) -> Landscape:
        """The landscape with these knobs, checked; the same knobs give the same object."""
        values = self.complete(knobs)
        key = tuple(values.items())
        made = self.made.get(key)
        if made is None:
            if len(self.made) >= 64:
                self.made.clear()
            own = {name: value for name, value in values.items() if name != GRADIENT_NOISE.name}
            said = {GRADIENT_NOISE.name: values[GRADIENT_NOISE.name]} if len(own) < len(values) else {}
            made = replace(self.function(**own), id=self.id, name=self.name, knobs=MappingProxyType(values), **said)
            self.made[key] = made
        return made

    @cached_property
    def knobs(self) -> dict[str, Knob]:
        """The landscape's own knobs and, where it has gradients that carry no noise of its own, that noise."""
        knobs = knobs_of(self.function)
        if "noise" not in knobs and "gradient" in self.function().offers:
            knobs["gradient_noise"] = GRADIENT_NOISE
        return knobs

    def complete(self, knobs: Mapping[str, Any]) -> dict[str, Any]:
        """Every knob's value, given or default, checked."""
        return complete(self.knobs, knobs, self.id)

    @property
    def kind(self) -> str:
        """The kind of the landscape: "curve", "surface" …"""
        return self.make().kind

    @property
    def group(self) -> str:
        """The group under which the picker lists the landscape, by its kind where none was declared."""
        return self.declared or GROUP_OF.get(self.kind, "noise and data")

    @property
    def offers(self) -> frozenset[str]:
        """What an optimizer may ask of the landscape."""
        return self.make().offers


OPTIMIZERS: dict[str, OptimizerEntry] = Registry("optimizer")
LANDSCAPES: dict[str, LandscapeEntry] = Registry("landscape")


def optimizer(
    name: str,
    *,
    family: str,
    needs: str | Iterable[str],
    reference: str,
    stops: str | None = None,
    limit: Limit | None = None,
    stochastic: bool = False,
    population: str | None = None,
    work: Work | None = None,
    color: str = "blue",
    rule: tuple[str, ...] = (),
    arrows: Mapping[str, Callable] = MappingProxyType({}),
    derived: Mapping[str, Callable] = MappingProxyType({}),
    suggest: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    like: str = "",
    elementwise: bool = False,
    presets: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Callable[[Callable], Callable]:
    """Enter the decorated generator under its own name, which must be the file's; see OptimizerEntry for the fields.

    `presets` maps a name to the values of the knobs that it is about; "as in the article" is {}, the defaults of all.
    Raises ValueError or TypeError at import for a rule, knob, preset, color or name that cannot work.
    """

    def enter(function: Callable) -> Callable:
        id = function.__name__
        knobs = knobs_of(function)
        if id != Path(inspect.getsourcefile(function) or "").stem:
            raise ValueError(f"{id}: the file must have the optimizer's name, {id}.py.")
        slots = {slot for line in rule for slot, _ in SLOT.findall(line)}
        for slot in slots - {*knobs, *FIELDS, *DISPLAYED, *derived}:
            raise ValueError(f"{id}: the rule's slot <{slot}> is no knob, field or derived quantity.")
        if color not in COLORS:
            raise ValueError(f"{id}: color must be one of {', '.join(COLORS)}; got {color!r}.")
        if stops not in (None, "small step"):
            raise ValueError(f"{id}: stops must be 'small step' or None; got {stops!r}.")
        for knob in {population, limit.knob if limit else None} - {None, *knobs}:
            raise ValueError(f"{id}: there is no knob {knob!r}.")
        wanted = frozenset([needs] if isinstance(needs, str) else needs)
        _enter(
            OPTIMIZERS,
            OptimizerEntry(
                id, name, family, wanted, reference, function, knobs, stops, limit, stochastic, population, work,
                color, rule, arrows, derived, suggest, like, elementwise, _settings(id, knobs, presets),
            ),
        )  # fmt: skip
        return function

    return enter


def landscape(
    name: str, *, group: str = "", suggest: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> Callable[[Callable[..., Landscape]], Callable[..., Landscape]]:
    """Enter the decorated function, which makes a Landscape from its knobs, under its own name.

    `group` is where the picker lists it; GROUPS holds those that the lab has, in order, and others come after them.
    """

    def enter(function: Callable[..., Landscape]) -> Callable[..., Landscape]:
        _enter(LANDSCAPES, LandscapeEntry(function.__name__, name, function, suggest, group))
        return function

    return enter


def _settings(
    id: str, knobs: Mapping[str, Knob], presets: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The knobs that each preset names, checked, and all of them for ARTICLE; ValueError says which one is wrong."""
    settings: dict[str, Mapping[str, Any]] = {}
    for preset, given in presets.items():
        owner = f"{id}, preset {short(preset)}"
        if not isinstance(given, Mapping):
            raise ValueError(f"{owner}: it must map knobs to values; got {short(given)}.")
        whole = complete(knobs, given, owner)
        if preset == ARTICLE:
            for name, knob in knobs.items():
                if whole[name] != knob.default:
                    raise ValueError(f"{owner}: {name} must be the default, {knob.write(knob.default)}.")
        settings[preset] = {name: whole[name] for name in (whole if preset == ARTICLE else given)}
    return settings


def _enter(registry: dict, entry: Any) -> None:
    known = registry.get(entry.id)
    files = [inspect.getsourcefile(each.function) for each in (known, entry) if each]
    if known and files[0] != files[1]:
        raise ValueError(f"two entries are called {entry.id}: {files[0]} and {files[1]}.")
    registry[entry.id] = entry


def discover(folder: str | Path | None = None) -> list[str]:
    """Import every file in `folder`/optimizers and `folder`/landscapes; returns the ids that are new.

    Without a folder: this package's own, then those named in the environment variable OPTIMIZATION_LAB_EXTRA.
    """
    before = {*OPTIMIZERS, *LANDSCAPES}
    own = Path(__file__).parent
    extra = [part for part in os.environ.get(EXTRA, "").split(os.pathsep) if part]
    for root in [Path(folder)] if folder else [own, *map(Path, extra)]:
        for room in ("landscapes", "optimizers"):
            for file in sorted((root / room).glob("[!_]*.py")):
                _load(f"algorithms.{room}.{file.stem}", None if root == own else file)
    _arrange(OPTIMIZERS, lambda entry: (_position(entry.family, FAMILIES), entry.year))
    _arrange(LANDSCAPES, lambda entry: _position(entry.group, GROUPS))  # and in a group as they were defined
    return [id for id in [*LANDSCAPES, *OPTIMIZERS] if id not in before]


def _load(name: str, file: Path | None) -> None:
    if file is None:
        importlib.import_module(name)
        return
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def _arrange(registry: dict, key: Callable[[Any], Any]) -> None:
    entries = sorted(registry.values(), key=key)
    registry.clear()
    registry.update((entry.id, entry) for entry in entries)


def _position(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


def fitting(landscape: Landscape) -> list[OptimizerEntry]:
    """The optimizers whose needs the landscape meets, in the order of the picker."""
    return [entry for entry in OPTIMIZERS.values() if entry.fits(landscape)]


def suggested(
    optimizer: str, landscape: str | Landscape, landscape_knobs: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Knob values, and perhaps "steps" and "start", with which this pair makes a good first picture.

    Where the landscape's largest or usual curvature is known, so is the stability limit: what would exceed it is
    lowered to nine tenths of it. So a steeper valley is given smaller steps.
    """
    entry, hints = OPTIMIZERS[optimizer], dict[str, Any]()
    if not isinstance(landscape, Landscape):
        place, landscape = LANDSCAPES[landscape], LANDSCAPES[landscape].make(**landscape_knobs)
        known = {"steps", "start", *entry.knobs}
        akin = {name: hint for name, hint in place.suggest.get(entry.like, {}).items() if name in known}
        hints = {**akin, **place.suggest.get(optimizer, {}), **entry.suggest.get(place.id, {})}
    if entry.limit and landscape.usual_curvature:
        knob = entry.knobs[entry.limit.knob]
        knobs = {name: hints.get(name, each.default) for name, each in entry.knobs_on(landscape).items()}
        safe = float(f"{SAFE * entry.limit(landscape.usual_curvature, knobs):.2g}")
        if knobs[knob.name] > safe:
            hints[knob.name] = max(knob.low, safe)
    if "start" in hints:
        hints["start"] = tuple(np.resize(hints["start"], landscape.dimension).tolist())
    return hints
