"""Traces for a page: recorded once and kept, with a sign of life and a way out when a run takes long."""

import os
import threading
from time import monotonic
from typing import Any

import streamlit as st

from algorithms import Run, Trace, record

KEPT = 48  # traces, for all visitors together
QUIET = 0.3  # seconds before a run says that it is computing
PATIENCE = 1.0  # seconds before it can be cancelled
PLACES = threading.BoundedSemaphore(min(4, os.cpu_count() or 1))  # runs that compute for long at the same time


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _shelf(key: tuple[tuple[str, str], ...]) -> dict[str, Trace]:
    """The place where one run's trace is kept; Streamlit throws out the one used longest ago."""
    return {}


class Watch:
    """Watches a run in the making: what `record` calls about ten times a second."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.began = monotonic()
        self.interruption: BaseException | None = None
        self.placed = self.drawn = False
        self.progress, self.button = st.empty(), st.empty()

    def __call__(self, k: int) -> bool:
        """Say how far the run is; True once the learner has asked for something else."""
        if monotonic() - self.began < QUIET:
            return False
        try:
            while not self.placed and not PLACES.acquire(timeout=0.2):
                self.say("Waiting: other long runs are computing", 0)
            self.placed = True
            self.say(f"Computing: step {k} of {self.run.steps}", k)
        except BaseException as interruption:  # so Streamlit ends a script at its next call when a widget has moved
            self.interruption = interruption
            return True
        return False

    def say(self, words: str, k: int) -> None:
        """Draw the state, and after a while the way out."""
        self.progress.progress(min(1.0, k / self.run.steps), text=words)
        if not self.drawn and monotonic() - self.began > PATIENCE:
            self.drawn = True
            self.button.button("Cancel", key="cancel", on_click=cancel, args=(self.run,))

    def close(self) -> None:
        """Give the place back; clear the page, or let Streamlit go on with what interrupted the run."""
        if self.placed:
            PLACES.release()
        if self.interruption:
            raise self.interruption
        self.progress.empty()
        self.button.empty()


def cancel(run: Run) -> None:
    """Callback: be content with the frames there are."""
    st.session_state.cancelled = run


def recorded(run: Run) -> Trace:
    """The trace of `run`, kept or recorded now; after a Cancel, its first frames."""
    state, shelf = st.session_state, _shelf(tuple(run.to_query().items()))
    if "trace" in shelf:
        return shelf["trace"]
    partial: Any = state.get("partial")
    if partial is not None and partial.run == run == state.get("cancelled"):
        return partial
    state.cancelled = None
    watch = Watch(run)
    try:
        trace = record(run, watch=watch)
        if watch.interruption:
            state.partial = trace
        else:
            shelf["trace"] = trace
    finally:
        watch.close()
    return trace


def with_ghost(run: Run) -> tuple[Trace, Trace | None]:
    """The trace of `run`, and the one shown before it if only one knob of the optimizer was moved since."""
    state, trace = st.session_state, recorded(run)
    shown = state.get("shown")
    if shown is not None and shown.run != run:
        state.ghost = shown if knobs_apart(shown.run, run) == 1 else None
    state.shown = trace
    return trace, state.get("ghost") if state.get("ghosts", True) else None


def knobs_apart(one: Run, other: Run) -> int:
    """How many knobs of the optimizer differ between two runs; −1 where anything else does, steps aside."""
    before, after = one.to_query(), other.to_query()
    keys = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key) and key != "steps"]
    return len(keys) if all(key.startswith(f"{one.optimizer}.") for key in keys) else -1
