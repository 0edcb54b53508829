"""The player in a real browser: it plays, scrubs and reads; a start is set by mouse and keys; the server has peace."""

import re
import sys

import pytest
from playwright.sync_api import Page, expect

from algorithms import Run, record
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme as theme_of
from dashboard.charts.view import View
from dashboard.player import pack

BALL = "/playground?landscape=himmelblau&optimizer=momentum&momentum.beta=0.8&start=-5.4,-0.4&steps=60&seed=0"
ANTS = "/playground?landscape=clustered_cities&optimizer=ant_colony"
SWARM = "/playground?landscape=rastrigin&optimizer=particle_swarm&steps=40&seed=3"

# While it plays, look at each refresh: did the mark move, is the landscape still there?
WATCH = """async () => {
  const root = document.querySelector('[data-player]'), canvas = root.querySelector('.lab-picture canvas');
  const g = new OffscreenCanvas(canvas.width >> 2, canvas.height >> 2).getContext('2d', {willReadFrequently: true});
  root.querySelector('[aria-label="To start"]').click(); root.querySelector('[aria-label="Play"]').click();
  let last = null, moved = 0, refreshes = 0, bare = 0;
  await new Promise(done => { const look = () => {
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
    g.drawImage(canvas, 0, 0, g.canvas.width, g.canvas.height);
    const ink = new Int32Array(g.getImageData(0, 0, g.canvas.width, g.canvas.height).data.buffer);
    let hash = 0; for (let i = 0; i < ink.length; i++) hash = (Math.imul(hash, 31) + ink[i]) | 0;
    refreshes++; if (hash !== last) { moved++; last = hash }
    if (!root.querySelector('.lab-picture .contourlayer path')) bare++;
    if (refreshes === 60 || root.dataset.playing !== 'true') done(); else requestAnimationFrame(look) };
    requestAnimationFrame(look) });
  return {moved, refreshes, bare} }"""


def player(page: Page):
    return page.locator("[data-player]")


def data(page: Page, name: str) -> str:
    return player(page).get_attribute(f"data-{name}") or ""


def until_run_changes(page: Page, before: str) -> str:
    page.wait_for_function("run => document.querySelector('[data-player]').dataset.run !== run", arg=before)
    return data(page, "run")


def center(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("link", [BALL, SWARM], ids=["ball", "swarm"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_refresh_shows_the_mark_at_a_new_place_over_the_landscape(visit, link, theme):
    visit = visit(link, theme=theme)
    sent = len(visit.sent)
    seen = visit.page.evaluate(WATCH)
    assert seen["refreshes"] >= 30
    assert seen["bare"] == 0
    assert seen["moved"] >= 0.9 * seen["refreshes"], seen
    visit.page.wait_for_function("() => document.querySelector('[data-player]').dataset.playing === 'false'")
    assert data(visit.page, "frame") == str(int(data(visit.page, "frames")) - 1)
    assert len(visit.sent) == sent, "playing costs the server nothing"
    visit.assert_clean()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_controls_do_what_their_names_say(visit, width):
    visit = visit(BALL, width=width)
    page, last = visit.page, 60
    assert data(page, "frames") == str(last + 1)
    assert data(page, "frame") == str(last), "a run is shown whole"
    for name, frame in (("To start", 0), ("Step", 1), ("Step", 2), ("Step back", 1), ("To end", last)):
        page.get_by_role("button", name=name, exact=True).click()
        assert data(page, "frame") == str(frame), name
    page.get_by_label("Timeline").fill("17")
    assert data(page, "frame") == "17"
    page.get_by_role("button", name="To start", exact=True).click()
    page.get_by_label("Speed").select_option("8")
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.wait_for_function("() => document.querySelector('[data-player]').dataset.playing === 'false'")
    assert data(page, "frame") == str(last)
    visit.assert_clean()


def test_keys_move_the_timeline(page):
    page.locator(".lab-play").focus()
    last = int(data(page, "frames")) - 1
    for key, frame in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last)):
        page.keyboard.press(key)
        assert data(page, "frame") == str(frame), key
    page.keyboard.press("Home")
    page.locator("body").press(" ")
    page.wait_for_function("() => +document.querySelector('[data-player]').dataset.frame > 1")
    page.locator("body").press(" ")
    assert data(page, "playing") == "false"


def test_play_is_near_for_the_keyboard(page):
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.locator(".lab-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()


def test_numbers_and_equation_follow_the_frame(visit):
    page = visit(BALL).page
    trace = record(Run.from_query(dict(part.split("=") for part in BALL.split("?")[1].split("&")))[0])
    page.get_by_label("Timeline").fill("12")
    page.locator(".lab-numbers").scroll_into_view_if_needed()
    row = page.locator(".lab-numbers tr[aria-current=step] td")
    expect(row.first).to_have_text("12")
    shown = [float(text.replace("−", "-")) for text in row.all_inner_texts()[1:4]]
    assert shown == pytest.approx([*trace.x[12], trace.fx[12]], rel=1e-3)
    cells = page.locator('.lab-rule [data-slot="x\'"]').all_text_contents()
    assert [float(text.replace("−", "-")) for text in cells] == pytest.approx(trace.x[13], rel=1e-3)
    expect(page.locator(".lab-rule h2")).to_have_text("The next step, 12 → 13")


def test_a_click_a_drag_and_a_key_set_the_start_exactly(visit):
    visit = visit(BALL)
    page, run = visit.page, data(visit.page, "run")
    box = page.locator(".lab-picture .lab-plot .nsewdrag").first.bounding_box()
    spot = round(box["x"] + 0.3 * box["width"]), round(box["y"] + 0.4 * box["height"])
    at = page.evaluate(
        """([x, y]) => {
            const gd = document.querySelector('.lab-picture .lab-plot'), box = gd.getBoundingClientRect();
            const {xaxis: X, yaxis: Y} = gd._fullLayout;
            return [X.p2d(x - box.left - X._offset), Y.p2d(y - box.top - Y._offset)] }""",
        list(spot),
    )
    page.mouse.click(*spot)
    run = until_run_changes(page, run)
    assert start_in_link(page) == pytest.approx(at, abs=2e-3), "to a tenth of a pixel"

    x, y = center(page, ".lab-start")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + 6 * step, y - 3 * step)
    page.mouse.up()
    until_run_changes(page, run)
    page.wait_for_timeout(1000)  # every start on the way has been drawn
    now, run = center(page, ".lab-start"), data(page, "run")
    assert now == pytest.approx((x + 60, y - 30), abs=1.5)

    before = start_in_link(page)
    page.locator(".lab-start").press("ArrowRight")
    until_run_changes(page, run)
    page.wait_for_function("() => !location.search.includes('NaN')")
    assert start_in_link(page)[0] > before[0]
    assert start_in_link(page)[1] == pytest.approx(before[1], abs=1e-9)
    visit.assert_clean()


def start_in_link(page: Page) -> list[float]:
    found = re.search(r"start=([^&]*)", page.evaluate("decodeURIComponent(location.search)"))
    assert found
    return [float(text) for text in found[1].split(",")]


def test_place_zoom_and_ghost_survive_a_knob_and_the_browser_goes_back(visit):
    visit = visit(BALL)
    page, run = visit.page, data(visit.page, "run")
    page.get_by_label("Timeline").fill("20")
    box = page.locator(".lab-picture .lab-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 300, steps=6)
    page.mouse.up()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()
    ranges = "document.querySelector('.lab-picture .lab-plot')._fullLayout.xaxis.range"
    zoomed = page.evaluate(ranges)
    slider = page.locator('[data-testid="stSidebar"] input[type="range"]').first
    slider.focus()
    slider.press("ArrowRight")
    after = until_run_changes(page, run)
    assert page.evaluate(ranges) == pytest.approx(zoomed)
    assert data(page, "frame") == "20"
    expect(page.get_by_label("Play both")).to_be_visible()
    expect(page.locator(".lab-subtitle")).to_contain_text("η from")
    page.get_by_role("button", name="Reset zoom").click()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_hidden()

    page.reload()
    visit.settle()
    assert data(page, "run") == after, "the same link, the same run"
    page.go_back()
    until_run_changes(page, after)
    visit.assert_clean()


@pytest.mark.parametrize("link", [BALL, SWARM], ids=["ball", "swarm"])
def test_the_same_link_gives_the_same_picture_on_another_server(visit, another_server, link):
    page, seen = visit(link).page, []
    for address in (page.url, another_server().url + link):
        page.goto(address)
        page.wait_for_selector("[data-player][data-run]")
        page.get_by_label("Timeline").fill("9")
        pixels = page.evaluate("document.querySelector('.lab-picture canvas').toDataURL()")
        seen.append((data(page, "run"), page.locator(".lab-outcome").inner_text(), pixels))
    assert seen[0] == seen[1]


def test_a_copied_link_opens_at_the_frame_it_was_copied_at(visit):
    page = visit(BALL, permissions=["clipboard-read", "clipboard-write"]).page
    page.get_by_label("Timeline").fill("23")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    run = data(page, "run")
    page.goto(link)
    page.wait_for_selector("[data-player][data-run]")
    assert (data(page, "run"), data(page, "frame")) == (run, "23")


def test_a_value_is_typed_into_its_knob(visit):
    page = visit(BALL).page
    run = data(page, "run")
    page.get_by_label("Momentum β, exactly").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("0.95")
    page.keyboard.press("Enter")
    until_run_changes(page, run)
    page.wait_for_function("() => location.search.includes('momentum.beta=0.95')")


def test_where_the_window_is_low_the_small_charts_share_a_place(visit):
    page = visit(SWARM, height=720).page
    charts = page.locator(".lab-chart")
    expect(charts).to_have_count(4)
    expect(charts.nth(0)).to_be_visible()
    expect(charts.nth(1)).to_be_hidden()
    page.get_by_role("tab", name="Swarm width").click()
    expect(charts.nth(0)).to_be_hidden()
    expect(charts.nth(1)).to_be_visible()
    expect(charts.nth(2)).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 1000})  # the one that was picked, and the one beside it
    expect(charts.nth(0)).to_be_hidden()
    expect(charts.nth(1)).to_be_visible()
    expect(charts.nth(2)).to_be_visible()


def test_the_outcome_is_in_sight_and_the_numbers_show_the_frame(visit):
    for link in (BALL, SWARM):
        page = visit(link, height=720).page
        box = page.locator(".lab-outcome").bounding_box()
        assert box
        assert box["y"] + box["height"] <= 720
        page.locator(".lab-numbers").scroll_into_view_if_needed()
        row, frame = page.locator(".lab-numbers tr[aria-current=step]"), page.locator(".lab-scroll")
        inner, outer = row.bounding_box(), frame.bounding_box()
        assert inner
        assert outer
        assert outer["y"] <= inner["y"] <= outer["y"] + outer["height"] - inner["height"]


CREEPING = "/playground?landscape=bowl&optimizer=gradient_descent&gradient_descent.learning_rate=0.001&start=-4,2"
SADDLE = "/playground?landscape=himmelblau&optimizer=gradient_descent&gradient_descent.learning_rate=0.001"
SADDLE += "&start=0.086,2.884&steps=20"


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_followed_advice_moves_the_knob_and_leaves_the_run_as_a_ghost(visit, by):
    visit = visit(CREEPING)
    page, run = visit.page, data(visit.page, "run")
    advice = page.locator(".lab-advice")
    expect(page.locator(".lab-course")).to_contain_text("Creeps: ")
    expect(advice).to_have_text("Try: raise η from 0.001 to 0.1")
    assert "gradient_descent.learning_rate=0.1&" in (advice.get_attribute("href") or "")
    if by == "mouse":
        advice.click()
    else:
        advice.press("Enter")
    until_run_changes(page, run)
    expect(page.locator(".lab-subtitle")).to_contain_text("η from 0.001 to 0.1")
    expect(page.get_by_label("Play both")).to_be_visible()
    expect(page.locator(".lab-title")).to_contain_text("settles within")
    assert "gradient_descent.learning_rate=0.1&" in page.url
    assert page.evaluate("document.activeElement.id") == "lab-play"
    expect(page.locator(".lab-title")).to_be_in_viewport()
    visit.assert_clean()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("link", [CREEPING, SADDLE], ids=["creeping", "saddle"])
def test_what_is_said_of_the_course_is_short_and_in_sight(visit, link, theme):
    page = visit(link, theme=theme).page
    course, box = (page.locator(f".lab-{name}").bounding_box() for name in ("course", "outcome"))
    assert course
    assert box
    assert course["height"] <= 64, "two lines, and one for what to try"
    assert box["y"] + box["height"] <= 720
    assert page.evaluate("document.querySelector('.lab').scrollWidth <= document.querySelector('.lab').clientWidth")


def test_reduced_motion_plays_in_still_pictures(visit):
    page = visit(BALL, reduced_motion="reduce").page
    frames = page.evaluate(
        """async () => {
            const root = document.querySelector('[data-player]'), seen = new Set(), t0 = performance.now();
            root.querySelector('[aria-label="To start"]').click();
            root.querySelector('[aria-label="Play"]').click();
            while (performance.now() - t0 < 1800) {
                seen.add(root.dataset.frame); await new Promise(requestAnimationFrame) }
            return seen.size }"""
    )
    assert 2 <= frames <= 5


def test_a_surface_keeps_its_camera(visit):
    visit = visit("/playground?landscape=himmelblau&optimizer=adam&view.shape=surface&steps=60")
    page, run = visit.page, data(visit.page, "run")
    x, y = center(page, ".lab-picture .lab-plot")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 30, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    eye = "document.querySelector('.lab-picture .lab-plot')._fullLayout.scene.camera.eye"
    turned = page.evaluate(eye)
    slider = page.locator('[data-testid="stSidebar"] input[type="range"]').first
    slider.focus()
    slider.press("ArrowRight")
    until_run_changes(page, run)
    assert page.evaluate(eye) == pytest.approx(turned)
    visit.assert_clean()


def test_the_convergence_axis_can_be_chosen_and_is_in_the_link(page):
    page.get_by_label("Horizontal axis").first.select_option("evaluations")
    page.wait_for_function("() => location.search.includes('view.axis=evaluations')")
    expect(page.get_by_label("Horizontal axis").first).to_have_value("evaluations")


def test_hovering_a_step_reads_it(visit):
    page = visit(BALL).page
    page.get_by_role("button", name="To start", exact=True).click()
    x, y = center(page, ".lab-start")
    page.mouse.move(x + 2, y + 2)
    tip = page.get_by_role("tooltip").first
    expect(tip).to_contain_text("step 0")
    expect(tip).to_contain_text("x₁ = −5.4")
    expect(tip).to_contain_text("f(x) = 465.2")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_card_moves_only_under_the_pointer_and_leads_to_its_experiment(visit, theme):
    visit = visit("/", theme=theme)
    page = visit.page
    card = page.locator(".lab-card").first
    assert card.get_attribute("data-playing") == "false"
    card.hover()
    page.wait_for_function("() => document.querySelector('.lab-card').dataset.playing === 'true'")
    page.mouse.move(2, 2)
    page.wait_for_function("() => document.querySelector('.lab-card').dataset.playing === 'false'")
    run = card.get_attribute("data-run")
    card.click()
    page.wait_for_url(re.compile("playground"))
    visit.settle()
    assert data(page, "run") == run
    visit.assert_clean()


ROW = """() => {
  const root = document.querySelector('[data-player]'), box = name => root.querySelector(name).getBoundingClientRect();
  const whole = name => { const node = root.querySelector(name); return node.scrollWidth <= node.clientWidth + 1 };
  const row = box('.lab-controls'), inside = [...root.querySelector('.lab-controls').children]
    .filter(node => !node.hidden).every(node => node.getBoundingClientRect().right <= row.right + 1);
  return {rows: Math.floor(row.height / box('.lab-play').height), inside, next: whole('.lab-next'),
    said: root.querySelector('.lab-next').innerText.trim(), picture: box('.lab-picture .lab-box').height,
    end: box('.lab-bar').bottom} }"""


@pytest.mark.parametrize(
    ("query", "width", "rows"), [("", 1280, 1), ("&view.text=projector", 1280, 1), ("", 1600, 1), ("", 390, 2)]
)
def test_the_controls_fit_whole_whatever_the_width(visit, query, width, rows):
    seen = visit(ANTS + query, width=width).page.evaluate(ROW)
    assert seen["rows"] == rows
    assert seen["inside"]
    assert seen["next"]
    assert re.search(r"\d+$", seen["said"]), "a sign and the number of a frame at least"
    if width > 1000:
        assert seen["picture"] >= 0.6 * 720
        assert seen["end"] <= 720
    if width == 1600:
        assert "new best" in seen["said"]


def test_a_saved_frame_says_what_is_true_of_it_and_is_named_after_its_run(visit):
    visit = visit(BALL)
    page = visit.page
    page.get_by_role("button", name="To start").click()
    page.get_by_role("button", name="Step", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == f"momentum-on-himmelblau-{data(page, 'run')}-1.png"
    visit.assert_clean()


def test_what_is_inside_opens_at_its_start_however_far_the_run_was(visit):
    page = visit(ANTS + "&view.frame=18").page
    page.get_by_role("button", name="Inside this iteration").click()
    page.wait_for_selector("[data-player][data-inside='18']")
    page.wait_for_url(re.compile("view.inside=18"))
    page.reload()
    page.wait_for_selector("[data-player][data-run]")
    assert data(page, "frame") == "0"


def test_no_number_is_broken_over_lines(visit):
    page = visit(BALL).page
    broken = page.evaluate("() => / × 10|\\([^()a-z]*, /.test(document.querySelector('.lab').innerText)")
    assert not broken


def test_what_the_player_gets_for_the_first_experiment_is_small():
    run = Run.suggested("momentum", "himmelblau", steps=200)
    assert len(pack(experiment(record(run), View(), theme_of("light")))) <= 150_000


def test_packing_refuses_what_cannot_travel():
    scene = experiment(record(Run.suggested("momentum", "himmelblau", steps=5)), View(), theme_of("dark"))
    with pytest.raises(TypeError, match="cannot be sent"):
        pack(scene, thing=sys)
