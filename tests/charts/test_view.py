import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.view import CHOICES, View

views = st.builds(
    View,
    **{name: st.sampled_from(values) for name, values in CHOICES.items()},
    pair=st.tuples(st.integers(0, 99), st.integers(0, 99)).filter(lambda pair: pair[0] != pair[1]),
    follow=st.integers(0, 200),
    inside=st.integers(1, 999) | st.just(-1),
)


@given(views)
def test_a_view_survives_its_link(view: View) -> None:
    assert View.from_query(view.to_query()) == (view, [])


def test_a_link_holds_only_what_differs() -> None:
    assert View().to_query() == {}
    assert View(scale="linear", pair=(2, 5)).to_query() == {"view.scale": "linear", "view.pair": "2,5"}


@pytest.mark.parametrize("name", ["scale", "shape", "pair", "axis", "follow", "text"])
@pytest.mark.parametrize("text", ["", "nan", "1e400", "-1", "1,1", "1,2,3", "<script>", "x" * 10_000, "٣", "log\n"])
def test_garbage_is_replaced_and_named(name: str, text: str) -> None:
    view, repairs = View.from_query({f"view.{name}": text, "view.unknown": "1", "steps": "5"})
    assert view == View()
    assert "view.unknown" in repairs.pop()
    assert len(repairs) == 1
    assert f"view.{name}" in repairs[0]
    assert len(repairs[0]) < 150


@given(st.dictionaries(st.sampled_from([f"view.{n}" for n in ("scale", "pair", "follow", "axis")]), st.text()))
def test_no_text_raises(query: dict[str, str]) -> None:
    View.from_query(query)


def test_a_choice_that_does_not_exist_is_an_error_in_code() -> None:
    with pytest.raises(ValueError, match=r"view\.scale"):
        View(scale="cubic")
    with pytest.raises(ValueError, match=r"view\.pair"):
        View(pair=(1, 1))


def test_a_step_seen_from_inside_is_counted_from_1() -> None:
    assert View.from_query({"view.inside": "18"}) == (View(inside=18), [])
    assert View.from_query({"view.inside": "-1"}) == (View(), [])  # the player's way back out
    for text in ("0", "-2", "1.5", "", "x"):
        view, repairs = View.from_query({"view.inside": text})
        assert view == View()
        assert len(repairs) == 1
    with pytest.raises(ValueError, match=r"view\.inside"):
        View(inside=0)
    assert View(inside=18).fitted(2, 1, 11).inside == 10
    assert View(inside=18).fitted(2, 1, 1).inside == -1
    assert View().fitted(2, 1, 11).inside == -1


def test_fitted_keeps_what_exists() -> None:
    assert View(pair=(2, 5), follow=7).fitted(10, 30) == View(pair=(2, 5), follow=7)
    assert View(pair=(2, 5), follow=7).fitted(2, 1) == View(follow=0)
