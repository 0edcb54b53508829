"""Landscapes made from data: the loss of a model, a mean over examples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.landscape import Landscape


@dataclass(frozen=True, eq=False)
class Fit(Landscape):
    """A loss that is a mean over n examples (`inputs` (n, p), `targets` (n,)); x holds the model's parameters.

    `gradient_over(x, batch)` is the gradient (…, d) of the mean over the examples `batch`, indices (b,). An optimizer
    that asks for a plain gradient is given one over `batch_size` examples, drawn anew each time; the landscape's own
    `gradient` is over all of them. `predict(x, inputs)` gives the model's answers (…, n); `input_name` and
    `target_name` say what the data are.
    """

    inputs: Any = None
    targets: Any = None
    gradient_over: Callable[[np.ndarray, np.ndarray], Any] = None  # type: ignore[assignment]
    predict: Callable[[np.ndarray, np.ndarray], Any] = None  # type: ignore[assignment]
    batch_size: int = 0  # all of them, where not given
    input_name: str = "input"
    target_name: str = "target"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "batch_size", min(self.batch_size or self.examples, self.examples))

    @property
    def examples(self) -> int:
        """The number of examples, n."""
        return len(self.targets)

    @property
    def offers(self) -> frozenset[str]:
        """What an optimizer may ask: as of any landscape, and "data", gradients over some examples."""
        return super().offers | {"data"}

    @property
    def noisy(self) -> bool:
        """Whether an optimizer sees other values or gradients than those that are shown."""
        return super().noisy or self.batch_size < self.examples
