"""Runs for the tests of what lessons claim: the same run is recorded once, however many claims it has to bear out."""

from functools import cache

import numpy as np

from algorithms import Run, record

SEEDS, FEW = range(30), range(5)  # the lessons' medians are over SEEDS; slow runs are asserted over FEW


@cache
def _run(optimizer, landscape, start, steps, seed, knobs, more):
    return record(Run(optimizer, landscape, dict(knobs), dict(more), start, steps, seed))


def forget():
    """Give back the memory of all runs."""
    _run.cache_clear()


def run(optimizer, landscape, *, start=None, steps=200, seed=0, on=(), **knobs):
    """A trace; `on` are the landscape's knobs."""
    return _run(optimizer, landscape, start, steps, seed, tuple(knobs.items()), tuple(dict(on).items()))


def best(traces):
    return np.array([trace.best_fx[-1] for trace in traces])


def median(traces):
    return float(np.median(best(traces)))
