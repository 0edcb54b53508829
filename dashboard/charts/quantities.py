"""Small charts of what a method of one point keeps and computes, moved by the timeline like the picture beside them."""

from typing import Any

import numpy as np

from algorithms.examples import Fit
from algorithms.trace import Trace, following
from dashboard.charts import arrows
from dashboard.charts import theme as look
from dashboard.charts.chart import Dots, Line, chart, limits
from dashboard.charts.layers import tries
from dashboard.charts.marks import color_of
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import number, unmoved

DASHES = ("solid", "dash", "dot", "longdash")
ALONG, PAST, FAR = 17, 1.2, 5.0  # points of a line searched, how far beyond the farthest trial, and in all, it is shown
DEEP = 1.8  # of the fall of a step: how deep and how high a line searched is shown
CLOSE = 1.05  # an estimated curvature within 5 % of the true one


def _keyed(theme: Theme, lines: list[Line]) -> tuple[KeyEntry, ...]:
    """Return the key of several lines."""
    return tuple(KeyEntry("line" if e.dash == "solid" else "dash", theme.line(e.role), e.name) for e in lines)


def has_parts(trace: Trace) -> bool:
    """Return whether the step has parts that are drawn beside it."""
    return len(trace.optimizer.arrows) > 1 and len(arrows.terms(trace, tuple(range(trace.x.shape[-1])))) > 1


def terms(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how long each term of the step is, in the colors of the arrows."""
    d = trace.x.shape[-1]
    roles = arrows.terms(trace, tuple(range(d)))
    roles = dict(sorted(roles.items(), key=lambda item: item[0] == "step"))
    names = arrows.names(trace, roles, tuple(range(d)))
    with np.errstate(all="ignore"):
        lengths = {role: np.linalg.norm(vectors, axis=-1) for role, vectors in roles.items()}
    lines = [
        Line(names[role], lengths[role], role, dash=DASHES[0] if role in ("step", "gradient") else DASHES[1])
        for role in lengths
    ]
    step = lengths.get("step", next(iter(lengths.values())))
    first, last = (float(end) if np.isfinite(end) else 0.0 for end in (step[0], step[max(len(step) - 2, 0)]))
    found = f"Steps {'shrink' if last < first else 'grow'} from {number(first)} to {number(last)}"
    if np.isclose(first, last, rtol=0.05):
        found = f"Steps stay about {number(first)} long"
    title = unmoved(trace) or found
    alt = f"Length of the step and of its parts over {counted(len(trace) - 1, 'step')}. {title}."
    key = _keyed(theme, lines) if len(lines) > 1 else ()
    return chart("terms", title, "length of the step and its parts", alt, theme, trace, lines, key=key)


def schedule(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the learning rate that the schedule leaves."""
    rate = np.asarray(trace.value("rate"), float)
    title = f"η goes from {number(rate[0])} to {number(rate[-1])}"
    alt = f"Learning rate over {counted(len(trace) - 1, 'step')}, from {number(rate[0])} to {number(rate[-1])}."
    return chart("schedule", title, "learning rate η", alt, theme, trace, [Line("η", rate, color_of(trace))])


def curvature(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how the learned curvature compares with the true one: the eigenvalues of H∇²f, 1 where they agree."""
    product = np.asarray(trace.value("inverse_hessian") @ trace.value("hessian"))
    sound = np.isfinite(product).all(axis=(1, 2))
    values = np.sort(np.linalg.eigvals(np.where(sound[:, None, None], product, np.eye(product.shape[-1]))).real, axis=1)
    values[~sound] = np.nan
    values[values <= 0] = np.nan  # f bends down there, and no estimate of BFGS's kind can
    ends = (values[:, -1], values[:, 0])
    lines = [Line("largest", ends[0], color_of(trace)), Line("smallest", ends[1], "ink", dash="dash")]
    lines = lines[: values.shape[1]]
    last = values[-1]
    worst = float(np.max(np.abs(np.log(np.abs(last))))) if np.isfinite(last).all() and (last > 0).all() else np.inf
    good = worst < np.log(CLOSE)
    ratio = f"{number(float(last.min()))} to {number(float(last.max()))}"
    found = "The estimate becomes the true Hessian" if good else f"In the end {ratio} times as curved"
    title = unmoved(trace) or found
    alt = f"True curvature relative to the estimate over {counted(len(trace) - 1, 'step')}; in the end {ratio}."
    subtitle = "true curvature / estimated one, 1 where they agree"
    return chart("curvature", title, subtitle, alt, theme, trace, lines, key=_keyed(theme, lines), log=True)


def size(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how large the simplex is, and which move made it so."""
    corners = trace.value("simplex")
    wide = np.linalg.norm(corners - corners[:, :1], axis=-1).max(axis=1)
    notes = np.asarray(trace.value("note"), str)
    signs = {"reflect": "circle", "expand": "triangle-up", "contract": "diamond", "shrink": "x"}
    dots = [
        Dots(note, np.where(notes == note, wide, np.nan), symbol, color_of(trace), 7)
        for note, symbol in signs.items()
        if (notes == note).any()
    ]
    key = tuple(KeyEntry(signs[dot.name], theme.line(color_of(trace)), dot.name) for dot in dots)
    title = unmoved(trace) or f"The simplex goes from {number(wide[0])} to {number(wide[-1])}"
    alt = f"Size of the simplex over {counted(len(trace) - 1, 'step')}. {title}."
    lines = [Line("size", wide, "ghost", dot=False)]
    return chart(
        "simplex", title, "largest distance from the best corner", alt, theme, trace, lines, dots=dots, key=key
    )


def gradients(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return how long the gradient is that each step was given, beside the one without noise and over all examples."""
    with np.errstate(all="ignore"):
        true = np.linalg.norm(trace.value("gradient"), axis=-1)
        seen = np.linalg.norm(trace.value("seen"), axis=-1)
        off = np.linalg.norm(trace.value("seen") - trace.value("gradient"), axis=-1)
    lines = [Line("as given", seen, "ghost", dot=False), Line("true", true, "gradient")]
    share = float(np.nanmean(off[:-1] > true[:-1])) if len(trace) > 1 else 0.0
    title = unmoved(trace) or f"The noise exceeds the slope in {100 * share:.0f} % of steps"
    alt = f"Length of the gradient as given and as it is, over {counted(len(trace) - 1, 'step')}. {title}."
    return chart("slope", title, "length of the gradient", alt, theme, trace, lines, key=_keyed(theme, lines))


def searched(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return f along the line of the next step, with the points tried.

    Lengths and falls are measured by those of the step that is taken.
    """
    dropped, kept = tries(trace)
    step, T = trace.value("step"), len(trace)
    points = {"dropped": dropped, "kept": kept[:, None]}
    with np.errstate(all="ignore"):
        length = np.linalg.norm(step, axis=-1)[:, None]
        away = {name: np.linalg.norm(at - trace.x[:, None], axis=-1) / length for name, at in points.items()}
        farthest = np.nanmax(np.where(np.isfinite(away["dropped"]), away["dropped"], 1.0), initial=1.0)
        share = min(PAST * farthest, FAR) * np.linspace(0, 1, ALONG)
        fall = np.abs(trace.fx - following(trace.fx))[:, None]

        def height(at: np.ndarray) -> np.ndarray:
            high = (np.asarray(trace.landscape.value(at), float) - trace.fx[:, None]) / fall
            return np.where(np.isfinite(high), np.clip(high, -3 * DEEP, 3 * DEEP), np.nan)

        along = height(trace.x[:, None] + share[:, None] * step[:, None])
        high = {name: height(at) for name, at in points.items()}
    sketch, color = Sketch(theme), color_of(trace)
    sketch.move("line searched", "polyline", line(theme.line("gradient"), look.CHART), x=share, y=along)
    here = np.where(np.isfinite(length[:, 0]), 0.0, np.nan)
    sketch.move("here", "point", sign("circle", theme.mark(color), 10, theme.halo, 1.6), x=np.zeros(T), y=here)
    styles = {
        "dropped": sign("x", theme.mark("rejected"), 10, "", 2.6),
        "kept": sign("circle", theme.halo, 11, theme.line(color), 2.6),
    }
    for name, style in styles.items():
        if points[name].size:
            sketch.move(name, "point", style, x=away[name], y=high[name])
    total, steps = int(np.isfinite(trace.value("trials")[1:, :, 0]).sum()), T - 1
    title = unmoved(trace) or f"{counted(total, 'point')} tried in {counted(steps, 'step')}"
    xaxis = look.axis(theme, "", range=[0, float(share[-1])], nticks=5)
    yaxis = look.axis(theme, "", range=[-DEEP, DEEP], showgrid=True, tickvals=[-1, 0, 1])
    margin = {side: round(v * theme.size / 14) for side, v in {"l": 34, "r": 8, "t": 6, "b": 26}.items()}
    key = (
        KeyEntry("line", theme.line("gradient"), "f along the line"),
        KeyEntry("circle", theme.halo, "kept", outline=theme.line(color)),
        KeyEntry("x", theme.line("rejected"), "dropped"),
    )
    return Picture(
        id="line-search",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "line-search", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle="change of f, as a share of the step's; 1 is the step taken",
        alt=f"f along the line of each step, with the points tried. {title}.",
        key=key,
    )


def data(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the data and the model's answers at each frame, with the examples of the next step.

    Of a population the model is the best one so far.
    """
    fit = trace.landscape
    assert isinstance(fit, Fit)
    inputs, targets = np.asarray(fit.inputs, float), np.asarray(fit.targets, float)
    low, high = limits([inputs], False)
    grid = np.linspace(low, high, 2)
    answers = fit.predict(trace.x if trace.x.ndim == 2 else trace.best_x, grid)
    sketch, color = Sketch(theme), color_of(trace)
    dots = sign("circle", theme.track, 4, "", 0)
    sketch.move("examples", "still", dots, x=inputs, y=targets)
    if "batch" in trace.fields:
        batch = following(np.asarray(trace.value("batch"), float))
        which = np.where(np.isfinite(batch) & (batch >= 0), batch, 0).astype(int)
        here = np.isfinite(batch) & (batch >= 0)
        style = sign("circle", theme.mark("best"), 8, theme.rim("best"), 1.2)
        at: dict[str, Any] = {"x": np.where(here, inputs[which], np.nan), "y": np.where(here, targets[which], np.nan)}
        sketch.move("examples of this step", "point", style, **at)
    xs = np.broadcast_to(grid, answers.shape)
    sketch.haloed("model", "polyline", line(theme.line(color), look.CHART), x=xs, y=answers)
    xaxis = look.axis(theme, fit.input_name, range=[low, high], nticks=5)
    yaxis = look.axis(theme, "", range=list(limits([targets], False)), showgrid=True, nticks=5)
    margin = {side: round(v * theme.size / 14) for side, v in {"l": 34, "r": 8, "t": 6, "b": 44}.items()}
    key = [KeyEntry("line", theme.line(color), "model"), KeyEntry("circle", theme.track, "examples")]
    if "batch" in trace.fields:
        key.append(KeyEntry("circle", theme.mark("best"), "of this step", outline=theme.rim("best")))
    title = f"The line through {counted(fit.examples, 'example')}"
    return Picture(
        id="data",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "data", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=fit.target_name,
        alt=f"{title}: {fit.target_name} against {fit.input_name}, with the model of each step.",
        key=tuple(key),
    )
