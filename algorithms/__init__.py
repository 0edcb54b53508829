"""Optimization algorithms to read, run and watch: `record(Run("adam", "rosenbrock"))` is a whole history in arrays."""

from algorithms.counted import Counted
from algorithms.knob import Knob, Points
from algorithms.landscape import Landscape, Minimum
from algorithms.moves import Box, Permutations
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
from algorithms.tours import Tours, held_karp, one_tree_bound

discover()

from algorithms.basins import REASONS, Basins, basins  # noqa: E402
from algorithms.record import record  # noqa: E402
from algorithms.run import SEED, STEPS, Run  # noqa: E402
from algorithms.step_sizes import Regimes, StepSizes, step_sizes, sweepable  # noqa: E402
from algorithms.trace import Trace  # noqa: E402

__all__ = [
    "DISPLAYED",
    "FIELDS",
    "LANDSCAPES",
    "OPTIMIZERS",
    "REASONS",
    "SEED",
    "STEPS",
    "Basins",
    "Box",
    "Counted",
    "Field",
    "Knob",
    "Landscape",
    "LandscapeEntry",
    "Limit",
    "Minimum",
    "OptimizerEntry",
    "Permutations",
    "Points",
    "Regimes",
    "Run",
    "State",
    "StepSizes",
    "Stop",
    "Tours",
    "Trace",
    "basins",
    "discover",
    "fitting",
    "held_karp",
    "landscape",
    "one_tree_bound",
    "optimizer",
    "record",
    "step_sizes",
    "suggested",
    "sweepable",
]
