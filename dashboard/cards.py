"""What stands around the picture on a page: the landscape, the code that ran, and links."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from urllib.parse import urlencode, urlsplit

import numpy as np
import streamlit as st

from algorithms import LANDSCAPES, Landscape, Run, StepSizes, Trace, sweepable
from algorithms.tours import EXACT, Tours
from dashboard import place, run_export, traces
from dashboard.chapters import Chapter
from dashboard.charts import step_size_words
from dashboard.charts.remedy import remedy
from dashboard.charts.scene import experiment
from dashboard.charts.theme import Theme
from dashboard.charts.tries import tries
from dashboard.charts.view import View
from dashboard.charts.wording import number, subscript
from dashboard.charts.wording import place as position
from dashboard.export import to_html

PLAYGROUND = place("pages") / "playground.py"
LESSON = place("pages") / "lesson.py"
LAB = place("pages") / "lab.py"


def experiment_link(label: str, query: Mapping[str, str], page: str = "playground") -> None:
    """A link that opens an experiment in the playground, or on another page of the lab."""
    st.page_link({"playground": PLAYGROUND, "lab": LAB}[page], label=label, query_params=query)


def chapter(of: Chapter) -> None:
    """A chapter of the map: its line, its lessons and experiments as links, and what is to come."""
    with st.container(key=f"chapter-{of.number}", gap="xsmall"):
        st.subheader(f"{of.number} · {of.title}", anchor=False)
        st.markdown(of.line)
        for lesson in of.lessons:
            label = f":material/school: {lesson.title} · {lesson.minutes} min"
            st.page_link(LESSON, label=label, query_params={"lesson": lesson.id, "screen": "1"})
        if of.here:
            with st.container(horizontal=True, gap="small"):
                for name, query, page in of.here:
                    experiment_link(name, query, page)
        if of.to_come:
            st.caption(f"To come: {', '.join(of.to_come)}")


def try_next(trace: Trace, link: Mapping[str, str]) -> None:
    """Two prompts that send the reader back to the knobs; following one moves them. What does better comes first."""
    st.subheader("What to try", anchor=False)
    found = remedy(trace)
    first = [(found.prompt, dict(found.changes))] if found else []
    others = [each for each in tries(trace) if not first or each[1].keys() != first[0][1].keys()]
    for prompt, changes in [*first, *others, *tries(trace)][:2]:
        experiment_link(f":material/arrow_forward: {prompt}", {**link, **changes})
    if sweepable(trace.optimizer, trace.landscape):
        experiment_link(":material/tune: Try all learning rates at once in the step-size lab", link, "lab")


def try_rates(trace: Trace, sweep: StepSizes, link: Mapping[str, str]) -> None:
    """Two prompts for the lab, and the way to the same run in the playground."""
    st.subheader("What to try", anchor=False)
    with st.container(key="tries"):
        for prompt, changes in step_size_words.tries(trace, sweep):
            experiment_link(f":material/arrow_forward: {prompt}", {**link, **changes}, "lab")
    experiment_link(":material/tune: Open this run in the playground", link)


def landscape(trace: Trace) -> None:
    """What is known about the landscape: formula, domain, minima, saddle points, curvature."""
    ground = trace.landscape
    st.subheader(ground.name, anchor=False)
    st.markdown(LANDSCAPES[ground.id].summary if ground.id in LANDSCAPES else "A landscape of your own.")
    if ground.latex:
        with st.container(key="formula"):
            st.latex(ground.latex)
    st.markdown("  \n".join(f"**{name}** {text}" for name, text in facts(ground)))


def facts(ground: Landscape) -> Iterable[tuple[str, str]]:
    """Name and text of what can be said about a landscape."""
    if isinstance(ground, Tours):
        yield from tour_facts(ground)
        return
    yield "Domain", domain(ground)
    for kind in ("global", "local"):
        minima = [m for m in ground.minima if m.kind == kind]
        if minima:
            width = float(np.max(ground.high - ground.low))
            where = "; ".join(f"f = {number(m.fx)} at {position(m.x, width)}" for m in minima[:4])
            more = f"; and {len(minima) - 4} more" if len(minima) > 4 else ""
            plural = "minima" if len(minima) > 1 else "minimum"
            yield f"{kind.capitalize()} {plural}", where + more
    if not ground.minima:
        yield "Minima", "none" if ground.note.startswith("Unbounded below") else "unknown"
    if ground.saddles:
        width = float(np.max(ground.high - ground.low))
        where = "; ".join(
            f"f = {number(float(ground.value(np.array(x))))} at {position(x, width)}" for x in ground.saddles[:4]
        )
        more = f"; and {len(ground.saddles) - 4} more" if len(ground.saddles) > 4 else ""
        yield "Saddle points" if len(ground.saddles) > 1 else "Saddle point", where + more
    if ground.curvature is not None:
        yield "Largest curvature", f"L = {number(ground.curvature)}"
    if ground.note:
        yield "Note", ground.note


def tour_facts(ground: Tours) -> Iterable[tuple[str, str]]:
    """Name and text of what can be said about the tours through some cities."""
    n = ground.dimension
    yield "Cities", f"{n}, numbered from 0"
    yield "Different tours", number(math.factorial(n - 1) // 2)
    if ground.optimum is None:
        yield "Shortest tour", f"unknown; at least {number(ground.lower_bound)} long (1-tree bound)"
    else:
        x = ground.minima[0].x
        way = f": {' – '.join(str(city) for city in (*x, x[0]))}" if n <= EXACT else ""
        yield "Shortest tour", f"{number(ground.optimum)} long{way}"
    if ground.note:
        yield "Note", ground.note


def domain(ground: Landscape) -> str:
    """The box in one line, coordinates of equal range together."""
    d = ground.dimension
    ranges = [(number(low), number(high)) for low, high in zip(ground.low, ground.high, strict=True)]
    if len(set(ranges)) == 1:
        names = "x" if d == 1 else "x₁, x₂" if d == 2 else f"x₁, …, x{subscript(d)}"
        return f"{ranges[0][0]} ≤ {names} ≤ {ranges[0][1]}"
    return "; ".join(f"{low} ≤ x{subscript(i + 1)} ≤ {high}" for i, (low, high) in enumerate(ranges))


def source(trace: Trace) -> None:
    """The text of the function that ran."""
    st.subheader("The code that ran", anchor=False)
    st.caption(f"{trace.optimizer.name} · {trace.optimizer.reference}")
    st.code(trace.optimizer.source, language="python")


def share(link: Mapping[str, str]) -> None:
    """The lines that put the experiment into another page."""
    address = here()
    st.subheader("Share", anchor=False)
    st.markdown(
        "The address of this page is the experiment: landscape, optimizer, every knob, start and seed. "
        "These lines put it into a page of your own:"
    )
    frame = f'<iframe src="{address}?embed=true&{urlencode(link)}"\n  width="100%" height="720" style="border:0"'
    st.code(f'{frame}\n  title="Optimization Lab"></iframe>', language="html", wrap_lines=True)


def here() -> str:
    """The address of this page without its experiment."""
    parts = urlsplit(st.context.url or "http://localhost:8501/playground")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def animation(view: View, colors: Theme, trace: Trace, address: str = "") -> str:
    """The large picture as an HTML page, with what came of the run."""
    scene = experiment(trace, view, colors)
    return to_html(scene.pictures[0], word=scene.frame_word, outcome=scene.outcome, address=address)


def made(make: Callable[[Trace], str], run: Run) -> str:
    """The text of a file, at the moment it is asked for."""
    return make(traces.again(run))


def take_along(trace: Trace, view: View, colors: Theme) -> None:
    """The run as files; nothing of them is made before someone asks for one, and a visit keeps no trace for them."""
    run = run_export.whole(trace)
    files: dict[str, tuple[str, str, str, Callable[[Trace], str]]] = {
        "csv": ("Table (CSV)", "One row a step", "text/csv", run_export.csv),
        "html": (
            "Animation (HTML)",
            "One file that plays without a network",
            "text/html",
            partial(animation, view, colors, address=f"{here()}?{urlencode(run.to_query() | view.to_query())}"),
        ),
        "py": ("Python", "A script that makes the same run", "text/x-python", run_export.script),
        "ipynb": ("Notebook", "For Jupyter: the run, its table, a chart", "application/json", run_export.notebook),
    }
    st.markdown("**Take it with you**")
    with st.container(key="files", horizontal=True, gap="small"):
        for ending, (label, help, mime, make) in files.items():
            st.download_button(
                label,
                partial(made, make, run),
                run_export.file_name(trace.run, ending),
                mime,
                key=f"save-{ending}",
                help=help,
                on_click="ignore",
                icon=":material/download:",
            )
    if out := run_export.left_out(trace):
        st.caption(f"The table leaves out {', '.join(name.replace('_', ' ') for name in out)}: too much for one file.")
