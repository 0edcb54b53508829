"""What the lab is for, and two ways in: each a small experiment that moves under the pointer and opens at a click."""

from urllib.parse import urlencode

import streamlit as st

from algorithms import OPTIMIZERS, Run
from dashboard import cards, traces
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import card

BALL, SWARM = Run.suggested("gradient_descent", "quadratic"), Run.suggested("particle_swarm", "rastrigin")
ENTRIES = {  # invitation: the run, and the frame at which its picture rests
    "One ball, one slope: turn the learning rate until it overshoots.": (BALL, None),
    "A swarm, many valleys: will its shared memory find the right one?": (SWARM, 3),
}

with st.container(key="welcome"):
    st.title("Optimization Lab", anchor=False)
    st.markdown(
        "Pick a landscape and an optimizer, turn a knob, and watch every step of the algorithm that runs. "
        "Each picture is the recording of a real run, and its address shows the same run to anyone."
    )

colors = theme(st.context.theme.type or "light")
for column, (words, (run, rest)) in zip(st.columns(len(ENTRIES), gap="medium"), ENTRIES.items(), strict=True):
    with column:
        scene = experiment(traces.recorded(run), View(), colors)
        link = urlencode(run.to_query())
        card(scene, href=f"playground?{link}", invitation=words, key=f"card-{run.id}", rest=rest)

with st.container(key="every", horizontal=True, vertical_alignment="center", gap="small"):
    st.markdown("Or start with", width="content")
    for entry in OPTIMIZERS.values():
        cards.experiment_link(entry.name, {"optimizer": entry.id})
