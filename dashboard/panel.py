"""The knobs of one experiment as widgets: they show the run that controls made, and tell controls what was moved."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from algorithms import LANDSCAPES, OPTIMIZERS, OptimizerEntry, Run
from algorithms.formula import parse
from algorithms.formula_grammar import LONGEST as LETTERS
from algorithms.formula_grammar import FormulaError
from algorithms.formula_latex import latex
from algorithms.knob import Knob
from algorithms.run import SEED, STEPS
from dashboard.charts.picture import Scene
from dashboard.charts.scene import LARGE as CHARTS
from dashboard.charts.view import CHOICES as VIEWS
from dashboard.charts.view import View
from dashboard.charts.wording import number, subscript
from dashboard.controls import (
    Fits,
    choose,
    choose_layers,
    kept_as,
    move_start,
    next_seed,
    offered,
    preset,
    presets,
    reset,
    take_example,
    take_preset,
    type_knob,
    type_start,
    type_tour,
)

MANY = 10  # entries that need no groups
SHOWN = 6  # knobs of an optimizer in sight; the rest is under "More knobs"
CHOICES = {"scale": "Contour lines", "shape": "Drawn as", "pair": "Coordinates shown"}
LARGE = VIEWS["large"]
TOUR = "The order in which the first tour visits the cities, which are numbered from 0."
PRESETS = (
    "Sets all knobs of the optimizer at once. As in the article: its own defaults. Recommended: what does well in many "
    "dimensions. Suggested here: what makes a good first picture of this landscape."
)
LONGEST = 4000  # letters of a text of points
SEEN = 30  # letters of a formula that are shown around what is wrong in it
EXAMPLES = {
    "x**4 - 3*x**2 + x": "curve",
    "(x**2 + y - 2)**2 + (x - y)**2": "valleys",
    "sqrt(x) + y**2": "with an edge",
}
MANTISSAS = (1, 1.1, 1.2, 1.35, 1.5, 1.7, 2, 2.25, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)  # the stops of a decade


def show(key: str, value: Any) -> str:
    """Give a widget its value unless it has it: one that is told what it shows would jump under the hand."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def panel(run: Run, fits: Fits = OptimizerEntry.fits) -> None:
    """The knobs of one experiment; `fits` says which pairs a page can show, and the pickers offer no others."""
    landscape, optimizer = LANDSCAPES[run.to_query()["landscape"]], OPTIMIZERS[run.optimizer]
    with st.container(key="controls", gap="xsmall"):
        picker("landscape", LANDSCAPES, list(offered(fits)), landscape.id)
        ground, own = dict(run.landscape_knobs), dict(run.knobs)
        turns(landscape.id, {name: knob for name, knob in landscape.knobs.items() if not knob.aside}, ground)
        able = [entry.id for entry in OPTIMIZERS.values() if fits(entry, run.make_landscape())]
        picker("optimizer", OPTIMIZERS, able, optimizer.id)
        preset_picker(run)
        knobs = {name: knob for name, knob in optimizer.knobs_on(run.make_landscape()).items() if not knob.idles(own)}
        names = sorted(knobs, key=lambda name: knobs[name].aside)
        front = [name for name in names if not knobs[name].aside][:SHOWN]
        for name in front:
            turn(f"{optimizer.id}.{name}", knobs[name], own[name])
        noise = [name for name, knob in landscape.knobs.items() if knob.aside and given(optimizer)]
        if len(names) > len(front) or noise:
            with st.expander("More knobs", key="more"):
                for name in names[len(front) :]:
                    turn(f"{optimizer.id}.{name}", knobs[name], own[name])
                for name in noise:
                    turn(f"{landscape.id}.{name}", landscape.knobs[name], ground[name])
        start(run)
        with st.container(key="run", horizontal=True, wrap=False, vertical_alignment="bottom", gap="xsmall"):
            whole("steps", STEPS, run.steps)
            if run.stochastic:
                whole("seed", SEED, run.seed)
                st.button("Next seed", key="die", icon=":material/casino:", help="Next seed", on_click=next_seed)
            st.button(
                "Reset the knobs",
                key="reset",
                icon=":material/restart_alt:",
                help="Back to the suggested knobs",
                on_click=reset,
            )


def given(optimizer: OptimizerEntry) -> bool:
    """Whether the landscape decides with what noise, or from which examples, the optimizer gets its gradients."""
    return "gradient" in optimizer.needs and "data" not in optimizer.needs


def turns(owner: str, knobs: Mapping[str, Knob], values: Mapping[str, Any]) -> None:
    """The knobs of a landscape one below the other, those without a slider side by side."""
    bare = [name for name, knob in knobs.items() if knob.bare]
    for name in knobs:
        if name not in bare:
            turn(f"{owner}.{name}", knobs[name], values[name])
    if bare:
        with st.container(key="bare", horizontal=True, wrap=False, gap="xsmall"):
            for name in bare:
                number_field(f"{owner}.{name}", knobs[name], values[name])


def number_field(key: str, knob: Knob, value: float) -> None:
    """A number as a field alone, for a range too wide for a slider."""
    st.text_input(
        title(knob),
        key=show(f"{key}.exact", f"{value:.10g}"),
        help=knob.help or None,
        on_change=type_knob,
        args=(key, knob),
    )


def formula(key: str, knob: Knob, value: str, at: str, typed: Callable[..., None], disabled: bool) -> None:
    """A field for a formula, below it how it was read or what is wrong with it and where."""
    text = refused(key, value)
    st.text_input(
        "f(x, y) =",
        key=show(f"{at}{key}.exact", text),
        help=knob.help or None,
        max_chars=LETTERS,
        on_change=typed,
        args=(key, knob),
        disabled=disabled,
    )
    if text != value:
        with st.container(key="formula-error", gap=None):
            place, why = trouble(text)
            if place:
                with st.container(key="formula-place"):
                    st.text(place)
            st.text(f"{why} The picture stays as it was.")
        return
    with st.container(key="formula-read"):
        st.latex(latex(parse(value)))
    if not at:
        st.pills(
            "Examples",
            EXAMPLES,
            key=f"{key}.example",
            label_visibility="collapsed",
            format_func=EXAMPLES.__getitem__,
            on_change=take_example,
            args=(key, knob),
        )


def trouble(text: str) -> tuple[str, str]:
    """The part of a formula in which something is wrong, with a mark below the place, and what it is."""
    try:
        parse(text)
    except FormulaError as wrong:
        why = f"{wrong.why[:1].upper()}{wrong.why[1:]}"
        if wrong.at is None or not text.isprintable():
            return "", why
        first = max(0, min(wrong.at - SEEN // 2, len(text) - SEEN))
        before, after = "…" * (first > 0), "…" * (first + SEEN < len(text))
        mark = " " * (wrong.at - first + len(before)) + "▲"
        return f"{before}{text[first : first + SEEN]}{after}\n{mark}", why
    return "", ""


def picker(key: str, entries: Mapping[str, Any], ids: list[str], value: str) -> None:
    """A list to choose an entry from; its values are ids, its words are names, of many with the group of each.

    So the list can be searched by group as well: typing "second" leaves the methods of second order.
    """
    many = len(ids) > MANY
    st.selectbox(
        key.capitalize(),
        ids,
        key=show(key, value),
        format_func=lambda id: f"{entries[id].name} · {entries[id].group}" if many else entries[id].name,
        help=entries[value].summary,
        on_change=choose,
        args=(key,),
    )


def preset_picker(run: Run) -> None:
    """A list of settings for all the optimizer's knobs, where there are two; it says which one the knobs equal now."""
    known = presets(run)
    if not known:
        return
    names, now = list(known), preset(run, known)
    st.selectbox(
        "Knobs",
        names if now in names else [*names, now],
        key=show("preset", now),
        format_func=lambda name: name[:1].upper() + name[1:],
        help=PRESETS,
        on_change=take_preset,
    )


def turn(
    key: str,
    knob: Knob,
    value: Any,
    *,
    at: str = "",
    moved: Callable[..., None] = choose,
    typed: Callable[..., None] = type_knob,
    disabled: bool = False,
) -> None:
    """A knob: a switch, a choice, a formula, a text of points, or a slider beside a field that takes any value exactly.

    On another page than the playground `at` begins the widgets' own keys, and `moved` and `typed` take their values.
    """
    label, widget = title(knob), f"{at}{key}"
    told: dict[str, Any] = {"on_change": moved, "args": (key, knob.write, widget), "disabled": disabled}
    if knob.kind == "switch":
        st.toggle(label, key=show(widget, value), help=knob.help or None, **told)
    elif knob.kind == "choice":
        st.selectbox(label, knob.choices, key=show(widget, value), help=knob.help or None, format_func=words, **told)
    elif knob.kind == "formula":
        formula(key, knob, value, at, typed, disabled)
    elif knob.kind == "points":
        lines = refused(key, knob.write(value).replace(";", "\n").replace(",", ", "))
        exact = show(f"{widget}.exact", lines)
        more: dict[str, Any] = {
            "help": knob.help or None,
            "on_change": typed,
            "args": (key, knob),
            "disabled": disabled,
        }
        st.text_area(f"{label}: x, y", key=exact, height=130, max_chars=LONGEST, **more)
    else:
        with st.container(key=f"knob-{key.replace('.', '-')}", gap=None):
            across: dict[str, Any] = {"horizontal_alignment": "distribute", "vertical_alignment": "center"}
            with st.container(horizontal=True, wrap=False, gap="xsmall", **across):
                st.markdown(label, help=knob.help or None, width="content")
                st.text_input(
                    f"{label}, exactly",
                    key=show(f"{widget}.exact", knob.write(value)),
                    label_visibility="collapsed",
                    width=84,
                    on_change=typed,
                    args=(key, knob),
                    disabled=disabled,
                )
            st.select_slider(
                label,
                stops(knob, value),
                key=show(widget, value),
                format_func=knob.write,
                label_visibility="collapsed",
                **told,
            )


def refused(key: str, text: str) -> str:
    """What was typed and could not be taken, or else the text that stands for the value."""
    return st.session_state.get("refused", {}).get(key, text)


def title(knob: Knob) -> str:
    """The knob's name and symbol."""
    return f"{knob.label[:1].upper()}{knob.label[1:]} {knob.symbol}".strip()


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
    """Fields for the start: one a coordinate, or one text where there are many or where it is a tour."""
    if run.start is None:
        return
    if run.make_landscape().kind == "tours":
        text = refused(kept_as("start", run), ", ".join(map(str, run.start)))
        st.text_input("Start tour", key=show("start.tour", text), help=TOUR, on_change=type_tour)
        return
    if len(run.start) > 3:
        label = f"Start x₁, …, x{subscript(len(run.start))}"
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
    knobs, own = OPTIMIZERS[run.optimizer].knobs, dict(run.knobs)
    values = [
        f"{knob.symbol} = {number(own[name])}"
        for name, knob in knobs.items()
        if knob.symbol and not knob.aside and not knob.idles(own)
    ]
    return st.container(key="drawer").expander(": ".join(filter(None, ("Knobs", ", ".join(values[:3])))), key="knobs")


def asked(key: str, names: Mapping[str, str]) -> str:
    """What a choice about the picture is called; who may be followed has the name of the members: "Ant followed"."""
    member = list(names.values())[-1].partition(" ")[0]
    return f"{member.capitalize()} followed" if key == "follow" else CHOICES.get(key, key.capitalize())


def view_options(scene: Scene, view: View) -> None:
    """What may be chosen about the picture: only what applies to it, and the size of its words."""
    with st.expander("View", key="view-options"):
        for key, options in scene.pictures[0].choices.items():
            names: dict[str, str] = dict(options)
            values = list(names)
            st.selectbox(
                asked(key, names),
                values,
                key=show(f"view.{key}", scene.pictures[0].chosen.get(key, values[0])),
                format_func=names.__getitem__,
                on_change=choose,
                args=(f"view.{key}",),
            )
        if layers := scene.pictures[0].layers:
            st.pills(
                "Drawn on the picture",
                list(layers),
                selection_mode="multi",
                key=show("layers", [layer for layer in layers if layer not in view.hide]),
                format_func=lambda layer: layers[layer],
                on_change=choose_layers,
                args=(tuple(layers),),
            )
        magnified = any(picture.id in CHARTS["close-up"] for picture in scene.pictures)
        st.selectbox(
            "Large picture",
            [name for name in LARGE if magnified or name != "close-up"],
            key=show("view.large", view.large if magnified or view.large != "close-up" else "landscape"),
            format_func=str.capitalize,
            on_change=choose,
            args=("view.large",),
        )
        large = show("projector", view.text == "projector")
        st.toggle("Large text for a projector", key=large, on_change=choose, args=("view.text", text_size, large))
        st.toggle("Show the last run as a ghost", key=show("ghosts", st.session_state.get("ghosts", True)))


def text_size(large: bool) -> str:
    """The value of view.text."""
    return "projector" if large else "normal"
