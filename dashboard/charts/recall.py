"""The tabu list as a list, newest first, and what the neighborhood of every step had to offer."""

from typing import Any

import numpy as np

from algorithms.moves import Permutations
from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.chart import Dots, Line, chart
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.marks import color_of
from dashboard.charts.memory import given_up, veil
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.searches import notes, share_forbidden, tenure, told, uphill
from dashboard.charts.sketch import Sketch, line
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted
from dashboard.charts.words import unmoved

ROWS = 6  # entries below each other
BAR = 17  # pixels: how thick the bar is that says how long an entry stays
PLAIN, HITTING = 1, 2  # entries that forbid nothing at the moment, and those that do
MANY = 2e7  # comparisons beyond which nobody waits to see which entry forbids what
INDENT = 0.03  # of a column's width: a text begins so much farther left than its own distance from a point
SPAN = 0.78  # of a column's width: its longest bar


def tabu_list(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the newest entries of the tabu list, how many steps each one stays, and which of them forbid something."""
    held, T, texts = tenure(trace), len(trace), entries(trace, view)
    columns = 1 if held <= ROWS or max(map(len, texts)) > 14 else 2
    shown = min(held, columns * ROWS)
    place = np.arange(shown)
    x, y = (place // ROWS) / columns, ROWS - 0.5 - place % ROWS
    level = levels(trace, shown)
    far = x + SPAN / columns * (held - place) / max(held, 1)
    sketch = Sketch(theme)
    colors = {PLAIN: veil(theme.line("tabu"), 0.2), HITTING: veil(theme.line("tabu"), 0.65)}
    if shown:
        for kind, color in colors.items():
            sketch.move(f"stays {kind}", "edges", line(color, BAR), x=x, y=y, x2=far, y2=y, level=level, only=kind)
        style = written(theme, [theme.text] * 2, "middle right") | {"text": texts}
        newest = np.arange(T, dtype=float)
        sketch.move("entries", "list", style, x=x - INDENT / columns, y=y, level=level, at=newest)
        left = written(theme, [theme.quiet] * 2, "middle left") | {"text": [str(held - i) for i in place]}
        sketch.move("steps left", "list", left, x=x + 1 / columns, y=y, level=level)
    bare: dict[str, Any] = {"showticklabels": False, "ticks": "", "showline": False}
    xaxis, yaxis = (
        look.axis(theme, "", range=[0.0, 1.0], **bare),
        look.axis(theme, "", range=[0.0, float(ROWS)], **bare),
    )
    what = "The edges of the last {} are tabu" if is_tour(trace) else "The last {} left are tabu"
    title = what.format(counted(held, "move" if is_tour(trace) else "point")) if held else "Nothing is tabu: no memory"
    more = f"; the oldest {held - shown} not shown" if held > shown else ""
    subtitle = f"newest first, with the steps left{more}" if held else "τ = 0"
    return Picture(
        id="tabu-list",
        figure={
            "data": sketch.data,
            "layout": look.layout(theme, xaxis, yaxis, "tabu-list", margin=dict.fromkeys("lrtb", 2)),
        },
        tracks=tuple(sketch.tracks),
        title=unmoved(trace) or title,
        subtitle=subtitle,
        alt=f"The tabu list of {held} entries after each of {counted(T - 1, 'step')}, the newest first. {told(trace)}.",
        key=(
            KeyEntry("square", colors[HITTING], "forbids a neighbor now"),
            KeyEntry("square", colors[PLAIN], "forbids none", outline=theme.line("tabu")),
        ),
    )


def written(theme: Theme, colors: list[str], place: str) -> dict[str, Any]:
    """Return the style of texts in a list, with a color for each class."""
    font = {"color": colors, "size": theme.size, "family": look.FAMILY, "weight": 600}
    return {"mode": "text", "textposition": place, "textfont": font}


def entries(trace: Trace, view: View) -> list[str]:
    """Return what each step put on the list as text: "(1.02, −0.45)", "3–17 8–22"; "nothing" where it was blocked."""
    if not tenure(trace):
        return [""] * len(trace)
    lost = np.asarray(given_up(trace))
    if is_tour(trace):
        return ["  ".join(f"{a}–{b}" for a, b in each.astype(int) if a >= 0) or "nothing" for each in lost]
    points = lost[:, [0] if lost.shape[-1] == 1 else list(view.pair)]
    width = float(np.max(np.subtract(trace.landscape.high, trace.landscape.low)))
    digits = int(np.clip(3 - np.floor(np.log10(width)), 0, 6))
    texts = [", ".join(f"{round(v, digits) + 0.0:.{digits}f}" for v in each) for each in points]
    return [text if np.isfinite(each).all() else "nothing" for text, each in zip(texts, points, strict=True)]


def levels(trace: Trace, shown: int) -> np.ndarray:
    """Return for each frame (T, shown) which of the newest entries there are, and which forbid a neighbor to come."""
    T = len(trace)
    exist = np.arange(T)[:, None] - np.arange(shown) >= 1  # the start gave nothing up
    return (exist * PLAIN + (exist & hits(trace, shown)) * (HITTING - PLAIN)).astype(np.uint8)


def hits(trace: Trace, shown: int) -> np.ndarray:
    """Return which of the newest entries (T, shown) forbid a neighbor that the next step tries."""
    found = np.zeros((len(trace), shown), bool)
    tried, tabu = np.asarray(trace.value("neighbors")), np.asarray(trace.value("tabu"))
    if {"neighbors", "tabu"} & trace.kept.keys() or tried.size * shown > MANY or len(trace) < 2:
        return found
    moves, reach = trace.landscape.moves, float(trace.value("reach")[0])
    if isinstance(moves, Permutations):
        listed = np.where(tabu[..., 0] >= 0, tabu @ [moves.n, 1], -1)[:, :shown]
        for k in range(len(trace) - 1):
            new = np.setdiff1d(moves.edges(tried[k + 1]), moves.edges(trace.x[k]))
            found[k] = np.isin(listed[k], new).any(axis=-1)
        return found
    assert moves is not None
    for k in range(len(trace) - 1):
        for i in range(min(shown, k)):
            found[k, i] = moves.returns(trace.x[k], tried[k + 1], tabu[k, i : i + 1], reach).any()
    return found


def neighborhood(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return f and the best neighbor that each step tried, tabu or not, with the steps uphill."""
    f, color = np.asarray(trace.fx, float), color_of(trace)
    offered = np.append(np.nan, np.asarray(trace.value("neighbors_fx"), float)[1:].min(axis=1))
    lines = [
        Line("f(x)" if not is_tour(trace) else "length", f, color),
        Line("best neighbor, tabu or not", offered, "tabu", dash="dot", dot=False, width=1.6, ahead=False),
    ]
    up, said = uphill(trace), notes(trace)
    dots = [Dots("uphill", np.where(up, f, np.nan), "triangle-up", "uphill", 7)]
    if (said == "blocked").any():
        dots.append(Dots("blocked", np.where(said == "blocked", f, np.nan), "x", "rejected", 6))
    if (said == "aspiration").any():
        dots.append(Dots("aspiration", np.where(said == "aspiration", f, np.nan), "star", "best", 10))
    key = [KeyEntry("line", theme.line(color), lines[0].name), KeyEntry("dot", theme.line("tabu"), lines[1].name)]
    key += [KeyEntry(dot.symbol, theme.line(dot.role), dot.name) for dot in dots]
    share = 100 * float(np.nanmean(share_forbidden(trace))) if len(trace) > 1 else 0.0
    missed = int((offered[1:] < f[1:]).sum())
    title = unmoved(trace) or f"In {missed:,} of {counted(len(trace) - 1, 'step')} the best neighbor was tabu"
    alt = f"{lines[0].name} and that of the best neighbor. {title}. {told(trace)}."
    return chart(
        "neighborhood",
        title,
        f"what was taken and tried; on average {share:.0f} % tabu",
        alt,
        theme,
        trace,
        lines,
        dots=dots,
        key=tuple(key),
    )
