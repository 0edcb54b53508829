"""The server: Streamlit in an app of our own, for its headers, for compression, and for plotly.js from the package.

Everything here also holds below a base path (Streamlit's `server.baseUrlPath`, for a place behind a proxy).
"""

import gzip
import re
import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import plotly
import streamlit as st
from plotly.offline import get_plotlyjs_version
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import PACKAGE

STREAMLIT = Path(st.__file__).parent / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PLOTLY_URL = f"vendor/plotly-{get_plotlyjs_version()}.min.js"  # below the base path; the version makes it immutable
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


def settings(*, dev: bool = False) -> dict[str, Any]:
    """Streamlit's settings by full name, as in "theme.light.textColor"."""

    def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
        for name, value in table.items():
            yield from flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]

    developing = {"client.showErrorDetails": "full", "server.fileWatcherType": "auto", "server.runOnSave": True}
    config = tomllib.loads((PACKAGE / ".streamlit" / "config.toml").read_text("utf-8"))
    return dict(flat(config)) | (developing if dev else {})


def base_path() -> str:
    """Nothing, or the path below which the lab lives, as in "/lab"."""
    return f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")


def security_headers(frame_ancestors: str) -> dict[str, str]:
    inline = re.findall(rb"<script>(.*?)</script>", (STREAMLIT / "index.html").read_bytes(), re.DOTALL)
    hashes = [f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in inline]
    policy = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",  # the websocket of the same host is 'self' too
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frame_ancestors,
    }
    legacy = {"'self'": "SAMEORIGIN", "'none'": "DENY"}.get(frame_ancestors)  # it knows no list of hosts
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        **({"X-Frame-Options": legacy} if legacy else {}),
    }


class Guard:
    """Put the headers on every response, and keep Streamlit's metrics inside."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app, self.headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        hidden = scope["type"] == "http" and scope["path"].rstrip("/").endswith("/_stcore/metrics")
        app = PlainTextResponse("Not found", status_code=404) if hidden else self.app
        await app(scope, receive, send_with_headers)


class Unchanging:
    """Serve what never changes, Streamlit's own bundle and plotly.js, compressed once for all visitors and kept."""

    def __init__(self, app: ASGIApp) -> None:
        bundle = [file for kind in ("js", "css") for file in STREAMLIT.glob(f"static/**/*.{kind}")]
        files = {file.relative_to(STREAMLIT).as_posix(): file for file in bundle} | {PLOTLY_URL: PLOTLY}
        self.app, self.files = app, {f"{base_path()}/{url}": file for url, file in files.items()}
        Thread(target=gzipped, args=[PLOTLY], daemon=True).start()  # 0.3 s the first visitor need not wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self.files.get(scope["path"]) if scope["type"] == "http" else None
        app = (
            await self.response(file, Headers(scope=scope)) if file and scope["method"] in ("GET", "HEAD") else self.app
        )
        await app(scope, receive, send)

    @staticmethod
    async def response(file: Path, request: Headers) -> Response:
        kind = "text/css" if file.suffix == ".css" else "text/javascript"
        if "gzip" not in request.get("Accept-Encoding", ""):
            return FileResponse(file, headers=IMMUTABLE, media_type=kind)
        headers = IMMUTABLE | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(await run_in_threadpool(gzipped, file), headers=headers, media_type=kind)


@cache
def gzipped(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), mtime=0)


def make_app(frame_ancestors: str = "'self'", lifespan: Callable[..., Any] | None = None) -> st.App:
    """Make the server's app. `frame_ancestors` says who may embed it, in the words of a Content-Security-Policy."""
    middleware = [
        Middleware(Guard, headers=security_headers(frame_ancestors)),
        Middleware(GZipMiddleware, minimum_size=1000),
        Middleware(Unchanging),
    ]
    return st.App(PACKAGE / "app.py", lifespan=lifespan, middleware=middleware)
