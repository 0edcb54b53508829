"""Traces for a page: recorded once and kept, with a sign of life and a way out when a run takes long."""

import os
import threading
from collections import OrderedDict
from time import monotonic

import numpy as np
import streamlit as st

from algorithms import Run, Trace, record

KEPT, LARGEST = 400, 300e6  # traces and their bytes, for all visitors together
QUIET = 0.3  # seconds before a run says that it is computing
PATIENCE = 1.0  # seconds before it can be cancelled
SAME_MOVE = 1.5  # seconds between two changes of a knob that are one to the learner
PLACES = threading.BoundedSemaphore(min(4, os.cpu_count() or 1))  # runs that compute for long at the same time


class Shelf:
    """Traces by run. The ones used longest ago are thrown out where there are more than `number`, or `size` bytes."""

    def __init__(self, number: int, size: float) -> None:
        self.number, self.size = number, size
        self.traces: OrderedDict[Run, Trace] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, run: Run) -> Trace | None:
        """The trace of `run`, or None."""
        with self.lock:
            if run in self.traces:
                self.traces.move_to_end(run)
            return self.traces.get(run)

    def put(self, trace: Trace) -> None:
        """Keep a trace; all are weighed anew, for they grow by what is computed for display. One is always kept."""
        with self.lock:
            self.traces[trace.run] = trace
            self.traces.move_to_end(trace.run)
            weights = [weight(each) for each in self.traces.values()]
            while len(weights) > 1 and (len(weights) > self.number or sum(weights) > self.size):
                self.traces.popitem(last=False)
                weights.pop(0)


def weight(trace: Trace) -> int:
    """The bytes of a trace's arrays, with those computed for display."""
    values = [trace.x, trace.fx, trace.best_x, trace.best_fx, trace.evaluations, trace.seconds]
    values += [*trace.fields.values(), *trace.kept.values(), *list(trace._values.values())]
    return sum({id(each): each.nbytes for each in values if isinstance(each, np.ndarray)}.values())


_shelf = Shelf(KEPT, LARGEST)


class Watch:
    """Watches one run in the making: what `record` calls about ten times a second."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.began = monotonic()
        self.placed = self.cancelled = self.offered = False
        self.interruption: BaseException | None = None
        self.trace: Trace | None = None
        self.done = threading.Event()
        self.words, self.button = st.empty(), st.empty()

    def record(self) -> Trace:
        """Record the run; where the script was ended meanwhile, the trace stays here and the script ends now."""
        try:
            self.trace = record(self.run, watch=self)
        finally:
            self.done.set()
            if self.placed:
                PLACES.release()
        if self.interruption:
            raise self.interruption
        self.words.empty()
        self.button.empty()
        return self.trace

    def __call__(self, k: int) -> bool:
        """Say how far the run is; True once nobody waits for more of it."""
        if self.interruption or self.cancelled or monotonic() - self.began < QUIET:
            return self.cancelled or self.interruption is not None
        try:
            while not self.placed and not PLACES.acquire(timeout=0.2):
                self.say("Waiting: other long runs are computing", 0)
            self.placed = True
            self.say(f"Computing: step {k:,} of {self.run.steps:,}", k)
        except BaseException as interruption:  # the way Streamlit ends a script, at its next call after a widget moved
            self.interruption = interruption
        return self.interruption is not None

    def say(self, words: str, k: int) -> None:
        """Draw the state, and after a while the way out."""
        self.words.progress(min(1.0, k / self.run.steps), text=words)
        if not self.offered and monotonic() - self.began > PATIENCE:
            self.offered = True
            self.button.button("Cancel", key="cancel", on_click=self.cancel)

    def cancel(self) -> None:
        """Callback, often while `record` still runs in a thread of its own: be content with the frames there are."""
        self.cancelled = True
        st.session_state.cancelled = self


def recorded(run: Run) -> Trace:
    """The trace of `run`, kept or recorded now; after a Cancel, its first frames."""
    cancelled, trace = st.session_state.get("cancelled"), _shelf.get(run)
    busy = st.container(key=f"busy-{run.id}")  # always there, so that what follows keeps its place on the page
    if cancelled and cancelled.run == run:
        with busy, st.spinner("Stopping after this step", show_time=False):
            cancelled.done.wait()
        if cancelled.trace:
            return cancelled.trace
    st.session_state.cancelled = None  # whoever comes back to a cancelled run later wants all of it
    if trace is None:
        with busy:
            trace = Watch(run).record()
        if trace.stop.reason != "cancelled":
            _shelf.put(trace)
    return trace


def again(run: Run) -> Trace:
    """The trace of `run`, kept or recorded now, where there is no page to say how far it is: for a file to save."""
    kept = _shelf.get(run)
    return record(run) if kept is None else kept


def with_ghost(run: Run) -> tuple[Trace, Trace | None]:
    """The trace of `run`, and the one shown before it if only one knob of the optimizer was moved since.

    A knob moved key by key is one move: its ghost is the run before the first key. A visit remembers runs, not traces,
    so that nothing is kept beyond the shelf; a ghost that is no longer there is not drawn.
    """
    state, trace, now = st.session_state, recorded(run), monotonic()
    shown, ghost = state.get("shown"), state.get("ghost")
    if shown is not None and shown != run:
        same_move = ghost is not None and now - state.get("moved", 0.0) < SAME_MOVE and knobs_apart(ghost, run) == 1
        if not same_move:
            state.ghost = ghost = shown if knobs_apart(shown, run) == 1 else None
        state.moved = now
    state.shown = run
    return trace, _shelf.get(ghost) if ghost is not None and state.get("ghosts", True) else None


def knobs_apart(one: Run, other: Run) -> int:
    """How many knobs of the optimizer differ between two runs; −1 where anything else does, steps aside."""
    before, after = one.to_query(), other.to_query()
    keys = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key) and key != "steps"]
    return len(keys) if all(key.startswith(f"{one.optimizer}.") for key in keys) else -1
