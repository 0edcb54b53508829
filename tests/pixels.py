"""What is painted on the canvas of a figure, read back pixel by pixel in a real browser."""

import base64
import io

import numpy as np
from PIL import Image, ImageColor
from playwright.sync_api import Page

# The color on the canvas of a figure at the point (x, y) of its plot, `right` and `down` pixels away from it
INK = """([figure, x, y, right, down]) => {
  const gd = document.querySelector(figure + ' .lab-plot'), canvas = document.querySelector(figure + ' canvas');
  const {xaxis: X, yaxis: Y} = gd._fullLayout;
  const at = [X._offset + X.l2p(x) + right, Y._offset + Y.l2p(y) + down].map(Math.floor);
  return [...canvas.getContext('2d').getImageData(...at, 1, 1).data] }"""
PLACE = """([x, y]) => {
  const gd = document.querySelector('.lab-picture .lab-plot'), box = gd.getBoundingClientRect();
  const {xaxis: X, yaxis: Y} = gd._fullLayout;
  return [box.left + X._offset + X.l2p(x), box.top + Y._offset + Y.l2p(y)] }"""
# All of a figure's canvas, and which pixels of it the points within the plot's edges are
CANVAS = """([figure, points]) => {
  const gd = document.querySelector(figure + ' .lab-plot'), {xaxis: X, yaxis: Y} = gd._fullLayout;
  const within = ([x, y]) => x > 3 && y > 3 && x < X._length - 3 && y < Y._length - 3;
  const at = points.map(([x, y]) => [X.l2p(x), Y.l2p(y)]).filter(within);
  return {image: document.querySelector(figure + ' canvas').toDataURL(),
    at: at.map(([x, y]) => [X._offset + x, Y._offset + y])} }"""
SOLID, NEAR = 90, 40  # the least opacity of a pixel that is painted, and how far a channel may be from its color


def ink(page: Page, x: float, y: float, right: float = 0, down: float = 0, figure: str = ".lab-picture") -> tuple:
    """The color at one point of a figure."""
    return tuple(page.evaluate(INK, [figure, x, y, right, down]))


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the large picture is in the window."""
    return tuple(page.evaluate(PLACE, [float(x), float(y)]))


def painted(page: Page, points: np.ndarray, color: str, figure: str = ".lab-picture", reach: int = 2) -> float:
    """The share of the points (M, 2) of a figure within `reach` pixels of which its canvas has this color.

    Points that lie outside the plot do not count; there have to be ten within.
    """
    points = np.asarray(points, float)
    seen = page.evaluate(CANVAS, [figure, points[np.isfinite(points).all(axis=1)].tolist()])
    assert len(seen["at"]) >= 10, "too little of it would be in sight"
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(seen["image"].partition(",")[2]))).convert("RGBA"), int)
    same = (abs(image[..., :3] - ImageColor.getrgb(color)) <= NEAR).all(axis=-1) & (image[..., 3] >= SOLID)
    same = np.pad(same, reach)
    spots = np.floor(np.asarray(seen["at"])).astype(int)
    return float(np.mean([same[y : y + 2 * reach + 1, x : x + 2 * reach + 1].any() for x, y in spots]))
