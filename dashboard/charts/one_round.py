"""One round from inside: home, the kick, every step of the way down, and whether its end is kept."""

from dataclasses import replace
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import curve, landscape
from dashboard.charts import theme as look
from dashboard.charts.chart import Dots, Line, chart
from dashboard.charts.contour import readout
from dashboard.charts.crossing import Window, around, framed
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.marks import color_of
from dashboard.charts.memory import NOW
from dashboard.charts.picture import Bookmark, KeyEntry, Picture, Readout, Scene
from dashboard.charts.rounds import HOME, free_spot, masked
from dashboard.charts.searches import kicks, notes, same, taken
from dashboard.charts.sketch import Sketch, line, sign, words
from dashboard.charts.theme import Theme
from dashboard.charts.tour import extent, positions, tour
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number, subscript


def inside(trace: Trace, view: View, theme: Theme, link: str = "") -> Scene:
    """Return the scene of round `view.inside`: one frame for home, the kick, each step down, and the verdict."""
    k = view.inside
    way = stages(trace, k)
    one = _as_run(trace, k, way)
    view = replace(view, axis="steps", inside=-1)
    title, subtitle = finding(trace, k, len(way))
    said = captions(trace, k, len(way))
    draw = _map if is_tour(trace) else _curve if trace.x.shape[-1] == 1 else _plane
    picture = replace(
        draw(trace, k, one, view, theme, said), title=title, subtitle=subtitle, alt=f"{title}. {subtitle}."
    )
    end = len(way) - 1
    return Scene(
        run=trace.run.id,
        frames=len(way),
        title=title,
        subtitle=subtitle,
        pictures=(picture, _falls(trace, k, one, theme)),
        equation=None,
        table=_table(one, view),
        outcome=_verdict(trace, k),
        bookmarks=(
            *([Bookmark(1, "kicked", "fork")] if _kicked(trace, k) else []),
            Bookmark(end, _word(trace, k), "diamond"),
        ),
        colors=theme.css(),
        frame_word="stage",
        link=link,
        at=view.frame if 0 <= view.frame < len(way) else -1,
        closer="Back to all rounds",
        inside=k,
        deeper=1,
    )


def stages(trace: Trace, k: int) -> np.ndarray:
    """Return where round k is (F, d): home, where the kick led, each better point from there on, and what is kept."""
    descent = np.asarray(trace.value("descent"))[k]
    there = descent[:, 0] >= 0 if is_tour(trace) else np.isfinite(descent).all(axis=1)
    way = descent[there] if _kicked(trace, k) else descent[there][1:]
    return np.concatenate([trace.x[k - 1][None], way, trace.x[k][None]])


def finding(trace: Trace, k: int, frames: int) -> tuple[str, str]:
    """Return what became of a round, and what its stages are."""
    tours = is_tour(trace)

    def told(name: str, at: int) -> str:
        value = number(float(np.asarray(trace.value(name))[at]))
        return f"{value} long" if tours else f"f = {value}"

    what = ("a start" if tours else "the start") if k == 1 else "a tour" if tours else "a minimum"
    to = "one" if k > 1 else "a tour" if tours else "a minimum"
    joint = "" if tours else "with "
    down = counted(frames - (3 if _kicked(trace, k) else 2), "step")
    tried = dict(trace.run.knobs).get("local_steps")
    of = f" of {tried:,} tried" if tried else ""
    moved = "moved anywhere" if notes(trace)[k] == "restart" else "kicked"
    stages = ["home" if k > 1 else "the start", f"{down} down{of}", "the verdict"]
    if _kicked(trace, k):
        stages.insert(1, f"{moved} to {told('kicked_fx', k)}")
    title = f"From {what} {joint}{told('fx', k - 1)} to {to} {joint}{told('trial_fx', k)}"
    if same(trace)[k]:
        title = f"Back to the same {'tour' if tours else 'minimum'}, {told('trial_fx', k)}"
    return f"{title}: {_word(trace, k)}", f"Round {k:,} of {len(trace) - 1:,}: {', '.join(stages)}"


def captions(trace: Trace, k: int, frames: int) -> list[str]:
    """Return what every stage is, in a few words."""
    first = 2 if _kicked(trace, k) else 1
    down = frames - 1 - first
    moved = ["Moved anywhere" if notes(trace)[k] == "restart" else "Kicked"] * (first - 1)
    end = "Accepted: the new home" if taken(trace)[k] else "Rejected: back home"
    return ["Home" if k > 1 else "Start", *moved, *(f"Step down {i + 1} of {down}" for i in range(down)), end]


def _as_run(trace: Trace, k: int, way: np.ndarray) -> Trace:
    """Return the stages of a round as a trace of their own, a path from home to what is kept."""
    f = np.asarray(trace.landscape.value(way), float)
    lowest = np.array([int(np.argmin(f[: i + 1])) for i in range(len(f))])
    asked = np.repeat(trace.evaluations[k : k + 1], len(way)).view(np.recarray)
    return replace(
        trace,
        x=way,
        fx=f,
        best_x=way[lowest],
        best_fx=f[lowest],
        evaluations=asked,
        seconds=np.zeros(len(way)),
        fields={},
        kept={},
    )


def _kicked(trace: Trace, k: int) -> bool:
    return bool(kicks(trace)[k]) or notes(trace)[k] == "restart"


def _word(trace: Trace, k: int) -> str:
    return "accepted" if taken(trace)[k] else "rejected"


def _fall(trace: Trace, k: int) -> str:
    """Say how far the way down fell."""
    high, end = float(trace.value("kicked_fx")[k]), float(trace.value("trial_fx")[k])
    return f"The way down falls from {number(high)} to {number(end)}"


def _verdict(trace: Trace, k: int) -> tuple[str, str]:
    """Return whether the end of a round was kept, and why."""
    rise, rule = float(trace.value("trial_fx")[k] - trace.fx[k - 1]), dict(trace.run.knobs).get("acceptance", "")
    more, less = ("longer", "shorter") if is_tour(trace) else ("higher", "lower")
    compared = f"Its end is as {'long' if is_tour(trace) else 'high'} as its beginning"
    if rise:
        compared = f"Its end is {number(abs(rise))} {more if rise > 0 else less} than its beginning"
    if taken(trace)[k]:
        why = "" if rise < 0 else f", but “{rule}” takes it all the same"
        return "Accepted", f"{compared}{why}. The next kick starts from here."
    return "Rejected", f"{compared}. The search goes back home, and kicks again from there."


def _map(trace: Trace, k: int, one: Trace, view: View, theme: Theme, said: list[str]) -> Picture:
    """Return the tour of every stage, with a word where the map is free."""
    picture = replace(tour(one, view, theme), start=None, start_axes="", cities=None, choices={}, chosen={})
    sketch = Sketch(theme)
    sketch.data, sketch.tracks = list(picture.figure["data"]), list(picture.tracks)
    spot = free_spot(trace, positions(trace.landscape), extent(trace.landscape))
    _add_captions(sketch, said, spot, "middle center")
    return replace(picture, figure=picture.figure | {"data": sketch.data}, tracks=tuple(sketch.tracks))


def _plane(trace: Trace, k: int, one: Trace, view: View, theme: Theme, said: list[str]) -> Picture:
    """Return the stages on contour lines, as near as all of them can be seen."""
    sketch, pair = Sketch(theme), list(view.pair)
    whole = landscape.slice_of(trace, view)
    low, high, times = around(trace.landscape, one.x[:, pair], one.x[:, pair], pair)
    plane = whole if times == 1 else Window(whole.landscape, whole.pair, whole.anchor, (low, high))
    ground = landscape.grid(plane, View(scale=view.scale))
    sketch.fixed(landscape.contour(ground, theme))
    landscape.add_domain(sketch, whole)
    landscape.add_minima(sketch, plane)
    at = {"x": one.x[:, pair[0]], "y": one.x[:, pair[1]]}
    _add_way(sketch, trace, k, one, at)
    landscape.add_hits(sketch, plane)
    low, high = landscape.extent(plane)
    _add_captions(sketch, _magnified(said, times), np.array([(low[0] + high[0]) / 2, high[1]]), "bottom center")
    sketch.key.append(landscape.scale_entry(ground, theme))
    layout = landscape.plane_layout(plane, theme)
    return _picture(sketch, layout, k, readout(one, view))


def _curve(trace: Trace, k: int, one: Trace, view: View, theme: Theme, said: list[str]) -> Picture:
    """Return the stages on the curve, as near as all of them can be seen."""
    sketch, land = Sketch(theme), trace.landscape
    low, high, times = around(land, one.x, one.x, [0])
    low, high = curve.frame_of(trace) if times == 1 else framed(land, low, high)
    curve.add_curve(sketch, land, low[0], high[0])
    curve.add_minima(sketch, land)
    at = {"x": one.x[:, 0], "y": curve.values(land, one.x)}
    _add_way(sketch, trace, k, one, at)
    curve.add_minima(sketch, land, hits=True)
    _add_captions(sketch, _magnified(said, times), np.array([(low[0] + high[0]) / 2, high[1]]), "bottom center")
    layout = curve.layout(theme, land, low, high)
    return _picture(sketch, layout, k, Readout(at["x"], at["y"], {"x": at["x"], "f(x)": at["y"]}))


def _picture(sketch: Sketch, layout: dict[str, Any], k: int, values: Readout) -> Picture:
    layout["uirevision"] += f"-round-{k}"  # another round is seen from where it happens
    figure = {"data": sketch.data, "layout": layout}
    key = sketch.ordered_key
    return Picture("landscape", figure, tuple(sketch.tracks), title="", alt="", key=key, readout=values)


def _magnified(said: list[str], times: float) -> list[str]:
    return [said[0] + (f", magnified {times:,.0f} ×" if times > 1 else ""), *said[1:]]


def _add_way(sketch: Sketch, trace: Trace, k: int, one: Trace, at: dict[str, Any]) -> None:
    """Add home, the kick, the way down as far as it got, and at the end whether it is kept."""
    theme, color, stage = sketch.theme, color_of(trace), np.arange(len(one))
    end, first = len(one) - 1, int(_kicked(trace, k))
    down = masked((stage >= first) & (stage < end), at)
    sketch.move("way ahead", "still", line(theme.line("descent"), look.FUTURE), opacity=look.FAINT, **down)
    sketch.haloed("way down", "path", line(theme.line("descent"), look.PATH), glide=True, **down)
    sketch.entry("line", "descent", "way down")
    ring: dict[str, Any] = {"x": np.full(len(one), at["x"][0]), "y": np.full(len(one), at["y"][0])}
    sketch.move("home ground", "point", sign("circle-open", theme.halo, HOME, "", 6), **ring)
    sketch.move("home", "point", sign("circle-open", theme.line(color), HOME, "", 3), **ring)
    sketch.entry("circle-open", color, "home" if k > 1 else "start")
    if first:
        style = line(theme.line("kick"), look.STEP, "9px,6px") | {"meta": {"halo": theme.halo, "least": 2}}
        tip = masked(stage >= 1, {axis: np.full(len(one), values[1]) for axis, values in at.items()})
        sketch.haloed("kick", "segments", style, arrow=True, **ring, x2=tip["x"], y2=tip["y"])
        sketch.entry("dash", "kick", "kick")
    found = masked(stage >= end - 1, {axis: np.full(len(one), values[end - 1]) for axis, values in at.items()})
    if taken(trace)[k]:
        sketch.move("accepted", "point", sign("square", theme.halo, NOW + 8, theme.line(color), 3), **found)
        sketch.entry("square", "halo", "accepted", outline=theme.line(color))
    else:
        last = masked(stage == end, found)
        back = {"x": last["x"], "y": last["y"], "x2": ring["x"], "y2": ring["y"]}
        sketch.haloed("back home", "segments", line(theme.line("rejected"), 2.4, "2px,4px"), **back)
        sketch.entry("dot", "rejected", "back home")
        sketch.move("rejected", "point", sign("x", theme.line("rejected"), NOW + 2, "", 3), **found)
        sketch.entry("x", "rejected", "rejected")
    disc = {"glide": True, "head": True}
    sketch.move("now halo", "point", sign("circle", theme.halo, NOW + 2 * look.HALO), glide=True, **at)
    sketch.move("now", "point", sign("circle", theme.mark(color), NOW), **disc, **at)
    sketch.entry("circle", color, "now")


def _add_captions(sketch: Sketch, said: list[str], spot: np.ndarray, place: str) -> None:
    """Add what each stage is, always at the same place."""
    style = words(sketch.theme, said[0], sketch.theme.text, place)
    x, y = np.full((2, len(said)), spot[:, None])
    sketch.move("stage", "text", style, x=x, y=y, words=tuple(said))


def _falls(trace: Trace, k: int, one: Trace, theme: Theme) -> Picture:
    """Return f at every stage: the way down, and apart from it the kick before it and the return home after it."""
    f, color, what = np.asarray(one.fx, float), color_of(trace), "length" if is_tour(trace) else "f"
    stage, end, first = np.arange(len(one)), len(one) - 1, int(_kicked(trace, k))
    kept = bool(taken(trace)[k])
    lines = [Line("way down", np.where((stage >= first) & (stage < end), f, np.nan), "descent")]
    if first:
        lines.insert(0, Line("kick", np.where(stage <= 1, f, np.nan), "kick", dash="dash", dot=False))
    if not kept:
        lines.append(Line("back home", np.where(stage >= end - 1, f, np.nan), "rejected", dash="dot", dot=False))
    verdict = Dots(_word(trace, k), np.where(stage == end - 1, f, np.nan), "square" if kept else "x", "", 8)
    verdict = replace(verdict, role=color if kept else "rejected")
    dots = [Dots("home", np.where((stage == 0) | (stage == end), f, np.nan), "circle", color, 9), verdict]
    signs = {"kick": "dash", "back home": "dot"}
    key = [KeyEntry(signs.get(each.name, "line"), theme.line(each.role), each.name) for each in lines]
    key += [KeyEntry(each.symbol, theme.line(each.role), each.name) for each in dots]
    return chart(
        "convergence",
        _fall(trace, k),
        f"{what} at each stage",
        f"{what} at each of {len(one)} stages. {_fall(trace, k)}.",
        theme,
        one,
        lines,
        dots=dots,
        axis="stage",
        key=key,
    )


def _table(one: Trace, view: View) -> dict[str, np.ndarray]:
    """Return the place and the value of every stage."""
    columns: dict[str, np.ndarray] = {"stage": np.arange(len(one))}
    if not is_tour(one):
        for i in (0,) if one.x.shape[-1] == 1 else view.pair:
            columns[f"x{subscript(i + 1) if one.x.shape[-1] > 1 else ''}"] = one.x[:, i]
    return columns | {"length" if is_tour(one) else "f": one.fx}
