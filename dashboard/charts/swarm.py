"""A population: every member, where it goes next, what it remembers, and one member followed closely."""

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart, count
from dashboard.charts.marks import Place, color_of
from dashboard.charts.picture import Picture
from dashboard.charts.sketch import CLEAR, Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.words import number

PULLS = ("inertia", "cognitive", "social")  # laid tip to tail they make the next velocity
SHORT = 16  # pixels: shorter velocities would only be blots
BLOCK = 2e6  # distances held at once


def add_members(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None = None) -> None:
    """Add the members and what they remember; with `unit`, the size of a pixel in the plane, also where they go."""
    theme, color = sketch.theme, color_of(trace)
    flat = unit is not None
    at = place(trace.x, trace.fx)
    if "personal_best" in trace.fields:
        own = place(trace.value("personal_best"), trace.fields.get("personal_best_fx"))
        sketch.move("own bests halo", "point", sign("diamond", CLEAR, 10, theme.halo, 4), opacity=0.7, **own)
        sketch.move("own bests", "point", sign("diamond", CLEAR, 10, theme.line("own-best"), 1.8), **own)
    if flat:
        _add_velocities(sketch, trace, view)
    disc = sign("circle", theme.mark(color), look.PARTICLE, _rim(theme, color), 1.4)
    sketch.move("members halo", "point", sign("circle", theme.halo, look.PARTICLE + 4), **at)
    sketch.move("members", "point", disc, **at)
    word = "particle" if "personal_best" in trace.fields else "member"
    sketch.entry("circle", color, word, outline=_rim(theme, color))
    if flat:
        sketch.entry("arrow", color, "velocity")
    if "personal_best" in trace.fields:
        sketch.entry("diamond-open", "own-best", "own best")
    best = place(trace.best_x, trace.best_fx)
    if flat:
        _follow(sketch, trace, view, place, unit)
    sketch.move("swarm best", "point", sign("diamond", theme.mark("best"), look.BEST, theme.rim("best"), 1.6), **best)
    sketch.entry("diamond", "best", "best so far", outline=theme.rim("best"))


def _rim(theme: Theme, color: str) -> str:
    return theme.ink(color) if theme.rim(color) != theme.halo else theme.halo


def _add_velocities(sketch: Sketch, trace: Trace, view: View) -> None:
    """Add the steps to the next frame as arrows at true length; positions travel once, the tips are a view one frame on."""
    ends = {}
    for axis, i in zip("xy", view.pair):
        padded = np.concatenate([trace.x[..., i], np.full((1, trace.x.shape[1]), np.nan)])
        ends |= {axis: padded[:-1], axis + "2": padded[1:]}
    style = line(sketch.theme.line(color_of(trace)), 1.8) | {"meta": {"halo": sketch.theme.halo, "least": SHORT}}
    sketch.haloed("velocities", "segments", style, arrow=True, **ends)


def _follow(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None) -> None:
    """Add one member in full: its pulls 1, 2, 3 tip to tail, their sum, its own best and its number."""
    theme, who, pair = sketch.theme, view.follow, list(view.pair)
    at = trace.x[:, who, pair]
    tail, known = at, all(pull in trace.optimizer.arrows for pull in PULLS)
    if known:
        for count_, pull in enumerate(PULLS, 1):
            tip = tail + trace.arrow(pull)[:, who, pair]
            sketch.arrow(pull, pull, look.ARROW, tail, tip)
            sketch.label(str(count_), pull, _beside(tail, tip, unit), "middle center")
            tail = tip
    sketch.arrow("sum", "step", look.STEP, at, following(at))
    if "personal_best" in trace.fields:
        own = trace.value("personal_best")[:, who, pair]
        sketch.move(
            "its own best", "point", sign("diamond", theme.mark("own-best"), 14, theme.rim("own-best"), 1.6), x=own[:, 0], y=own[:, 1]
        )
    color = color_of(trace)
    sketch.move(
        "followed", "point", sign("circle", theme.mark(color), look.FOLLOWED, theme.text, 2.4), x=at[:, 0], y=at[:, 1], head=True
    )
    sketch.label(f"particle {who + 1}", color, at)
    if known:
        for count_, (pull, label) in enumerate(zip(PULLS, ("keep going", "to own best", "to swarm best")), 1):
            sketch.entry("arrow", pull, f"{count_} {label}")
        sketch.entry("arrow", "step", "sum")


def _beside(tail: np.ndarray, tip: np.ndarray, unit: np.ndarray | None) -> np.ndarray:
    """Return the point beside the middle of an arrow, 13 pixels to its left; NaN where the arrow is too short for one."""
    size = np.ones(2) if unit is None else unit
    with np.errstate(all="ignore"):
        along = (tip - tail) / size
        length = np.linalg.norm(along, axis=-1, keepdims=True)
        normal = along[:, ::-1] * [-1, 1] / length
    return np.where(length > 2 * SHORT, (tail + tip) / 2 + 13 * normal * size, np.nan)


def widths(x: np.ndarray) -> np.ndarray:
    """Return the largest distance between two members in each frame, (T, P, d) -> (T,)."""
    with np.errstate(all="ignore"):
        centered = x - x.mean(axis=1, keepdims=True)
        block = max(1, int(BLOCK // x.shape[1] ** 2))
        return np.concatenate([_widest(centered[i : i + block]) for i in range(0, len(x), block)])


def _widest(x: np.ndarray) -> np.ndarray:
    square = np.sum(x**2, axis=-1)
    between = square[:, :, None] + square[:, None, :] - 2 * x @ x.swapaxes(1, 2)
    return np.sqrt(np.maximum(between.max(axis=(1, 2)), 0))


def width_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how wide the swarm is: the largest distance between two particles, over the steps."""
    wide = widths(np.asarray(trace.x, float))
    first, last = wide[0], wide[-1]
    if not np.isfinite(last):
        title = "The swarm explodes"
    else:
        verb = "narrows" if last < 0.9 * first else "spreads" if last > 1.1 * first else "stays as wide"
        title = f"The swarm {verb} from {number(first)} to {number(last)}"
    alt = f"Largest distance between two particles over {count(len(trace) - 1, 'step')}: {number(first)} at the start, {number(last)} at the end."
    lines = [Line("swarm width", wide, color_of(trace))]
    return chart("swarm-width", title, "largest distance between two particles", alt, theme, trace, lines)
