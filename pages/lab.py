"""The step-size lab: what every learning rate makes of one run, and the one you choose among them."""

from urllib.parse import urlencode

import streamlit as st

from algorithms import sweepable
from dashboard import cards, controls, lab, panel, traces
from dashboard.charts import step_sizes
from dashboard.charts.theme import theme
from dashboard.player import player

embedded = bool(st.context.is_embedded)
run, view = controls.sync(sweepable)
controls.notes()
stage, knobs = st.container(key="stage"), panel.place(run, embedded)

with knobs:
    panel.panel(run, sweepable)
with stage, st.container(key="lab"):
    trace, ghost = traces.with_ghost(lab.shown(run))
    sweep = lab.swept(lab.shown(run))
    colors = theme(st.context.theme.type or "light", text=view.text)
    scene = step_sizes.lab(trace, sweep, view, colors, ghost=ghost, link=urlencode(st.session_state.link))
    player(scene, on_start=controls.rate_here, on_view=controls.view_here)
with knobs:
    panel.view_options(scene, view)

if not embedded:
    left, right = st.columns(2, gap="large")
    with left, st.container(key="ground"):
        cards.try_rates(trace, sweep, st.session_state.link)
        cards.landscape(trace)
    with right, st.container(key="code"):
        cards.source(trace)
