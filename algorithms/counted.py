"""The landscape as an algorithm sees it: every evaluation is counted, and noise and mini-batches come in here."""

from typing import Any

import numpy as np

from algorithms.examples import Fit
from algorithms.landscape import DOUBLE, Landscape, in_floats
from algorithms.tours import Tours

ARRAY = np.ndarray


def counted(landscape: Landscape, rng: np.random.Generator) -> "Counted":
    """The landscape for an algorithm, whose noise and examples are drawn from `rng`."""
    return Sampled(landscape, rng) if landscape.noisy or isinstance(landscape, Fit) else Counted(landscape)


class Counted:
    """A landscape that counts the points at which its value, gradient and Hessian were asked for, each apart.

    A value that is not a number counts as infinitely high, so that every method avoids it. Whatever the functions
    return, whole numbers or lists, comes out in double precision. Of tours, the values are the tours whose length was
    asked for; `distances` (n, n) between their cities are there to be looked up, which costs nothing.
    """

    distances: np.ndarray

    def __init__(self, landscape: Landscape) -> None:
        self.values = self.gradients = self.hessians = self.examples_seen = 0
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
        return g if type(g) is ARRAY and g.dtype is DOUBLE else in_floats(g)  # in_floats alone would cost a call

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """The Hessian (…, d, d) at x (…, d)."""
        self.hessians += x.size // self.dimension
        return in_floats(self._hessian(x))  # type: ignore[misc]


class Sampled(Counted):
    """A counted landscape with noise, or one whose gradients are means over examples, some or all of them.

    `estimate` is the gradient that was given last: what the algorithm went by, which is not what is shown as gradient.
    """

    def __init__(self, landscape: Landscape, rng: np.random.Generator) -> None:
        super().__init__(landscape)
        self.rng, self.noise, self.gradient_noise = rng, landscape.noise, landscape.gradient_noise
        self.fit = landscape if isinstance(landscape, Fit) else None
        self.examples = self.fit.examples if self.fit else 0
        self.estimate = np.full(landscape.dimension, np.nan)

    def __call__(self, x: np.ndarray) -> Any:
        """The value (…) at x (…, d), over all examples, with its noise."""
        self.examples_seen += self.examples * (x.size // self.dimension)
        value = super().__call__(x)
        return value + self.noise * self.drawn(np.shape(value)) if self.noise else value

    def drawn(self, shape: tuple[int, ...]) -> np.ndarray:
        """Noise of this shape, of size 1, each number for itself."""
        return self.rng.standard_normal(shape)

    def gradient(self, x: np.ndarray, batch: np.ndarray | None = None) -> np.ndarray:
        """The gradient (…, d) at x (…, d), with its noise, over the examples `batch` (indices).

        Without a batch, so many are drawn as the landscape's own batch size says.
        """
        fit = self.fit
        if batch is None and fit and fit.batch_size < fit.examples:
            batch = np.sort(self.rng.choice(fit.examples, fit.batch_size, replace=False))
        if fit and batch is not None:
            self.gradients += x.size // self.dimension
            g = in_floats(fit.gradient_over(x, batch))
        else:
            g = super().gradient(x)
        self.examples_seen += (self.examples if batch is None else len(batch)) * (x.size // self.dimension)
        if self.gradient_noise:
            g = g + self.gradient_noise * self.drawn(g.shape)
        self.estimate = g
        return g

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """The Hessian (…, d, d) at x (…, d), over all examples."""
        self.examples_seen += self.examples * (x.size // self.dimension)
        return super().hessian(x)
