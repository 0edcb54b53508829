"""The one sync between link, widgets and Run.

`chosen` in the session state holds what the learner or a link has chosen, written as in a link ("adam.learning_rate":
"0.05"). Whatever is not chosen is what the landscape suggests, else the knob's default. From that `sync` makes the run,
through Run.from_query as if it were a link, and writes the full link. Widgets only show the run; moving one writes its
value into `chosen`. So a knob is remembered while its optimizer, or the whole page, is away.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from algorithms import Run
from algorithms.knob import Knob
from algorithms.run import FIRST, SEED
from dashboard.charts.view import View


def sync() -> tuple[Run, View]:
    """The run and the view that link and widgets agree on; afterwards the link says them in full."""
    state, query = st.session_state, {key: st.query_params.get_all(key) for key in st.query_params}
    state.setdefault("chosen", dict(FIRST))
    state.setdefault("notes", [])
    touched = state.pop("touched", False)  # a browser may still send its old link with a widget's new value
    if query and query != listed(state.get("link", {})) and not touched:
        follow(query)
    run, repairs = wanted(state.chosen)
    view, more = View.from_query(state.chosen)
    note(repairs + more)
    state.run, state.view, state.link = run, view, run.to_query() | view.to_query()
    st.query_params.from_dict(state.link)  # even if it is what came in: a link within the page does not set the address
    return run, view


def follow(query: Mapping[str, list[str]]) -> None:
    """Choose what a link says; its repairs become the notes. What it leaves open is suggested, as ever."""
    chosen = st.session_state.chosen
    run, repairs = Run.from_query(query)
    view, more = View.from_query({key: texts[-1] for key, texts in query.items()})
    st.session_state.notes = []
    note(repairs + more)
    for key in [key for key in chosen if key.startswith("view.") or key == kept_as("start", run)]:
        del chosen[key]
    said = run.to_query()
    ground = {key: said[key] for key in said if key in FIRST or key.startswith(f"{run.landscape}.")}
    plain, _ = Run.from_query(ground)  # what is suggested on this very landscape
    suggested = plain.to_query()
    for key, text in said.items():
        chosen[kept_as(key, run)] = text
        if key not in FIRST and (key not in query or (key not in ground and text == suggested.get(key))):
            del chosen[kept_as(key, run)]
    chosen |= view.to_query()


def wanted(chosen: dict[str, str]) -> tuple[Run, list[str]]:
    """The run that is chosen, and what had to be repaired in it; the repairs are then what is chosen."""
    run, repairs = Run.from_query({key: chosen[key] for key in FIRST})
    said = run.to_query()
    pair = {key: said[key] for key in FIRST}
    run, more = Run.from_query({key: chosen[key] for key in said if key in chosen} | pair)
    start, dimension = chosen.get(kept_as("start", run), ""), run.make_landscape().dimension
    if start and start.count(",") + 1 == dimension:  # one of another dimension waits for its return
        run, last = Run.from_query(run.to_query() | {"start": start})
        more += last
    said = {kept_as(key, run): text for key, text in run.to_query().items()}
    chosen |= {key: text for key, text in said.items() if key in chosen}
    return run, repairs + more


def kept_as(key: str, run: Run) -> str:
    """The name under which `chosen` keeps a key of the link: a start belongs to its landscape."""
    return f"start of {run.landscape}" if key == "start" else key


def listed(link: Mapping[str, str]) -> dict[str, list[str]]:
    """A link as the query parameters hold it."""
    return {key: [text] for key, text in link.items()}


def note(sentences: list[str]) -> None:
    """Keep what had to be repaired until it is dismissed or another link comes."""
    kept = st.session_state.notes
    kept += [sentence for sentence in dict.fromkeys(sentences) if sentence not in kept]
    del kept[:-6]


def notes() -> None:
    """Show what had to be repaired, as plain text: the words may come from a stranger's link."""
    if kept := st.session_state.notes:
        with st.container(key="notes", horizontal=True, vertical_alignment="center", gap="small"):
            st.text("\n".join(sentence[:300] for sentence in kept))
            st.button("Dismiss", key="dismiss", on_click=kept.clear)


def choose(key: str, write: Callable[[Any], str] = str, widget: str = "") -> None:
    """Take a moved widget's value into what is chosen."""
    value = st.session_state[widget or key]
    if value is None:  # an emptied number field
        st.session_state.chosen.pop(key, None)
    else:
        st.session_state.chosen[key] = write(value)
    st.session_state.touched = True


def type_knob(key: str, knob: Knob) -> None:
    """Take a typed value exactly as it is, or the nearest one allowed."""
    text = st.session_state[f"{key}.exact"].replace("−", "-").replace(",", ".")
    current = knob.read(st.session_state.link[key])
    value, repair = knob.repair(text, current, "last")
    st.session_state.notes = [repair[:1].upper() + repair[1:]] if repair else []
    st.session_state.chosen[key] = knob.write(value)
    st.session_state.touched = True


def coordinates(run: Run) -> list[float]:
    """The start, or where it would be on this landscape for a population that draws its own."""
    return [float(value) for value in (run.make_landscape().start if run.start is None else run.start)]


def set_start(values: list[Any]) -> None:
    """Choose a start; a coordinate that is no finite number stays as it was."""
    run = st.session_state.run
    pairs = zip(values, coordinates(run), strict=True)
    st.session_state.chosen[kept_as("start", run)] = ",".join(repr(finite(new, old)) for new, old in pairs)
    st.session_state.touched = True


def finite(value: Any, instead: float) -> float:
    """The value as a finite float, else `instead`."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return instead
    return number if math.isfinite(number) else instead


def move_start(axis: int) -> None:
    """Take one coordinate from its field."""
    values: list[Any] = list(coordinates(st.session_state.run))
    values[axis] = st.session_state[f"start.{axis}"]
    set_start(values)


def type_start() -> None:
    """Take all coordinates from one text."""
    d = len(coordinates(st.session_state.run))
    numbers = [finite(text, math.nan) for text in st.session_state["start.all"].replace("−", "-").split(",")]
    if len(numbers) == d and all(map(math.isfinite, numbers)):
        set_start(numbers)
    else:
        st.session_state.notes = [f"The start needs {d} numbers with commas between them; it is left as it was."]
        st.session_state.touched = True


def start_here() -> None:
    """Take the start that was set in the picture, in the plane of the coordinates it shows."""
    point, values = st.session_state["player"].start, list[Any](coordinates(st.session_state.run))
    if isinstance(point, Mapping):
        view = st.session_state.view.fitted(len(values), 0)
        for axis, name in zip(view.pair if len(values) > 1 else (0,), "xy", strict=False):
            values[axis] = point.get(name)
        set_start(values)


def view_here() -> None:
    """Take a view that was chosen inside the player."""
    changes = st.session_state["player"].view
    if isinstance(changes, Mapping):
        st.session_state.chosen |= {f"view.{key}"[:40]: str(value)[:40] for key, value in changes.items()}
        st.session_state.touched = True


def next_seed() -> None:
    """Choose the seed after this one."""
    st.session_state.chosen["seed"] = SEED.write((st.session_state.run.seed + 1) % (SEED.high + 1))
    st.session_state.touched = True


def reset() -> None:
    """Forget what was chosen for this pair: back to what the landscape suggests."""
    for key in st.session_state.run.to_query():
        if key not in FIRST:
            st.session_state.chosen.pop(kept_as(key, st.session_state.run), None)
    st.session_state.touched = True
