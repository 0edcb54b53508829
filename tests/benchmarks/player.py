"""The player in a real browser: slider to picture, repaints a second, bytes on the wire.

    uv run tests/benchmarks/player.py [--changes 30] [--playing]

A is the playground; B is the same page whose figures have no tracks, which is the floor. Both servers run side by side
and take turns. Times are in milliseconds from the release of a slider's key to the second screen refresh after the
new run was painted. Repaints are counted by pixels: a refresh counts when the moving mark's canvas differs from the
one before. Tours and matrices change at iterates alone, so a colony is played at 4×, where every refresh has an
iterate of its own; at 1× the repaints are the iterates a second. `--playing` leaves the changes out.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace

from playwright.sync_api import Browser, Page, sync_playwright

from algorithms import Run

TRAJECTORY = Run.suggested("momentum", "himmelblau", steps=200)
COLONY = Run.suggested("ant_colony", "random_cities", landscape_knobs={"number": 50})
SWARM = Run.suggested("particle_swarm", "rastrigin", steps=60)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--use-angle=swiftshader"]

ARM = """() => { const root = document.querySelector('[data-player]'), before = root.dataset.run; let t0 = null;
  document.addEventListener('keyup', () => { t0 = performance.now() }, {once: true, capture: true});
  window.__painted = new Promise(done => {
    const seen = new MutationObserver(() => { if (t0 !== null && root.dataset.run !== before) {
      seen.disconnect(); done(performance.now() - t0) } });
    seen.observe(root, {attributes: true}); setTimeout(() => done(null), 10000) }) }"""
REPAINTS = """async ([figure, speed]) => {
  const root = document.querySelector('[data-player]'), canvas = root.querySelector(figure + ' canvas');
  const pace = root.querySelector('[aria-label="Speed"]'); pace.value = speed; pace.dispatchEvent(new Event('change'));
  const g = new OffscreenCanvas(canvas.width >> 2, canvas.height >> 2).getContext('2d', {willReadFrequently: true});
  root.querySelector('[aria-label="To start"]').click(); root.querySelector('[aria-label="Play"]').click();
  await new Promise(r => setTimeout(r, 300)); let last = null, changed = 0, refreshes = 0, bare = 0;
  const t0 = performance.now();
  await new Promise(done => { const look = () => {
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
    g.drawImage(canvas, 0, 0, g.canvas.width, g.canvas.height);
    const d = new Int32Array(g.getImageData(0, 0, g.canvas.width, g.canvas.height).data.buffer);
    let h = 0; for (let i = 0; i < d.length; i++) h = (Math.imul(h, 31) + d[i]) | 0;
    refreshes++; if (h !== last) { changed++; last = h }
    if (!root.querySelector('.lab-picture .contourlayer path')) bare++;
    if (performance.now() - t0 > 3000 || root.dataset.playing !== 'true') done(); else requestAnimationFrame(look) };
    requestAnimationFrame(look) });
  const passed = (performance.now() - t0) / 1000;
  return {fps: changed / passed, rate: refreshes / passed, refreshes, bare} }"""


def serve_bare(port: str) -> None:
    """Run the dashboard with every track taken out of what the player gets."""
    import dashboard.player
    from dashboard.__main__ import main

    whole = dashboard.player.pack

    def still(picture):
        moved = {track.trace for track in picture.tracks}
        data = [trace for i, trace in enumerate(picture.figure["data"]) if i not in moved]
        return replace(picture, figure={**picture.figure, "data": data}, tracks=())

    def bare(scene, **more):
        return whole(replace(scene, pictures=tuple(still(picture) for picture in scene.pictures)), **more)

    dashboard.player.pack = bare
    main(["--headless", "--port", port])


@contextmanager
def server(port: int, *, tracks: bool):
    command = (
        ["-m", "dashboard", "--headless", "--port", str(port)] if tracks else [__file__, "--serve-bare", str(port)]
    )
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def address(base: str, run: Run) -> str:
    from urllib.parse import urlencode

    return f"{base}/playground?{urlencode(run.to_query())}"


def opened(page: Page, base: str, run: Run) -> Page:
    page.goto(address(base, run))
    page.wait_for_selector("[data-run]", timeout=60_000)
    page.wait_for_timeout(1500)
    return page


def change(page: Page, k: int) -> float | None:
    page.bring_to_front()
    page.locator('[data-testid="stSidebar"] input[type="range"]').first.focus()
    page.evaluate(ARM)
    page.keyboard.press("ArrowRight" if (k // 8) % 2 == 0 else "ArrowLeft")
    took = page.evaluate("() => window.__painted")
    page.wait_for_timeout(300)
    return took


def received(page: Page) -> dict[str, int]:
    bytes_in = {"sum": 0, "largest": 0, "sent": 0}

    def on_frame(payload) -> None:
        bytes_in["sum"] += len(payload)
        bytes_in["largest"] = max(bytes_in["largest"], len(payload))

    def on_socket(socket) -> None:
        socket.on("framereceived", on_frame)
        socket.on("framesent", lambda payload: bytes_in.__setitem__("sent", bytes_in["sent"] + 1))

    page.on("websocket", on_socket)
    return bytes_in


def row(name: str, times: list[float]) -> str:
    ordered = sorted(times)
    late = ordered[int(0.95 * len(times))]
    return f"{name:<44}{len(times):>4}{statistics.median(times):>9.0f}{late:>9.0f}{ordered[-1]:>9.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--playing", action="store_true", help="count repaints only")
    parser.add_argument("--serve-bare", metavar="PORT")
    options = parser.parse_args()
    if options.serve_bare:
        serve_bare(options.serve_bare)
        return
    with sync_playwright() as driver:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        with server(8611, tracks=True) as a:
            if not options.playing:
                with server(8612, tracks=False) as b:
                    changes(browser, a, b, options.changes)
            playing(browser, a)
        browser.close()


def changes(browser: Browser, a: str, b: str, count: int) -> None:
    """Print how long a knob takes to become a new picture, with tracks and without."""
    pages = {}
    for name, base in (("A", a), ("B", b)):
        pages[name] = opened(browser.new_page(viewport={"width": 1280, "height": 800}), base, TRAJECTORY)
    print(f"load average {os.getloadavg()[0]:.1f}; {count} changes each, taking turns")
    print(f"{'slider released -> new run painted':<44}{'n':>4}{'median':>9}{'p95':>9}{'max':>9}  ms")
    times: dict[str, list[float]] = {"A": [], "B": []}
    for k in range(count + 2):
        for name, page in pages.items():
            took = change(page, k)
            if k >= 2 and took is not None:
                times[name].append(took)
    print(row("A  playground, momentum on Himmelblau", times["A"]))
    print(row("B  same figures, no tracks", times["B"]))
    print(f"A / B = {statistics.median(times['A']) / statistics.median(times['B']):.2f} (target <= 1.5)")
    for page in pages.values():
        page.close()


def playing(browser: Browser, base: str) -> None:
    """Print how often pictures change while they play, and what that costs the server."""
    whole, matrix = ".lab-picture", ".lab-chart[data-matrix]"
    for name, run, figure, speed in (
        ("trajectory, 200 steps", TRAJECTORY, whole, "1"),
        ("swarm of 30, 60 steps", SWARM, whole, "1"),
        ("colony, 50 cities, map", COLONY, whole, "1"),
        ("colony, 50 cities, map", COLONY, whole, "4"),
        ("colony, 50 cities, matrix", COLONY, matrix, "4"),
    ):
        height = 1000 if figure == matrix else 800  # in a low window the small charts share a place
        page = browser.new_page(viewport={"width": 1280, "height": height})
        socket = received(page)
        opened(page, base, run)
        sent, largest = socket["sent"], socket["largest"]
        seen = page.evaluate(REPAINTS, [figure, speed])
        contour = f"contour missing in {seen['bare']} of {seen['refreshes']}, " if run is not COLONY else ""
        print(
            f"{name}, {speed}×: {seen['fps']:.0f} repaints/s with something at a new place, "
            f"of {seen['rate']:.0f} refreshes/s, {contour}{socket['sent'] - sent} messages sent while playing, "
            f"largest message {largest / 1024:.0f} KiB; load {os.getloadavg()[0]:.1f}"
        )
        page.close()


if __name__ == "__main__":
    main()
