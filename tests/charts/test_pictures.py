import hashlib
import pickle
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.interpolate import RegularGridInterpolator

from algorithms import LANDSCAPES, OPTIMIZERS, Landscape, Run, Trace, fitting, record
from dashboard.charts import landscape
from dashboard.charts.contour import pixel
from dashboard.charts.curve import frame_of
from dashboard.charts.picture import Picture, Scene, frame, small
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import pack

EVERY = [(entry.id, name) for name, place in LANDSCAPES.items() for entry in fitting(place.make())]
PAIRS = [pair for pair in EVERY if LANDSCAPES[pair[1]].kind != "tours"]
POPULATIONS = [id for id, entry in OPTIMIZERS.items() if entry.population]
LIGHT = theme("light")
VALID: set[bytes] = set()  # what Plotly has checked


@cache
def suggested(optimizer: str, name: str) -> Trace:
    return record(Run.suggested(optimizer, name))


def scene(trace: Trace, view: View = View(), look: str = "light", ghost: Trace | None = None) -> Scene:  # noqa: B008
    return experiment(trace, view, theme(look), ghost)


def track(picture: Picture, name: str):
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


def names(picture: Picture) -> list[str]:
    return [trace["name"] for trace in picture.figure["data"]]


def be_valid(figure: dict) -> None:
    """Let Plotly check a figure, unless it has checked the very same one: a small chart comes with every large one."""
    content = hashlib.blake2b(pickle.dumps(figure)).digest()
    if content not in VALID:
        go.Figure(figure)
        VALID.add(content)


def check(shown: Scene, T: int) -> None:
    """Every promise of the format: T frames, real traces, valid figures, fixed and finite axes, words with numbers."""
    assert shown.frames == T
    assert len({picture.id for picture in shown.pictures}) == len(shown.pictures)
    for picture in shown.pictures:
        be_valid(picture.figure)
        assert picture.title
        assert any(letter.isdigit() for letter in picture.alt)
        for each in picture.tracks:
            assert "name" in picture.figure["data"][each.trace]
            timed = {"tour": each.order, "edges": each.level, "list": each.level}.get(
                each.kind, each.y if each.at is None else each.at
            )
            if each.kind != "still":
                assert len(timed) == T, (picture.id, names(picture)[each.trace])
            for k in {0, T // 2, T - 1}:
                assert frame(each, k).keys() >= ({"z"} if each.kind == "matrix" else {"x", "y"})
        layout = picture.figure["layout"]
        holder = layout.get("scene", layout)
        for axis in ("xaxis", "yaxis"):
            assert np.isfinite(holder[axis]["range"]).all()
            ends = holder[axis]["range"]
            assert ends[0] < ends[1] or (axis == "yaxis" and picture.id == "pheromone")
        assert layout["uirevision"]
        assert set(picture.chosen) == set(picture.choices)
        for key, value in picture.chosen.items():
            assert value in [offered for offered, _ in picture.choices[key]]


@pytest.mark.parametrize(("optimizer", "name"), EVERY)
@pytest.mark.parametrize(
    ("look", "shape", "scale"), [("light", "flat", "log"), ("light", "surface", "linear"), ("dark", "flat", "linear")]
)
def test_every_pair_has_its_pictures(optimizer: str, name: str, look: str, shape: str, scale: str) -> None:
    trace = suggested(optimizer, name)
    check(scene(trace, View(scale=scale, shape=shape), look), len(trace))


@pytest.mark.parametrize(("optimizer", "name"), PAIRS)
def test_positions_are_the_traces(optimizer: str, name: str) -> None:
    trace = suggested(optimizer, name)
    picture = scene(trace).pictures[0]
    if trace.x.ndim == 3:
        shown = track(picture, "members")
    else:
        shown = track(picture, "now")
        assert shown.head
        assert np.array_equal(track(picture, "start").x, trace.x[:1, 0])
    assert np.array_equal(shown.x, trace.x[..., 0])
    assert np.array_equal(shown.y, trace.fx if trace.x.shape[-1] == 1 else trace.x[..., 1])


@pytest.mark.parametrize(("optimizer", "name"), EVERY)
def test_200_steps_are_small_on_the_wire(optimizer: str, name: str) -> None:
    trace = record(Run.suggested(optimizer, name, steps=200))
    many = optimizer in POPULATIONS  # every member of every frame is sent
    assert len(pack(scene(trace))) <= (400_000 if many else 160_000)


def test_a_card_has_smaller_signs_and_no_words() -> None:
    whole = scene(suggested("particle_swarm", "rastrigin")).pictures[0]
    card = small(whole, 0.5)
    for before, after in zip(whole.figure["data"], card.figure["data"], strict=True):
        assert after["visible"] == (before.get("mode") != "text")
        if "marker" in before:
            assert after["marker"]["size"] == before["marker"]["size"] / 2
    line = track(whole, "velocities").trace
    assert card.figure["data"][line]["line"]["width"] == whole.figure["data"][line]["line"]["width"] / 2
    go.Figure(card.figure)


@pytest.mark.parametrize("axis", ["steps", "evaluations", "seconds"])
def test_convergence_over_steps_evaluations_and_seconds(axis: str) -> None:
    trace = suggested("momentum", "himmelblau")
    picture = scene(trace, View(axis=axis)).pictures[1]
    x = track(picture, "f(x)").x
    wanted = {"steps": np.arange(len(trace)), "evaluations": trace.evaluations["gradients"], "seconds": trace.seconds}
    assert np.array_equal(x, wanted[axis])
    assert (np.diff(x) >= 0).all()
    assert picture.figure["layout"]["yaxis"]["type"] == "log"
    assert "log scale" in picture.subtitle
    title = picture.figure["layout"]["xaxis"]["title"]["text"]
    assert title == {"steps": "", "evaluations": "evaluations: gradients", "seconds": "seconds"}[axis]


def test_values_within_a_decade_stay_linear() -> None:
    picture = scene(suggested("newton", "cubic")).pictures[1]
    assert "type" not in picture.figure["layout"]["yaxis"]
    assert picture.subtitle == "f(x); 2, 4, 8 digits right"


def test_above_the_minimum_where_f_is_shifted() -> None:
    lifted = Landscape(
        "Lifted",
        value=lambda x: (x**2).sum(-1) - 7,
        gradient=lambda x: 2 * x,
        low=(-3, -3),
        high=(3, 3),
        minima=(replace(LANDSCAPES["sphere"].make().minima[0], fx=-7.0),),
    )
    picture = scene(record(Run("gradient_descent", lifted, steps=50))).pictures[1]
    assert "f*" in picture.subtitle
    assert "log scale" in picture.subtitle
    assert np.nanmin(track(picture, "f(x)").y) > 0


def test_the_ghost_is_dotted_and_moves_only_with_both() -> None:
    trace = suggested("momentum", "himmelblau")
    ghost = record(Run.suggested("momentum", "himmelblau", knobs={"beta": 0.5}, steps=37))
    shown = scene(trace, ghost=ghost)
    check(shown, len(trace))
    main = shown.pictures[0]
    line, head = track(main, "last run"), track(main, "last run now")
    assert line.kind == "still"
    assert main.figure["data"][line.trace]["line"]["dash"] == "dot"
    assert np.array_equal(line.x, ghost.x[:, 0])
    assert head.ghost
    assert np.array_equal(head.x[:38], ghost.x[:, 0])
    assert (head.x[38:] == ghost.x[-1, 0]).all()
    assert shown.ghost == "β = 0.5"
    assert "β = 0.5" in names(shown.pictures[1])
    assert any(entry.sign == "dot" for entry in main.key)


def test_a_knob_never_redraws_the_landscape() -> None:
    def standing(trace: Trace) -> list:
        picture = scene(trace).pictures[0]
        moved = {t.trace for t in picture.tracks}
        return [picture.figure["layout"], *[t for i, t in enumerate(picture.figure["data"]) if i not in moved]]

    one = standing(suggested("momentum", "himmelblau"))
    other = standing(record(Run.suggested("momentum", "himmelblau", knobs={"beta": 0.3}, start=(1, 2), steps=70)))
    assert repr(one) == repr(other)
    assert any(t.get("type") == "contour" for t in one)


def test_arrows_add_up_and_state_their_factor() -> None:
    trace = suggested("momentum", "himmelblau")
    shown = scene(trace)
    picture = shown.pictures[0]
    velocity, gradient, step = (track(picture, name) for name in ("velocity", "gradient", "step"))
    assert all(each.arrow for each in (velocity, gradient, step))
    assert np.allclose((velocity.x2 - velocity.x + gradient.x2 - gradient.x)[:-1], (step.x2 - step.x)[:-1])
    times = (step.x2 - step.x)[:-1] / np.diff(trace.x[:, 0])
    assert times == pytest.approx(shown.equation.slots["times"][:-1])
    assert shown.equation.note == "arrows are shares of the step, {times}"
    length = np.hypot(*np.diff(trace.x, axis=0).T) / pixel(landscape.slice_of(trace, View())).max()
    assert times[length > 80] == pytest.approx(1), "what can be read is drawn as long as it is"
    assert times.max() > 2
    assert np.isnan(step.x2[-1])
    assert np.isnan(velocity.x2[-1])
    assert "parallelogram" in names(picture)


def test_the_typical_step_can_be_seen() -> None:
    for name in ("himmelblau", "bowl", "sphere", "rastrigin"):
        trace = suggested("momentum", name)
        step = track(scene(trace).pictures[0], "step")
        unit = pixel(landscape.slice_of(trace, View()))
        length = np.hypot((step.x2 - step.x) / unit[0], (step.y2 - step.y) / unit[1])
        assert 25 < np.nanmax(length) < 400


def test_an_arrow_is_called_a_share_of_the_step() -> None:
    picture = scene(suggested("momentum", "himmelblau")).pictures[0]
    assert {"label gradient's share", "label velocity's share", "label step"} <= set(names(picture))
    descent = scene(suggested("gradient_descent", "himmelblau"))
    assert "label step −η∇f" in names(descent.pictures[0])
    assert descent.equation.note.startswith("the arrow is the step, ")
    newton = scene(suggested("newton", "himmelblau"))
    assert "label step" in names(newton.pictures[0])
    assert newton.equation.note == "the arrow is the step, at true length", "the model's minimum is where it ends"
    level = scene(suggested("momentum", "cubic"))
    assert {"gradient's share", "velocity's share", "step"} <= {entry.label for entry in level.pictures[0].key}
    assert level.equation.note == "arrows are shares of the step, at true length"


@pytest.mark.parametrize(("optimizer", "name"), [("adam", "rosenbrock"), ("adam", "rastrigin"), ("momentum", "bowl")])
def test_arrows_end_in_the_picture_and_the_note_says_where_they_are_cut(optimizer: str, name: str) -> None:
    trace = suggested(optimizer, name)
    shown = scene(trace)
    plane = landscape.slice_of(trace, View())
    low, high = landscape.extent(plane)
    step = track(shown.pictures[0], "step")
    inside = ((trace.x > low) & (trace.x < high)).all(axis=1)
    tips = np.stack([step.x2, step.y2], axis=-1)[inside & np.isfinite(step.x2)]
    assert ((tips >= low) & (tips <= high)).all()
    drawn = np.stack([step.x2 - step.x, step.y2 - step.y], axis=-1)[:-1]
    assert np.allclose(drawn, shown.equation.slots["times"][:-1, None] * np.diff(trace.x, axis=0))


def test_the_name_of_the_ghost_lies_above_the_path() -> None:
    ghost = record(Run.suggested("momentum", "himmelblau", knobs={"beta": 0.5, "learning_rate": 0.005}, steps=37))
    order = names(scene(suggested("momentum", "himmelblau"), ghost=ghost).pictures[0])
    assert order[-1] == "last run end"
    assert order.index("minimum outline") > order.index("now")


def test_a_valley_narrower_than_the_grid_is_no_row_of_islands() -> None:
    land = {"condition": 1000.0, "rotation": 30.0}
    plane = landscape.slice_of(record(Run("random_search", "bowl", landscape_knobs=land, steps=1)), View())

    ground = landscape.grid(plane, View())
    raw = ground.height(plane.value(*np.meshgrid(ground.x, ground.y)))

    def ripple(z: np.ndarray) -> float:
        """Return the sum of all climbs, in levels, along the valley toward the minimum at (1, 0.5)."""
        t = np.linspace(-6, 0, 3000)
        x, y = 1 + t * np.cos(np.pi / 6), 0.5 + t * np.sin(np.pi / 6)
        across = np.array([np.interp(x, ground.x, row) for row in z])
        seen = np.array([np.interp(y[k], ground.y, across[:, k]) for k in range(len(t))])
        return float(np.clip(np.diff(seen), 0, None).sum() / ground.spacing)

    assert ripple(raw) > 5
    assert ripple(ground.z) < 0.4 * ripple(raw)
    gentle = landscape.slice_of(suggested("momentum", "himmelblau"), View())
    ground = landscape.grid(gentle, View())
    inside = np.s_[20:-20, 50:-50]
    apart = ground.z - ground.height(gentle.value(*np.meshgrid(ground.x, ground.y)))
    assert np.median(np.abs(apart[inside])) < 0.05 * ground.spacing


def test_the_swarm_shows_memory_velocity_and_one_particle() -> None:
    trace = suggested("particle_swarm", "rastrigin")
    shown = scene(trace, View(follow=4))
    picture = shown.pictures[0]
    own, tips = track(picture, "own bests"), track(picture, "velocities")
    assert np.array_equal(own.x, trace.personal_best[..., 0])
    assert np.array_equal(tips.x2[:-1], trace.x[1:, :, 0])
    assert np.isnan(tips.x2[-1]).all()
    assert tips.x.base is tips.x2.base  # one array on the wire
    assert np.array_equal(track(picture, "followed").x, trace.x[:, 4, 0])
    pulls = [track(picture, name) for name in ("inertia", "cognitive", "social")]
    for first, second in pairwise(pulls):
        assert np.array_equal(first.x2, second.x, equal_nan=True)
    assert np.allclose((pulls[-1].x2 - pulls[0].x)[:-1], trace.velocity[1:, 4, 0])
    assert "label particle 5" in names(picture)
    assert {"next move", "particle 5's own best", "pulls 1, 2, 3", "their sum"} <= {each.label for each in picture.key}
    assert "velocity" not in {each.label for each in picture.key}, "a swarm starts at rest"
    assert names(picture).index("followed") > names(picture).index("swarm best")
    assert "outside of the domain" in names(picture)
    assert picture.choices["follow"][4] == ("4", f"particle 5 of {len(picture.choices['follow'])}")
    wide = shown.pictures[2]
    apart = np.linalg.norm(trace.x[7][:, None] - trace.x[7][None], axis=-1).max()
    assert track(wide, "swarm width").y[7] == pytest.approx(apart)


def test_every_pull_that_is_drawn_has_its_number_and_the_name_hides_few() -> None:
    trace = suggested("particle_swarm", "rastrigin")
    picture = scene(trace, View(follow=0)).pictures[0]
    unit = pixel(landscape.slice_of(trace, View(follow=0)))
    for place, pull in enumerate(("inertia", "cognitive", "social"), 1):
        arrow, label = track(picture, pull), track(picture, f"label {place}")
        long = np.hypot(arrow.x2 - arrow.x, arrow.y2 - arrow.y) / unit[0] >= 13
        assert np.array_equal(np.isfinite(label.x), long)
        assert long.any()
    ways = {"top center": (0, 14), "bottom center": (0, -14), "middle right": (56, 0), "middle left": (-56, 0)}
    hidden = 0
    for each in picture.tracks:
        style = picture.figure["data"][each.trace]
        if style["name"] == "label particle 1":
            middle = np.array([each.x[10], each.y[10]]) + ways[style["textposition"]] * unit
            hidden += (np.abs((trace.x[10] - middle) / unit) < [44, 11]).all(axis=-1).sum()
    assert hidden == 0


def test_annealing_shows_accepted_and_rejected_moves() -> None:
    trace = suggested("simulated_annealing", "rastrigin")
    shown = scene(trace)
    picture, heat = shown.pictures[:2]
    assert [each.id for each in shown.pictures[1:4]] == ["temperature", "decisions", "convergence"]
    down, up, no = (track(picture, f"{name} trials") for name in ("improved", "worse, taken", "rejected"))
    assert down.kind == up.kind == no.kind == "tail"
    rise = np.append(np.nan, trace.trial_fx[1:] - trace.fx[:-1])
    assert np.array_equal(np.isfinite(down.x), trace.accepted & (rise <= 0))
    assert np.array_equal(np.isfinite(up.x), trace.accepted & (rise > 0))
    assert np.array_equal(np.isfinite(no.x), ~trace.accepted)
    assert {"improved", "worse, taken", "rejected"} <= {entry.label for entry in picture.key}
    styles = [picture.figure["data"][each.trace]["marker"] for each in (down, up, no)]
    assert len({style["symbol"] for style in styles}) == len({style["color"] for style in styles}) == 3
    coming = track(picture, "rejected move")
    rejected = np.flatnonzero(~trace.accepted[1:])
    assert np.array_equal(coming.x2[rejected], trace.trial[rejected + 1, 0])
    assert heat.id == "temperature"
    assert np.allclose(track(heat, "T").y, trace.temperature)
    assert "taken" in heat.title


def test_random_search_leaves_a_cloud() -> None:
    picture = scene(suggested("random_search", "himmelblau")).pictures[0]
    assert track(picture, "rejected trials").kind == "path"
    assert "path" not in names(picture)


@pytest.mark.parametrize("shape", ["flat", "surface"])
def test_a_search_that_notes_its_turns_is_a_walk(shape: str) -> None:
    trace = suggested("random_search", "himmelblau")
    notes = np.array(["kick"] * len(trace), object)
    picture = scene(replace(trace, fields={**trace.fields, "note": notes}), View(shape=shape)).pictures[0]
    assert track(picture, "rejected trials").kind == "tail"
    assert "path" in names(picture)


def test_a_curve_shows_its_tangent_or_parabola() -> None:
    descent = suggested("gradient_descent", "quadratic")
    tangent = track(scene(descent).pictures[0], "tangent")
    slope = (tangent.y2 - tangent.y) / (tangent.x2 - tangent.x)
    assert np.allclose(slope, descent.value("gradient")[:, 0])
    newton = suggested("newton", "cubic")
    picture = scene(newton).pictures[0]
    assert "tangent" not in names(picture)
    assert track(picture, "local parabola").x.ndim == 2
    assert np.allclose(track(picture, "flat point of the parabola").x[:-1], newton.x[1:, 0])


def test_a_curve_fits_a_run_that_stays_near_and_lets_a_runaway_go() -> None:
    near = record(Run("gradient_descent", "quadratic", knobs={"learning_rate": 0.9}, start=(8,), steps=20))
    low, high = frame_of(near)
    assert low[0] < near.x.min()
    assert high[0] > near.x.max()
    away = record(Run("gradient_descent", "quadratic", knobs={"learning_rate": 1.2}, steps=200))
    assert away.stop.reason == "diverged"
    low, high = frame_of(away)
    assert high[0] - low[0] < 40
    check(scene(away), len(away))


def test_ten_dimensions_are_a_slice_that_says_so() -> None:
    trace = record(Run("adam", "rastrigin", landscape_knobs={"dimension": 10}, steps=60))
    view = View(pair=(2, 5))
    shown = scene(trace, view)
    check(shown, len(trace))
    picture = shown.pictures[0]
    assert "x₃ and x₆ of 10" in picture.subtitle
    assert "slice through the best point" in picture.subtitle
    assert picture.chosen["pair"] == "2,5"
    assert len(picture.choices["pair"]) == 45
    assert np.array_equal(track(picture, "now").x, trace.x[:, 2])
    plane = landscape.slice_of(trace, view)
    best = trace.best_x[-1]
    assert plane.value(best[2], best[5]) == pytest.approx(trace.best_fx[-1])
    check(scene(trace, View(pair=(40, 41))), len(trace))


@pytest.mark.parametrize("shape", ["flat", "surface"])
@pytest.mark.parametrize(
    "run",
    [
        Run("gradient_descent", "bowl", knobs={"learning_rate": 2.0}),
        Run("momentum", "himmelblau", knobs={"learning_rate": 1.0}),
        Run("momentum", "cubic", knobs={"learning_rate": 2.0}, start=(-1,)),
        Run("newton", "cubic", start=(2 / 3,)),
        Run("newton", "cubic", start=(0.66667,)),
        Run("particle_swarm", "rastrigin", knobs={"w": 1.2, "c1": 4.0, "c2": 4.0, "walls": False}),
        Run("simulated_annealing", "rosenbrock", knobs={"initial_temperature": 1e-6}),
        Run("gradient_descent", "bowl", steps=1),
        Run("gradient_descent", "bowl", start=(1.0, 0.5)),
        Run("random_search", "cubic", steps=1),
        Run("particle_swarm", "sphere", landscape_knobs={"dimension": 7}, steps=3),
    ],
    ids=lambda run: f"{run.optimizer}-{run.landscape}-{run.id}",
)
def test_runs_that_go_wrong_or_stop_at_once_are_drawn(run: Run, shape: str) -> None:
    trace = record(run)
    for look in ("light", "dark"):
        check(scene(trace, View(shape=shape), look), len(trace))


@pytest.mark.parametrize(
    "land",
    [
        Landscape(
            "holes", value=lambda x: np.log(x[..., 0]) + np.sqrt(x[..., 1]), low=(-1, -1), high=(2, 2), start=(1, 1)
        ),
        Landscape("flat", value=lambda x: np.zeros(x.shape[:-1]), low=(0, 0), high=(1, 1)),
        Landscape("nothing", value=lambda x: np.full(x.shape[:-1], np.nan), low=(0, 0), high=(1, 1)),
        Landscape("steep", value=lambda x: np.exp(500 * x[..., 0]), low=(-5, -5), high=(5, 5)),
        Landscape("long", value=lambda x: (x**2).sum(-1), low=(-1000, -1), high=(1000, 1)),
        Landscape("line", value=lambda x: 1 / x[..., 0], low=(-1,), high=(1,)),
    ],
    ids=lambda land: land.name,
)
def test_landscapes_of_your_own_are_drawn(land: Landscape) -> None:
    for optimizer in ("random_search", "simulated_annealing", "particle_swarm"):
        trace = record(Run(optimizer, land, steps=20))
        for shape, scale in (("flat", "log"), ("flat", "linear"), ("surface", "log")):
            check(scene(trace, View(shape=shape, scale=scale)), len(trace))


def test_contour_levels_show_the_valley() -> None:
    plane = landscape.slice_of(suggested("momentum", "himmelblau"), View())
    log, even = (landscape.grid(plane, View(scale=scale)) for scale in ("log", "linear"))
    assert log.z.dtype == np.float32
    assert 12_000 <= log.z.size <= 14_000
    at = log.height(np.array([0.0, 1.0, 100.0]))
    assert np.allclose(at, np.log([1, 2, 101]))
    assert even.height(np.array([3.0])) == 3
    assert landscape.grid(plane, View()) is log
    trace = landscape.contour(log, LIGHT)
    levels = np.arange(trace["contours"]["start"], trace["contours"]["end"], trace["contours"]["size"])
    assert 12 <= len(levels) <= 20


def test_the_grid_reaches_beyond_the_domain_for_wide_frames() -> None:
    plane = landscape.slice_of(suggested("momentum", "himmelblau"), View())
    low, high = plane.domain
    ground = landscape.grid(plane, View())
    assert ground.x[0] < low[0]
    assert ground.x[-1] > high[0]
    assert (ground.x[-1] - ground.x[0]) / (ground.y[-1] - ground.y[0]) == pytest.approx(landscape.WIDE)
    assert landscape.WIDE >= 3
    low, high = landscape.extent(plane)
    for line, first, last in ((ground.x, low[0], high[0]), (ground.y, low[1], high[1])):
        inside = np.diff(line[(line >= first) & (line <= last)])
        assert np.allclose(inside, inside[0])
        assert inside[0] < (last - first) / 80, "no coarser for all that lies beside"
    layout = landscape.plane_layout(plane, LIGHT)
    assert layout["yaxis"]["scaleanchor"] == "x"


def test_no_chart_asks_for_an_optimizer_by_name() -> None:
    from pathlib import Path

    import dashboard.charts
    from algorithms import OPTIMIZERS

    for file in Path(dashboard.charts.__path__[0]).glob("*.py"):
        text = file.read_text()
        for optimizer in OPTIMIZERS.keys() - {"momentum"}:  # momentum is also the role of an arrow
            assert f'"{optimizer}"' not in text, f"{file.name} names {optimizer}"
        assert "import streamlit" not in text


@pytest.mark.parametrize("place", ["rosenbrock", "himmelblau", "bowl"])
def test_on_a_surface_no_mark_is_swallowed(place: str) -> None:
    trace = suggested("momentum", place)
    picture = scene(trace, View(shape="surface")).pictures[0]
    ground = next(each for each in picture.figure["data"] if each["type"] == "surface")
    path = next(track for track in picture.tracks if track.kind == "path" and track.z is not None)
    surface = RegularGridInterpolator((ground["y"], ground["x"]), ground["z"], bounds_error=False)
    below = path.z < surface(np.stack([path.y, path.x], axis=-1))
    assert not below.any()


@pytest.mark.parametrize("shape", ["flat", "surface"])
@pytest.mark.parametrize("place", [name for name, entry in LANDSCAPES.items() if entry.kind == "surface"])
def test_known_saddle_points_are_crosses_and_stand_in_the_key(place: str, shape: str) -> None:
    trace = suggested("random_search", place)
    picture = scene(trace, View(shape=shape)).pictures[0]
    saddles = trace.landscape.saddles
    drawn = [each for each in picture.figure["data"] if each["name"] in ("saddle", "saddle rim")]
    assert [entry.sign for entry in picture.key if entry.label == "saddle"] == ["cross"] * bool(saddles)
    assert len(drawn) == 2 * bool(saddles), "a cross and its halo"
    for each in drawn:
        assert list(zip(each["x"], each["y"], strict=True)) == list(saddles)
        assert each["marker"]["symbol"].startswith("cross")


def test_more_saddle_points_than_a_reader_can_tell_apart_are_not_drawn_nor_are_those_of_a_slice() -> None:
    def drawn(count: int, dimension: int = 2) -> list[str]:
        ground = Landscape(
            "Waves", value=lambda x: np.sin(x).sum(-1), low=np.zeros(dimension), high=np.full(dimension, 50.0),
            saddles=tuple((float(k),) * dimension for k in range(count)),
        )  # fmt: skip
        return names(scene(record(Run("random_search", ground, steps=3))).pictures[0])

    assert "saddle" in drawn(12)
    assert "saddle" not in drawn(13)
    assert "saddle" not in drawn(2, dimension=3)


def test_a_log_axis_reaches_deep_and_says_where_it_ends() -> None:
    from dashboard.charts.chart import Line, chart

    trace = suggested("gradient_descent", "quadratic")

    def drawn(least: float) -> Picture:
        return chart(
            "convergence", "", "f(x)", "", LIGHT, trace, [Line("f", np.geomspace(100, least, len(trace)), "blue")]
        )

    shown = drawn(1e-26)
    assert shown.subtitle == "f(x), log scale"
    assert shown.figure["layout"]["yaxis"]["range"][0] < -26
    assert drawn(1e-80).subtitle == "f(x), log scale, below 10⁻³¹ not shown"
