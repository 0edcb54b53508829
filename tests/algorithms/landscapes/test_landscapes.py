"""The mathematics of every landscape of real points, found by walking the registry; test_tours.py does the tours."""

import itertools

import numpy as np
import pytest

from algorithms import LANDSCAPES, Landscape

BOXES = [entry for entry in LANDSCAPES.values() if {"value", "gradient", "hessian"} <= entry.offers]
VALUES = {  # at which a knob is tried
    "int": lambda knob: sorted({max(knob.low, min(value, knob.high)) for value in (3, 10)}),
    "float": lambda knob: (knob.low, knob.high, 0.3 * knob.low + 0.7 * knob.high),
    "switch": lambda knob: (True, False),
}
MADE = [(entry.id, {}) for entry in BOXES]
MADE += [
    (entry.id, {knob.name: value})
    for entry in BOXES
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
    assert landscape.minima
    for minimum in landscape.minima:
        x = np.array(minimum.x)
        assert landscape.value(x) == pytest.approx(minimum.fx, abs=1e-12)
        assert np.allclose(landscape.gradient(x), 0, atol=1e-9)
        assert np.linalg.eigvalsh(landscape.hessian(x)).min() > 0
        assert ((landscape.low <= x) & (x <= landscape.high)).all()
        near = x + 1e-3 * np.random.default_rng(0).uniform(-1, 1, (200, x.size))
        assert (landscape.value(near) >= minimum.fx).all()
    lowest = min(minimum.fx for minimum in landscape.minima)
    if landscape.minima[0].kind == "global" and landscape.dimension <= 2:
        axes = [np.linspace(low, high, 301) for low, high in zip(landscape.low, landscape.high, strict=True)]
        grid = np.stack(np.meshgrid(*axes), axis=-1)
        assert landscape.value(grid).min() >= lowest - 1e-12
    elif landscape.minima[0].kind == "global":
        assert landscape.value(points(landscape, 5000)).min() >= lowest


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
