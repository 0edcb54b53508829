"""The one command: start Optimization Lab's server, say where it is, and open a browser there."""

import argparse
import errno
import os
import re
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from threading import Thread
from typing import Any

SOURCE = r"'self'|https?:|(https?://)?[\w*][\w.*-]*(:(\d+|\*))?"  # of a Content-Security-Policy


def main(argv: Sequence[str] | None = None) -> None:
    options = parse(argv)
    port = free_port(options.host, options.port)
    if options.port not in (0, port):
        print(f"Port {options.port} is in use, so Optimization Lab takes port {port}.", flush=True)

    import streamlit as st  # a second or so: --help and a wrong flag need not wait for it
    from uvicorn.config import LOGGING_CONFIG

    from dashboard import lessons, server

    named = [*options.lessons, os.environ.get(lessons.FOLDERS, "")]
    os.environ[lessons.FOLDERS] = os.pathsep.join(filter(None, named))
    LOGGING_CONFIG["loggers"]["uvicorn.error"]["level"] = "WARNING"  # one sentence of our own says it all

    @asynccontextmanager
    async def greeting(app: st.App) -> AsyncIterator[dict[str, Any]]:
        url = address(options.host, port) + server.base_path()
        print(f"Optimization Lab is running at {url} (Ctrl+C stops it).", flush=True)
        if not options.headless and has_display():
            Thread(target=webbrowser.open, args=[url], daemon=True).start()
        yield {}

    app = server.make_app(options.frame_ancestors, lifespan=greeting)
    with suppress(KeyboardInterrupt):  # Ctrl+C is how one stops it
        app.run(config=server.settings(dev=options.dev) | {"server.address": options.host, "server.port": port})


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("dashboard", description="Start Optimization Lab and open it in a browser.")
    parser.add_argument(
        "--port", type=port_number, default=8501, help="default %(default)s; if it is busy, the next free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s; 0.0.0.0 lets the network in")
    parser.add_argument("--headless", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--frame-ancestors",
        type=frame_ancestors,
        default="'self'",
        metavar="SOURCES",
        help="which sites may embed the lab: \"'self' https://school.example\", or \"'none'\" (default: \"'self'\")",
    )
    parser.add_argument(
        "--lessons",
        action="append",
        type=folder,
        default=[],
        metavar="DIR",
        help="a folder with lessons of your own, one Markdown file each; may be given several times",
    )
    parser.add_argument("--dev", action="store_true", help="rerun when a file changes and show errors in full")
    return parser.parse_args(argv)


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 (any free one) to 65535, not {text!r}")
    return int(text)


def folder(text: str) -> str:
    if not os.path.isdir(text) or os.pathsep in text:
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return os.path.abspath(text)


def frame_ancestors(text: str) -> str:
    sources = [f"'{source}'" if source in ("self", "none") else source for source in text.split()]
    if sources != ["'none'"] and not (sources and all(re.fullmatch(SOURCE, source) for source in sources)):
        raise argparse.ArgumentTypeError(f"expected 'none', or 'self' and hosts with spaces between, not {text!r}")
    return " ".join(sources)


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the first one after it that nobody listens on; 0 stands for any."""
    for port in range(wanted, min(wanted + 100, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            if os.name != "nt":  # as the server will bind it; on Windows this would share a busy port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as problem:
                if problem.errno == errno.EADDRINUSE:
                    continue
                sys.exit(f"Cannot listen on {host}, port {port}: {problem.strerror}.")
            return int(probe.getsockname()[1])
    sys.exit(f"No port from {wanted} to {port} is free on {host}. Choose another with --port.")


def address(host: str, port: int) -> str:
    name = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    main()
