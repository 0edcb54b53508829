"""Every optimizer on every landscape it fits, found by walking the registry: nothing here knows an algorithm's name."""

import dataclasses
import inspect

import numpy as np
import pytest

from algorithms import DISPLAYED, FIELDS, LANDSCAPES, OPTIMIZERS, Run, fitting, record
from algorithms.registry import ARTICLE, GROUPS, SLOT

PAIRS = [(entry.id, id) for id in LANDSCAPES for entry in fitting(LANDSCAPES[id].make())]
KNOBS = [
    (registry, entry.id, knob)
    for registry in (OPTIMIZERS, LANDSCAPES)
    for entry in registry.values()
    for knob in entry.knobs.values()
    if knob.kind != "points"  # these have no ends: test_knob.py turns them
]
OUTCOMES = {
    "converged", "diverged", "step limit", "budget", "singular", "finished", "no descent", "undefined",
    "schedule ended",
}  # fmt: skip
ON_BOWL = [entry.id for entry in fitting(LANDSCAPES["bowl"].make())]


def home(optimizer):
    """A landscape on which an optimizer runs: the bowl, where it can."""
    entry = OPTIMIZERS[optimizer]
    return next(id for id in ("bowl", *LANDSCAPES) if entry.needs <= LANDSCAPES[id].offers)


ARRIVED = ("converged", "step limit", "finished", "no descent")


class Counter:
    """A landscape that counts for itself, row by row, as nothing in the package does."""

    def __init__(self, landscape, rng):
        self.landscape, self.moves, self.rng = landscape, landscape.moves, rng
        self.low, self.high = landscape.low, landscape.high
        self.counts = {"values": 0, "gradients": 0, "hessians": 0}
        if "distances" in landscape.offers:
            self.distances = landscape.distances
        if "data" in landscape.offers:
            self.examples = landscape.examples

    def count(self, what, function, x, noise=0.0):
        rows = np.reshape(x, (-1, x.shape[-1]))
        self.counts[what] += sum(1 for _ in rows)
        result = function(x)
        return result + noise * self.rng.standard_normal(np.shape(result)) if noise else result

    def __call__(self, x):
        return self.count("values", self.landscape.value, x, self.landscape.noise)

    def gradient(self, x, batch=None):
        over_some = lambda x: self.landscape.gradient_over(x, batch)  # noqa: E731
        function = self.landscape.gradient if batch is None else over_some
        return self.count("gradients", function, x, self.landscape.gradient_noise)

    def hessian(self, x):
        return self.count("hessians", self.landscape.hessian, x)


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_first_picture_improves_and_does_not_diverge(optimizer, landscape):
    for run in (Run.suggested(optimizer, landscape), Run.suggested(optimizer, landscape, steps=200)):
        trace = record(run)
        endless = (
            not run.make_landscape().minima
        )  # f falls without end, and a method that does so well is far away soon
        assert trace.stop.reason in (*ARRIVED, *["diverged"] * endless), trace.stop
        best = getattr(run.make_landscape(), "optimum", None)  # of twelve tours, a population may start with the best
        assert trace.best_fx[-1] < trace.best_fx[0] or trace.best_fx[0] == best
        assert len(trace) == len(trace.fx) <= run.steps + 1
        assert np.isfinite(trace.x).all()


LIMITED = [id for id in ON_BOWL if OPTIMIZERS[id].limit]


@pytest.mark.parametrize("condition", [1.0, 10.0, 100.0, 1000.0])
@pytest.mark.parametrize("optimizer", ON_BOWL)
def test_first_picture_of_a_steep_valley_does_not_diverge_either(optimizer, condition):
    knobs = {"condition": condition}
    linked, notes = Run.from_query({"landscape": "bowl", "optimizer": optimizer, "bowl.condition": repr(condition)})
    run = Run.suggested(optimizer, "bowl", landscape_knobs=knobs)
    assert (linked, notes) == (run, [])
    trace = record(run)
    assert trace.stop.reason in ("converged", "step limit", "finished"), trace.stop
    assert trace.best_fx[-1] < trace.best_fx[0]


@pytest.mark.parametrize("optimizer", LIMITED)
def test_what_is_suggested_stays_below_the_stability_limit_and_what_is_given_is_left_alone(optimizer):
    limit = OPTIMIZERS[optimizer].limit
    for condition in (1.0, 3.3, 10.0, 77.0, 1000.0):
        run = Run.suggested(optimizer, "bowl", landscape_knobs={"condition": condition})
        knobs = dict(run.knobs)
        assert knobs[limit.knob] < 0.95 * limit(condition, knobs)
        steep = {"landscape_knobs": {"condition": condition}, "knobs": {limit.knob: 2.0}}
        assert dict(Run.suggested(optimizer, "bowl", **steep).knobs)[limit.knob] == 2.0
        plain = Run(optimizer, "bowl", landscape_knobs={"condition": condition})
        assert dict(plain.knobs)[limit.knob] == OPTIMIZERS[optimizer].knobs[limit.knob].default


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_a_plain_run_takes_plain_defaults_and_only_a_suggested_one_takes_suggestions(optimizer, landscape):
    entry, place = OPTIMIZERS[optimizer], LANDSCAPES[landscape].make()
    plain = Run(optimizer, landscape)
    assert dict(plain.knobs) == {name: knob.default for name, knob in entry.knobs_on(place).items()}
    assert plain.start == (None if entry.population else tuple(place.start))
    assert (plain.steps, plain.seed) == (200, 0)
    hints = LANDSCAPES[landscape].suggest.get(optimizer, {})
    first = Run.suggested(optimizer, landscape)
    said = dict(first.knobs) | {"steps": first.steps, "start": first.start}
    assert {name: said[name] for name in hints} == hints
    assert first == Run.from_query({"optimizer": optimizer, "landscape": landscape})[0]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_same_seed_same_trace_and_another_seed_differs_where_chance_matters(optimizer, landscape):
    run = Run(optimizer, landscape, steps=30)
    trace = record(run)
    assert record(run) == trace
    other = record(dataclasses.replace(run, seed=1))
    assert np.array_equal(trace.x, other.x) is not run.stochastic


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_evaluations_equal_an_independent_count(optimizer, landscape):
    run = Run(optimizer, landscape, steps=12)
    rng = np.random.default_rng(run.seed)
    trace, counter = record(run), Counter(run.make_landscape(), rng)
    start = None if run.start is None else np.array(run.start)
    states = OPTIMIZERS[optimizer](counter, start, rng, **dict(run.knobs))
    for k in range(len(trace) - 1):  # the last row counts what no frame shows as well: see test_record
        assert np.array_equal(next(states).x, trace.x[k])
        for what, count in counter.counts.items():
            assert trace.evaluations[what][k] == count


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_what_is_recorded_agrees_with_itself(optimizer, landscape):
    trace = record(Run(optimizer, landscape, steps=40))
    assert np.allclose(trace.fx, trace.landscape.value(trace.x), rtol=1e-12)
    assert (np.diff(trace.best_fx) <= 0).all()
    assert np.allclose(trace.best_fx, trace.landscape.value(trace.best_x), rtol=1e-12)
    assert (np.diff(trace.seconds) >= 0).all()
    table = trace.to_frame()
    assert len(table) == len(trace)
    assert table["best_fx"].to_numpy() == pytest.approx(trace.best_fx)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rules_arrows_and_derived_values_can_be_shown(optimizer):
    entry = OPTIMIZERS[optimizer]
    trace = record(Run(optimizer, home(optimizer), steps=20))
    slots = {name for line in entry.rule for name, _ in SLOT.findall(line)}
    assert slots
    for name in {*slots, *entry.derived, *trace.fields, "k", "step"}:
        assert len(trace.value(name)) == len(trace)
        assert entry.symbol(name)
    for role in entry.arrows:
        arrows = trace.arrow(role)
        assert arrows.shape == trace.x.shape
        assert np.isfinite(arrows[:-1]).all()
    if "step" in entry.arrows:
        assert np.allclose(trace.arrow("step")[:-1], np.diff(trace.x, axis=0))
    assert set(trace.fields) <= set(FIELDS)


@pytest.mark.parametrize(
    ("registry", "id", "knob"),
    KNOBS,
    ids=lambda part: getattr(part, "name", part) if not isinstance(part, dict) else "",
)
def test_every_knob_runs_at_both_ends_and_refuses_what_lies_outside(registry, id, knob):
    def run(value):
        if registry is OPTIMIZERS:
            return Run(id, home(id), {knob.name: value}, steps=30)
        others = LANDSCAPES[id].knobs.values()  # the one that has to lie above, or below, is out of the way
        apart = {other.name: other.high for other in others if other.name == knob.below}
        apart |= {other.name: other.low for other in others if other.below == knob.name}
        return Run(fitting(LANDSCAPES[id].make())[0].id, id, {}, {knob.name: value} | apart, steps=30)

    if registry is OPTIMIZERS:
        knob = OPTIMIZERS[id].knobs_on(LANDSCAPES[home(id)].make())[knob.name]
    ends = {"choice": knob.choices, "switch": (True, False), "formula": (knob.default, "x**2 - x")}.get(
        knob.kind, (knob.low, knob.high)
    )
    for value in ends:
        trace = record(run(value))
        assert trace.stop.reason in OUTCOMES
        assert np.isfinite(trace.x).all()
    below, above = knob.low - abs(knob.low) * 1e-9 - 1e-15, knob.high + abs(knob.high) * 1e-9
    if knob.kind == "int":
        below, above = knob.low - 1, knob.high + 1
    outside = {"choice": ("nonsense",), "switch": ("maybe",), "formula": ("nonsense", "2x", "1")}.get(
        knob.kind, (below, above, np.nan, np.inf, "1")
    )
    for value in outside:
        with pytest.raises(ValueError, match=knob.name) as refusal:
            run(value)
        assert id in str(refusal.value)
        assert repr(value) in str(refusal.value)
        for end in ends if knob.kind in ("int", "float", "choice") else ():
            assert (end if knob.kind == "choice" else f"{end:.10g}") in str(refusal.value)


def test_unknown_knob_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"momentum has no knob 'bta'; did you mean 'beta'"):
        Run("momentum", "bowl", {"bta": 0.5})
    with pytest.raises(ValueError, match="random_search has no knob 'samples'; it has none"):
        Run("random_search", "bowl", {"samples": 5})


def test_unknown_ids_are_named_with_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'adam'"):
        OPTIMIZERS["adan"]
    with pytest.raises(ValueError, match="did you mean 'rastrigin'"):
        Run("adam", "rastrign")
    with pytest.raises(ValueError, match="unknown optimizer"):
        Run("", "bowl")
    for optimizer, landscape in ((["adam"], "bowl"), ("adam", ["bowl"]), (None, "bowl"), ("adam", 5)):
        with pytest.raises(ValueError, match="unknown"):
            Run(optimizer, landscape)


def test_a_refusal_ends_with_one_mark_and_names_numbers_plainly():
    with pytest.raises(KeyError) as refusal:
        OPTIMIZERS["adan"]
    assert refusal.value.args[0] == "unknown optimizer 'adan'; did you mean 'adam'?"
    with pytest.raises(KeyError) as refusal:
        LANDSCAPES["x"]
    assert refusal.value.args[0].endswith(f"{list(LANDSCAPES)[-1]}.")
    with pytest.raises(ValueError, match=r"did you mean 'beta'\?$"):
        Run("momentum", "bowl", {"bta": 1})
    with pytest.raises(ValueError, match=r"it has none\.$"):
        Run("random_search", "bowl", {"bta": 1})
    with pytest.raises(ValueError, match=r"got 7\.5\.$"):
        Run("momentum", "bowl", {"beta": np.float64(7.5)})
    with pytest.raises(ValueError, match=r"got \(1\.5, 2, 3\)\.$"):
        Run("momentum", "bowl", start=(np.float64(1.5), np.int64(2), 3))
    with pytest.raises(ValueError, match=r"got \[1\.0, 2\.0, 3\.0\]\.$"):
        Run("momentum", "bowl", start=np.array([1.0, 2, 3]))


@pytest.mark.parametrize("entry", [*OPTIMIZERS.values(), *LANDSCAPES.values()], ids=lambda entry: entry.id)
def test_every_entry_can_be_read(entry):
    assert entry.name
    assert entry.summary.endswith(".")
    assert entry.source.startswith(f"def {entry.id}(")
    for knob in entry.knobs.values():
        assert knob.help
        assert knob.latex


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=lambda entry: entry.id)
def test_optimizers_stay_readable(entry):
    assert len(entry.source.splitlines()) <= 40
    assert len((inspect.getdoc(entry.function) or "").splitlines()) <= 8
    assert entry.year < 9999, "the reference names a year"


def test_suggestions_name_optimizers_and_knobs_that_exist():
    for entry in LANDSCAPES.values():
        for optimizer, values in entry.suggest.items():
            assert set(values) <= {*OPTIMIZERS[optimizer].knobs, "steps", "start"}
    for entry in OPTIMIZERS.values():
        assert set(entry.suggest) <= set(LANDSCAPES)


WITH_PRESETS = [entry.id for entry in OPTIMIZERS.values() if entry.presets]


@pytest.mark.parametrize("optimizer", WITH_PRESETS)
def test_presets_name_every_knob_and_the_article_is_the_defaults(optimizer):
    entry = OPTIMIZERS[optimizer]
    assert entry.presets[ARTICLE] == {name: knob.default for name, knob in entry.knobs.items()}
    for preset, values in entry.presets.items():
        assert entry.complete(values) == values
        assert entry.settings[preset].items() <= values.items()
    assert len({tuple(values.items()) for values in entry.presets.values()}) == len(entry.presets), "no two are alike"


@pytest.mark.parametrize(("optimizer", "landscape"), [pair for pair in PAIRS if pair[0] in WITH_PRESETS])
def test_every_preset_runs_wherever_its_optimizer_does(optimizer, landscape):
    entry, place = OPTIMIZERS[optimizer], LANDSCAPES[landscape].make()
    first = dict(Run.suggested(optimizer, landscape).knobs)
    assert entry.presets_on(place).keys() == entry.presets.keys()
    for preset, values in entry.presets_on(place).items():
        run = Run(optimizer, landscape, values, steps=30)
        assert dict(run.knobs) == values
        for name, value in values.items():
            said = entry.settings[preset].get(name)
            known = said is not None and entry.knobs_on(place)[name].knows(said)
            assert value == (said if known else first[name]), "what it does not name is as suggested"
        trace = record(run)
        assert trace.stop.reason in (*ARRIVED, "diverged"), trace.stop
        assert trace.best_fx[-1] <= trace.best_fx[0]


def test_on_tours_a_preset_takes_a_move_that_tours_know():
    crossover = {id: entry.knobs["crossover"] for id, entry in OPTIMIZERS.items() if "crossover" in entry.knobs}
    for id, knob in crossover.items():
        for landscape, known in (
            ("sphere", LANDSCAPES["sphere"].make()),
            ("five_cities", LANDSCAPES["five_cities"].make()),
        ):
            for values in OPTIMIZERS[id].presets_on(known).values():
                assert values["crossover"] in knob.on(known.moves).choices, landscape


def test_every_landscape_has_a_group_and_groups_stay_together():
    groups = [entry.group for entry in LANDSCAPES.values()]
    assert set(groups) == set(GROUPS)
    assert groups == sorted(groups, key=GROUPS.index)
    assert all(entry.declared for entry in LANDSCAPES.values()), "the lab's own declare it"
    assert list(LANDSCAPES)[:2] == ["quadratic", "cubic"]
    assert {entry.kind for entry in LANDSCAPES.values() if entry.group in ("curves", "cities")} == {"curve", "tours"}


def test_the_picker_starts_with_the_simplest_method():
    assert next(iter(OPTIMIZERS)) == "gradient_descent"
    assert not set(FIELDS) & set(DISPLAYED)
