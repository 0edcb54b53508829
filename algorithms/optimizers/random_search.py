"""Random search."""

from algorithms.registry import optimizer
from algorithms.state import State


@optimizer(
    "Random search",
    family="stochastic search",
    needs="moves",
    stochastic=True,
    reference="Brooks 1958, A discussion of random methods for seeking maxima",
    color="black",
    rule=(r"<x'> = <trial'> \text{ if } <trial_fx'> < <fx>, \text{ else } <x>",),
    arrows={"step": lambda t: t.step},
)
def random_search(f, x, rng):
    """Draw a point anywhere in the domain and keep the best seen: the baseline to beat.

    Brooks 1958. One step is one sample; the first is the start.
    """
    fx = f(x)
    trial, trial_fx, accepted = x, fx, True
    while True:
        yield State(x, fx=fx, trial=trial, trial_fx=trial_fx, accepted=accepted)
        trial = f.moves.sample(rng)
        trial_fx = f(trial)
        accepted = trial_fx < fx
        if accepted:
            x, fx = trial, trial_fx
