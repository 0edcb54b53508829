"""Moves: how a method that knows no gradient gets from one candidate to another."""

import numpy as np


class Box:
    """The moves in a box `low` … `high` (arrays (d,)): draw a point, or step to a neighbor.

    Every set of moves offers the same verbs, so that one text of annealing runs on a box as on a set of tours.
    """

    operators = ("gaussian", "uniform")

    def __init__(self, low: np.ndarray, high: np.ndarray) -> None:
        self.low, self.high, self.width = low, high, high - low

    def sample(self, rng: np.random.Generator, *shape: int, first: np.ndarray | None = None) -> np.ndarray:
        """Points (*shape, d) drawn evenly from the box; `first`, where given, takes the place of the first one."""
        x = rng.uniform(self.low, self.high, (*shape, self.low.size))
        if first is not None:
            x[(0,) * len(shape)] = first
        return x

    def neighbor(
        self, x: np.ndarray, rng: np.random.Generator, scale: float = 0.1, operator: str = "gaussian"
    ) -> np.ndarray:
        """A point near x: a random step of `scale` × the box's width in each coordinate, reflected at the walls.

        Reflection, unlike clipping, keeps the way there as likely as the way back, as annealing assumes.
        """
        if operator not in self.operators:
            raise ValueError(f"a box knows the moves {', '.join(self.operators)}; got {operator!r}.")
        draw = rng.standard_normal(x.shape) if operator == "gaussian" else rng.uniform(-1, 1, x.shape)
        return self.reflect(x + scale * self.width * draw)

    def reflect(self, x: np.ndarray) -> np.ndarray:
        """The points x folded back into the box, as often as needed."""
        from_low = (x - self.low) % (2 * self.width)
        return self.low + np.minimum(from_low, 2 * self.width - from_low)
