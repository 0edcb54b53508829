"""A search with a memory, as a picture: the neighbors it tries, what it may not go back to, where it walks uphill."""

from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import marks
from dashboard.charts import theme as look
from dashboard.charts.picture import KeyEntry
from dashboard.charts.searches import notes, tenure, uphill
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme

SMALL = 7  # pixels: a neighbor that was tried
NOW = 11  # the current point: a larger one would hide its neighbors
FLASH = 30  # the ring and the star around an aspired neighbor
FILL, DARK_FILL = 0.16, 0.26  # opacity of a tabu ball
OPEN, BARRED = 1, 2  # neighbors that may be taken, and those that may not
BAND = 9  # pixels: how thick tabu intervals are drawn below a curve


def given_up(trace: Trace) -> np.ndarray:
    """Return what each step put on the tabu list, (T, …): NaN or −1 where it put nothing."""
    return np.asarray(trace.value("tabu"))[:, 0]


def runs_uphill(trace: Trace) -> list[np.ndarray]:
    """Return which frames (T,) lie on climbs, in two parts so that two climbs in a row do not touch in either."""
    up = uphill(trace)
    edge = np.flatnonzero(np.diff(np.append(up, False).astype(int)))
    parts = [np.zeros(len(up), bool), np.zeros(len(up), bool)]
    for number, (foot, top) in enumerate(zip(edge[::2], edge[1::2], strict=True)):
        parts[number % 2][foot : top + 1] = True
    return parts


def veil(color: str, share: float) -> str:
    """Return a color through which what lies below is seen."""
    return f"rgba({','.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))},{share})"


def red(theme: Theme) -> str:
    """Return the color of what is tabu, on the dark landscape a lighter one."""
    return theme.ink("tabu") if theme.name == "dark" else theme.line("tabu")


def add_memory(sketch: Sketch, trace: Trace, place: marks.Place, half: np.ndarray, unit: np.ndarray) -> None:
    """Add the path, the tabu balls, and the neighbors of the next step with the one it takes.

    `half` (2,) is the half axes of a ball in plot coordinates; on a curve its height is 0, and balls are intervals that
    lie at the foot of the plot, at the height half[1].
    """
    at = place(trace.x, trace.fx)
    if tenure(trace):
        _add_balls(sketch, trace, place, half)
    _add_ways(sketch, trace, at)
    _add_neighbors(sketch, trace, place, at, unit)


def _add_balls(sketch: Sketch, trace: Trace, place: marks.Place, half: np.ndarray) -> None:
    theme, held = sketch.theme, tenure(trace)
    left = place(np.asarray(given_up(trace), float))
    x, y = left["x"], left["y"]
    if not np.isfinite(x).any():
        return
    if trace.x.shape[-1] == 1:
        foot = np.where(np.isfinite(x), half[1], np.nan)
        style = line(red(theme), BAND)
        ends = {"x": x - half[0], "y": foot, "x2": x + half[0], "y2": foot}
        sketch.move("tabu", "segments", style, opacity=0.7, length=held, **ends)
        sketch.entry("line", "tabu", "tabu")
        return
    color, fill = red(theme), DARK_FILL if theme.name == "dark" else FILL
    style = line(color, 1.2) | {"fill": "toself", "fillcolor": veil(color, fill)}
    ends = {"x2": x + half[0], "y2": y, "x3": x, "y3": y + half[1]}
    sketch.move("tabu", "ellipse", style, x=x, y=y, length=held, **ends)
    name = "tabu" if trace.x.shape[-1] == 2 else "shadows of the tabu balls"
    sketch.key.append(KeyEntry("circle", veil(color, 2 * fill), name, outline=color))


def _add_ways(sketch: Sketch, trace: Trace, at: dict[str, Any]) -> None:
    """Add the path so far, its climbs in a color of their own."""
    theme, color = sketch.theme, marks.color_of(trace)
    sketch.move("path ahead", "still", line(theme.line(color), look.FUTURE), opacity=look.FAINT / 2, **at)
    sketch.haloed("path", "path", line(theme.line(color), look.PATH - 0.4), glide=True, **at)
    for part in runs_uphill(trace):
        climb: dict[str, Any] = {axis: np.where(part, values, np.nan) for axis, values in at.items()}
        sketch.move("uphill", "path", line(theme.line("uphill"), look.PATH), glide=True, **climb)
    up = uphill(trace)
    if (np.diff(np.asarray(trace.fx, float)) < 0).any():
        sketch.entry("line", color, "downhill")
    if up.any():
        sketch.entry("line", "uphill", "uphill")


def _add_neighbors(sketch: Sketch, trace: Trace, place: marks.Place, at: dict[str, Any], unit: np.ndarray) -> None:
    """Add the neighbors that the next step tries, the forbidden ones crossed out, and the step to the one it takes."""
    theme, color = sketch.theme, marks.color_of(trace)
    if "neighbors" not in trace.kept:
        tried: dict[str, Any] = {
            axis: following(v) for axis, v in place(trace.value("neighbors"), trace.value("neighbors_fx")).items()
        }
        barred = np.where(following(np.asarray(trace.value("forbidden"), float)) == 1, BARRED, OPEN).astype(np.uint8)
        disc = sign("circle", theme.halo, SMALL, theme.text, 1.5)
        sketch.move("neighbors", "point", disc, level=barred, only=OPEN, **tried)
        ground = sign("circle", theme.halo, SMALL + 1.5, theme.line("tabu"), 1.2)
        sketch.move("forbidden ground", "point", ground, level=barred, only=BARRED, **tried)
        cross = sign("x", theme.line("tabu"), SMALL + 1, "", 2.2)
        sketch.move("forbidden", "point", cross, level=barred, only=BARRED, **tried)
        sketch.entry("circle", "halo", "neighbor", outline=theme.text)
        if (barred == BARRED).any():
            sketch.entry("x", "tabu", "forbidden now")
    here, there = (np.stack([each["x"], each["y"]], axis=-1) for each in (at, {a: following(v) for a, v in at.items()}))
    moves, climbs = np.any(there != here, axis=1), np.append(uphill(trace)[1:], False)
    for name, which, role in (("step down", moves & ~climbs, color), ("step up", moves & climbs, "uphill")):
        tip = np.where(which[:, None], there, np.nan)
        sketch.arrow(name, role, look.STEP - 1, here, tip, least=2)
        disc = sign("circle", theme.mark(role), SMALL + 3, theme.halo, 1.4)
        sketch.move(f"{name}: taken", "point", disc, x=tip[:, 0], y=tip[:, 1])
    said = np.append(notes(trace)[1:], "")
    add_flash(sketch, np.where((said == "aspiration")[:, None], there, np.nan), unit)
    if (said == "blocked").any():
        sketch.label("blocked", "tabu", np.where((said == "blocked")[:, None], here, np.nan), "top center")


def add_flash(sketch: Sketch, at: np.ndarray, unit: np.ndarray) -> None:
    """Add a burst with its word around the points (T, 2) to which aspiration leads."""
    if not np.isfinite(at).any():
        return
    theme = sketch.theme
    for symbol, size, width in (("star-open", FLASH, 2.6), ("circle-open", FLASH + 12, 3.2)):
        ground = sign(symbol, theme.halo, size, "", width + 3)
        sketch.move(f"aspiration {symbol} ground", "point", ground, x=at[:, 0], y=at[:, 1])
        sketch.move(
            f"aspiration {symbol}", "point", sign(symbol, theme.line("best"), size, "", width), x=at[:, 0], y=at[:, 1]
        )
    sketch.label("aspiration", "best", at + unit * np.array([0, FLASH / 2]), "top center")


def add_tabu_edges(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add the edges taken out that may not come back, the older the fainter, those of the last step bold."""
    held = tenure(trace)
    if not held:
        return
    lost = np.asarray(given_up(trace), int)
    if not (lost >= 0).any():
        return
    lost = lost[:, : max(1, int((lost[..., 0] >= 0).sum(axis=1).max()))]
    there: dict[str, Any] = {
        name + suffix: np.where(lost[..., end] >= 0, at[lost[..., end], axis], np.nan)
        for end, suffix in enumerate(("", "2"))
        for axis, name in enumerate("xy")
    }
    sketch.move("tabu", "segments", line(red(sketch.theme), 2, "5px,5px"), length=held, **there)
    sketch.move("taken out", "segments", line(red(sketch.theme), look.PATH + 0.6, "9px,6px"), **there)
    sketch.key.append(KeyEntry("dash", red(sketch.theme), "taken out, tabu"))


def add_aspired_edges(sketch: Sketch, trace: Trace, added: dict[str, Any]) -> None:
    """Let the edges flash that aspiration let come back although they were tabu, in the frame they lead to."""
    said = notes(trace)
    if not (said == "aspiration").any():
        return
    flash: dict[str, Any] = {name: np.where((said == "aspiration")[:, None], v, np.nan) for name, v in added.items()}
    sketch.move("aspiration", "segments", line(sketch.theme.mark("best"), look.PATH + 6), opacity=0.75, **flash)
    middle = np.stack([(flash[a][:, 0] + flash[f"{a}2"][:, 0]) / 2 for a in "xy"], axis=-1)
    sketch.label("aspiration", "best", middle, "middle center")
    sketch.entry("line", "best", "aspiration")
