"""What the lab is for, four ways in that move under the pointer, and the map of its chapters."""

from urllib.parse import urlencode

import streamlit as st

from dashboard import cards, chapters, traces
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import card

if st.query_params:  # left over from the page before, where the browser goes back to it
    st.query_params.clear()

with st.container(key="welcome"):
    st.title("Optimization Lab", anchor=False)
    st.markdown(
        "Pick a landscape and an optimizer, turn a knob, and watch every step of the algorithm that runs. "
        "Each picture is the recording of a real run, and its address shows the same run to anyone."
    )

colors = theme(st.context.theme.type or "light")
with st.container(key="cards"):
    for words, (run, rest) in chapters.entries().items():
        scene = experiment(traces.recorded(run), View(), colors)
        link, still = urlencode(run.to_query()), round(rest * (scene.frames - 1))
        with st.container(key=f"way-{run.optimizer}"):
            card(scene, href=f"playground?{link}", invitation=words, key=f"card-{run.id}", rest=still)

with st.container(key="chapters"):
    for chapter in chapters.ALL:
        cards.chapter(chapter)

if others := list(chapters.others()):
    with st.container(key="others", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Also here", width="content")
        for name, query in others:
            cards.experiment_link(name, query)
