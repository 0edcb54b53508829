"""What the lab is for, and two ways in: each a small experiment that can be played at once."""

import streamlit as st

from algorithms import Run
from dashboard import cards, traces
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import player

ENTRIES = [
    (
        "One ball, one slope",
        "Gradient descent takes the slope under its feet and steps downhill. A long step overshoots the valley.",
        Run.suggested("gradient_descent", "quadratic"),
    ),
    (
        "Many particles, many valleys",
        "A swarm shares one memory: the best place that any particle has seen. Will it be the right valley?",
        Run.suggested("particle_swarm", "rastrigin"),
    ),
]

with st.container(key="welcome"):
    st.title("Optimization Lab", anchor=False)
    st.markdown(
        "Pick a landscape and an optimizer, turn a knob, and watch every step of the algorithm that runs. "
        "Each picture is the recording of a real run, and its address brings anyone to the same one."
    )

for column, (title, sentence, run) in zip(st.columns(len(ENTRIES), gap="medium"), ENTRIES, strict=True):
    with column, st.container(key=f"card-{run.landscape}", border=True):
        st.subheader(title, anchor=False)
        st.markdown(sentence)
        query = run.to_query()
        scene = experiment(traces.recorded(run), View(), theme(st.context.theme.type or "light"))
        player(cards.still(scene), key=f"player-{run.landscape}")
        cards.experiment_link("Turn its knobs", query)
