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

from algorithms import LANDSCAPES, OPTIMIZERS, Landscape, OptimizerEntry, Run
from algorithms.knob import Knob, number_in
from algorithms.run import FIRST, SEED
from algorithms.step_sizes import RATE
from dashboard.charts.view import View

PLACED, CITIES = "placed_cities", "cities"  # the landscape whose cities a learner sets, and its knob
Fits = Callable[[OptimizerEntry, Landscape], bool]  # whether a page can show an optimizer on a landscape
SUGGESTED = "suggested here"  # what knobs are called that suit the landscape and equal no preset
OWN = "own"  # what knobs are called that equal no preset
GAP = re.compile(r"[,\s]+")  # between the numbers of a text


def sync(fits: Fits = OptimizerEntry.fits) -> tuple[Run, View]:
    """The run and the view that link and widgets agree on; afterwards the link says them in full.

    On a page that cannot show every pair, `fits` says which ones; another pair gives way to the first that can be.
    """
    state, query = st.session_state, {key: st.query_params.get_all(key) for key in st.query_params}
    state.setdefault("chosen", dict(FIRST))
    state.setdefault("notes", [])
    state.setdefault("refused", {})  # what was typed and cannot be taken: it stays in its field until it can
    touched = state.pop("touched", False)  # a browser may still send its old link with a widget's new value
    if query and query != listed(state.get("link", {})) and not touched:
        follow(query)
    unfit = make_fit(state.chosen, fits)
    run, repairs = wanted(state.chosen)
    repairs = unfit + repairs
    view, more = View.from_query(state.chosen)
    note(repairs + more)
    state.run, state.view, state.link = run, view, run.to_query() | view.to_query()
    st.query_params.from_dict(state.link)  # even if it is what came in: a link within the page does not set the address
    return run, view


def follow(query: Mapping[str, list[str]]) -> None:
    """Choose what a link says; its repairs become the notes. What it leaves open is suggested, as ever."""
    chosen = st.session_state.chosen
    st.session_state.refused.clear()
    run, repairs = Run.from_query(query)
    view, more = View.from_query({key: texts[-1] for key, texts in query.items()})
    st.session_state.notes = []
    note(repairs + more)
    for key in [key for key in chosen if key.startswith("view.") or key == kept_as("start", run)]:
        del chosen[key]
    said, place = run.to_query(), place_of(run)
    plain, _ = Run.from_query(place)  # what is suggested on this very landscape
    suggested = plain.to_query()
    for key, text in said.items():
        chosen[kept_as(key, run)] = text
        if key not in FIRST and (key not in query or (key not in place and text == suggested.get(key))):
            del chosen[kept_as(key, run)]
    chosen |= view.to_query()


def offered(fits: Fits) -> dict[str, list[str]]:
    """The landscapes of a page, by id, each with the optimizers that it can show there."""
    pairs = {
        id: [entry.id for entry in OPTIMIZERS.values() if fits(entry, place.make())] for id, place in LANDSCAPES.items()
    }
    return {id: optimizers for id, optimizers in pairs.items() if optimizers}


def make_fit(chosen: dict[str, str], fits: Fits) -> list[str]:
    """Choose the first landscape and optimizer that a page can show where it cannot show the chosen; say so."""
    pairs, said = offered(fits), list[str]()
    run, _ = Run.from_query({key: chosen[key] for key in FIRST})
    place, optimizer = str(run.landscape), run.optimizer
    if place not in pairs:
        first = FIRST["landscape"] if FIRST["landscape"] in pairs else next(iter(pairs))
        said.append(f"{LANDSCAPES[place].name} cannot be shown here. Using {LANDSCAPES[first].name}.")
        place = chosen["landscape"] = first
    if optimizer not in pairs[place]:
        first = pairs[place][0]
        said.append(f"{OPTIMIZERS[optimizer].name} cannot be shown here. Using {OPTIMIZERS[first].name}.")
        chosen["optimizer"] = first
    return said


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


def choose_layers(layers: tuple[str, ...]) -> None:
    """Hide those of the picture's layers that are not switched on; what other pictures hide stays hidden."""
    state = st.session_state
    others = {layer for layer in state.view.hide if layer not in layers}
    state.chosen["view.hide"] = ",".join(sorted(others | {*layers} - {*state["layers"]}))
    state.touched = True


def presets(run: Run) -> dict[str, dict[str, Any]]:
    """The presets of a run's optimizer on its landscape; none where there are no two that differ.

    What is suggested there is one more, where it is none of them: the first picture of a pair has a name of its own.
    """
    whole = OPTIMIZERS[run.optimizer].presets_on(run.make_landscape())
    if len({tuple(values.items()) for values in whole.values()}) < 2:
        return {}
    suggested = dict(Run.from_query(place_of(run))[0].knobs)
    return whole if suggested in whole.values() else {SUGGESTED: suggested} | whole


def preset(run: Run, known: dict[str, dict[str, Any]]) -> str:
    """Which of the known presets the knobs equal, those aside that have no effect; else OWN."""
    now, knobs = dict(run.knobs), OPTIMIZERS[run.optimizer].knobs
    for name, values in known.items():
        if all(now[knob] == value for knob, value in values.items() if not knobs[knob].idles(values)):
            return name
    return OWN


def take_preset() -> None:
    """Choose the knobs of the preset that was picked; what it shares with what is suggested is left to that."""
    state = st.session_state
    run, picked = state.run, state["preset"]
    knobs, suggested = OPTIMIZERS[run.optimizer].knobs, dict(Run.from_query(place_of(run))[0].knobs)
    for name, value in presets(run).get(picked, {}).items():
        state.chosen.pop(f"{run.optimizer}.{name}", None)
        if value != suggested[name]:
            state.chosen[f"{run.optimizer}.{name}"] = knobs[name].write(value)
    state.touched = True


def place_of(run: Run) -> dict[str, str]:
    """The part of a run's link that says where it takes place: the pair, and the landscape's knobs."""
    said = run.to_query()
    return {key: said[key] for key in said if key in FIRST or key.startswith(f"{run.landscape}.")}


def type_knob(key: str, knob: Knob) -> None:
    """Take a typed value exactly as it is, or the nearest one allowed; points and formulas only as they are."""
    if knob.kind == "points":
        return type_points(key, knob)
    if knob.kind == "formula":
        return type_formula(key, knob, st.session_state[f"{key}.exact"])
    text = st.session_state[f"{key}.exact"].replace("−", "-").replace(",", ".")
    current = knob.read(st.session_state.link[key])
    value, repair = knob.repair(text, current, "last")
    st.session_state.notes = [repair[:1].upper() + repair[1:]] if repair else []
    st.session_state.chosen[key] = knob.write(value)
    st.session_state.touched = True


def type_points(key: str, knob: Knob) -> None:
    """Take points from a text, a pair of numbers a line; what cannot be taken stays as it was typed.

    A start that was given for the points before belongs to them, and is forgotten.
    """
    text = st.session_state[f"{key}.exact"]
    lines = [GAP.split(line.strip()) for line in re.split(r"[\n;]", text.replace("−", "-")) if line.strip()]
    take(key, text, lambda: knob.write(knob.read(";".join(map(",".join, lines)))))
    if key not in st.session_state.refused:
        st.session_state.chosen.pop(f"start of {key.partition('.')[0]}", None)


def type_formula(key: str, knob: Knob, text: str) -> None:
    """Take a formula; what is none stays in its field as it was typed, and the field says why: see `panel.formula`.

    A start that was given on another formula stays, if the new one has as many coordinates.
    """
    state = st.session_state
    state.notes, state.touched = [], True
    try:
        state.chosen[key] = knob.read(text)
        state.refused.pop(key, None)
    except ValueError:
        state.refused[key] = text


def take_example(key: str, knob: Knob) -> None:
    """Take the formula that was picked from the examples."""
    text = st.session_state.pop(f"{key}.example", None)
    if text:
        type_formula(key, knob, text)


def type_tour() -> None:
    """Take a start tour from a text; what is no tour stays as it was typed."""
    run, text = st.session_state.run, st.session_state["start.tour"]
    ground = run.make_landscape()
    take(kept_as("start", run), text, lambda: ",".join(map(str, tour_in(text, ground.dimension))))


def tour_in(text: str, n: int) -> list[int]:
    """The tour of n cities that a text names; ValueError repeats the text and says all that keeps it from being one."""
    parts = [part for part in GAP.split(text.strip()) if part]
    numbers = [(part, number_in(part.replace("−", "-"))) for part in parts]
    cities = [int(value) for _, value in numbers if value is not None and value in range(n)]
    strange = [f"{part[:20]} is no number" for part, value in numbers if value is None]
    strange += [
        f"there is no city {part[:20]}" for part, value in numbers if value is not None and value not in range(n)
    ]
    often = [(city, cities.count(city)) for city in dict.fromkeys(cities) if cities.count(city) > 1]
    strange += [f"city {city} is named {'twice' if count == 2 else f'{count} times'}" for city, count in often]
    left = sorted(set(range(n)) - set(cities))
    wrong = [*strange[:2], *([f"{len(strange) - 2} more such"] if len(strange) > 2 else [])]
    if left:
        wrong.append(f"city {left[0]} is missing" if len(left) == 1 else f"{len(left)} are missing")
    if wrong:
        said = text if len(text) <= 40 else f"{text[:40]}…"
        raise ValueError(f"“{said}” does not name each of the cities 0 to {n - 1} once: {'; '.join(wrong)}.")
    return cities


def take(key: str, text: str, written: Callable[[], str]) -> None:
    """Choose what `written` makes of a typed text, or keep the text and say what is wrong with it."""
    state = st.session_state
    state.refused.pop(key, None)
    state.notes = []
    try:
        state.chosen[key] = written()
    except ValueError as refusal:
        state.refused[key] = text
        said = str(refusal)
        note([f"{said[:1].upper()}{said[1:]} The picture stays as it was, and so does your text."])
    state.touched = True


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
    if isinstance(point, Mapping) and st.session_state.run.make_landscape().kind != "tours":
        view = st.session_state.view.fitted(len(values), 0)
        for axis, name in zip(view.pair if len(values) > 1 else (0,), "xy", strict=False):
            values[axis] = point.get(name)
        set_start(values)


def rate_here() -> None:
    """Take the learning rate that was set in the picture, or the nearest one its knob allows."""
    point, run = st.session_state["player"].start, st.session_state.run
    if isinstance(point, Mapping):
        knob, current = OPTIMIZERS[run.optimizer].knobs[RATE], dict(run.knobs)[RATE]
        value, repair = knob.repair(repr(finite(point.get("x"), current)), current, "last")
        st.session_state.notes = [repair[:1].upper() + repair[1:]] if repair else []
        st.session_state.chosen[f"{run.optimizer}.{RATE}"] = knob.write(value)
        st.session_state.touched = True


def advice_here() -> None:
    """Take the change that the player advises; as in a link, what is not allowed is repaired and said."""
    changes, run = st.session_state["player"].advice, st.session_state.run
    if isinstance(changes, Mapping):
        known = {key: text for key, text in changes.items() if key in run.to_query()}
        st.session_state.chosen |= {kept_as(key, run): str(text)[:2000] for key, text in known.items()}
        st.session_state.touched = True


def view_here() -> None:
    """Take a view that was chosen inside the player."""
    changes = st.session_state["player"].view
    if isinstance(changes, Mapping):
        st.session_state.chosen |= {f"view.{key}"[:40]: str(value)[:40] for key, value in changes.items()}
        st.session_state.touched = True


def cities_here() -> None:
    """Take a city that was placed, moved or removed in the picture: from now on these are cities of one's own."""
    state = st.session_state
    message, cities = state["player"].cities, getattr(state.run.make_landscape(), "cities", None)
    if not isinstance(message, Mapping) or cities is None:
        return
    knob, change = LANDSCAPES[PLACED].knobs[CITIES], changed([(x, y) for x, y in cities.tolist()], message)
    if change is None:
        return
    state.notes, state.touched = [], True
    if not knob.least <= len(change) <= knob.most:
        note([f"A map of your own has {knob.least} to {knob.most} cities; this would make {len(change)}."])
        return
    before = state.run.to_query()
    state.chosen |= {"landscape": PLACED, f"{PLACED}.{CITIES}": knob.write(apart(change, knob))}
    for forgotten in (state.chosen, state.refused):
        forgotten.pop(f"start of {PLACED}", None)
    state.refused.pop(f"{PLACED}.{CITIES}", None)
    after = wanted(dict(state.chosen))[0].to_query()
    ours = (f"{state.run.optimizer}.", "steps", "seed")  # these stay, even where other cities suggest others
    state.chosen |= {key: before[key] for key in after if key.startswith(ours) and after[key] != before.get(key)}


def changed(cities: list[tuple[float, float]], message: Mapping[Any, Any]) -> list[tuple[float, float]] | None:
    """The cities after one was added, moved or removed; None for a message that makes no sense."""
    match message:
        case {"add": [x, y]}:
            i, places = len(cities), [(x, y)]
        case {"move": [i, x, y]} if type(i) is int and 0 <= i < len(cities):
            places = [(x, y)]
        case {"remove": i} if type(i) is int and 0 <= i < len(cities):
            places = []
        case _:
            return None
    if not all(type(end) in (int, float) and math.isfinite(finite(end, math.nan)) for place in places for end in place):
        return None
    return cities[:i] + [(float(x), float(y)) for x, y in places] + cities[i + 1 :]


def apart(cities: list[tuple[float, float]], knob: Knob) -> list[tuple[float, float]]:
    """The cities as the knob takes them: on the map, to one decimal, and no two at the same place."""
    taken: list[tuple[float, float]] = []
    for city in cities:
        x, y = (round(min(max(end, knob.low), knob.high), 1) for end in city)
        while (x, y) in taken:
            x = round(x + 0.1, 1) if x < knob.high else knob.low
        taken.append((x, y))
    return taken


def next_seed() -> None:
    """Choose the seed after this one."""
    st.session_state.chosen["seed"] = SEED.write((st.session_state.run.seed + 1) % (SEED.high + 1))
    st.session_state.touched = True


def reset() -> None:
    """Forget what was chosen for this pair: back to what the landscape suggests.

    Cities somebody placed stay, and so do a formula somebody wrote and its domain.
    """
    st.session_state.refused.clear()
    place = LANDSCAPES[st.session_state.run.to_query()["landscape"]]
    made = {
        f"{place.id}.{name}" for name, knob in place.knobs.items() if knob.kind in ("points", "formula") or knob.bare
    }
    for key in st.session_state.run.to_query():
        if key not in FIRST and key not in made:
            st.session_state.chosen.pop(kept_as(key, st.session_state.run), None)
    st.session_state.touched = True
