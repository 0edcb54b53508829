"""The signs that every picture of a run shares: path, ghost, start, best so far, the current point, trials."""

from collections.abc import Callable
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts import words
from dashboard.charts.outcomes import REJECTED, outcomes, tries_moves, walks
from dashboard.charts.picture import KeyEntry
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.sketch import words as lettering

# Where points (…, d) with their values (…) lie in a picture: {"x": …, "y": …}, in 3-D also "z".
Place = Callable[..., dict[str, Any]]
Frame = tuple[np.ndarray, np.ndarray]  # corners of what is seen, each (2,)
DOT_GAP = 9  # pixels between two dots of a path, at least
SHORT = 48  # pixels: the name of a shorter ghost would cover it and the start
TAIL = 30  # trials that stay in sight


def color_of(trace: Trace) -> str:
    """Return the color name of a run's optimizer."""
    return str(trace.optimizer.color)


def add_path(sketch: Sketch, trace: Trace, place: Place, unit: np.ndarray, thin: bool = False) -> None:
    """Add the whole path faint, its past bold on a halo, and a dot for every iterate that is not on top of the last."""
    theme, color = sketch.theme, color_of(trace)
    at = place(trace.x, trace.fx)
    if thin:
        sketch.move("path", "path", line(theme.line(color), look.FUTURE), opacity=0.6, glide=True, **at)
    else:
        sketch.move("path ahead", "still", line(theme.line(color), look.FUTURE), opacity=look.FAINT, **at)
        sketch.haloed("path", "path", line(theme.line(color), look.PATH), glide=True, **at)
    if "trial" in trace.fields:
        return  # the trials that were accepted are the iterates
    step = np.hypot(*(np.diff(at[axis], prepend=at[axis][:1]) / size for axis, size in zip("xy", unit)))
    bins = np.floor(np.cumsum(np.nan_to_num(step, posinf=0)) / DOT_GAP)
    apart = np.append(True, np.diff(bins) > 0)
    dots = _where(apart, at)
    sketch.move("iterates", "path", sign("circle", theme.line(color), look.DOT + 2 * thin, theme.halo, 1), **dots)


def _ghost_path(ghost: Trace, place: Place) -> dict[str, Any]:
    return place(ghost.x, ghost.fx) if ghost.x.ndim == 2 else place(ghost.best_x, ghost.best_fx)


def add_ghost(sketch: Sketch, trace: Trace, ghost: Trace | None, place: Place) -> None:
    """Add the previous run, or the best of its members: a dotted line and a head that moves with "play both"."""
    if ghost is None:
        return
    theme, T = sketch.theme, len(trace)
    at = _ghost_path(ghost, place)
    sketch.haloed("last run", "still", line(theme.mark("ghost"), look.GHOST, "dot"), **at)
    padded = {axis: values[np.minimum(np.arange(T), len(ghost) - 1)] for axis, values in at.items()}
    sketch.move("last run now", "point", sign("circle", theme.mark("ghost"), 12, theme.halo, 2), ghost=True, **padded)
    sketch.entry("dot", "ghost", "last run")


def add_ghost_name(
    sketch: Sketch, trace: Trace, ghost: Trace | None, place: Place, unit: np.ndarray, frame: Frame
) -> None:
    """Add what the previous run was, below its end; it comes last, or the path would be drawn over it."""
    if ghost is None:
        return
    theme, at = sketch.theme, _ghost_path(ghost, place)
    end = {axis: values[-1:] for axis, values in at.items()}
    last = np.array([end["x"][0], end["y"][0]])
    name = words.ghost_label(trace, ghost)
    begin = _ghost_path(ghost, place)
    way = np.hypot(*((begin[axis][-1] - begin[axis][0]) / size for axis, size in zip("xy", unit)))
    if name and way > SHORT and ghost.x.ndim == 2 and (frame[0] <= last).all() and (last <= frame[1]).all():
        text = f"{name} ended here"
        end["y"] = end["y"] - 14 * unit[1]  # clear of the minimum it may have ended in
        sketch.move("last run end", "still", lettering(theme, text, theme.ink("ghost"), "bottom center"), **end)


def add_start(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add the start as a ring."""
    theme, color = sketch.theme, color_of(trace)
    at = place(trace.x[:1], trace.fx[:1])
    sketch.move("start", "still", sign("circle", theme.halo, look.START - 1, theme.line(color), 3.5), **at)
    sketch.key.append(KeyEntry("circle", theme.halo, "start", outline=theme.line(color)))


def add_best(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add the best position so far as a diamond; the current point covers it where they are the same."""
    theme = sketch.theme
    at = place(trace.best_x, trace.best_fx)
    sketch.move("best so far", "point", sign("diamond", theme.mark("best"), look.BEST, theme.rim("best"), 1.6), **at)
    sketch.entry("diamond", "best", "best so far", outline=theme.rim("best"))


def add_now(sketch: Sketch, trace: Trace, place: Place, size: float = look.NOW, glide: bool = True) -> None:
    """Add the current point: a disc on a halo, the mark to follow."""
    theme, color = sketch.theme, color_of(trace)
    at = place(trace.x, trace.fx)
    sketch.move("now halo", "point", sign("circle", theme.halo, size + 2 * look.HALO), glide=glide, **at)
    rim = theme.rim(color) if theme.is_pale(color) else theme.mark(color)
    disc = sign("circle", theme.mark(color), size, rim, 1.2)
    sketch.move("now", "point", disc, glide=glide, head=True, **at)
    sketch.entry("circle", color, "now", outline=rim)


def add_hit(sketch: Sketch, x: Any, y: Any) -> None:
    """Add thin stars, drawn last: yellow on yellow over a bare minimum, an outline over a ball that lies on it."""
    style = sign("star-open", sketch.theme.mark("minimum"), look.STAR - 5, "", 1.5)
    sketch.move("minimum outline", "still", style, x=np.asarray(x, float), y=np.asarray(y, float))


def add_trials(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add the moves that were tried, each with the sign of what became of it.

    Of a walk only the last few stay; of points drawn anywhere the cloud of all is the picture.
    """
    if not tries_moves(trace):
        return
    at = place(trace.value("trial"), trace.fields.get("trial_fx"))
    walk: dict[str, Any] = {"kind": "tail", "length": TAIL} if walks(trace) else {"kind": "path"}
    for outcome, which in reversed(outcomes(trace).items()):
        if which.any():
            faint = 0.8 if outcome is REJECTED else 1
            style = outcome.sign(sketch.theme, look.TRIED)
            sketch.move(f"{outcome.label} trials", style=style, opacity=faint, **walk, **_where(which, at))
            sketch.key.append(outcome.entry(sketch.theme))


def add_next_trial(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add the move tried next as a line from the current point to the sign of what becomes of it."""
    if not tries_moves(trace):
        return
    here, there = place(trace.x, trace.fx), place(trace.value("trial"), trace.fields.get("trial_fx"))
    there = {axis: np.append(values[1:], np.nan) for axis, values in there.items()}
    for outcome, which in outcomes(trace).items():
        if not which.any():
            continue
        tip = _where(np.append(which[1:], False), there)
        ends = {"x": here["x"], "y": here["y"], "x2": tip["x"], "y2": tip["y"]}
        style = line(sketch.theme.line(outcome.role), 2.4, outcome.dash)
        sketch.haloed(f"{outcome.label} move", "segments", style, **ends)
        sketch.move(f"{outcome.label} tip", "point", outcome.sign(sketch.theme, look.TRIED + 4), **tip)
    sketch.entry("dash", "rejected", "tried next")


def _where(which: np.ndarray, at: dict[str, Any]) -> dict[str, Any]:
    """Return the positions with NaN where `which` is false."""
    return {axis: np.where(which, values, np.nan) for axis, values in at.items()}
