"""The frame around every page: navigation, title, logo, theme. Streamlit runs it first, then the page."""

import streamlit as st

from dashboard import place

# The file in pages/, also its address, and its title.
PAGES = {"home": "Home", "lesson": "Lessons", "playground": "Playground", "lab": "Step-size lab"}
ABOUT = "**Optimization Lab** · optimization algorithms to watch step by step. Nothing you do here leaves this server."


def main() -> None:
    logo = place("assets") / "logo.svg"
    st.set_page_config(page_icon=logo, layout="wide", initial_sidebar_state=300, menu_items={"About": ABOUT})
    if not st.context.is_embedded:
        st.logo(logo, size="large")
    st.html(place("assets") / "style.css")
    pages = [
        st.Page(place("pages") / f"{file}.py", title=title, default=file == "home") for file, title in PAGES.items()
    ]
    st.navigation(pages, position="hidden" if st.context.is_embedded else "top").run()


if __name__ == "__main__":
    main()
