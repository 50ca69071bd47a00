"""Figures of surveys and their intervals, beside values that others published."""

import pytest

from surveys.engine.figures import find_mean, find_nps, find_share


def test_share_beside_the_textbook():
    # R: prop.test(81, 263, correct = FALSE): 0.2552701 to 0.3662024
    found = find_share(81, 263)
    assert (found.value, found.low, found.high) == pytest.approx((30.798, 25.527, 36.620), abs=5e-3)
    assert find_share(0, 10).low == 0
    assert find_share(0, 10).high == pytest.approx(27.754, abs=5e-3)
    assert find_share(10, 10).high == pytest.approx(100)
    assert find_share(0, 0) is None


def test_nps_counts_nine_and_ten_less_zero_to_six():
    counts = {10: 30, 9: 20, 8: 15, 7: 10, 6: 5, 3: 12, 0: 8}
    found = find_nps(counts)
    assert found.value == 25
    assert found.count == 100
    # By hand: p = 50.75/103, d = 25.75/103, n = 103
    assert (found.low, found.high) == pytest.approx((8.302, 40.242), abs=1e-3)
    assert find_nps({}) is None


def test_interval_stays_on_the_scale_and_narrows():
    few, many = find_nps({10: 3}), find_nps({10: 300})
    assert few.value == many.value == 100
    assert -100 <= few.low < many.low < 100
    assert few.high <= 100


def test_mean_of_one_has_no_interval():
    assert find_mean({5: 1}).low is None
    found = find_mean({4: 2, 6: 2})
    assert found.value == 5
    # Standard deviation sqrt(4/3) of four: 5 ± 1.96 · 0.57735
    assert (found.low, found.high) == pytest.approx((3.868, 6.132), abs=1e-3)
    assert find_mean({}) is None
