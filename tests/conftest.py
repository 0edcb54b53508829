"""What all tests share: their order, and one real server started the way a person starts it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import lesson_runs
import pytest

ROOT = Path(__file__).resolve().parent.parent


WORKERS = 2  # processes for the whole suite; a part of it starts sooner without


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes share the tests: none where only some were asked for."""
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
    return WORKERS if everything else 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast ones first: units, then pages without a browser (AppTest) and the server, then the browser.

    A file stays in one process, whose tests share their runs, and so does all that takes a browser: it comes last, when
    nothing else makes it slow.
    """
    items.sort(key=lambda item: ("browser" in item.path.parts, is_slow(item)))
    for item in items:
        together = "browser" if "browser" in item.path.parts else str(item.path.relative_to(ROOT))
        item.add_marker(pytest.mark.xdist_group(together))


@pytest.fixture(autouse=True, scope="module")
def forget_runs() -> Iterator[None]:
    """Keep the runs that a lesson tells of for the tests of that lesson only: all of them take gigabytes."""
    yield
    lesson_runs.forget()


def is_slow(item: pytest.Item) -> bool:
    return "server" in getattr(item, "fixturenames", ()) or hasattr(getattr(item, "module", None), "AppTest")


@dataclass(frozen=True)
class Server:
    """A running lab: `url` without a slash at the end, and the file that takes what it says."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]


def start_server(folder: Path, *flags: str) -> Server:
    """Start the lab from an empty folder, as nobody in particular, and wait until it answers."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "--headless", "--port", "0", *flags],  # a later --port wins
            cwd=folder,
            env=clean | {"HOME": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if told := re.search(r"running at (http://\S+)", log.read_text()):
            url = told[1]
            with urlopen(f"{url}/_stcore/health", timeout=30) as answer:
                assert answer.status == 200
            return Server(url, log, process)
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"The server did not start; it said:\n{log.read_text()}")


def stop_server(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        pytest.fail("The server did not stop within 20 seconds of being asked to.")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests. At the end it must not have printed a traceback."""
    server = start_server(tmp_path_factory.mktemp("server"))
    yield server
    stop_server(server)
    said = server.log.read_text()
    assert "Traceback" not in said, said


@pytest.fixture
def another_server(tmp_path: Path) -> Iterator:
    """Start further servers with flags of one's own, as in `another_server("--frame-ancestors", "none")`.

    `config` is what the working directory's own .streamlit/config.toml says.
    """
    started: list[Server] = []

    def start(*flags: str, config: str = "") -> Server:
        folder = tmp_path / f"server{len(started)}"
        (folder / ".streamlit").mkdir(parents=True)
        (folder / ".streamlit" / "config.toml").write_text(config)
        started.append(start_server(folder, *flags))
        return started[-1]

    yield start
    for server in started:
        stop_server(server)
