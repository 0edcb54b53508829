"""Optimization algorithms to read, run and watch: `record(Run("adam", "rosenbrock"))` is a whole history in arrays."""

from algorithms.counted import Counted
from algorithms.knob import Knob
from algorithms.landscape import Landscape, Minimum
from algorithms.moves import Box
from algorithms.registry import (
    LANDSCAPES,
    OPTIMIZERS,
    LandscapeEntry,
    Limit,
    OptimizerEntry,
    discover,
    fitting,
    landscape,
    optimizer,
    suggested,
)
from algorithms.state import DISPLAYED, FIELDS, Field, State, Stop

discover()

from algorithms.record import record  # noqa: E402
from algorithms.run import SEED, STEPS, Run  # noqa: E402
from algorithms.trace import Trace  # noqa: E402

__all__ = [
    "DISPLAYED",
    "FIELDS",
    "LANDSCAPES",
    "OPTIMIZERS",
    "SEED",
    "STEPS",
    "Box",
    "Counted",
    "Field",
    "Knob",
    "Landscape",
    "LandscapeEntry",
    "Limit",
    "Minimum",
    "OptimizerEntry",
    "Run",
    "State",
    "Stop",
    "Trace",
    "discover",
    "fitting",
    "landscape",
    "optimizer",
    "record",
    "suggested",
]
