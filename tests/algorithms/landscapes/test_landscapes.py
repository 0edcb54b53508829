"""The mathematics of every landscape of real points, found by walking the registry; test_tours.py does the tours."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from algorithms import LANDSCAPES, Landscape, Run, record

BOXES = [entry for entry in LANDSCAPES.values() if {"value", "gradient", "hessian"} <= entry.offers]
VALUES = {  # at which a knob is tried
    "int": lambda knob: sorted({max(knob.low, min(value, knob.high)) for value in (3, 10)}),
    "float": lambda knob: (knob.low, knob.high, 0.3 * knob.low + 0.7 * knob.high),
    "switch": lambda knob: (True, False),
}
MADE = [(entry.id, {}) for entry in BOXES]
RANGED = [entry for entry in BOXES if "formula" not in {knob.kind for knob in entry.knobs.values()}]
MADE += [
    (entry.id, {knob.name: value})
    for entry in RANGED
    for knob in entry.knobs.values()
    for value in VALUES[knob.kind](knob)
]
each = pytest.mark.parametrize(("id", "knobs"), MADE)


def make(id, knobs):
    return LANDSCAPES[id].make(**knobs)


def points(landscape, count=20):
    rng = np.random.default_rng(1)
    return landscape.low + (landscape.high - landscape.low) * rng.uniform(0.02, 0.98, (count, landscape.dimension))


def slope(function, x, h):
    """Central differences along every coordinate: (n, d) -> (n, …, d)."""
    steps = h * np.eye(x.shape[-1])
    return np.stack([(function(x + step) - function(x - step)) / (2 * h) for step in steps], axis=-1)


@each
def test_gradient_and_hessian_agree_with_differences(id, knobs):
    landscape = make(id, knobs)
    x = points(landscape)
    gradient, hessian = landscape.gradient(x), landscape.hessian(x)
    assert gradient.shape == x.shape
    assert hessian.shape == (*x.shape, landscape.dimension)
    assert np.allclose(gradient, slope(landscape.value, x, 1e-5), rtol=1e-5, atol=1e-5 * (1 + abs(gradient).max()))
    assert np.allclose(hessian, slope(landscape.gradient, x, 1e-5), rtol=1e-5, atol=1e-5 * (1 + abs(hessian).max()))
    assert np.allclose(hessian, np.swapaxes(hessian, -1, -2))


@each
def test_minima_are_stationary_and_lowest(id, knobs):
    landscape = make(id, knobs)
    unbounded = landscape.note.startswith("Unbounded below")
    assert landscape.minima or unbounded or LANDSCAPES[id] not in RANGED, "only those of a typed formula are unknown"
    if LANDSCAPES[id] not in RANGED:
        return
    for minimum in landscape.minima:
        x = np.array(minimum.x)
        assert landscape.value(x) == pytest.approx(minimum.fx, abs=1e-12)
        assert np.allclose(landscape.gradient(x), 0, atol=1e-9)
        assert np.linalg.eigvalsh(landscape.hessian(x)).min() > 0
        assert ((landscape.low <= x) & (x <= landscape.high)).all()
        near = x + 1e-3 * np.random.default_rng(0).uniform(-1, 1, (200, x.size))
        assert (landscape.value(near) >= minimum.fx).all()
    lowest = min((minimum.fx for minimum in landscape.minima if minimum.kind == "global"), default=None)
    assert all((minimum.fx == pytest.approx(lowest)) == (minimum.kind == "global") for minimum in landscape.minima)
    if lowest is None:
        assert landscape.note.startswith("Unbounded below")
    elif landscape.dimension <= 2:
        axes = [np.linspace(low, high, 301) for low, high in zip(landscape.low, landscape.high, strict=True)]
        grid = np.stack(np.meshgrid(*axes), axis=-1)
        assert landscape.value(grid).min() >= lowest - 1e-12
    else:
        assert landscape.value(points(landscape, 5000)).min() >= lowest


@each
def test_saddles_are_level_and_bend_both_ways(id, knobs):
    landscape = make(id, knobs)
    assert len(set(landscape.saddles)) == len(landscape.saddles)
    for saddle in landscape.saddles:
        x = np.array(saddle)
        bends = np.linalg.eigvalsh(landscape.hessian(x))
        assert bends.min() < -0.1 < 0.1 < bends.max()
        assert abs(np.linalg.solve(landscape.hessian(x), landscape.gradient(x))).max() < 1e-12, "to the last digits"
        assert ((landscape.low <= x) & (x <= landscape.high)).all()


def stationary(landscape):
    """Where Newton's method ends from a grid of starts, inside of the domain: minima, maxima and saddles alike."""
    axes = [np.linspace(low, high, 60) for low, high in zip(landscape.low, landscape.high, strict=True)]
    x = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, landscape.dimension)
    for _ in range(80):
        with np.errstate(all="ignore"):
            H = landscape.hessian(x) + 1e-300 * np.eye(landscape.dimension)
            step = np.linalg.solve(H, landscape.gradient(x)[..., None])[..., 0]
            x = x - step * np.minimum(1, 0.5 / np.maximum(np.linalg.norm(step, axis=-1, keepdims=True), 1e-300))
        x = x[np.isfinite(x).all(axis=-1)]
    x = x[
        (abs(landscape.gradient(x)) < 1e-9).all(axis=-1) & (landscape.low <= x).all(-1) & (x <= landscape.high).all(-1)
    ]
    return np.unique(x.round(4) + 0.0, axis=0)


@pytest.mark.parametrize("id", ["beale", "himmelblau", "styblinski_tang", "three_hump_camel", "branin", "saddle"])
def test_no_minimum_and_no_saddle_is_missing(id):
    landscape = make(id, {})
    found = stationary(landscape)
    bends = np.linalg.eigvalsh(landscape.hessian(found))
    for known, which in (
        ([minimum.x for minimum in landscape.minima], bends.min(-1) > 0),
        (landscape.saddles, (bends.min(-1) < 0) & (bends.max(-1) > 0)),
    ):
        places = np.reshape(np.array(known), (-1, 2)).round(4) + 0.0
        assert set(map(tuple, found[which])) == set(map(tuple, places))


@each
def test_scipy_finds_nothing_lower(id, knobs):
    landscape = make(id, knobs)
    lowest = min((minimum.fx for minimum in landscape.minima if minimum.kind == "global"), default=-np.inf)
    box = list(zip(landscape.low, landscape.high, strict=True))
    for x in points(landscape, 40 if landscape.dimension < 4 else 5):
        found = minimize(landscape.value, x, jac=landscape.gradient, bounds=box)
        assert found.fun >= lowest - 1e-12 * (1 + abs(lowest))


@each
def test_many_points_at_once_equal_one_after_the_other(id, knobs):
    landscape = make(id, knobs)
    x = points(landscape, 24).reshape(2, 3, 4, -1)
    for name in ("value", "gradient", "hessian"):
        function = getattr(landscape, name)
        batch = function(x)
        for index in itertools.product(range(2), range(3), range(4)):
            assert np.allclose(batch[index], function(x[index]), rtol=1e-12, atol=1e-12)


@each
def test_curvature_bounds_every_hessian(id, knobs):
    landscape = make(id, knobs)
    if landscape.curvature is not None:
        largest = np.linalg.eigvalsh(landscape.hessian(points(landscape, 500))).max()
        assert largest <= landscape.curvature * (1 + 1e-9)
        if landscape.dimension <= 2:
            assert largest > 0.95 * landscape.curvature, "the bound is attained"


@each
def test_the_card_is_complete_and_points_outside_are_evaluated(id, knobs):
    landscape = make(id, knobs)
    assert landscape.id == id
    assert landscape.latex
    assert landscape.kind == ("curve" if landscape.dimension == 1 else "surface")
    assert ((landscape.low < landscape.start) & (landscape.start < landscape.high)).all()
    assert np.isfinite(landscape.value(landscape.high + 5))
    assert make(id, knobs) is landscape, "the same knobs give the same object"


def test_himmelblau_has_four_minima_and_the_cubic_a_local_one():
    assert len(LANDSCAPES["himmelblau"].make().minima) == 4
    cubic = LANDSCAPES["cubic"].make()
    assert [minimum.kind for minimum in cubic.minima] == ["local"]
    assert cubic.note.startswith("Unbounded below")
    assert cubic.value(np.array([-100.0])) < -1e6


def test_the_bowl_has_the_condition_and_rotation_of_its_knobs():
    for condition, rotation in ((1.0, 0.0), (25.0, 40.0), (1000.0, 90.0)):
        bowl = LANDSCAPES["bowl"].make(condition=condition, rotation=rotation)
        values, vectors = np.linalg.eigh(bowl.hessian(bowl.start))
        assert values == pytest.approx([1, condition])
        assert bowl.curvature == condition
        if condition > 1:
            angle = np.deg2rad(rotation)
            assert abs(vectors[:, 0] @ [np.cos(angle), np.sin(angle)]) == pytest.approx(1)


def test_the_ellipsoid_is_turned_in_every_pair_of_neighboring_axes():
    for dimension, condition, rotation in ((2, 100.0, 30.0), (5, 1e6, 70.0), (7, 1.0, 10.0), (3, 9.0, 0.0)):
        land = LANDSCAPES["ellipsoid"].make(dimension=dimension, condition=condition, rotation=rotation)
        R, angle = np.eye(dimension), np.deg2rad(rotation)
        for i in range(dimension - 1):
            pair = np.eye(dimension)
            pair[i : i + 2, i : i + 2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
            R = pair @ R
        weights = [condition ** (i / (dimension - 1)) for i in range(dimension)]
        x = points(land)
        y = (x - np.array(land.minima[0].x)) @ R.T
        assert np.allclose(land.value(x), (weights * y**2).sum(-1), rtol=1e-12)
        assert np.linalg.eigvalsh(land.hessian(x[0])) == pytest.approx(2 * np.array(weights), rel=1e-9)
        assert np.array_equal(land.value(x), [land.value(each) for each in x]), "to the last bit"


def test_a_landscape_of_ones_own_needs_little():
    mine = Landscape("V", value=lambda x: np.abs(x).sum(-1), low=(-1, -2), high=(3, 4))
    assert (mine.dimension, mine.kind, mine.start.tolist()) == (2, "surface", [0.0, -0.5])
    assert mine.offers == {"value", "moves"}
    line = Landscape("line", value=lambda x: x[..., 0], low=0, high=1)
    assert line.kind == "curve"
    with pytest.raises(ValueError, match="low < high"):
        Landscape("V", value=np.sum, low=(1, 1), high=(0, 2))
    with pytest.raises(ValueError, match="start must be 2 finite numbers"):
        Landscape("V", value=np.sum, low=(0, 0), high=(2, 2), start=(1,))


def branin(x, y):
    bend = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return bend**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann(*x):
    weights = ((3, 10, 30), (0.1, 10, 35), (3, 10, 30), (0.1, 10, 35))
    centers = (
        (0.3689, 0.1170, 0.2673), (0.4699, 0.4387, 0.7470), (0.1091, 0.8732, 0.5547), (0.0381, 0.5743, 0.8828),
    )  # fmt: skip
    total = 0.0
    for height, weight, center in zip((1, 1.2, 3, 3.2), weights, centers, strict=True):
        total -= height * math.exp(-sum(w * (a - c) ** 2 for w, a, c in zip(weight, x, center, strict=True)))
    return total


PLAIN = {  # each formula once more as the literature writes it, without NumPy
    "double_well": lambda x: x**4 - x**3 / 3 - 2 * x**2 + x + 5 / 3,
    "forrester": lambda x: (6 * x - 2) ** 2 * math.sin(12 * x - 4),
    "shelf": lambda x: x**4 / 4 - x**3 / 3 - x**2 / 2 + x + (x + 1) ** 2 / 200 + 11 / 12,
    "booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "rosenbrock": lambda *x: sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x)),
    "beale": lambda x, y: (
        (1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y * y * y) ** 2
    ),
    "himmelblau": lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
    "rastrigin": lambda *x: 10 * len(x) + sum(a**2 - 10 * math.cos(2 * math.pi * a) for a in x),
    "ackley": lambda *x: (
        -20 * math.exp(-0.2 * math.sqrt(sum(a**2 for a in x) / len(x)))
        - math.exp(sum(math.cos(2 * math.pi * a) for a in x) / len(x)) + 20 + math.e
    ),
    "griewank": lambda *x: (
        sum(a**2 for a in x) / 4000 - math.prod(math.cos(a / math.sqrt(i)) for i, a in enumerate(x, 1)) + 1
    ),
    "styblinski_tang": lambda *x: sum(a**4 - 16 * a**2 + 5 * a for a in x) / 2,
    "three_hump_camel": lambda x, y: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
    "branin": branin,
    "hartmann_3": hartmann,
    "saddle": lambda x, y: x**2 - y**2,
    "plateau": lambda x, y: (
        5 * (1 - math.exp(-((x - 2) ** 2 + 3 * (y - 1) ** 2) / 8)) + ((x - 2) ** 2 + (y - 1) ** 2) / 400
    ),
    "noisy_quadratic": lambda x, y: (x - 1) ** 2 / 2 + 2 * (y + 0.5) ** 2,
}  # fmt: skip


@pytest.mark.parametrize(("id", "knobs"), [(id, knobs) for id, knobs in MADE if id in PLAIN])
def test_values_are_those_of_the_formula(id, knobs):
    landscape = make(id, knobs)
    for x in points(landscape):
        assert landscape.value(x) == pytest.approx(PLAIN[id](*x.tolist()), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize(
    ("id", "knobs", "fx", "places", "digits"),
    [  # Surjanovic and Bingham, Virtual library of simulation experiments; Forrester, Sóbester and Keane 2008
        ("forrester", {}, -6.02074, [(0.757249,)], 5e-6),
        ("booth", {}, 0, [(1, 3)], 0),
        ("beale", {}, 0, [(3, 0.5)], 0),
        ("ackley", {"dimension": 5}, 0, [(0,) * 5], 0),
        ("griewank", {"dimension": 4}, 0, [(0,) * 4], 0),
        ("rosenbrock", {"dimension": 6}, 0, [(1,) * 6], 0),
        ("styblinski_tang", {"dimension": 2}, 2 * -39.16617, [(-2.903534, -2.903534)], 2e-5),
        ("styblinski_tang", {"dimension": 7}, 7 * -39.16617, [(-2.903534,) * 7], 7e-5),
        ("three_hump_camel", {}, 0, [(0, 0)], 0),
        ("branin", {}, 0.397887, [(-math.pi, 12.275), (math.pi, 2.275), (9.42478, 2.475)], 5e-6),
        ("hartmann_3", {}, -3.86278, [(0.114614, 0.555649, 0.852547)], 5e-5),
    ],
)
def test_global_minima_are_those_of_the_literature(id, knobs, fx, places, digits):
    lowest = [minimum for minimum in make(id, knobs).minima if minimum.kind == "global"]
    assert [minimum.fx for minimum in lowest] == [pytest.approx(fx, abs=digits)] * len(places)
    for minimum, place in zip(lowest, places, strict=True):
        assert minimum.x == pytest.approx(place, abs=digits)


def test_local_minima_are_counted():
    local = {entry.id: sum(minimum.kind == "local" for minimum in entry.make().minima) for entry in BOXES}
    assert {id: count for id, count in local.items() if count} == {
        "cubic": 1, "double_well": 1, "forrester": 1, "griewank": 6, "styblinski_tang": 3, "three_hump_camel": 2,
        "hartmann_3": 2,
    }  # fmt: skip
    assert len(make("styblinski_tang", {"dimension": 3}).minima) == 8


@pytest.mark.parametrize("dimension", [2, 3, 10])
def test_ackleys_minimum_is_a_kink_at_which_the_gradient_counts_as_zero(dimension):
    ackley = make("ackley", {"dimension": dimension})
    tip = np.zeros(dimension)
    assert (ackley.value(tip), abs(ackley.gradient(tip)).max()) == (0, 0)
    assert np.allclose(ackley.hessian(tip), 4 * np.pi**2 * np.e / dimension * np.eye(dimension)), "the waves' share"
    for way in (1, -1):
        near = tip + way * 1e-9 * np.eye(dimension)[0]
        assert ackley.gradient(near)[0] == pytest.approx(way * 4 / np.sqrt(dimension), rel=1e-6)
    mixed = ackley.gradient(np.stack([tip, tip + 0.5]))
    assert np.isfinite(mixed).all(), "a kink in a batch spoils no neighbor"


def test_the_saddle_and_the_shelf_do_what_their_notes_say():
    saddle, shelf, plateau = (make(id, {}) for id in ("saddle", "shelf", "plateau"))
    assert saddle.minima == ()
    assert saddle.value(np.array([0.0, 1e4])) < -1e7
    assert shelf.gradient(np.array([1.0])) == pytest.approx(0.02)
    x = np.linspace(shelf.low, shelf.high, 2000)
    assert (np.sign(shelf.gradient(x)) == np.sign(x + 1)).all()
    steepest = np.linalg.norm(plateau.gradient(points(plateau, 5000)), axis=-1).max()
    assert np.linalg.norm(plateau.gradient(plateau.start)) < 0.02 * steepest


def test_plain_descent_creeps_where_momentum_gets_across():
    for id in ("shelf", "plateau"):
        low = np.array(make(id, {}).minima[0].x)
        ends = {method: record(Run.suggested(method, id)).x[-1] for method in ("gradient_descent", "momentum")}
        assert np.linalg.norm(ends["gradient_descent"] - low) > 1.5
        assert np.linalg.norm(ends["momentum"] - low) < 1e-3
    wells = {method: record(Run.suggested(method, "double_well")).x[-1] for method in ("gradient_descent", "momentum")}
    assert wells == {"gradient_descent": pytest.approx([1], abs=1e-4), "momentum": pytest.approx([-1], abs=1e-3)}


def test_the_noisy_quadratic_keeps_its_formula_and_says_how_noisy_it_is():
    quiet, loud = (make("noisy_quadratic", {"noise": noise}) for noise in (0.0, 3.0))
    assert ((quiet.noise, quiet.gradient_noise), (loud.noise, loud.gradient_noise)) == ((0, 0), (3, 3))
    x = points(quiet)
    assert (quiet.value(x) == loud.value(x)).all()
    assert all(entry.make().noise == 0 for entry in BOXES if entry.id != "noisy_quadratic")


def test_rosenbrock_in_two_dimensions_is_the_chain_of_two():
    two, three = make("rosenbrock", {}), make("rosenbrock", {"dimension": 3})
    x = points(two)
    flat = np.column_stack([x, x[:, 1] ** 2])  # whose second link adds (1 − y)² only
    assert np.allclose(three.value(flat), two.value(x) + (1 - x[:, 1]) ** 2)
    assert (two.low.tolist(), two.high.tolist(), two.start.tolist()) == ([-2, -1], [2, 3], [-1.2, 1])
