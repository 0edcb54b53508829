"""The server as others meet it: its command, its headers, what it compresses, caches, hides and refuses."""

import gzip
import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import streamlit as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard import __main__ as command
from dashboard import app
from dashboard import server as lab

BUNDLE = "/" + next(lab.STREAMLIT.glob("static/js/index.*.js")).relative_to(lab.STREAMLIT).as_posix()
PLOTLY = "/" + lab.PLOTLY_URL
EVERYWHERE = ["/", "/playground", "/no-such-page", BUNDLE, PLOTLY, "/_stcore/health", "/_stcore/metrics"]


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def ask(url: str, method: str = "GET", **headers: str) -> Answer:
    request = Request(url, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urlopen(request, timeout=30) as answer:
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
    except HTTPError as answer:
        return Answer(answer.code, dict(answer.headers.items()), answer.read())


def policy(answer: Answer) -> dict[str, list[str]]:
    directives = answer.headers["content-security-policy"].split("; ")
    return {name: values for name, *values in (directive.split() for directive in directives)}


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_headers(server, path):
    answer = ask(server.url + path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "camera=()" in answer.headers["permissions-policy"]
    rules = policy(answer)
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]


def test_only_streamlits_own_inline_script_may_run(server):
    answer = ask(server.url + "/")
    inline = re.findall(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", answer.body, re.DOTALL)
    hashes = [f"'sha256-{b64encode(hashlib.sha256(script).digest()).decode()}'" for script in inline]
    assert len(hashes) == 1
    assert policy(answer)["script-src"] == ["'self'", *hashes]


@pytest.mark.parametrize(
    ("sources", "legacy"),
    [("'self'", "SAMEORIGIN"), ("'none'", "DENY"), ("'self' https://school.example", None)],
)
def test_one_setting_says_who_may_embed_the_lab(sources, legacy):
    headers = lab.security_headers(sources)
    assert headers["Content-Security-Policy"].endswith(f"; frame-ancestors {sources}")
    assert headers.get("X-Frame-Options") == legacy


def test_plotly_comes_from_the_installed_package_small_and_for_good(server):
    answer = ask(server.url + PLOTLY, Accept_Encoding="gzip, br")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(answer.body) < 1.5e6
    assert gzip.decompress(answer.body) == ask(server.url + PLOTLY).body == lab.PLOTLY.read_bytes()


@pytest.mark.parametrize("path", ["/", "/playground", BUNDLE])
def test_pages_and_bundle_travel_compressed(server, path):
    plain, packed = ask(server.url + path), ask(server.url + path, Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["cache-control"] == plain.headers["cache-control"]
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_the_bundle_is_kept_by_browsers_and_pages_are_not(server):
    assert "immutable" in ask(server.url + BUNDLE).headers["cache-control"]
    assert ask(server.url + "/").headers["cache-control"] == "no-cache"


def test_the_head_of_an_unchanging_file_can_be_asked_for(server):
    assert ask(server.url + PLOTLY, "HEAD").headers["content-length"] == str(lab.PLOTLY.stat().st_size)


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/"])
def test_metrics_stay_inside(server, path):
    answer = ask(server.url + path)
    assert (answer.status, answer.body) == (404, b"Not found")


def test_the_agent_interface_is_off(server):
    assert ask(server.url + "/_stcore/agent/interact", "POST").status in (403, 404)


def test_no_embedding_page_may_steer(server):
    config = json.loads(ask(server.url + "/_stcore/host-config").body)
    assert config["allowedOrigins"] == []
    assert not config["metricsUrl"]


def test_the_websocket_is_for_its_own_pages_and_carries_no_http_compression(server):
    stream = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(stream, origin=server.url) as socket:
        assert "Content-Encoding" not in socket.response.headers
    with pytest.raises(InvalidStatus, match="403"):
        connect(stream, origin="https://elsewhere.example")


def test_settings_are_streamlits_and_as_agreed():
    settings = lab.settings()
    for name in settings:
        st.get_option(name)  # raises for a name Streamlit does not know
    agreed = {
        "browser.gatherUsageStats": False,
        "client.allowedOrigins": [],
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "runner.postScriptGC": False,
        "server.enableCORS": True,
        "server.enableStaticServing": False,
        "server.enableXsrfProtection": True,
        "server.fileWatcherType": "none",
        "server.maxMessageSize": 20,
        "server.maxUploadSize": 1,
    }
    assert agreed.items() <= settings.items()
    assert lab.settings(dev=True)["client.showErrorDetails"] == "full"
    assert not any("http" in str(value) for value in settings.values()), "fonts and the rest come from this server"


def test_every_page_file_is_in_the_menu_and_has_a_name_of_its_own():
    files = {file.stem for file in (Path(app.__file__).parent.parent / "pages").glob("*.py")}
    assert files == set(app.PAGES)
    assert len(set(app.PAGES.values())) == len(app.PAGES)


def test_streamlit_finds_the_player():
    from streamlit.components.v2.component_manager import BidiComponentManager

    manager = BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    assert manager.get_component_asset_root("optimization-lab.player") == lab.PACKAGE / "player" / "assets"


def test_help_names_every_flag():
    program = Path(sys.executable).with_name("dashboard")
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    for flag in ("--port", "--host", "--headless", "--frame-ancestors", "--dev"):
        assert flag in done.stdout
    assert "Start Optimization Lab" in done.stdout


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--port", "http"], "a port is a number from 0 (any free one) to 65535, not 'http'"),
        (["--port", "99999"], "a port is a number from 0 (any free one) to 65535, not '99999'"),
        (["--frame-ancestors", "'self'; script-src *"], "hosts with spaces between, not \"'self'; script-src *\""),
        (["--frame-ancestors", "'none' https://school.example"], "expected 'none', or 'self' and hosts"),
        (["--frame-ancestors", ""], "expected 'none', or 'self' and hosts"),
    ],
)
def test_a_wrong_flag_is_told_in_words(capsys, flags, words):
    with pytest.raises(SystemExit) as stop:
        command.parse(flags)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("self", "'self'"),
        ("none", "'none'"),
        ("self  https://school.example:8443", "'self' https://school.example:8443"),
        ("https://*.school.example http://localhost:*", "https://*.school.example http://localhost:*"),
    ],
)
def test_who_may_embed_can_be_given_with_and_without_quotes(given, meant):
    assert command.parse(["--frame-ancestors", given]).frame_ancestors == meant


def test_a_busy_port_is_told_and_the_next_free_one_taken(another_server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        server = another_server("--port", str(busy))
        port = int(server.url.rpartition(":")[2])
        assert busy < port < busy + 100
        assert f"Port {busy} is in use, so Optimization Lab takes port {port}." in server.log.read_text()
        assert ask(server.url + "/").status == 200


def test_ctrl_c_stops_it_without_a_traceback(another_server):
    server = another_server()
    with connect(server.url.replace("http", "ws", 1) + "/_stcore/stream", origin=server.url):
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(timeout=20) == 0
    assert server.log.read_text() == f"Optimization Lab is running at {server.url} (Ctrl+C stops it).\n"


def test_an_address_that_is_not_here_is_told_in_a_sentence():
    with pytest.raises(SystemExit, match=r"^Cannot listen on 192\.0\.2\.1, port 8501: .*\.$"):
        command.free_port("192.0.2.1", 8501)


def test_below_a_base_path_everything_moves_along(another_server):
    server = another_server(config='[server]\nbaseUrlPath = "lab"\n')
    assert server.url.endswith("/lab")
    assert ask(server.url + "/").status == 200
    assert ask(server.url + PLOTLY).body == lab.PLOTLY.read_bytes()
    assert ask(server.url + BUNDLE, Accept_Encoding="gzip").headers["content-encoding"] == "gzip"
    assert ask(server.url + "/_stcore/metrics").status == 404
    assert ask(server.url.removesuffix("/lab") + PLOTLY).status == 404
