"""A real Chromium for the tests: found or installed, never skipped. `visit` opens a page and watches it.

The pages forbid eval, which Playwright's `wait_for_function` needs unless it is given a function: "() => window.x".
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Playwright, WebSocket, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = [
    "--no-sandbox",  # containers run as root
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-gl=angle",  # WebGL in software, so that 3-D draws without a graphics card
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
# On a page's own address Streamlit looks for its server below it first, and Chromium reports the two misses.
STREAMLITS_OWN = ("/_stcore/health", "/_stcore/host-config")
# Chromium's hints on the speed of plotly.js's 3-D, mostly for want of a graphics card here.
ABOUT_SPEED = ("GL Driver Message", "willReadFrequently")


def chromium(playwright: Playwright) -> str:
    """The path of a Chromium: the one named by CHROMIUM, the system's, Playwright's, or one installed now."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named) or pytest.fail(f"CHROMIUM names {named}, which is not a program.")
    return installed(playwright) or install(playwright)


def installed(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    found = [path for name in (*NAMES, MAC, own) if (path := shutil.which(name))]
    return found[0] if found else None


def install(playwright: Playwright) -> str:
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if platform.system() == "Linux" and os.geteuid() == 0:
        commands[0].append("--with-deps")
        if shutil.which("apt-get"):
            commands.insert(0, ["sh", "-c", "apt-get update && apt-get install --yes chromium"])
    said = []
    for command in commands:
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode == 0 and (path := installed(playwright)):
            return path
        said.append(f"$ {' '.join(command)}\n{(done.stdout + done.stderr)[-2000:]}")
    pytest.fail(
        "No Chromium was found, and none could be installed. Install Chromium or Chrome, or name one in the "
        "environment variable CHROMIUM; the browser tests need it.\n" + "\n".join(said)
    )


@dataclass
class Visit:
    """An open page and what was noticed since: console messages, requests to other hosts, websocket traffic."""

    page: Page
    origin: str
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)  # bytes of each message to the server
    received: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.hear(f"{message.type}: {message.text}", message.location["url"]))
        self.page.on("pageerror", lambda error: self.hear(f"uncaught: {error}", ""))
        self.page.on("request", lambda request: self.notice(request.url))
        self.page.on("websocket", self.count)

    def hear(self, text: str, url: str) -> None:
        probe = "404" in text and url.startswith(self.origin) and url.endswith(STREAMLITS_OWN)
        if not probe and not any(hint in text for hint in ABOUT_SPEED):
            self.console.append(f"{text} [{url}]")

    def notice(self, url: str) -> None:
        own = (self.origin, self.origin.replace("http", "ws", 1), "data:", f"blob:{self.origin}")
        if not url.startswith(own):
            self.foreign.append(url)

    def count(self, socket: WebSocket) -> None:
        self.notice(socket.url)
        socket.on("framesent", lambda payload: self.sent.append(len(payload)))
        socket.on("framereceived", lambda payload: self.received.append(len(payload)))

    def settle(self) -> Page:
        """Wait until the script has run, and until a player on the page shows its run."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_selector("[data-testid=stSkeleton]", state="detached")
        if self.page.locator("[data-player]").count():
            self.page.wait_for_selector("[data-player][data-run]")
        return self.page

    def assert_clean(self) -> None:
        assert not self.foreign, f"requests to other hosts: {self.foreign}"
        assert not self.console, f"console messages: {self.console}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(server, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """`visit("/playground?seed=3", theme="dark", width=390)` opens a page in a fresh browser profile and waits for it.

    Further keywords are Playwright's for a new context, as in `reduced_motion="reduce"`.
    """
    contexts = []

    def open_page(path: str = "/", *, theme: str = "light", width: int = 1280, height: int = 720, **more) -> Visit:
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        visit = Visit(context.new_page(), server.url)
        visit.page.set_default_timeout(30_000)
        visit.page.goto(server.url + path)
        visit.settle()
        return visit

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(visit) -> Page:
    """The playground with its first experiment, at 1280 × 720 in light."""
    return visit("/playground").page
