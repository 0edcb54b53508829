"""Inner state as small charts: a temperature with its decisions, and the step length of each coordinate."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.chart import Dots, Line, chart, is_log, limits
from dashboard.charts.decisions import RECENT, share_taken
from dashboard.charts.landscape import coordinate
from dashboard.charts.outcomes import REJECTED, WORSE, outcomes, rises
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import number, unmoved

STRIP = 0.45  # of the height of the temperature: of the strip below it with the share of moves taken


def temperature(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the temperature, the size of every uphill move that was tried, and the share of moves lately taken."""
    color = str(trace.optimizer.color)
    heat, rise, found = np.asarray(trace.value("temperature"), float), rises(trace), outcomes(trace)
    tried = {outcome: np.where(found[outcome] & (rise > 0), rise, np.nan) for outcome in (REJECTED, WORSE)}
    up, kept = (int(np.isfinite(values).sum()) for values in (rise[rise > 0], tried[WORSE]))
    dots = [Dots(each.label, tried[each], each.symbol, each.role, 5 if each is REJECTED else 8) for each in tried]
    title = unmoved(trace) or (f"{kept:,} of {counted(up, 'uphill move')} taken" if up else "No uphill move was tried")
    alt = f"Temperature over {counted(len(trace) - 1, 'step')}, from {number(heat[0])} to {number(heat[-1])}. {title}."
    values = [heat, *tried.values()]
    log = is_log(*values)
    low, high = limits(values, log)
    ends = low - (high - low) * np.array([STRIP, 0.06])  # below all else, so that no cross lies on it
    lately = ends[0] + share_taken(trace) * (ends[1] - ends[0])
    share = Line("share", 10**lately if log else lately, "ink", dash="dot", dot=False, ahead=False)
    key = (
        KeyEntry("line", theme.line(color), "T"),
        *(each.entry(theme) for each in (WORSE, REJECTED) if np.isfinite(tried[each]).any()),
    )
    key = (*key, KeyEntry("dot", theme.line("ink"), f"share of last {RECENT} taken"))
    lines, subtitle = [Line("T", heat, color), share], "temperature T, rises Δ tried"
    picture = chart("temperature", title, subtitle, alt, theme, trace, lines, dots=dots, key=key, log=log)
    _add_shares(picture, theme, ends)
    _below(picture, low, high - low)
    return picture


def _below(picture: Picture, low: float, size: float) -> None:
    """Let a chart reach down to its strip, with ticks only above it."""
    axis = picture.figure["layout"]["yaxis"]
    axis["range"] = [low - (STRIP + 0.08) * size, low + 1.06 * size]
    if "tickvals" in axis:
        kept = [(value, text) for value, text in zip(axis["tickvals"], axis["ticktext"]) if np.log10(value) >= low]
        axis |= {"tickvals": [value for value, _ in kept], "ticktext": [text for _, text in kept]}


def _add_shares(picture: Picture, theme: Theme, ends: np.ndarray) -> None:
    """Write 0 % and 100 % beside the right edge of a chart, at the heights `ends` of its axis."""
    font = {"size": theme.size, "color": theme.quiet}
    beside = {"xref": "paper", "x": 1, "xanchor": "left", "showarrow": False, "font": font}
    layout = picture.figure["layout"]
    layout["annotations"] = [beside | {"y": float(y), "text": text} for y, text in zip(ends, ("0 %", "100 %"))]
    layout["margin"]["r"] = round(46 * theme.size / 14)


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
