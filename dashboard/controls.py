"""The one sync between link, widgets and Run.

`chosen` in the session state holds what the learner or a link has chosen, written as in a link ("adam.learning_rate":
"0.05"). Whatever is not chosen is what the landscape suggests, else the knob's default. From that `sync` makes the run,
through Run.from_query as if it were a link, and writes the full link. Widgets only show the run; moving one writes its
value into `chosen`. So a knob is remembered while its optimizer, or the whole page, is away.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from algorithms import LANDSCAPES, OPTIMIZERS, Run
from algorithms.knob import Knob
from algorithms.run import SEED, STEPS
from dashboard.charts.picture import Scene
from dashboard.charts.view import View
from dashboard.charts.wording import number

FIRST = {"landscape": "himmelblau", "optimizer": "momentum"}
SHOWN = 6  # knobs of an optimizer in sight; the rest is under "More knobs"
CHOICES = {"scale": "Contour lines", "shape": "Drawn as", "pair": "Coordinates shown", "follow": "Particle followed"}
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
MANTISSAS = (1, 1.1, 1.2, 1.35, 1.5, 1.7, 2, 2.25, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)  # the stops of a decade

# ---------------------------------------------------------------- link, chosen, run


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
    plain, _ = Run.from_query({key: said[key] for key in FIRST})
    suggested = plain.to_query()
    for key, text in said.items():
        chosen[kept_as(key, run)] = text
        if key not in FIRST and (key not in query or text == suggested.get(key)):
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
    """Show what had to be repaired. The words may come from a stranger's link: nothing in them is Markdown."""
    if kept := st.session_state.notes:
        with st.container(key="notes", horizontal=True, vertical_alignment="center", gap="small"):
            plain = [re.sub(r"([^\w\s.,;'])", r"\\\1", sentence[:300]) for sentence in kept]
            st.warning("  \n".join(plain), icon=":material/build:")
            st.button("Dismiss", key="dismiss", on_click=kept.clear)


# ---------------------------------------------------------------- callbacks


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
    value, repair = knob.repair(text, current)
    st.session_state.notes = [repair] if repair else []
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


# ---------------------------------------------------------------- widgets


def show(key: str, value: Any) -> str:
    """Give a widget its value unless it has it: one that is told what it shows would jump under the hand."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def panel(run: Run) -> None:
    """The knobs of one experiment."""
    landscape, optimizer = LANDSCAPES[run.to_query()["landscape"]], OPTIMIZERS[run.optimizer]
    offers = run.make_landscape().offers
    fitting = [id for id, entry in OPTIMIZERS.items() if entry.needs <= offers]
    with st.container(key="controls", gap="xsmall"):
        picker("landscape", LANDSCAPES, list(LANDSCAPES), landscape.id)
        for name, knob in landscape.knobs.items():
            turn(f"{landscape.id}.{name}", knob, dict(run.landscape_knobs)[name])
        picker("optimizer", OPTIMIZERS, fitting, optimizer.id)
        names = list(optimizer.knobs)
        for name in names[:SHOWN]:
            turn(f"{optimizer.id}.{name}", optimizer.knobs[name], dict(run.knobs)[name])
        if names[SHOWN:]:
            with st.expander("More knobs", key="more"):
                for name in names[SHOWN:]:
                    turn(f"{optimizer.id}.{name}", optimizer.knobs[name], dict(run.knobs)[name])
        start(run)
        with st.container(key="run", horizontal=True, wrap=False, vertical_alignment="bottom", gap="xsmall"):
            whole("steps", STEPS, run.steps)
            if optimizer.stochastic:
                whole("seed", SEED, run.seed)
                st.button("", key="die", icon=":material/casino:", help="Next seed", on_click=next_seed)
            st.button(
                "", key="reset", icon=":material/restart_alt:", help="Back to the suggested knobs", on_click=reset
            )


def picker(key: str, entries: Mapping[str, Any], ids: list[str], value: str) -> None:
    """A list to choose an entry from; its values are ids, its words are names."""
    st.selectbox(
        key.capitalize(),
        ids,
        key=show(key, value),
        format_func=lambda id: entries[id].name,
        help=entries[value].summary,
        on_change=choose,
        args=(key,),
    )


def turn(key: str, knob: Knob, value: Any) -> None:
    """A knob: a switch, a choice, or a slider beside a field that takes any value exactly."""
    label = title(knob)
    moved: dict[str, Any] = {"on_change": choose, "args": (key, knob.write)}
    if knob.kind == "switch":
        st.toggle(label, key=show(key, value), help=knob.help or None, **moved)
    elif knob.kind == "choice":
        st.selectbox(label, knob.choices, key=show(key, value), help=knob.help or None, format_func=words, **moved)
    else:
        with st.container(key=f"knob-{key.replace('.', '-')}", gap=None):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
            ):
                st.markdown(label, help=knob.help or None, width="content")
                st.text_input(
                    f"{label}, exactly",
                    key=show(f"{key}.exact", knob.write(value)),
                    label_visibility="collapsed",
                    width=92,
                    on_change=type_knob,
                    args=(key, knob),
                )
            st.select_slider(
                label,
                stops(knob, value),
                key=show(key, value),
                format_func=knob.write,
                label_visibility="collapsed",
                **moved,
            )


def title(knob: Knob) -> str:
    """The knob's name and symbol; a name that only spells the symbol is left out."""
    spelled = len(knob.name) <= 2 and knob.symbol
    return knob.symbol if spelled else f"{knob.label.capitalize()} {knob.symbol}".strip()


def stops(knob: Knob, value: float) -> list[float]:
    """Where a slider may stop: a ladder over the knob's range, and the value it has."""
    if knob.log:
        decades = range(math.floor(math.log10(knob.low)), math.ceil(math.log10(knob.high)) + 1)
        ladder = [float(f"{mantissa}e{decade}") for decade in decades for mantissa in MANTISSAS]
    else:
        step = knob.step or nice((knob.high - knob.low) / 100)
        ladder = [round(knob.low + i * step, 12) for i in range(int((knob.high - knob.low) / step + 1.5))]
    number = int if knob.kind == "int" else float
    inside = {number(stop) for stop in ladder if knob.low <= stop <= knob.high}
    return sorted(inside | {number(knob.low), number(knob.high), value})


def nice(width: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ that is not above `width`."""
    power = 10.0 ** math.floor(math.log10(width))
    return max(m for m in (power, 2 * power, 5 * power) if m <= width * 1.000001)


def words(id: str) -> str:
    """An id as words."""
    return id.replace("_", " ")


def whole(key: str, knob: Knob, value: int) -> None:
    """A field for a whole number."""
    low, high = int(knob.low), int(knob.high)
    st.number_input(key.capitalize(), low, high, key=show(key, value), step=1, on_change=choose, args=(key,))


def start(run: Run) -> None:
    """Fields for the start: one a coordinate, or one text where there are many."""
    if run.start is None:
        return
    if len(run.start) > 3:
        label = f"Start x₁, …, x{str(len(run.start)).translate(LOWERED)}"
        st.text_input(label, key=show("start.all", ", ".join(map(repr, run.start))), on_change=type_start)
        return
    low, high = run.make_landscape().low, run.make_landscape().high
    with st.container(key="start", horizontal=True, wrap=False, gap="xsmall"):
        for axis, value in enumerate(run.start):
            label = "Start x" if len(run.start) == 1 else f"Start x{'₁₂₃'[axis]}"
            key, step = show(f"start.{axis}", value), nice((high[axis] - low[axis]) / 60)
            st.number_input(label, key=key, step=step, format="%.4g", on_change=move_start, args=(axis,))


def place(run: Run, embedded: bool) -> Any:
    """Where the knobs go: the sidebar, below the picture where it is embedded, or a drawer on a phone."""
    if embedded:
        return st.container(key="below")
    if "Mobi" not in st.context.headers.get("User-Agent", ""):
        return st.sidebar
    knobs = OPTIMIZERS[run.optimizer].knobs
    values = [
        f"{knobs[name].symbol} = {number(value)}" for name, value in dict(run.knobs).items() if knobs[name].symbol
    ]
    return st.container(key="drawer").expander("Knobs: " + ", ".join(values[:3]), key="knobs")


def view_options(scene: Scene, view: View) -> None:
    """What may be chosen about the picture: only what applies to it, and the size of its words."""
    with st.expander("View", key="view-options"):
        for key, options in scene.pictures[0].choices.items():
            names: dict[str, str] = dict(options)
            values = list(names)
            st.selectbox(
                CHOICES.get(key, key),
                values,
                key=show(f"view.{key}", scene.pictures[0].chosen.get(key, values[0])),
                format_func=names.__getitem__,
                on_change=choose,
                args=(f"view.{key}",),
            )
        large = show("projector", view.text == "projector")
        st.toggle("Large text for a projector", key=large, on_change=choose, args=("view.text", text_size, large))
        st.toggle("Show the last run as a ghost", key=show("ghosts", st.session_state.get("ghosts", True)))


def text_size(large: bool) -> str:
    """The value of view.text."""
    return "projector" if large else "normal"
