"""The landscape as an algorithm sees it: every evaluation is counted."""

from typing import Any

import numpy as np

from algorithms.landscape import DOUBLE, Landscape, in_floats
from algorithms.tours import Tours


class Counted:
    """A landscape that counts the points at which its value, gradient and Hessian were asked for, each apart.

    A value that is not a number counts as infinitely high, so that every method avoids it. Whatever the functions
    return, whole numbers or lists, comes out in double precision. Of tours, the values are the tours whose length was
    asked for; `distances` (n, n) between their cities are there to be looked up, which costs nothing.
    """

    distances: np.ndarray

    def __init__(self, landscape: Landscape) -> None:
        self.values = self.gradients = self.hessians = self.examples = 0
        self.low, self.high, self.moves = landscape.low, landscape.high, landscape.moves
        self.dimension = landscape.dimension
        if isinstance(landscape, Tours):
            self.distances = landscape.distances
        self._value, self._gradient, self._hessian = landscape.value, landscape.gradient, landscape.hessian

    def __call__(self, x: np.ndarray) -> Any:
        """The value (…) at x (…, d)."""
        self.values += x.size // self.dimension
        value = self._value(x)
        if type(value) is np.float64:
            return value if value == value else np.float64(np.inf)
        value = in_floats(value)
        square = np.vdot(value, value)  # NaN where any value is
        return value if square == square else np.where(np.isnan(value), np.inf, value)[()]

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """The gradient (…, d) at x (…, d)."""
        self.gradients += x.size // self.dimension
        g = self._gradient(x)  # type: ignore[misc]
        return g if type(g) is np.ndarray and g.dtype is DOUBLE else in_floats(g)  # in_floats alone would cost a call

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """The Hessian (…, d, d) at x (…, d)."""
        self.hessians += x.size // self.dimension
        return in_floats(self._hessian(x))  # type: ignore[misc]
