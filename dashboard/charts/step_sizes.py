"""Every learning rate at once: f after k steps against the rate, a curve that moves, and the rates of each kind."""

from dataclasses import dataclass, replace
from math import ceil, floor, log10
from typing import Any

import numpy as np

from algorithms.step_sizes import RATE, StepSizes
from algorithms.trace import Trace
from dashboard.charts import chart
from dashboard.charts import step_size_words as words
from dashboard.charts import theme as look
from dashboard.charts.bookmarks import bookmarks
from dashboard.charts.contour import contour
from dashboard.charts.convergence import convergence
from dashboard.charts.curve import curve
from dashboard.charts.picture import KeyEntry, Picture, Readout, Scene, held, small
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.sketch import words as lettering
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.words import ghost_label

BELOW, ABOVE = 150, 5  # times the limit, down and up: the rates that are shown, where the run's own is among them
NOTCH = 0.5  # decades by which the frame grows to hold it
ROOM = 0.28  # of what the curves span: the room above the start for the names of the regimes
ARROWS = 9  # in the width of the frame: rates that have left it
TINTS = {"light": 0.13, "dark": 0.26}
ROLES = {"creeps": "blue", "zigzags": "orange", "overshoots": "orange", "diverges": "vermillion"}
SHARE = 0.72  # the size of signs in the small picture


@dataclass(frozen=True, eq=False)
class Frame:
    """What is seen: the ends of both axes, whether f is drawn on a log axis, and what is subtracted from it."""

    left: float
    right: float
    low: float  # on a log axis exponents of ten, as `high`
    high: float
    log: bool
    shift: float

    def level(self, share: float) -> float:
        """The height at a share of the frame, 0 at its lower edge."""
        height = self.low + share * (self.high - self.low)
        return float(10**height) if self.log else height

    def drawn(self, values: np.ndarray) -> np.ndarray:
        """Values of f as heights in the plot: what is far outside lies a little outside, NaN beyond the top."""
        below, above = self.level(-0.3), self.level(1.3)
        with np.errstate(all="ignore"):
            heights = np.nan_to_num(np.asarray(values, float) - self.shift, nan=np.inf, posinf=np.inf, neginf=-np.inf)
        return np.clip(heights, self.level(0.0) if self.log else below, above)


def lab(trace: Trace, sweep: StepSizes, view: View, theme: Theme, ghost: Trace | None = None, link: str = "") -> Scene:
    """Return the scene of the lab: all rates as the large picture, beside it the run with the chosen one."""
    view = replace(view.fitted(trace.x.shape[-1], 1), shape="flat", inside=-1)
    path = (curve if trace.x.shape[-1] == 1 else contour)(trace, view, theme, ghost)
    path = replace(small(path, SHARE), key=(), choices={}, chosen={}, start=None, start_axes="")
    large = picture(trace, sweep, theme)
    return Scene(
        run=trace.run.id,
        frames=len(sweep),
        title=large.title,
        subtitle=large.subtitle,
        pictures=(large, held(path, len(sweep)), held(convergence(trace, view, theme, ghost), len(sweep))),
        equation=None,
        table=table(trace, sweep),
        outcome=words.outcome(trace, sweep),
        bookmarks=bookmarks(trace, ghost),
        colors=theme.css(),
        ghost=ghost_label(trace, ghost) if ghost is not None else "",
        link=link,
        at=view.frame,
    )


def picture(trace: Trace, sweep: StepSizes, theme: Theme) -> Picture:
    """Return f after k steps against the learning rate, of all rates at once."""
    frame, sketch = frame_of(trace, sweep), Sketch(theme)
    seen = (sweep.rates >= frame.left / 1.01) & (sweep.rates <= frame.right * 1.01)
    rates, heights = sweep.rates[seen], frame.drawn(sweep.fx[:, seen])
    color, T = str(trace.optimizer.color), len(sweep)
    _add_regimes(sketch, sweep, frame)
    sketch.move("f in the end", "still", line(theme.line(color), 2.2, "3px,4px"), opacity=0.75, x=rates, y=heights[-1])
    sketch.haloed("f after k steps", "polyline", line(theme.line(color), look.PATH + 0.6), x=rates, y=heights)
    _add_leaving(sketch, frame, rates, sweep.fx[:, seen])
    _add_own_leaving(sketch, trace, sweep, frame)
    best, rate = float(sweep.rates[sweep.best]), dict(trace.run.knobs)[RATE]
    own = frame.drawn(_to_the_end(trace, T))
    across = np.full(T, rate)
    sketch.move("learning rate", "cursor", line(theme.text, 1.6), x=across, y=np.zeros(T))
    sketch.data[-1] |= {"x": [], "y": []}
    end: dict[str, Any] = {"x": np.array([best]), "y": frame.drawn(sweep.fx[-1:, sweep.best])}
    sketch.move("fastest", "still", sign("diamond", theme.mark("best"), look.BEST, theme.rim("best"), 1.6), **end)
    if not words.is_fastest(trace, sweep):
        text = f"fastest: η = {words.short(best)}".replace("η", sweep.knob.sign)
        side = "middle left" if rate > best or best > frame.left**0.15 * frame.right**0.85 else "middle right"
        sketch.move("label fastest", "still", lettering(theme, text, theme.ink("best"), side), **end)
    rim = theme.rim(color) if theme.is_pale(color) else theme.mark(color)
    sketch.move("now halo", "point", sign("circle", theme.halo, look.NOW + 2 * look.HALO), x=across, y=own)
    sketch.move("now", "point", sign("circle", theme.mark(color), look.NOW, rim, 1.2), x=across, y=own)
    grip: dict[str, Any] = {"x": np.array([rate]), "y": np.array([frame.level(0.0)])}
    sketch.move("grip", "still", sign("triangle-up", theme.primary, 19, theme.halo, 1.5), **grip)
    _add_names(sketch, sweep, frame)
    text = f"{sweep.knob.sign} = {words.short(rate)}"
    place = "middle left" if rate < best or rate > frame.left**0.2 * frame.right**0.8 else "middle right"
    beside: dict[str, Any] = {"x": np.array([rate]), "y": np.array([frame.level(0.035)])}
    sketch.move("label learning rate", "still", lettering(theme, text, theme.text, place), **beside)
    sketch.key += [
        KeyEntry("line", theme.line(color), "f after k steps"),
        KeyEntry("dot", theme.line(color), f"k = {T - 1:,}"),
        KeyEntry("circle", theme.mark(color), "yours", outline=rim),
        KeyEntry("diamond", theme.mark("best"), "fastest", outline=theme.rim("best")),
    ]
    if "leaving" in {trace["name"] for trace in sketch.data}:
        sketch.key.append(KeyEntry("arrow", theme.line("vermillion"), "leaves the picture"))
    title, subtitle = words.title(sweep)
    return Picture(
        id="step-sizes",
        figure={"data": sketch.data, "layout": layout(trace, sweep, frame, theme)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=subtitle,
        alt=words.alternative(trace, sweep),
        key=tuple(sketch.key),
        readout=Readout(
            rates, heights, {sweep.knob.sign: rates, "f − f*" if frame.shift else "f": heights}, member="rate"
        ),
        start=(rate, frame.level(0.0)),
        start_axes="x",
        start_name=words.capital(sweep.knob.title),
    )


def frame_of(trace: Trace, sweep: StepSizes) -> Frame:
    """Return what is seen: the rates around the limit with the run's own, and the values that they come to."""
    kinds, rate, rates = sweep.regimes, dict(trace.run.knobs)[RATE], sweep.rates
    middle = kinds.diverges or float(rates[-1]) / ABOVE
    least = min(middle / BELOW, (kinds.overshoots or middle) / 3, float(rates[sweep.best]) / 6)
    left, right = max(least, float(rates[0])), min(middle * ABOVE, float(rates[-1]))
    left /= 10 ** (NOTCH * max(0, ceil(log10(left / (0.8 * rate)) / NOTCH)))
    right *= 10 ** (NOTCH * max(0, ceil(log10(1.2 * rate / right) / NOTCH)))
    left, right = max(left, 0.8 * float(rates[0])), min(right, 1.25 * float(rates[-1]))
    known = [m.fx for m in sweep.landscape.minima]
    lowest = min(known, default=np.nan)
    seen = (rates >= left) & (rates <= right) & ~sweep.ended("diverged")
    values = np.append(sweep.fx[-1][seen], sweep.fx[0, 0])
    values = values[np.isfinite(values)]
    first = float(sweep.fx[0, 0]) if np.isfinite(sweep.fx[0, 0]) else float(values.max(initial=0.0))
    gaps = (
        values[values > lowest - 1e-9 * (1 + abs(lowest))] - lowest
    )  # what is lower fell out of the only valley known
    if gaps.size and first > lowest and chart.is_log(np.maximum(gaps, 0)):
        top = log10(first - lowest)
        bottom = max(log10(gaps[gaps > 0].min()), top - 18)
        air = max(0.05 * (top - bottom), 0.15)
        return Frame(left, right, bottom - air, top + ROOM * (top - bottom), True, lowest)
    bottom, top = min([*(known or _seen_values(sweep)), first]), first
    span = (top - bottom) or 1.0
    return Frame(left, right, bottom - 0.1 * span, top + ROOM * span, False, 0.0)


def _seen_values(sweep: StepSizes) -> list[float]:
    """Return f at some places of the domain: what stands for a depth where no minimum is known."""
    land = sweep.landscape
    values = np.asarray(land.value(np.random.default_rng(0).uniform(land.low, land.high, (500, land.dimension))), float)
    return [float(value) for value in values[np.isfinite(values)]]


def _rgba(color: str, share: float) -> str:
    """Return a color, "#rrggbb", as a tint."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def spans(sweep: StepSizes, frame: Frame) -> dict[str, tuple[float, float]]:
    """Return the ends of each regime that is in sight."""
    kinds = sweep.regimes
    turn = kinds.diverges or np.inf
    over = min(kinds.overshoots or turn, turn)
    ends = {"creeps": (0.0, over), words.middle(kinds): (over, turn), "diverges": (turn, np.inf)}
    inside = {name: (max(a, frame.left), min(b, frame.right)) for name, (a, b) in ends.items()}
    return {name: (float(a), float(b)) for name, (a, b) in inside.items() if a < b}


def _add_regimes(sketch: Sketch, sweep: StepSizes, frame: Frame) -> None:
    """Add a tint behind each regime, and dashed lines where one ends."""
    low, high = frame.level(0), frame.level(1)
    for name, (a, b) in spans(sweep, frame).items():
        tint = _rgba(sketch.theme.mark(ROLES[name]), TINTS[sketch.theme.name])
        box = {"x": [a, b, b, a, a], "y": [low, low, high, high, low], "fill": "toself", "fillcolor": tint}
        sketch.fixed({"type": "scatter", "mode": "lines", "line": {"width": 0}, "name": name} | box)
    for role, at, dash, width in (
        ("orange", sweep.regimes.overshoots, "3px,4px", 1.8),
        ("vermillion", sweep.regimes.diverges, "9px,6px", 2.6),
    ):
        if at is not None and frame.left < at < frame.right:
            style = line(sketch.theme.ink(role), width, dash)
            sketch.fixed({"type": "scatter", "x": [at, at], "y": [low, high], "name": f"limit {role}"} | style)


def _add_names(sketch: Sketch, sweep: StepSizes, frame: Frame) -> None:
    """Add the name of each regime near the top of the frame, and the formulas beside their lines."""
    theme, kinds = sketch.theme, sweep.regimes
    for name, (a, b) in spans(sweep, frame).items():
        style = lettering(theme, name, theme.ink(ROLES[name]), "middle center")
        style["textfont"] = style["textfont"] | {"size": round(1.5 * theme.size)}
        middle: dict[str, Any] = {"x": np.array([(a * b) ** 0.5]), "y": np.array([frame.level(0.86)])}
        sketch.move(f"label {name}", "still", style, **middle)
    for role, at, formula, share in (
        ("orange", kinds.overshoots, kinds.formulas[0], 0.75),
        ("vermillion", kinds.diverges, kinds.formulas[1], 0.75),
    ):
        if at is not None and frame.left < at < frame.right:
            text = f"{formula} = {words.short(at)}" if formula else f"{sweep.knob.sign} = {words.short(at)}"
            place = "middle left" if role == "orange" else "middle right"
            where: dict[str, Any] = {"x": np.array([at]), "y": np.array([frame.level(share)])}
            sketch.move(f"label limit {role}", "still", lettering(theme, text, theme.ink(role), place), **where)


def _add_leaving(sketch: Sketch, frame: Frame, rates: np.ndarray, fx: np.ndarray) -> None:
    """Add an arrow at the edge for some of the rates whose f has left the frame, upward or downward."""
    places = np.linspace(log10(frame.left), log10(frame.right), ARROWS + 2)[1:-1]
    some = np.unique(np.abs(np.log10(rates)[:, None] - places).argmin(axis=0))
    with np.errstate(all="ignore"):
        values = np.nan_to_num(fx[:, some] - frame.shift, nan=np.inf, posinf=np.inf, neginf=-np.inf)
    _add_arrows(sketch, "leaving", "vermillion", frame, rates[some], values)


def _add_own_leaving(sketch: Sketch, trace: Trace, sweep: StepSizes, frame: Frame) -> None:
    """Add the same arrow, in the run's color, for the run's own rate."""
    with np.errstate(all="ignore"):
        values = np.nan_to_num(_to_the_end(trace, len(sweep)) - frame.shift, nan=np.inf, posinf=np.inf, neginf=-np.inf)
    rate = np.array([dict(trace.run.knobs)[RATE]])
    _add_arrows(sketch, "own rate leaving", str(trace.optimizer.color), frame, rate, values[:, None])


def _add_arrows(sketch: Sketch, name: str, role: str, frame: Frame, rates: np.ndarray, values: np.ndarray) -> None:
    """Add an arrow for each of some rates in the frames in which its value (T, P) lies above or below the plot."""
    floor = -1e-9 * abs(frame.level(1)) if frame.log else frame.level(0)
    above, below = values > frame.level(1), values < floor
    if not (above | below).any():
        return
    x = np.where(above | below, rates, np.nan)
    tail = np.where(above, frame.level(0.925), frame.level(0.085))
    tip = np.where(above, frame.level(0.992), frame.level(0.01))
    sketch.arrow(name, role, 3.4, np.stack([x, tail], axis=-1), np.stack([x, tip], axis=-1))


def _to_the_end(trace: Trace, frames: int) -> np.ndarray:
    """Return f of a run, its last value kept to the end of a longer timeline."""
    return np.append(trace.fx, np.full(frames - len(trace), trace.fx[-1]))


def table(trace: Trace, sweep: StepSizes) -> dict[str, np.ndarray]:
    """Return f after every step with the run's own rate and with the fastest."""
    best, rate, sgn = float(sweep.rates[sweep.best]), dict(trace.run.knobs)[RATE], sweep.knob.sign
    own = np.append(trace.fx, np.full(len(sweep) - len(trace), np.nan))
    columns = {"step": np.arange(len(sweep), dtype=float), f"f, {sgn} = {words.short(rate)}": own}
    return columns | {f"f, fastest {sgn} = {words.short(best)}": sweep.fx[:, sweep.best]}


def layout(trace: Trace, sweep: StepSizes, frame: Frame, theme: Theme) -> dict[str, Any]:
    """Return the layout: rates on a log axis, f on a log one where it spans decades."""
    left, right = log10(frame.left), log10(frame.right)
    exponents = range(ceil(left), floor(right) + 1)
    marks = [m * 10.0**e for e in range(floor(left), ceil(right) + 1) for m in (1, 3)]
    marks = [mark for mark in marks if frame.left <= mark <= frame.right]
    if len(exponents) > 3:
        marks = [10.0**e for e in exponents]
    ticks = {"tickvals": marks, "ticktext": [words.tick(mark) for mark in marks], "tickangle": 0}
    sgn = sweep.knob.sign
    xaxis = look.axis(theme, f"learning rate {sgn}, log scale", type="log", range=[left, right], **ticks)
    above = " above the minimum" if frame.shift else ""
    yaxis = look.axis(theme, f"f{above} after k steps" + ", log scale" * frame.log, range=[frame.low, frame.high])
    yaxis |= {"showgrid": True, "nticks": 6}
    if frame.log:
        yaxis |= {"type": "log"} | chart.log_ticks(frame.low, frame.high)
    room = theme.size / 14
    margin = {side: round(size * room) for side, size in {"l": 66, "r": 8, "t": 6, "b": 44}.items()}
    keep = f"step-sizes-{trace.run.landscape}-{trace.run.optimizer}-{left:.3f}-{right:.3f}"
    return look.layout(theme, xaxis, yaxis, keep, margin=margin)
