"""The draw itself: test vectors, fairness, and whether the test would notice if it were not."""

import hashlib
import itertools

import pytest

from rewards.engine.draw import NothingToDraw, draw, hash_seed, make_pseudonym
from rewards.engine.goodness import judge_fit, upper_gamma
from rewards.verification import verify_wheel

SEED = hashlib.sha256(b"a seed for tests").digest()
WEIGHTS = [50, 25, 15, 8, 2]


def count_draws(weights, number):
    counts = [0] * len(weights)
    for counter in range(1, number + 1):
        player = make_pseudonym(f"player-{counter % 97}")
        counts[draw(SEED, 7, player, counter, weights)] += 1
    return counts


# The table of docs/wheel.md: seed (hex), version, player's seed, counter, weights, slice.
VECTORS = [
    ("00" * 32, 1, "my-own-luck", 1, [1, 1], 2),
    ("00" * 32, 1, "my-own-luck", 2, [1, 1], 1),
    ("00" * 32, 1, "my-own-luck", 3, [1, 1], 1),
    ("ff" * 32, 42, "harbor-lantern", 17, [50, 25, 15, 8, 2], 3),
    ("0123456789abcdef" * 4, 3, "luck-of-the-sea", 1, [1, 0, 999_999], 3),
    # The first digest (ae68a5acaae3780e…) is rejected.
    ("00" * 32, 1, "my-own-luck", 2, [2**62, 2**62 + 1], 1),
]


@pytest.mark.parametrize(("seed", "version", "player_seed", "counter", "weights", "place"), VECTORS)
def test_vectors(seed, version, player_seed, counter, weights, place):
    player = make_pseudonym(player_seed)
    seed = bytes.fromhex(seed)
    assert draw(seed, version, player, counter, weights) + 1 == place
    assert verify_wheel.draw(seed, version, player, counter, weights) == place


def test_downloaded_script_draws_the_same():
    for counter, weights in itertools.product(range(1, 200), ([1, 2, 3], [5, 0, 5], WEIGHTS)):
        player = make_pseudonym(str(counter % 5))
        ours = draw(SEED, 3, player, counter, weights)
        assert verify_wheel.draw(SEED, 3, player, counter, weights) == ours + 1


def test_numbers_beyond_the_last_whole_multiple_are_rejected():
    """Nearly half of all numbers are beyond; without rejection the first slice would gain them."""
    total = (1 << 63) + 1
    weights = [1 << 62, total - (1 << 62)]
    counts = [0, 0]
    for counter in range(1, 2001):
        counts[draw(SEED, 1, "p", counter, weights)] += 1
    assert judge_fit(counts, weights).p > 0.001


def test_weights_that_sum_to_zero_draw_nothing():
    for weights in ([], [0, 0], [2, -2], [3, -1]):
        with pytest.raises(NothingToDraw):
            draw(SEED, 1, "p", 1, weights)


def test_slice_without_weight_is_never_drawn():
    assert {draw(SEED, 1, "p", counter, [0, 1, 0]) for counter in range(1, 200)} == {1}


def test_hundred_thousand_draws_fit_the_odds_and_two_points_more_would_not():
    counts = count_draws(WEIGHTS, 100_000)
    assert judge_fit(counts, WEIGHTS).p > 0.001
    for first, second in itertools.permutations(range(len(WEIGHTS)), 2):
        shifted = list(WEIGHTS)
        shifted[first] += 2
        shifted[second] -= 2
        assert judge_fit(counts, shifted).p < 0.001, (first, second)


@pytest.mark.parametrize(
    ("a", "x", "q"),
    [
        (0.5, 0.5 * 3.841458820694124, 0.05),  # the usual 5 % of one degree of freedom
        (1.0, 2.302585092994046, 0.1),
        (2.5, 0.5 * 20.515, 0.001),
        (5.0, 0.5 * 3.940299136119, 0.95),
        (10.0, 0.0, 1.0),
    ],
)
def test_gamma_agrees_with_the_tables(a, x, q):
    assert upper_gamma(a, x) == pytest.approx(q, rel=2e-4)


def test_rare_slices_are_judged_together():
    assert judge_fit([0, 0], [1, 1]).p is None
    assert judge_fit([98, 1, 1], [98, 1, 1]).freedom == 0
    assert judge_fit([900, 50, 50], [90, 5, 5]).freedom == 2
    assert judge_fit([10, 1], [1, 0]).p == 0.0


def test_hash_and_pseudonym_are_plain_sha256():
    assert hash_seed(SEED) == hashlib.sha256(SEED).hexdigest()
    assert make_pseudonym("my-own-luck") == hashlib.sha256(b"my-own-luck").hexdigest()[:32]
