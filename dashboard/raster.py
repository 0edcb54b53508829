"""A contour trace as a picture of pixels.

An animated Plotly figure loses its contours while it plays (plotly.js redraws only lines and markers); a layout image
below the marks stays. The bands, their colors and their edges are those that Plotly would have drawn.
"""

from typing import Any

import numpy as np
from PIL import Image, ImageColor
from plotly.colors import sample_colorscale

WIDTH, SUPERSAMPLED = 720, 2  # pixels of the picture; drawn larger and scaled down, so that edges are smooth
LINE = "rgba(68,68,68,0.4)"


def _rgb(color: str) -> tuple[np.ndarray, float]:
    """Return a CSS color as floats (3,) in 0…255 and its opacity."""
    inside = color[color.find("(") + 1 : -1].split(",") if color.startswith("rgb") else []
    if inside:  # Pillow reads neither decimals nor opacities below one
        return np.array([float(v) for v in inside[:3]]), float(inside[3]) if len(inside) == 4 else 1.0
    return np.array(ImageColor.getrgb(color)[:3], float), 1.0


def _palette(colorscale: Any, positions: np.ndarray, reverse: bool) -> np.ndarray:
    """Return the colors (n, 3) of a Plotly colorscale at positions between 0 and 1."""
    positions = 1 - positions if reverse else positions
    return np.stack([_rgb(c)[0] for c in sample_colorscale(colorscale, [float(p) for p in positions])])


def _enlarged(z: np.ndarray, x: np.ndarray, y: np.ndarray, width: int) -> np.ndarray:
    """Interpolate z (rows y, columns x) linearly onto square-ish pixels, the top row first."""
    height = max(2, round(width * abs(np.ptp(y) / np.ptp(x)))) if np.ptp(y) < 4 * np.ptp(x) else 4 * width
    height = min(height, 2 * width)
    for axis, at, count in ((1, x, width), (0, y, height)):
        place = np.interp(np.linspace(at[0], at[-1], count), at, np.arange(len(at)))
        low = np.clip(place.astype(int), 0, len(at) - 2)
        share = np.expand_dims(place - low, 1 - axis)
        z = np.take(z, low, axis) * (1 - share) + np.take(z, low + 1, axis) * share
    return z[::-1]


def _levels(trace: dict[str, Any], z: np.ndarray) -> np.ndarray:
    """Return the contour levels of a trace, or fifteen even ones where it leaves them to Plotly."""
    contours = trace.get("contours", {})
    if {"start", "end", "size"} <= contours.keys():
        start, size = contours["start"], contours["size"]
        return start + size * np.arange(int(np.floor((contours["end"] - start) / size + 0.1)) + 1)
    return np.linspace(np.nanmin(z), np.nanmax(z), trace.get("ncontours", 15) + 2)[1:-1]


def picture(trace: dict[str, Any]) -> Image.Image:
    """Draw a contour or heatmap trace as an image that reaches from its first to its last x and y."""
    z = np.asarray(trace["z"], float)
    x = np.asarray(trace.get("x", np.arange(z.shape[1])), float)
    y = np.asarray(trace.get("y", np.arange(z.shape[0])), float)
    fine = _enlarged(z, x, y, WIDTH * SUPERSAMPLED)
    coloring = trace.get("contours", {}).get("coloring", "fill") if trace["type"] == "contour" else "heatmap"
    levels = _levels(trace, z) if trace["type"] == "contour" else np.empty(0)
    band = np.searchsorted(levels, np.nan_to_num(fine), side="right")
    scale, reverse = trace.get("colorscale", "Viridis"), bool(trace.get("reversescale"))
    if coloring == "heatmap":
        low, high = trace.get("zmin", np.nanmin(z)), trace.get("zmax", np.nanmax(z))
        shade = np.nan_to_num(np.clip((fine - low) / (high - low or 1), 0, 1))
        pixels = _palette(scale, np.linspace(0, 1, 256), reverse)[(shade * 255).astype(int)]
    else:
        pixels = _palette(scale, np.linspace(0, 1, len(levels) + 1), reverse)[band]
    opaque = np.isfinite(fine) & (coloring not in ("lines", "none"))
    alpha = np.where(opaque, 255.0 * trace.get("opacity", 1), 0)
    if trace["type"] == "contour" and trace.get("contours", {}).get("showlines", True):
        color, strength = _rgb(trace.get("line", {}).get("color", LINE))
        strength *= min(1.0, trace.get("line", {}).get("width", 0.5))
        edge = np.zeros(band.shape, bool)
        edge[:-1] |= band[:-1] != band[1:]
        edge[:, :-1] |= band[:, :-1] != band[:, 1:]
        edge[1:] |= edge[:-1]
        edge[:, 1:] |= edge[:, :-1]
        pixels[edge] = pixels[edge] * (1 - strength) + color * strength
        alpha[edge] = np.maximum(alpha[edge], 255 * strength)
    image = Image.fromarray(np.dstack([pixels, alpha]).round().astype(np.uint8), "RGBA")
    return image.resize((image.width // SUPERSAMPLED, image.height // SUPERSAMPLED), Image.Resampling.BOX)
