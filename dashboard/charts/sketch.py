"""A figure in the making: traces that stand still, traces that tracks move, and the key."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.charts import theme as look
from dashboard.charts.picture import KeyEntry, Track, frame
from dashboard.charts.theme import Theme

CLEAR = "rgba(0,0,0,0)"
QUIET = {"showlegend": False, "hoverinfo": "skip"}
ORDER = (  # of the key's entries, by the beginning of their labels
    "start", "now", "particle", "member", "better half", "worse half", "earlier", "elite", "own best", "best",
    "minimum", "local minimum", "saddle",
    "base", "b, c", "difference", "mutant", "u accepted", "u rejected", "last", "slope", "gradient", "velocity",
    "momentum", "step", "look-ahead", "local quadratic", "simplex", "full", "improved", "worse", "accepted", "rejected",
    "tried",
)  # fmt: skip
THIN = ("line", "dot", "dash", "arrow", "x", "x-open", "diamond-open", "circle-open")  # signs that are strokes
SOLID_SIGNS = {"star": "diamond", "triangle-up": "diamond", "triangle-down": "square"}  # 3-D knows fewer
SOLID_SIZE, SOLID_WIDTH = 0.45, 1.8


def line(color: str, width: float, dash: str = "solid") -> dict[str, Any]:
    """Return the style of a line."""
    return {"mode": "lines", "line": {"color": color, "width": width, "dash": dash}}


def sign(symbol: str, color: str, size: float, rim: str = "", width: float = 0) -> dict[str, Any]:
    """Return the style of a marker; an "x" or a "-open" sign takes its stroke from `width`."""
    edge = {"color": rim or color, "width": width}
    return {"mode": "markers", "marker": {"symbol": symbol, "color": color, "size": size, "opacity": 1, "line": edge}}


def words(theme: Theme, text: str, color: str, place: str = "top center") -> dict[str, Any]:
    """Return the style of a label: bold, on a small ground of the halo's color."""
    shadow = f"0 0 3px {theme.halo}, 0 0 3px {theme.halo}"
    font = {"color": color, "size": theme.size, "family": look.FAMILY, "weight": 600, "shadow": shadow}
    return {"mode": "text", "text": text, "textposition": place, "textfont": font, "meta": {"background": theme.halo}}


def _solid(style: dict[str, Any]) -> dict[str, Any]:
    """Return a style for 3-D, where signs are fewer and drawn larger and lines thinner."""
    style = {name: value for name, value in style.items() if name != "meta"}
    if "marker" in style:
        marker = style["marker"]
        symbol = SOLID_SIGNS.get(marker["symbol"], marker["symbol"])
        style["marker"] = marker | {"symbol": symbol, "size": marker["size"] * SOLID_SIZE}
    if "line" in style:
        style["line"] = style["line"] | {"width": style["line"]["width"] * SOLID_WIDTH}
    return style


class Sketch:
    """Collects the traces and tracks of one picture in the order in which they lie on each other."""

    def __init__(self, theme: Theme, solid: bool = False) -> None:
        self.theme = theme
        self.solid = solid
        self.data: list[dict[str, Any]] = []
        self.tracks: list[Track] = []
        self.key: list[KeyEntry] = []

    def fixed(self, trace: dict[str, Any]) -> None:
        """Add a trace that belongs to the landscape and that no track names."""
        self.data.append(QUIET | trace)

    def move(self, name: str, kind: str, style: dict[str, Any], *, opacity: float = 1, **fields: Any) -> None:
        """Add a trace and the track that moves it; `fields` are the track's: x, y, and what else it has."""
        track = Track(len(self.data), kind, **fields)
        family, style = ("scatter3d", _solid(style)) if self.solid else ("scatter", style)
        faint = {"opacity": opacity} if opacity != 1 else {}
        self.data.append({"type": family, "name": name} | QUIET | style | faint | frame(track, 0))
        self.tracks.append(track)

    def haloed(self, name: str, kind: str, style: dict[str, Any], **fields: Any) -> None:
        """Add a line above a wider one in the halo's color, so that it reads on any landscape."""
        if not self.solid:
            least = style.get("meta", {}).get("least", 0)
            wide = line(self.theme.halo, style["line"]["width"] + 2 * look.HALO)
            wide |= {"meta": {"least": least}} if least else {}
            self.move(f"{name} halo", kind, wide, **{k: v for k, v in fields.items() if k not in ("head", "arrow")})
        self.move(name, kind, style, **fields)

    def arrow(
        self, name: str, role: str, width: float, start: np.ndarray, tip: np.ndarray, least: float = 0, **fields: Any
    ) -> None:
        """Add arrows; start and tip are (T, 2) or (T, P, 2). Those shorter than `least` pixels are left out."""
        style = line(self.theme.line(role), width) | {"meta": {"halo": self.theme.halo, "least": least}}
        ends = {"x": start[..., 0], "y": start[..., 1], "x2": tip[..., 0], "y2": tip[..., 1]}
        self.haloed(name, "segments", style, **ends, arrow=True, **fields)

    def label(self, text: str, role: str, at: np.ndarray, place: str = "top center", **fields: Any) -> None:
        """Add a text beside a point (T, 2) that moves."""
        style = words(self.theme, text, self.theme.ink(role), place)
        self.move(f"label {text}", "text", style, x=at[..., 0], y=at[..., 1], **fields)

    @property
    def ordered_key(self) -> tuple[KeyEntry, ...]:
        """Return the key, its entries in the same order in every picture."""

        def rank(entry: KeyEntry) -> int:
            found = next((i for i, begin in enumerate(ORDER) if entry.label.startswith(begin)), len(ORDER))
            return len(ORDER) + 1 if entry.sign == "scale" else found

        return tuple(sorted(self.key, key=rank))

    def entry(self, symbol: str, role: str, label: str, outline: str = "", colors: Sequence[str] = ()) -> None:
        """Add one entry to the key, once."""
        color = (
            self.theme.line(role) if symbol in THIN else self.theme.halo if role == "halo" else self.theme.mark(role)
        )
        if all(entry.label != label for entry in self.key):
            self.key.append(KeyEntry(symbol, color, label, outline, tuple(colors)))
