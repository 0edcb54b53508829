"""What the members and the steps of a run are called, by its fields."""

from algorithms.trace import Trace

MEMBERS = {"personal_best": "particle", "parents": "child", "pheromone": "ant"}  # what a member is where it has such
FRAMES = {  # what a step is where it is more than a move
    "parents": "generation",
    "donors": "generation",
    "covariance": "generation",
    "pheromone": "iteration",
    "kicked": "round",
}


def member(trace: Trace) -> str:
    """Return what one member of the run's population is called."""
    return next((word for name, word in MEMBERS.items() if name in trace.fields), "member")


def members(trace: Trace) -> str:
    """Return what several members are called."""
    return "children" if member(trace) == "child" else f"{member(trace)}s"


def group(trace: Trace) -> str:
    """Return what the members of a run are together."""
    return "swarm" if "personal_best" in trace.fields else "population"


def frame_word(trace: Trace) -> str:
    """Return what one step of the run is called."""
    return next((word for name, word in FRAMES.items() if name in trace.fields), "step")
