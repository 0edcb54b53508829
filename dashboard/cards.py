"""What stands around the picture on a page: the landscape, the code that ran, and links."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

import numpy as np
import streamlit as st

from algorithms import LANDSCAPES, Landscape, Trace
from dashboard import place
from dashboard.charts.tries import tries
from dashboard.charts.wording import number, subscript
from dashboard.charts.wording import place as position

PLAYGROUND = place("pages") / "playground.py"


def experiment_link(label: str, query: Mapping[str, str]) -> None:
    """A link that opens an experiment in the playground."""
    st.page_link(PLAYGROUND, label=label, query_params=query)


def try_next(trace: Trace, link: Mapping[str, str]) -> None:
    """Two prompts that send the reader back to the knobs; following one moves them."""
    st.subheader("What to try", anchor=False)
    for prompt, changes in tries(trace):
        experiment_link(f":material/arrow_forward: {prompt}", {**link, **changes})


def landscape(trace: Trace) -> None:
    """What is known about the landscape: formula, domain, minima, curvature."""
    ground = trace.landscape
    st.subheader(ground.name, anchor=False)
    st.markdown(LANDSCAPES[ground.id].summary if ground.id in LANDSCAPES else "A landscape of your own.")
    if ground.latex:
        with st.container(key="formula"):
            st.latex(ground.latex)
    st.markdown("  \n".join(f"**{name}** {text}" for name, text in facts(ground)))


def facts(ground: Landscape) -> Iterable[tuple[str, str]]:
    """Name and text of what can be said about a landscape."""
    yield "Domain", domain(ground)
    for kind in ("global", "local"):
        minima = [m for m in ground.minima if m.kind == kind]
        if minima:
            width = float(np.max(ground.high - ground.low))
            where = "; ".join(f"f = {number(m.fx)} at {position(m.x, width)}" for m in minima[:4])
            more = f"; and {len(minima) - 4} more" if len(minima) > 4 else ""
            plural = "minima" if len(minima) > 1 else "minimum"
            yield f"{kind.capitalize()} {plural}", where + more
    if ground.curvature is not None:
        yield "Largest curvature", f"L = {number(ground.curvature)}"
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
    parts = urlsplit(st.context.url or "http://localhost:8501/playground")
    address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    st.subheader("Share", anchor=False)
    st.markdown(
        "The address of this page is the experiment: landscape, optimizer, every knob, start and seed. "
        "These lines put it into a page of your own:"
    )
    frame = f'<iframe src="{address}?embed=true&{urlencode(link)}"\n  width="100%" height="720" style="border:0"'
    st.code(f'{frame}\n  title="Optimization Lab"></iframe>', language="html", wrap_lines=True)
