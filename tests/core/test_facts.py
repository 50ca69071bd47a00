"""Coded facts of the audit trail in words."""

import pytest
from django.utils.translation import override

from core.admin.facts import write_facts


@pytest.mark.parametrize(
    ("label", "facts", "line"),
    [
        ("rewards.reward", {"fields": ["name", "name_ja"]}, "name, name (日本語)"),
        ("rewards.appeal", {"goal": 3300}, "goal in points: 3300"),
        # Of another model: what the act was done with, and what only that one calls so.
        ("members.member", {"transfer": 7, "price_points": 60},
         "ledger entry: 7; price in points: 60"),
        ("members.footerlink", {"kind": "imprint"}, "kind: Imprint"),
        ("members.member", {"expires_on": "2026-11-27"}, "last usable day: Nov. 27, 2026"),
        ("members.member", {"happened_at": "2026-11-20T13:57:07.78+00:00"},
         "for the time of: Nov. 20, 2026, 1:57 p.m."),
        ("members.user", {"is_staff": True, "roles": []}, "staff: yes; roles: –"),
        # Nobody has a word: the code. What only looks like a day stays as it is.
        ("shop.gone", {"zzz": "2026-99-99"}, "zzz: 2026-99-99"),
    ],
)  # fmt: skip
def test_facts_are_named_as_their_fields_are(settings, label, facts, line):
    settings.TIME_ZONE = "UTC"
    assert write_facts(label, facts) == line


def test_facts_are_written_in_the_language_of_the_reader():
    with override("ja"):
        facts = {"fields": ["name", "name_ja"], "price_points": 60}
        assert write_facts("rewards.reward", facts) == ("名前、名前（日本語）；ポイント価格：60")
