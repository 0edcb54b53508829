"""One landscape, one optimizer, every knob: turn one and see what becomes of the run."""

from urllib.parse import urlencode

import streamlit as st

from dashboard import cards, controls, panel, traces
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.player import player

embedded = bool(st.context.is_embedded)
run, view = controls.sync()
controls.notes()
stage, knobs = st.container(key="stage"), panel.place(run, embedded)

with knobs:
    panel.panel(run)
with stage:
    trace, ghost = traces.with_ghost(run)
    colors = theme(st.context.theme.type or "light", text=view.text)
    scene = experiment(trace, view, colors, ghost=ghost, link=urlencode(st.session_state.link), advise=True)
    player(
        scene,
        on_start=controls.start_here,
        on_view=controls.view_here,
        on_cities=controls.cities_here,
        on_advice=controls.advice_here,
    )
with knobs:
    panel.view_options(scene, view)

if not embedded:
    left, right = st.columns(2, gap="large")
    with left, st.container(key="ground"):
        cards.try_next(trace, st.session_state.link)
        cards.landscape(trace)
        cards.share(st.session_state.link)
        cards.take_along(trace, view, colors)
    with right, st.container(key="code"):
        cards.source(trace)
