"""Inner state as small charts: a temperature with its decisions, and the step length of each coordinate."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.chart import Dots, Line, chart
from dashboard.charts.landscape import coordinate
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import number, unmoved


def temperature(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the temperature, and the size of every uphill move that was tried: taken or rejected."""
    color = str(trace.optimizer.color)
    heat = np.asarray(trace.value("temperature"), float)
    rise = np.append(np.nan, np.asarray(trace.value("trial_fx"), float)[1:] - np.asarray(trace.fx, float)[:-1])
    rise = np.where(rise > 0, rise, np.nan)
    taken = np.asarray(trace.value("accepted"), bool)
    up, kept = int(np.isfinite(rise).sum()), int((np.isfinite(rise) & taken).sum())
    dots = [
        Dots("uphill, rejected", np.where(taken, np.nan, rise), "x", "rejected", 5),
        Dots("uphill, taken", np.where(taken, rise, np.nan), "triangle-up", color, 8),
    ]
    key = (
        KeyEntry("line", theme.line(color), "T"),
        KeyEntry("triangle-up", theme.line(color), "uphill, taken"),
        KeyEntry("x", theme.line("rejected"), "rejected"),
    )
    found = f"{kept:,} of {counted(up, 'uphill move')} taken" if up else "No uphill move was tried"
    title = unmoved(trace) or found
    alt = f"Temperature over {counted(len(trace) - 1, 'step')}, from {number(heat[0])} to {number(heat[-1])}. {title}."
    lines = [Line("T", heat, color)]
    subtitle = "temperature T and the rises Δ tried"
    return chart("temperature", title, subtitle, alt, theme, trace, lines, dots=dots, key=key)


def rates(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the length of a step per unit of slope, one line a coordinate."""
    rate = np.asarray(trace.value("effective_rate"), float)
    which = (0,) if rate.shape[-1] == 1 else view.pair
    roles, dashes = ("green", "vermillion"), ("solid", "dash")
    names = ["x"] if rate.shape[-1] == 1 else [coordinate(i) for i in which]
    lines = [Line(name, rate[:, i], role, dash=dash) for name, i, role, dash in zip(names, which, roles, dashes)]
    last = [next((v for v in rate[::-1, i] if np.isfinite(v)), np.nan) for i in which]
    found = "Each coordinate has its own step length" if len(which) > 1 else "The step length adapts"
    title = unmoved(trace) or found
    ends = ", ".join(f"{number(v)} along {name}" for name, v in zip(names, last))
    alt = f"Effective learning rate over {counted(len(trace) - 1, 'step')}; at the end {ends}."
    key = tuple(KeyEntry("line" if d == "solid" else "dash", theme.line(r), n) for n, r, d in zip(names, roles, dashes))
    subtitle = "effective rate η / (√v̂ + ε)"
    return chart("rates", title, subtitle, alt, theme, trace, lines, key=key if len(which) > 1 else ())
