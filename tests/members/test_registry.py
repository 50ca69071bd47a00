import pytest
from django.core.exceptions import ImproperlyConfigured

from members import registry
from members.registry import Attribute, Panel


def test_a_code_is_registered_once(registered):
    first = Attribute("test.a", "A", "number", lambda now: None)
    registry.register_attribute(first)
    registered(registry.attributes, "test.a")
    registry.register_attribute(first)
    with pytest.raises(ImproperlyConfigured):
        registry.register_attribute(Attribute("test.a", "B", "text", lambda now: None))


def test_panels_come_in_order_and_know_their_place(registered):
    for code, order in (("test.b", 20), ("test.a", 10)):
        registry.register_panel(
            Panel(code, registry.COUNTER, "x.html", lambda *args: None, order=order)
        )
        registered(registry.panels, code)
    codes = [panel.code for panel in registry.list_panels(registry.COUNTER)]
    assert codes.index("test.a") < codes.index("test.b")
    with pytest.raises(ImproperlyConfigured):
        registry.register_panel(Panel("test.c", "nowhere", "x.html", lambda *args: None))


def test_birthday_fact_takes_several_writings():
    from types import SimpleNamespace

    fact = registry.claim_facts["birthday"]
    member = SimpleNamespace(birth_month=12, birth_day=31)
    for answer in ("12-31", "12/31", "12月31日", "1980-12-31", "１２／３１"):
        assert fact.matches(member, answer, None)
    for answer in ("31-12", "12", "1231", "1 2 12 31", ""):
        assert not fact.matches(member, answer, None)
    assert not fact.is_known(SimpleNamespace(birth_month=12, birth_day=None))
