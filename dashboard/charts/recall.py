"""The tabu list as a list, newest first, and what the neighborhood of every step had to offer."""

from typing import Any

import numpy as np

from algorithms.moves import Permutations, edges
from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.chart import Dots, Line, chart
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.marks import color_of
from dashboard.charts.memory import given_up, red, veil
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.searches import notes, share_forbidden, tenure, told, uphill
from dashboard.charts.sketch import Sketch, line
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import MINUS, counted
from dashboard.charts.words import unmoved

ROWS = 6  # entries below each other
BAR = 17  # pixels: how thick the bar is that says how long an entry stays
PLAIN, HITTING, BLOCKED = 1, 2, 3  # entries that forbid nothing at the moment, those that do, and steps without one
MANY = 2e7  # comparisons beyond which nobody waits to see which entry forbids what
INDENT = 0.03  # of a column's width: a text begins so much farther left than its own distance from a point
BARS, DARK_BARS = {PLAIN: 0.2, HITTING: 0.65}, {PLAIN: 0.32, HITTING: 0.62}  # opacities
SPAN = 0.78  # of a column's width: its longest bar


def tabu_list(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the newest entries of the tabu list, how many steps each one stays, and which of them forbid something."""
    held, T, texts = tenure(trace), len(trace), entries(trace, view)
    columns = 1 if held <= ROWS or max(map(len, texts)) > 14 else 2
    shown = min(held, columns * ROWS)
    stopped = bool(blocked(trace).any())
    rows = ROWS + stopped  # a line above the list says how much of it there is
    place = np.arange(shown)
    x, y = (place // ROWS) / columns, ROWS - 0.5 - place % ROWS
    level = levels(trace, shown)
    far = x + SPAN / columns * (held - place) / max(held, 1)
    sketch = Sketch(theme)
    colors = {kind: veil(red(theme), share) for kind, share in (DARK_BARS if theme.name == "dark" else BARS).items()}
    if shown:
        for kind, color in colors.items():
            thick = BAR * ROWS / rows
            sketch.move(f"stays {kind}", "edges", line(color, thick), x=x, y=y, x2=far, y2=y, level=level, only=kind)
        style = written(theme, [theme.text, theme.text, theme.quiet], "middle right") | {"text": texts}
        newest = np.arange(T, dtype=float)
        sketch.move("entries", "list", style, x=x - INDENT / columns, y=y, level=level, at=newest)
        left = written(theme, [theme.quiet] * 2, "middle left") | {"text": [str(held - i) for i in place]}
        here = np.where(level == BLOCKED, 0, level).astype(np.uint8)
        sketch.move("steps left", "list", left, x=x + 1 / columns, y=y, level=here)
        _add_count(sketch, trace, ROWS + 0.5 if stopped else ROWS - 0.5)
    bare: dict[str, Any] = {"showticklabels": False, "ticks": "", "showline": False}
    xaxis, yaxis = (
        look.axis(theme, "", range=[0.0, 1.0], **bare),
        look.axis(theme, "", range=[0.0, float(rows)], **bare),
    )
    what = "Edges taken out in the last {} are tabu" if is_tour(trace) else "Points left in the last {} are tabu"
    title = what.format(counted(held, "step")) if held else "Nothing is tabu: no memory"
    key = [
        KeyEntry("square", colors[HITTING], "forbids a neighbor now"),
        KeyEntry("square", colors[PLAIN], "forbids none", outline=red(theme)),
    ]
    seen = [(level == kind).any() for kind in (HITTING, PLAIN)]
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
        key=tuple(entry for entry, drawn in zip(key, seen, strict=True) if drawn),
    )


def _add_count(sketch: Sketch, trace: Trace, y: float) -> None:
    """Say above the list, where steps were blocked, how many entries there are; without any, that there is none yet."""
    theme, many = sketch.theme, counts(trace)
    stopped, said = bool(blocked(trace).any()), []
    for there, idle in many:
        what = counted(there, "move" if is_tour(trace) else "point")
        tabu = f"{what} {'is' if there == 1 else 'are'} tabu"
        why = f"; {counted(idle, 'step')} {'was' if idle == 1 else 'were'} blocked" if idle else ""
        said.append("nothing is tabu yet" if not there + idle else (tabu + why) if stopped else "")
    text: dict[str, Any] = {"mode": "text", "text": said[0], "textposition": "middle right"}
    text["textfont"] = {"color": theme.quiet, "size": theme.size, "family": look.FAMILY, "weight": 600}
    place = np.where([bool(word) for word in said], -INDENT / 2, np.nan)
    sketch.move("count", "text", text, x=place, y=np.where(np.isfinite(place), y, np.nan), words=tuple(said))


def blocked(trace: Trace) -> np.ndarray:
    """Return which steps (T,) had no neighbor that they might take."""
    return np.asarray(notes(trace) == "blocked")


def counts(trace: Trace) -> list[tuple[int, int]]:
    """Return for each frame how many moves the tabu list holds, and how many of its steps were blocked."""
    held, idle = tenure(trace), blocked(trace)
    within = [idle[max(1, k + 1 - held) : k + 1] for k in range(len(trace))]
    return [(len(each) - int(each.sum()), int(each.sum())) for each in within]


def written(theme: Theme, colors: list[str], place: str) -> dict[str, Any]:
    """Return the style of texts in a list, with a color for each class."""
    font = {"color": colors, "size": theme.size, "family": look.FAMILY, "weight": 600}
    return {"mode": "text", "textposition": place, "textfont": font}


def entries(trace: Trace, view: View) -> list[str]:
    """Return what each step put on the list as text: "1.02, −0.45", "3–17 8–22"; "blocked" where it put nothing."""
    if not tenure(trace):
        return [""] * len(trace)
    lost = np.asarray(given_up(trace))
    if is_tour(trace):
        return ["  ".join(f"{a}–{b}" for a, b in each.astype(int) if a >= 0) or "blocked" for each in lost]
    points = lost[:, [0] if lost.shape[-1] == 1 else list(view.pair)]
    width = float(np.max(np.subtract(trace.landscape.high, trace.landscape.low)))
    digits = int(np.clip(3 - np.floor(np.log10(width)), 0, 6))
    texts = [", ".join(f"{round(v, digits) + 0.0:.{digits}f}".replace("-", MINUS) for v in each) for each in points]
    return [text if np.isfinite(each).all() else "blocked" for text, each in zip(texts, points, strict=True)]


def levels(trace: Trace, shown: int) -> np.ndarray:
    """Return for each frame (T, shown) which of the newest entries there are, and what each of them is."""
    T = len(trace)
    exist = np.arange(T)[:, None] - np.arange(shown) >= 1  # the start gave nothing up
    step = np.maximum(np.arange(T)[:, None] - np.arange(shown), 0)
    kind = np.where(blocked(trace)[step], BLOCKED, np.where(hits(trace, shown), HITTING, PLAIN))
    return np.where(exist, kind, 0).astype(np.uint8)


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
            new = np.setdiff1d(edges(tried[k + 1]), edges(trace.x[k]))
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
    dots = [Dots("uphill", np.where(up, f, np.nan), "triangle-up", "uphill", 7)] if up.any() else []
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
