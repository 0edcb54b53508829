"""The player: one component that shows a Scene and moves all of it on one timeline, in the browser."""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import streamlit as st

from dashboard.charts.picture import Picture, Scene
from dashboard.server import PLOTLY_URL

_component: Any = None


def player(
    scene: Scene,
    *,
    key: str = "player",
    on_start: Callable[[], None] | None = None,
    on_view: Callable[[], None] | None = None,
) -> None:
    """Show `scene`; afterwards st.session_state[key] has `.start`, {"x", "y"} in plot coordinates, and `.view`."""
    _mount(pack(scene), key, on_start or _ignore, on_view or _ignore)


def card(scene: Scene, *, href: str, invitation: str, key: str, rest: int | None = None) -> None:
    """Show only the picture of `scene`, still at frame `rest` until hovered or focused; all of it is a link."""
    small = replace(scene, pictures=scene.pictures[:1], equation=None, table={}, bookmarks=())
    still = scene.frames - 1 if rest is None else rest
    _mount(pack(small, card={"href": href, "invitation": invitation, "rest": still}), key, _ignore, _ignore)


def _mount(data: bytes, key: str, on_start: Callable[[], None], on_view: Callable[[], None]) -> None:
    global _component
    if _component is None:  # declared at the first call: the component registry exists only in a running server
        _component = st.components.v2.component(
            "optimization-lab.player",
            html='<section class="lab" data-player aria-label="Player"></section>',
            js="player.js",
            css="player.css",
            isolate_styles=False,
        )
    _component(key=key, data=data, on_start_change=on_start, on_view_change=on_view, on_theme_change=_ignore)


def _ignore() -> None:
    """Stand in for a callback nobody gave: without one a trigger would not be reported at all."""


def pack(scene: Scene, **more: Any) -> bytes:
    """Return `scene` as one blob: u32 header length, JSON, then the arrays, each aligned to 4 bytes.

    An array stands in the JSON as {"$": [type, offset, shape]}; one used twice, or a part of another, travels once.
    """
    raw: dict[tuple[str, bytes], int] = {}  # every array once, by type and bytes: its place

    def named(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            return dict(value)
        if not isinstance(value, np.ndarray):
            raise TypeError(f"a scene holds a {type(value).__name__}, which cannot be sent to the player")
        kind = "u1" if value.dtype == np.uint8 else "f4"
        with np.errstate(over="ignore"):
            key = kind, np.ascontiguousarray(value, "u1" if kind == "u1" else "<f4").tobytes()
        return {"$": [kind, raw.setdefault(key, 0), list(value.shape)]}

    wire = _wire(scene) | more
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
        and {"lines": scene.equation.lines, "slots": dict(scene.equation.slots), "note": scene.equation.note},
        "table": [[name, column] for name, column in scene.table.items()],
        "outcome": scene.outcome,
        "bookmarks": [asdict(bookmark) for bookmark in scene.bookmarks],
        "colors": dict(scene.colors),
        "word": scene.frame_word,
        "ghost": scene.ghost,
        "link": scene.link,
        "at": scene.at,
    }


def _picture(picture: Picture) -> dict[str, Any]:
    data, layout = picture.figure["data"], picture.figure["layout"]
    solid = "scene" in layout  # a 3-D figure is drawn by Plotly alone, so its moving traces stay in it
    moved = set() if solid else {track.trace for track in picture.tracks}
    standing = {"data": [trace for i, trace in enumerate(data) if i not in moved], "layout": layout}
    marks = []
    for track in picture.tracks:
        style = {k: v for k, v in data[track.trace].items() if k not in ("x", "y", "z", "hovertemplate", "customdata")}
        arrays = {n: getattr(track, n) for n in ("x", "y", "z", "x2", "y2") if getattr(track, n) is not None}
        flags = {n: getattr(track, n) for n in ("arrow", "glide", "head", "ghost", "length") if getattr(track, n)}
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
        and {"x": readout.x, "y": readout.y, "values": list(readout.values.items()), "member": readout.member},
        "start": picture.start,
        "axes": picture.start_axes,
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
