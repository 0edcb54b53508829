"""Inner state on the plot: every curve and mark is checked against the mathematics that it stands for."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, fitting, record
from dashboard.charts import layers
from dashboard.charts.contour import contour
from dashboard.charts.curve import curve
from dashboard.charts.picture import frame
from dashboard.charts.theme import theme
from dashboard.charts.view import View

LIGHT = theme("light")
PAIRS = [(entry.id, id) for id in LANDSCAPES for entry in fitting(LANDSCAPES[id].make())]


def drawn(optimizer, landscape, view=None, **given):
    """Return a run, its picture, and its tracks by the name of their trace."""
    trace = record(Run.suggested(optimizer, landscape, **given))
    view = (view or View()).fitted(trace.x.shape[-1], 1)
    picture = (curve if trace.x.shape[-1] == 1 else contour)(trace, view, LIGHT)
    tracks = {}
    for track in picture.tracks:
        tracks.setdefault(picture.figure["data"][track.trace]["name"], []).append(track)
    return trace, picture, tracks


def points(track, k):
    at = frame(track, k)
    return np.stack([at["x"], at["y"]], axis=-1)


def level(matrix, points):
    return np.einsum("mi,ij,mj->m", points, matrix, points)


@pytest.mark.parametrize("optimizer", ["bfgs", "lbfgs"])
@pytest.mark.parametrize("landscape", ["rosenbrock", "bowl", "beale"])
def test_the_learned_curvature_and_the_true_one_are_drawn_at_one_level(optimizer, landscape):
    trace, _, tracks = drawn(optimizer, landscape)
    inverse, hessian, seen = trace.value("inverse_hessian"), trace.value("hessian"), 0
    for k in range(len(trace)):
        (ring,) = tracks["estimate"]
        around = points(ring, k) - trace.x[k]
        c = level(np.linalg.inv(inverse[k]), around)
        assert np.ptp(c) < 1e-6 * c.mean()
        if np.linalg.eigvalsh(hessian[k])[0] > 0:
            true = level(hessian[k], points(tracks["true Hessian"][0], k) - trace.x[k])
            assert true == pytest.approx(np.full(len(true), c.mean()), rel=1e-6)
            seen += 1
        else:
            assert np.isnan(points(tracks["true Hessian"][0], k)).all()
    assert seen > 3


@pytest.mark.parametrize(("landscape", "start"), [("himmelblau", (1.0, 1.0)), ("himmelblau", (0.3, -4.0))])
@pytest.mark.parametrize("repair", ["none", "modified"])
def test_the_local_quadratic_is_drawn_by_its_level_lines(landscape, start, repair):
    trace, _, tracks = drawn("newton", landscape, start=start, knobs={"repair": repair})
    gradient, hessian = trace.value("gradient"), trace.value("hessian_used")
    kinds = {track.kind for track in tracks["local quadratic"]}
    assert kinds == ({"ellipse"} if repair == "modified" else kinds)
    assert kinds
    for k in range(len(trace) - 1):
        for track in tracks["local quadratic"]:
            line = points(track, k)
            if np.isnan(line).any():
                continue
            away = line - trace.x[k]
            model = away @ gradient[k] + 0.5 * level(hessian[k], away)
            assert np.ptp(model) < 1e-6 * (1 + abs(model).max())
            if not track.inner:  # the outermost passes through the current point
                assert abs(model).max() < 1e-6 * (1 + abs(gradient[k]).max())
        flat = trace.x[k] - np.linalg.solve(hessian[k], gradient[k])
        marks = [points(tracks[name][0], k) for name in tracks if name.startswith("model's")]
        (mark,) = [mark for mark in marks if not np.isnan(mark).any()]
        assert mark[0] == pytest.approx(flat)


def test_the_ellipse_of_rates_has_their_proportion():
    for optimizer in ("adagrad", "rmsprop", "adam"):
        trace, _, tracks = drawn(optimizer, "bowl", landscape_knobs={"condition": 50})
        (ring,) = tracks["rates"]
        for k in (0, 5, len(trace) - 2):
            around = points(ring, k) - trace.x[k]
            rate = trace.value("effective_rate")[k]
            assert np.ptp(around[:, 0]) / np.ptp(around[:, 1]) == pytest.approx(rate[0] / rate[1], rel=1e-6)


@pytest.mark.parametrize("landscape", ["himmelblau", "cubic"])
def test_the_look_ahead_is_where_the_gradient_is_taken(landscape):
    trace, _, tracks = drawn("nesterov", landscape)
    beta, rate = dict(trace.run.knobs)["beta"], dict(trace.run.knobs)["learning_rate"]
    assert np.allclose(trace.look_ahead, trace.x - rate * beta * trace.velocity)
    taken = trace.landscape.gradient(trace.look_ahead)
    assert np.allclose(trace.velocity[1:], (beta * trace.velocity + taken)[:-1])
    (ring,) = tracks["look-ahead"]
    shown = np.isfinite(ring.x)
    assert shown.any()
    assert np.allclose(ring.x[shown], trace.look_ahead[shown, 0])
    assert np.allclose((trace.arrow("velocity") + trace.arrow("gradient"))[:-1], np.diff(trace.x, axis=0))


@pytest.mark.parametrize("optimizer", ["bfgs", "conjugate_gradient", "nelder_mead", "lbfgs"])
def test_what_is_tried_is_kept_or_dropped(optimizer):
    trace = record(Run.suggested(optimizer, "rosenbrock"))
    dropped, kept = layers.tries(trace)
    for k in range(len(trace) - 1):
        tried = trace.trials[k + 1]
        tried = tried[np.isfinite(tried).all(axis=1)]
        left = dropped[k][np.isfinite(dropped[k]).all(axis=1)]
        assert all((tried == point).all(axis=1).any() for point in left)
        if np.isfinite(kept[k]).all():
            corners = trace.simplex[k + 1] if "simplex" in trace.fields else trace.x[k + 1][None]
            assert (corners == kept[k]).all(axis=1).any()
        assert len(left) == min(len(tried) - np.isfinite(kept[k]).all(), layers.SHOWN)
        if "simplex" not in trace.fields:
            assert kept[k] == pytest.approx(trace.x[k + 1], abs=0)


def test_a_damped_newton_step_shows_the_halved_ones():
    trace, picture, tracks = drawn("newton", "rosenbrock", knobs={"repair": "damped"})
    dropped, _ = layers.tries(trace)
    k = int(np.argmax(np.isfinite(dropped[..., 0]).any(axis=1)))
    full = trace.x[k] + trace.value("newton_step")[k]
    assert np.isclose(dropped[k], full).all(axis=1).any()
    assert "tried and dropped" in tracks
    assert "tried, dropped" in [entry.label for entry in picture.key]


def test_the_simplex_is_drawn_whole_and_its_moves_are_named():
    trace, _, tracks = drawn("nelder_mead", "himmelblau")
    (outline,) = tracks["simplex"]
    for k in (0, 3, len(trace) - 1):
        at = points(outline, k)
        corners = {tuple(point) for point in at[np.isfinite(at).all(axis=1)]}
        assert corners == {tuple(corner) for corner in trace.simplex[k]}
    for note in {*trace.note[1:].tolist()}:
        (label,) = tracks[f"label {note}"]
        named = np.flatnonzero(np.isfinite(label.x)) + 1
        assert set(trace.note[named]) == {note}


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "gradient_descent"])
def test_noise_is_seen_beside_the_gradient_without_it(optimizer):
    trace = record(Run.suggested(optimizer, "bowl", landscape_knobs={"gradient_noise": 2.0}))
    assert np.array_equal(trace.value("seen")[:-1], trace.estimate[1:])
    assert not np.allclose(trace.value("seen")[:-1], trace.value("gradient")[:-1])
    parts = sum(trace.arrow(role) for role in OPTIMIZERS[optimizer].arrows if role != "step")
    assert np.allclose(parts[:-1], np.diff(trace.x, axis=0)), "the noisy terms make the step"
    exact = trace.arrow("gradient", exact=True) / trace.arrow("gradient")
    ratio = trace.value("gradient") / trace.value("seen")
    assert np.allclose(exact[:-1], ratio[:-1])


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_layer_can_be_switched_off(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape, steps=15))
    offered = layers.offered(trace)
    if not offered:
        assert trace.x.ndim == 3 or {"trial", "neighbors"} & trace.fields.keys() or trace.landscape.kind == "tours"
        return
    view = View().fitted(trace.x.shape[-1], 1)
    draw = curve if trace.x.shape[-1] == 1 else contour
    whole = draw(trace, view, LIGHT)
    assert dict(whole.layers) == offered
    bare = draw(trace, View(hide=tuple(offered), pair=view.pair), LIGHT)
    assert len(bare.tracks) < len(whole.tracks) or trace.x.shape[-1] == 1
    left = {bare.figure["data"][track.trace]["name"] for track in bare.tracks}
    assert not left & {
        "rates",
        "estimate",
        "simplex",
        "look-ahead",
        "tried and kept",
        "local quadratic",
        "true gradient",
    }
    for role in trace.optimizer.arrows:
        assert role not in left


def test_what_is_hidden_stands_in_the_link():
    view, repairs = View.from_query({"view.hide": "rates,step"})
    assert (view.hide, repairs) == (("rates", "step"), [])
    assert view.to_query() == {"view.hide": "rates,step"}
    for bad in ("<b>", "a" * 30, ",".join(f"layer-{chr(97 + i)}" for i in range(13))):
        view, repairs = View.from_query({"view.hide": bad})
        assert view.hide == ()
        assert len(repairs) == 1


@pytest.mark.parametrize("topology", ["global", "ring"])
def test_a_swarm_shows_who_follows_whom(topology):
    trace = record(Run.suggested("particle_swarm", "rastrigin", knobs={"topology": topology}, steps=20))
    view = View().fitted(2, 30)
    whole = contour(trace, view, LIGHT)
    links = next(t for t in whole.tracks if whole.figure["data"][t.trace]["name"] == "links")
    assert links.kind == "segments"
    who = slice(None) if topology == "ring" else slice(0, 1)
    other = np.roll(trace.x[7], -1, axis=0) if topology == "ring" else trace.global_best[7][None]
    assert np.array_equal(np.stack([links.x2[7], links.y2[7]], axis=-1), other)
    assert np.array_equal(np.stack([links.x[7], links.y[7]], axis=-1), trace.x[7, who])
    label = "neighbors" if topology == "ring" else "particle 1 follows the best"
    assert label in [entry.label for entry in whole.key], "one link from all to the same best would be a thicket"


@pytest.mark.parametrize(
    ("layer", "gone"),
    [
        ("velocities", {"velocities"}),
        ("own-bests", {"own bests", "own bests halo"}),
        ("pulls", {"inertia", "cognitive", "social", "sum", "label 1", "label 2", "label 3"}),
        ("links", {"links"}),
    ],
)
def test_each_layer_of_a_swarm_goes_by_itself(layer, gone):
    trace = record(Run.suggested("particle_swarm", "rastrigin", steps=10))
    assert set(layers.offered(trace)) == {"velocities", "own-bests", "pulls", "links"}
    shown = [contour(trace, View(hide=hide).fitted(2, 30), LIGHT) for hide in ((), (layer,))]
    before, after = ({each["name"] for each in picture.figure["data"]} for picture in shown)
    assert before - after >= gone
    assert {name.removesuffix(" halo") for name in before - after} == {name.removesuffix(" halo") for name in gone}
    assert len(shown[1].key) == len(shown[0].key) - 1 - (layer == "pulls")


def test_the_layers_of_generations_go_too():
    trace = record(Run.suggested("genetic_algorithm", "rastrigin", steps=10))
    assert set(layers.offered(trace)) == {"earlier", "family"}
    bare = contour(trace, View(hide=("earlier", "family")).fitted(2, 50, 11, 2), LIGHT)
    left = {each["name"] for each in bare.figure["data"]}
    assert "members" in left
    assert not left & {"1 before", "from a", "parent a", "mutation"}
