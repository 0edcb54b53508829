"""A page that shows the player made-up scenes of tours and matrices, and says below what the player sent.

`?number=50&frames=101` chooses how much moves; `&lock=words` opens with a question, which `&point=1` asks to be pointed
at; `&report=1` wants to hear of the end. `?square=1` shows four cities and what moves there by a plain rule.
"""

import json
from dataclasses import replace

import numpy as np
import streamlit as st

from dashboard import place
from dashboard.charts import theme as look
from dashboard.charts.picture import Bookmark, KeyEntry, Picture, Scene, Track, frame
from dashboard.charts.theme import theme as theme_of
from dashboard.player import player

CLASSES = ("#F6EBD3", "#F0D9A8", "#E9C375", "#E0A93F", "#C98A14", "#AD7209", "#8C5B07", "#6B4605")
WIDTHS = (1.2, 2, 3.4, 5.2, 7.6, 10.4, 13.4, 16.5)
BLUE, WALK = "#0072B2", "#1B1F24"

st.set_page_config(layout="wide")
st.html(place("assets") / "style.css")
asked, state = st.query_params, st.session_state
n, T = int(asked.get("number", 12)), int(asked.get("frames", 31))
theme = theme_of(st.context.theme.type or "light")
SOME = np.round(np.random.default_rng(7).uniform(8, 92, (n, 2)), 1)
if "cities" not in state:
    state.cities = [[20, 20], [80, 20], [80, 80], [20, 80]] if "square" in asked else SOME.tolist()
    state.heard, state.inside, state.at, state.answered = [], -1, -1, False


def heard(name: str) -> None:
    """Write down a message and do what a page would do with it."""
    message = state.player[name]
    state.heard.append([name, message])
    if name == "view" and "inside" in message:
        state.inside, state.at = message["inside"], message.get("frame", -1)
    if name == "cities":
        if "add" in message:
            state.cities.append(message["add"])
        elif "move" in message:
            i, x, y = message["move"]
            state.cities[i] = [x, y]
        else:
            del state.cities[message["remove"]]


def line(color: str, width: float, dash: str = "solid") -> dict:
    return {"type": "scatter", "mode": "lines", "line": {"color": color, "width": width, "dash": dash}}


def figure(tracks: list[tuple[dict, Track]], xaxis: dict, yaxis: dict, keep: str) -> dict:
    data = [style | (frame(track, 0) if "z" not in style else {}) for style, track in tracks]
    axes = (look.axis(theme, "", **axis) for axis in (xaxis, yaxis))
    return {"data": data, "layout": look.layout(theme, *axes, keep)}


def city_map(xy: np.ndarray, orders: np.ndarray, level: np.ndarray) -> Picture:
    """The map: eight classes of edges, the tour on its halo, a walk beside it, the cities."""
    count = len(xy)
    one, two = np.triu_indices(count, 1)
    ends = {"x": xy[one, 0], "y": xy[one, 1], "x2": xy[two, 0], "y2": xy[two, 1], "level": level}
    kinds: list[tuple[dict, dict]] = [
        (line(CLASSES[i], WIDTHS[i]), {"kind": "edges", "only": i + 1} | ends) for i in range(8)
    ]
    tour = {"kind": "tour", "x": xy[:, 0], "y": xy[:, 1], "order": orders}
    walked = orders[:, : count // 2]
    kinds += [
        (line(theme.halo, 4.1), tour),
        (line(BLUE, 2.5), tour),
        (
            line(WALK, 2.8, "8px,5px"),
            {"kind": "polyline", "x": xy[walked, 0], "y": xy[walked, 1], "beside": 5},
        ),
    ]
    dots = {"type": "scatter", "mode": "markers"}
    dots["marker"] = {"symbol": "circle", "size": 11, "color": "#FFFFFF", "line": {"color": "#1B1F24", "width": 2}}
    kinds.append((dots, {"kind": "still", "x": xy[:, 0], "y": xy[:, 1]}))
    tracks = [(style, Track(i, **fields)) for i, (style, fields) in enumerate(kinds)]
    ahead = {"range": [0, 100], "scaleanchor": None, "showticklabels": False, "ticks": ""}
    return Picture(
        id="map",
        figure=figure(tracks, ahead, ahead, "map"),
        tracks=tuple(track for _, track in tracks),
        title="Short edges are settled first",
        alt="A made-up colony",
        key=(
            KeyEntry("scale", CLASSES[-1], "pheromone", colors=CLASSES),
            KeyEntry("line", BLUE, "best tour"),
            KeyEntry("dash", WALK, "this ant's walk"),
            KeyEntry("circle", "#FFFFFF", "city", outline="#1B1F24"),
        ),
        cities=xy,
    )


def heat_map(bytes_: np.ndarray, at: np.ndarray, count: int) -> Picture:
    """The pheromone matrix, its upper triangle alone, with the first row on top."""
    scale = [[i / 7, color] for i, color in enumerate(CLASSES)]
    style = {"type": "heatmap", "z": [[0]], "colorscale": scale, "zmin": 0, "zmax": 255, "showscale": False}
    flat = np.zeros(len(at))
    track = Track(0, "matrix", flat, flat, z=bytes_, at=at, half=True)
    xaxis = {"range": [-0.5, count - 0.5], "showticklabels": False, "ticks": ""}
    shown = figure([(style, track)], xaxis, xaxis | {"range": [count - 0.5, -0.5]}, "matrix")
    shown["layout"]["margin"] = {"l": 2, "r": 2, "t": 2, "b": 2}
    key = (KeyEntry("scale", CLASSES[-1], "0 … max", colors=CLASSES),)
    return Picture("matrix", shown, (track,), "Pheromone hugs the diagonal", "A matrix", "in best-tour order", key)


def gaps(y: np.ndarray) -> Picture:
    """A line over the steps with a cursor that glides."""
    steps = np.arange(len(y), dtype=float)
    tracks = [
        (line(BLUE, 3), Track(0, "path", steps, y, glide=True)),
        (line(theme.text, 1.3) | {"x": [], "y": []}, Track(1, "cursor", steps, np.zeros(len(y)), glide=True)),
    ]
    shown = figure(tracks, {"range": [0, len(y)]}, {"range": [0, 110]}, "gap")
    return Picture("gap", shown, tuple(t for _, t in tracks), "9 % above the best known", "The gap falls")


def by_rule(count: int, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Around the square, and across it in odd frames; the classes of edges and the bytes of cells take turns."""
    k, way = np.arange(frames)[:, None], np.arange(count)
    orders = np.where(k % 2, [0, 2, 1, *way[3:]], way).astype(np.uint8)
    level = (np.arange(count * (count - 1) // 2) + k) % 9
    return orders, level.astype(np.uint8), (60 * k + 25 * np.arange(count * (count + 1) // 2)).astype(np.uint8)


def by_chance(xy: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tours that change in one part from frame to frame, more pheromone on short edges, a matrix of noise."""
    count = len(xy)
    made = np.random.default_rng(3)
    away = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))
    way = [0]
    while len(way) < count:  # to the nearest city that is left; then every frame turns a part of the tour around
        way.append(min(set(range(count)) - set(way), key=lambda city: away[way[-1], city]))
    orders = np.tile(np.array(way, np.uint8), (frames, 1))
    for k in range(1, frames):
        a, b = sorted(made.integers(0, count, 2))
        orders[k, a:b] = orders[k, a:b][::-1]
    near = np.argsort(np.argsort(away[np.triu_indices(count, 1)])) / count  # 0, the shortest edge, … (n − 1) / 2
    level = np.clip(9 - 2.2 * near - made.uniform(0, 5, (frames, len(near))), 0, 8).astype(np.uint8)
    z = made.integers(0, 256, (frames, count * (count + 1) // 2)).astype(np.uint8)
    return orders, level, z


def scene() -> Scene:
    """The whole made-up run, or one of its frames from inside."""
    xy = np.array(state.cities)
    count, frames = len(xy), (len(xy) if state.inside >= 0 else T)
    orders, level, z = by_rule(count, frames) if "square" in asked else by_chance(xy, frames)
    at = np.arange(frames, dtype=np.uint8)
    steps = np.arange(frames, dtype=float)
    return Scene(
        run=f"made-{count}-{round(float(xy.sum()), 1)}",
        frames=frames,
        title="Short edges inside the clusters are settled first",
        subtitle="A made-up colony",
        pictures=(city_map(xy, orders, level), heat_map(z, at, count), gaps(100 * np.exp(-steps / 20))),
        equation=None,
        table={"k": steps},
        outcome=("Step limit", "It took all its steps."),
        bookmarks=(Bookmark(frames // 2, "new best, 26", "diamond"),),
        colors=theme.css(),
        frame_word="city" if state.inside >= 0 else "iteration",
        at=state.at,
        closer="Back to the colony" if state.inside >= 0 else "Look inside",
        inside=state.inside,
        deeper=int("deeper" in asked),
        report="report" in asked,
    )


shown = scene()
if "lock" in asked and not state.answered:
    large = replace(shown.pictures[0], start_axes="xy")
    moving = {"tour": ("order",), "edges": ("level",), "polyline": ("x", "y"), "still": ()}

    def first(track: Track) -> Track:
        return replace(track, **{name: getattr(track, name)[:1] for name in moving[track.kind]})

    large = replace(large, tracks=tuple(first(track) for track in large.tracks))
    shown = replace(shown, frames=1, pictures=(large, *shown.pictures[1:]), lock=asked["lock"], promised=T - 1)
player(
    shown,
    on_view=lambda: heard("view"),
    on_cities=lambda: heard("cities"),
    on_point=(lambda: heard("point")) if "point" in asked else None,
    on_played=lambda: heard("played"),
    on_start=lambda: heard("start"),
)
if "lock" in asked and not state.answered and st.button("Lock in my answer"):
    state.answered = True
    st.rerun()
with st.container(key="heard"):
    st.text(json.dumps(state.heard))
