"""The player: one component that shows a Scene and moves all of it on one timeline, in the browser."""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import streamlit as st

from dashboard.charts.picture import Picture, Scene, small
from dashboard.server import PLOTLY_URL

ARRAYS = ("x", "y", "z", "x2", "y2", "x3", "y3", "order", "level", "at")  # of a track
FLAGS = ("arrow", "glide", "head", "ghost", "length", "only", "half", "beside", "inner", "words")
MESSAGES = ("start", "view", "cities", "point", "played", "theme", "advice")
Listener = Callable[[], None] | None
_component: Any = None


def player(
    scene: Scene,
    *,
    key: str = "player",
    on_start: Listener = None,
    on_view: Listener = None,
    on_cities: Listener = None,
    on_point: Listener = None,
    on_played: Listener = None,
    on_advice: Listener = None,
) -> None:
    """Show `scene`; what the learner does there stands afterwards in st.session_state[key] and calls its listener.

    `.start` is {"x", "y"} in plot coordinates, `.view` what to look at, {"axis": "evaluations"}, {"inside": 18} or
    {"inside": -1, "frame": 18}. `.cities` is {"add": [x, y]}, {"move": [i, x, y]} or {"remove": i}. `.point` is
    {"x", "y"}: a click on the picture of a locked scene, which asks for one if `on_point` is given. `.played` is the
    run whose end was seen, once, if the scene wants a report. `.advice` is what a followed advice changes in the link.
    """
    listeners = {
        "start": on_start,
        "view": on_view,
        "cities": on_cities,
        "point": on_point,
        "played": on_played,
        "advice": on_advice,
    }
    _mount(pack(scene, pointing=bool(scene.lock and on_point)), key, listeners)


def card(scene: Scene, *, href: str, invitation: str, key: str, rest: int | None = None) -> None:
    """Show only the picture of `scene`, still at frame `rest` until hovered or focused; all of it is a link."""
    plain: dict[str, Any] = {"equation": None, "table": {}, "bookmarks": (), "closer": "", "report": False}
    shown = replace(scene, pictures=(small(scene.pictures[0]),), **plain)
    still = scene.frames - 1 if rest is None else rest
    _mount(pack(shown, card={"href": href, "invitation": invitation, "rest": still}), key, {})


def _mount(data: bytes, key: str, listeners: Mapping[str, Listener]) -> None:
    global _component
    if _component is None:  # declared at the first call: the component registry exists only in a running server
        _component = st.components.v2.component(
            "optimization-lab.player",
            html='<section class="lab" data-player aria-label="Player"></section>',
            js="player.js",
            css="player.css",
            isolate_styles=False,
        )
    _component(key=key, data=data, **{f"on_{name}_change": listeners.get(name) or _ignore for name in MESSAGES})


def _ignore() -> None:
    """Stand in for a callback nobody gave: without one a trigger would not be reported at all."""


def pack(scene: Scene, **more: Any) -> bytes:
    """Return `scene` as one blob: u32 header length, JSON, then the arrays, each aligned to 4 bytes.

    An array stands in the JSON as {"$": [type, offset, shape]}; one used twice, or a part of another, travels once.
    Of a locked scene only the picture, title and promise travel. Raises ValueError if it has more than one frame.
    """
    raw: dict[tuple[str, bytes], int] = {}  # every array once, by type and bytes: its place
    keys: dict[int, tuple[str, bytes]] = {}  # by identity: the classes of edges share theirs

    def named(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            return dict(value)
        if not isinstance(value, np.ndarray):
            raise TypeError(f"a scene holds a {type(value).__name__}, which cannot be sent to the player")
        if id(value) not in keys:
            kind = "u1" if value.dtype == np.uint8 else "f4"
            with np.errstate(over="ignore"):
                keys[id(value)] = kind, np.ascontiguousarray(value, "u1" if kind == "u1" else "<f4").tobytes()
        key = keys[id(value)]
        return {"$": [key[0], raw.setdefault(key, 0), list(value.shape)]}

    wire = _wire(_locked(scene) if scene.lock else scene) | more
    json.dumps(wire, default=named)  # the first pass finds the arrays, the second writes where they are
    body = b""
    for kind, data in sorted(raw, key=lambda each: -len(each[1])):
        at = body.find(data) if kind == "f4" else -1  # a velocity's tips are the next positions: a part of them
        if at < 0 or at % 4:
            at, body = len(body), body + data + bytes(-len(data) % 4)
        raw[kind, data] = at
    header = json.dumps(wire, default=named, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + 4) % 4)
    return struct.pack("<I", len(header)) + header + body


def _locked(scene: Scene) -> Scene:
    """Return what may be sent while a question is open: the picture of the start, and nothing that gives it away."""
    if scene.frames != 1:
        raise ValueError(f"a locked scene shows frame 0 alone, and this one has {scene.frames} frames")
    large = replace(scene.pictures[0], cities=None)
    secret: dict[str, Any] = {"equation": None, "table": {}, "bookmarks": (), "outcome": ("", ""), "link": ""}
    return replace(scene, pictures=(large,), ghost="", closer="", report=False, **secret)


def _wire(scene: Scene) -> dict[str, Any]:
    """Return the scene as the player reads it: what stands still for Plotly, what moves for the painter."""
    return {
        "run": scene.run,
        "plotly": PLOTLY_URL,
        "frames": scene.frames,
        "title": scene.title,
        "subtitle": scene.subtitle,
        "pictures": [_picture(picture) for picture in scene.pictures],
        "equation": scene.equation
        and {"slots": dict(scene.equation.slots)}
        | {name: getattr(scene.equation, name) for name in ("lines", "note", "title")},
        "table": [[name, column] for name, column in scene.table.items()],
        "outcome": scene.outcome,
        "course": scene.course if scene.outcome[0] else "",  # what hides the outcome hides all that is said about it
        "advice": scene.advice if scene.outcome[0] else ("", {}),
        "bookmarks": [asdict(bookmark) for bookmark in scene.bookmarks],
        "colors": dict(scene.colors),
        "word": scene.frame_word,
        "ghost": scene.ghost,
        "link": scene.link,
        "at": scene.at,
        "closer": scene.closer,
        "inside": scene.inside,
        "deeper": scene.deeper,
        "lock": scene.lock,
        "promised": scene.promised,
        "report": scene.report,
    }


def _picture(picture: Picture) -> dict[str, Any]:
    data, layout = picture.figure["data"], picture.figure["layout"]
    solid = "scene" in layout  # a 3-D figure is drawn by Plotly alone, so its moving traces stay in it
    moved = set() if solid else {track.trace for track in picture.tracks}
    standing = {"data": [trace for i, trace in enumerate(data) if i not in moved], "layout": layout}
    marks = []
    for track in picture.tracks:
        moving = ("x", "y", "z", "hovertemplate", "customdata", *(("text",) if track.words else ()))
        style = {k: v for k, v in data[track.trace].items() if k not in moving}
        arrays = {n: getattr(track, n) for n in ARRAYS if getattr(track, n) is not None}
        flags = {n: getattr(track, n) for n in FLAGS if getattr(track, n)}
        marks.append({"kind": track.kind, "trace": track.trace, "style": style, **arrays, **flags})
    readout = picture.readout
    return {
        "id": picture.id,
        "still": standing,
        "version": _version(standing),
        "marks": marks,
        "title": picture.title,
        "subtitle": picture.subtitle,
        "alt": picture.alt,
        "key": [asdict(entry) for entry in picture.key],
        "readout": readout
        and {"values": list(readout.values.items())}
        | {name: getattr(readout, name) for name in ("x", "y", "member", "first")},
        "start": picture.start,
        "axes": picture.start_axes,
        "sets": picture.start_name,
        "cities": picture.cities,
        "choices": dict(picture.choices),
        "chosen": dict(picture.chosen),
    }


def _version(standing: dict[str, Any]) -> str:
    """Return a hash of what Plotly draws, so that the browser redraws it only when it changed."""
    digest = hashlib.blake2b(digest_size=8)

    def absorb(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            digest.update(np.ascontiguousarray(value).tobytes())
            return list(value.shape)
        return value.item() if isinstance(value, np.generic) else str(value)

    digest.update(json.dumps(standing, default=absorb, sort_keys=True).encode())
    return digest.hexdigest()
