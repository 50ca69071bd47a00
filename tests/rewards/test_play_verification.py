"""Each check of ``verify_ledger`` on what is won, given and settled, from both sides."""

import pytest
from django.db import connection, transaction

from rewards.services.verification import verify_ledger
from tests.rewards.desk import staff  # noqa: F401 (fixture)
from tests.rewards.test_play_properties import play_club  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
LIFE = [
    ("surprise", 1),
    ("spin", 0, 0, 6, False),  # the only forty points
    ("spin", 1, 0, 6, False),  # and their substitute
    ("spin", 2, 0, 3, False),
    ("spin", 2, 0, 2, False),  # by a spin that was won
    ("take", 1),
    ("donate", 0, 1, 33),
    ("wait", 16, 1),
    ("wait", 16, 1),
    ("settle",),
]
WRONG = {
    "spins of a player are counted without a gap": (
        "UPDATE rewards_wheelplayer SET spin_count = spin_count + 1"
    ),
    "draws of counted prizes are numbered without a gap": (
        "UPDATE rewards_slice SET hit_count = hit_count + 1 WHERE stock_count IS NOT NULL"
    ),
    "only prizes that were gone were substituted": (
        "UPDATE rewards_spin SET is_substitute = false WHERE is_substitute"
    ),
    "draws lie within their day and version": (
        "UPDATE rewards_spin SET drawn_at = drawn_at + interval '1 day'"
    ),
    "given spins were used by draws": (
        "UPDATE rewards_spingrant SET used_count = 0 WHERE used_count > 0"
    ),
    "spins took their price": (
        "UPDATE rewards_spin SET pay = 'points', price_points = 5 WHERE pay = 'free'"
    ),
    "prizes that nobody won went back once": (
        "UPDATE rewards_slice SET returned_count = 0 WHERE stock_count IS NOT NULL"
    ),
    "prizes were given as they were won": (
        "DELETE FROM rewards_entitlement WHERE redemption_id IS NULL"
    ),
    "rewards to take were taken once": (
        "UPDATE rewards_entitlement SET reward_id = (SELECT max(id) FROM rewards_reward)"
        " WHERE redemption_id IS NOT NULL"
    ),
    "surprises gave what they count": ("UPDATE rewards_surprise SET given_worth = given_worth - 1"),
    "settlements carry on what rounding left": (
        "UPDATE rewards_charitysettlement SET carried_in = 1, hundredths = hundredths - 1"
        " WHERE points > 0"
    ),
    "settled donations were final": (
        "UPDATE rewards_donation SET final_at = now() + interval '100 years'"
        " WHERE settlement_id IS NOT NULL"
    ),
}


@pytest.fixture
def lived(play_club):  # noqa: F811
    assert [play_club.do(*act) for act in LIFE] == [""] * len(LIFE)


def falsify(sql: str) -> int:
    """Past the triggers that guard these rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        changed = cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    return changed


def test_each_finds_what_is_wrong_and_nothing_else(lived):
    assert verify_ledger()[1] == []
    for check, sql in WRONG.items():
        with transaction.atomic():
            assert falsify(sql), check
            found = {finding.check for finding in verify_ledger()[1]}
            transaction.set_rollback(True)
        assert check in found
    assert verify_ledger()[1] == []
