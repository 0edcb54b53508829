"""A Picture as a standard animated Plotly figure, and as one HTML file that plays without a network.

The frames come from the same tracks that the player paints, through `picture.frame`.
"""

import base64
import html
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard import raster
from dashboard.charts.picture import KeyEntry, Picture, Track, frame

FRAMES = 150  # a longer run shows every k-th step
POINTS = 600  # a longer line behind the mark is thinned; its last point stays
BACKGROUNDS = ("contour", "heatmap")
CURSOR_AXIS = "yaxis99"  # an upright cursor reaches from 0 to 1 of this one, whatever the scale of the plot
SIGNS = {"arrow": "arrow-right", "scale": "square", "hatch": "square"}  # of the key
SIGNS_3D = {
    "arrow": "diamond",
    "scale": "square",
    "hatch": "square",
    "star": "diamond",
    "triangle-up": "diamond",
    "triangle-down": "square",
    "x-open": "x",
}
ORDINAL = {2: "2nd", 3: "3rd"}
LINES = ("line", "dot", "dash")
TICKS = {True: {"l": 60, "b": 52}, False: {"l": 8, "b": 8}}  # pixels around a plot with ticks, and around a map
CONTROLS = 74  # pixels below it for Play, Pause and the slider

STYLE = """
body { margin: 0; background: %(page)s; color: %(ink)s; font: 16px/1.45 %(family)s; }
main { max-width: 1000px; margin: 0 auto; padding: 20px 16px 24px; box-sizing: border-box; }
h1 { font-size: 25px; font-weight: 600; line-height: 1.2; margin: 0; } figure { margin: 12px -8px 0; }
p { margin: 4px 0 0; } .quiet { opacity: .8; font-size: 15px; overflow-wrap: anywhere; }
.scale { display: inline-flex; align-items: center; gap: 6px; font-size: 15px; }
.scale i { width: 66px; height: 12px; border: 1px solid %(line)s; }
.outcome { margin: 14px 0; padding: 8px 14px; border-left: 4px solid %(primary)s; background: %(panel)s; }
"""


def shown(track: Track, k: int) -> dict[str, np.ndarray]:
    """Return what a track shows at frame k in single precision; a long line is thinned to at most POINTS points."""
    arrays = {n: a if a.dtype.kind == "U" else np.asarray(a, np.float32) for n, a in frame(track, k).items()}
    if track.kind == "path" and k >= POINTS:
        every = -(-(k + 1) // POINTS)
        arrays = {name: a[::-1][::every][::-1] for name, a in arrays.items()}
    return arrays


def chosen_frames(count: int) -> np.ndarray:
    """Return which of `count` frames the export shows: all, or every k-th and the last."""
    every = -(-(count - 1) // (FRAMES - 1)) or 1
    return np.unique(np.append(np.arange(0, count, every), count - 1))


def _together(tracks: list[Track], k: int) -> dict[str, np.ndarray]:
    """Return the data of one trace at frame k; the parts of several tracks are set apart by a gap."""
    parts = [shown(track, k) for track in tracks]
    if len(parts) == 1:
        return parts[0]
    gap = np.full(1, np.nan, np.float32)
    names = parts[0].keys()
    return {n: np.concatenate([a for p in parts for a in (gap, p[n])][1:]) for n in names}


def _moved(picture: Picture) -> dict[int, list[Track]]:
    """Return the tracks of each trace that moves."""
    groups: dict[int, list[Track]] = {}
    for track in picture.tracks:
        groups.setdefault(track.trace, []).append(track)
    return {trace: tracks for trace, tracks in groups.items() if any(t.kind != "still" for t in tracks)}


def _length(picture: Picture) -> int:
    """Return the number of frames of the moving tracks."""
    return max((len(_timed(t)) for t in picture.tracks if t.kind != "still"), default=1)


def _timed(track: Track) -> np.ndarray:
    """Return an array of a track that has the frame axis first."""
    timed = {"tour": track.order, "edges": track.level, "list": track.level}
    array = timed.get(track.kind, track.x if track.at is None else track.at)
    assert array is not None
    return array


def _background(trace: dict[str, Any]) -> dict[str, Any]:
    """Return a layout image that shows a contour trace below everything that moves."""
    buffer = io.BytesIO()
    raster.picture(trace).save(buffer, "PNG", optimize=True)
    z = np.shape(trace["z"])
    x, y = (np.asarray(trace.get(n, np.arange(m)), float) for n, m in (("x", z[1]), ("y", z[0])))
    return {
        "source": "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(),
        "xref": trace.get("xaxis", "x"),
        "yref": trace.get("yaxis", "y"),
        "x": float(min(x[0], x[-1])),
        "y": float(max(y[0], y[-1])),
        "sizex": float(abs(x[-1] - x[0])),
        "sizey": float(abs(y[-1] - y[0])),
        "sizing": "stretch",
        "layer": "below",
    }


def _filled(picture: Picture) -> list[dict[str, Any]]:
    """Return the traces with the data of frame 0, and arrow heads where a track asks for them."""
    data = [dict(trace) for trace in picture.figure["data"]]
    for index, trace in enumerate(data):
        tracks = [t for t in picture.tracks if t.trace == index]
        if not tracks:
            continue
        trace.update(_together(tracks, 0))
        if trace.get("marker", {}).get("symbol") == "x" and trace.get("type") != "scatter3d":
            trace["marker"] = trace["marker"] | {"symbol": "x-thin"}  # a stroke; Plotly's "x" is a thick cross
        if any(t.kind == "cursor" for t in tracks):
            trace["yaxis"] = CURSOR_AXIS.replace("axis", "")
        if any(t.arrow for t in tracks):
            color = trace.get("line", {}).get("color")
            trace["mode"] = "lines+markers"
            sizes = np.tile([0, 13, 0], len(trace["x"]) // 3)
            marker = {"symbol": "arrow", "angleref": "previous", "size": sizes, "color": color, "opacity": 1}
            trace["marker"] = marker | {"line": {"width": 0}}
    return data


def _key(entry: KeyEntry, in_3d: bool) -> dict[str, Any]:
    """Return an empty trace that puts one sign of the key into the legend."""
    trace: dict[str, Any] = {"type": "scatter", "x": [None], "y": [None], "name": html.escape(entry.label)}
    trace |= {"showlegend": True}
    if in_3d:
        trace |= {"type": "scatter3d", "z": [None]}
    if entry.sign in LINES:
        dash = "solid" if entry.sign == "line" else entry.sign
        return trace | {"mode": "lines", "line": {"color": entry.color, "dash": dash, "width": 3}}
    symbol = SIGNS_3D.get(entry.sign, entry.sign) if in_3d else SIGNS.get(entry.sign, entry.sign)
    color = entry.colors[len(entry.colors) // 2] if entry.colors else entry.color
    symbol = "x-thin" if symbol == "x" and not in_3d else symbol
    marker = {"symbol": symbol, "color": color, "size": 12, "line": {"color": entry.outline or color, "width": 1.5}}
    return trace | {"mode": "markers", "marker": marker}


def _animation(redraw: bool, duration: float, mode: str = "immediate") -> dict[str, Any]:
    return {
        "frame": {"duration": duration, "redraw": redraw},
        "transition": {"duration": 0},
        "mode": mode,
        "fromcurrent": True,
    }


def _controls(names: list[str], redraw: bool, duration: float, every: int, word: str) -> dict[str, Any]:
    """Return the Play and Pause buttons and the slider."""
    button = {"method": "animate"}
    buttons = [
        button | {"label": "Play", "args": [None, _animation(redraw, duration)]},
        button | {"label": "Pause", "args": [[None], _animation(redraw, 0)]},
    ]
    prefix = f"{word} " if every == 1 else f"every {ORDINAL.get(every, f'{every}th')} {word}: "
    steps = [button | {"label": n, "args": [[n], _animation(redraw, 0)]} for n in names]
    below = {"y": 0, "yanchor": "top", "xanchor": "left"}
    menu = {"type": "buttons", "direction": "left", "x": 0, "showactive": False, "buttons": buttons}
    shown = {"prefix": prefix, "xanchor": "right", "offset": 20}
    slider = {"x": 0, "len": 1, "steps": steps, "active": 0, "currentvalue": shown, "bgcolor": "#0072B2"}
    slider |= {"ticklen": 0, "minorticklen": 0, "font": {"color": "rgba(0,0,0,0)"}}
    return {"updatemenus": [menu | below], "sliders": [slider | below]}


def _layout(picture: Picture, controls: dict[str, Any], images: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the layout with the finding as its title, the key, the controls and the landscape."""
    layout = dict(picture.figure["layout"])
    ticks = TICKS[layout.get("xaxis", {}).get("showticklabels", True) and "scene" not in layout]
    margin = {"t": 76, "b": ticks["b"] + CONTROLS + 40, "l": ticks["l"], "r": 8}
    title = {"text": html.escape(picture.title), "x": 0.02, "xanchor": "left"}
    if picture.subtitle:
        title["subtitle"] = {"text": html.escape(picture.subtitle)}
    ink = layout.get("font", {}).get("color", "#1B1F24")
    for part in controls.get("sliders", []) + controls.get("updatemenus", []):
        part |= {"pad": {"t": ticks["b"] + 4}, "bordercolor": layout.get("xaxis", {}).get("linecolor", ink)}
    for slider in controls.get("sliders", []):
        slider["currentvalue"]["font"] = {"color": ink, "size": 16}
    for menu in controls.get("updatemenus", []):
        menu |= {"bgcolor": layout.get("paper_bgcolor", "#FFFFFF"), "font": {"color": ink, "size": 16}}
    legend = {"orientation": "h", "y": 0.01, "yref": "container", "yanchor": "bottom", "x": 0, "itemclick": False}
    legend |= {"itemdoubleclick": False, "bgcolor": "rgba(0,0,0,0)", "title": {"text": ""}}
    layout |= {"title": title, "margin": margin, "autosize": True, "showlegend": bool(picture.key), "legend": legend}
    layout["images"] = [*layout.get("images", []), *images]
    if any(t.kind == "cursor" for t in picture.tracks):
        layout[CURSOR_AXIS] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    for unwanted in ("height", "width", "dragmode"):
        layout.pop(unwanted, None)
    return layout | controls


def to_figure(picture: Picture, word: str = "step") -> dict[str, Any]:
    """Return a standard Plotly figure as plain dicts: data, layout and one frame a step (at most about FRAMES).

    `word` is what a frame is called.
    """
    data = _filled(picture)
    in_3d = any(t.get("type", "scatter") in ("surface", "scatter3d", "mesh3d") for t in data)
    moved = _moved(picture)
    hidden = [i for i, t in enumerate(data) if t.get("type") in BACKGROUNDS and not in_3d and i not in moved]
    images = [_background(data[i]) for i in hidden]
    for i in hidden:  # an empty trace keeps the places of the others
        axes = {name: data[i][name] for name in ("xaxis", "yaxis") if name in data[i]}
        data[i] = {"type": "scatter", "x": [], "y": [], "showlegend": False, "hoverinfo": "skip"} | axes
    for trace in data:
        trace["showlegend"] = False
    # Plotly slides only lines and signs along
    redrawn = in_3d or any(t.kind == "matrix" or t.words for t in picture.tracks)
    length = _length(picture)
    chosen = chosen_frames(length) if moved else np.zeros(1, int)
    names = [str(k) for k in chosen]
    families = {i: {"type": data[i].get("type", "scatter")} for i in moved}
    frames = [
        {
            "name": str(k),
            "traces": list(moved),
            "data": [families[i] | _together(tracks, int(k)) for i, tracks in moved.items()],
        }
        for k in chosen
    ]
    every = int(chosen[1] - chosen[0]) if len(chosen) > 1 else 1
    duration = 1000 * min(12.0, max(4.0, length / 60)) / len(chosen)
    controls = _controls(names, redrawn, duration, every, word) if moved else {}
    keys = [_key(entry, in_3d) for entry in picture.key]
    return {"data": data + keys, "layout": _layout(picture, controls, images), "frames": frames if moved else []}


def to_html(picture: Picture, *, word: str = "step", outcome: tuple[str, str] = ("", ""), address: str = "") -> str:
    """Return one HTML page that plays the picture, with plotly.js inside: it needs no network and no server.

    `word` is what a frame is called, `outcome` why the run stopped and what it found, `address` where it is made anew.
    """
    figure = to_figure(picture, word)
    layout = figure["layout"]
    scales = [entry for entry in picture.key if entry.colors]
    names = {html.escape(entry.label) for entry in scales}
    legend = layout["legend"] | {"y": 0}
    keys = len(picture.key) - len(scales)
    layout |= {"title": {"text": ""}, "legend": legend, "showlegend": keys > 0}  # the page wraps its words, Plotly not
    layout["margin"] = layout["margin"] | {"t": 4}
    data = [t | {"showlegend": t.get("showlegend", False) and t.get("name") not in names} for t in figure["data"]]
    chart = go.Figure(figure | {"data": data}).to_html(
        full_html=False,
        include_plotlyjs=True,
        auto_play=False,
        default_height="min(80vh, 820px, 130vw)",
        config={"displaylogo": False, "displayModeBar": False, "responsive": True},
    )
    title, alt = html.escape(picture.title), html.escape(picture.alt, quote=True)
    below = "".join(_scale(entry) for entry in scales)
    if outcome[0]:
        below += f'<p class="outcome"><strong>{html.escape(outcome[0])}.</strong> {html.escape(outcome[1])}</p>'
    if address:
        below += f'<p class="quiet">This experiment: {html.escape(address)}</p>'
    subtitle = f'<p class="quiet">{html.escape(picture.subtitle)}</p>' if picture.subtitle else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE % _look(layout)}</style></head><body><main><h1>{title}</h1>{subtitle}"
        f'<figure role="group" aria-label="{alt}">{chart}</figure>{below}</main></body></html>\n'
    )


def _scale(entry: KeyEntry) -> str:
    """Return one color scale of the key with its name."""
    ramp = html.escape(", ".join(entry.colors), quote=True)
    return f'<p class="scale"><i style="background: linear-gradient(90deg, {ramp})"></i>{html.escape(entry.label)}</p>'


def _look(layout: dict[str, Any]) -> dict[str, str]:
    """Return the colors and the font of the page."""
    font = layout.get("font", {})
    ink = font.get("color", "#1B1F24")
    look = {"page": layout.get("paper_bgcolor", "#FFFFFF"), "ink": ink, "family": font.get("family", "sans-serif")}
    panel = f"color-mix(in srgb, {ink} 6%, transparent)"
    return look | {"panel": panel, "line": layout.get("xaxis", {}).get("linecolor", ink), "primary": "#0072B2"}
