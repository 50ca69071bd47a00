"""Words of the owner in the reader's language: pages, statements, notices, search, the API."""

import datetime as dt

import pytest
from django.utils.translation import override

from core.words import key_of, list_columns, list_shown, list_translations, pack_words, pick_word
from members.models import Notice, User
from members.selectors.notices import list_notices
from members.services.audiences import ensure_everyone
from members.services.profiles import update_club
from purchases.models import Category, Product, Purchase, Store
from purchases.selectors import list_latest
from rewards.models import BulkAct, EarningRule, Reward, RewardCategory, Tier, TierLevel, Transfer
from rewards.selectors.bulk import list_public_reasons
from rewards.selectors.catalogue import Wanted, list_categories, list_goals, list_offers
from rewards.selectors.counter import find_goods
from rewards.selectors.explanations import explain_transfers
from rewards.selectors.programme import get_tier_name, load_ladder
from rewards.selectors.ways import list_ways
from rewards.services.catalogue import GateTerms, add_session, change_reward, set_gates
from rewards.services.redemption import cancel_redemption, redeem_reward
from tests.rewards.conftest import EVER, ZONE

pytestmark = pytest.mark.django_db
NAMES = {"name_ja": "湯のみ", "name_zh_hans": "茶杯", "name_zh_hant": "茶盞"}


@pytest.fixture
def cup(make_reward, now):
    return change_reward(make_reward("Tea cup", slug="cup", price_points=20), by=None, now=now,
                         summary="Thrown by hand", summary_ja="手びねりの器", **NAMES)  # fmt: skip


@pytest.fixture
def rich(counter, mei, now):
    counter.buy("mei", "100", on=dt.date(2026, 3, 1))
    return mei


def names(member, now, **wanted):
    found = list_offers(member, Wanted(**wanted), now=now, available_points=100)
    return [offer.reward.name_i18n for offer in found.offers]


# --- How they are kept ----------------------------------------------------------------------------


def test_every_language_beside_the_club_s_own_has_a_key():
    assert sorted(list_translations()) == ["ja", "zh-hans", "zh-hant"]
    assert key_of("name", "zh-hant") == "name_zh_hant"


def test_each_reader_gets_their_own_words(cup):
    shown = {}
    for language in ("en", "ja", "zh-hans", "zh-hant"):
        with override(language):
            shown[language] = cup.name_i18n
    assert shown == {"en": "Tea cup", "ja": "湯のみ", "zh-hans": "茶杯", "zh-hant": "茶盞"}


def test_missing_words_are_the_club_s_own_never_another_language_s(make_reward):
    reward = make_reward("Tea cup", i18n={"name_zh_hans": "茶杯"})
    with override("zh-hant"):
        assert reward.name_i18n == "Tea cup"


def test_empty_words_are_not_kept(make_reward, now):
    reward = make_reward("Tea cup", i18n={"name_ja": "", "summary_ja": None})
    assert Reward.objects.get(pk=reward.pk).i18n is None
    change_reward(reward, by=None, now=now, name_ja="湯のみ")
    change_reward(reward, by=None, now=now, name_ja=None)
    assert Reward.objects.get(pk=reward.pk).i18n is None


def test_translations_share_a_column():
    assert list_columns(Reward, ["name_ja", "name", "summary_zh_hant"]) == ["i18n", "name"]
    assert "name_i18n" in list_shown(Reward)
    assert "name_ja" not in list_shown(Reward)


def test_changing_the_club_makes_no_translation_of_its_own_words(club, now):
    with override("ja"):
        update_club({"name": "Plum Club"}, by=None, now=now)
    club.refresh_from_db()
    assert (club.name, club.i18n) == ("Plum Club", None)
    update_club({"name_ja": "梅の会"}, by=None, now=now)
    club.refresh_from_db()
    assert (club.name, club.i18n) == ("Plum Club", {"name_ja": "梅の会"})


def test_words_that_were_written_down_outlive_a_change(cup, now):
    packed = pack_words(cup, "name")
    assert packed == {"name": "Tea cup", **NAMES}
    with override("ja"):
        assert pick_word(packed, "name") == "湯のみ"
        assert pick_word({"name": "Tea cup"}, "name") == "Tea cup"


# --- The catalogue --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["湯のみ", "tea", "手びねり", "Thrown"])
def test_search_finds_shown_words_and_the_club_s_own(cup, mei, now, text):
    with override("ja"):
        assert names(mei, now, text=text) == ["湯のみ"]


def test_search_knows_no_words_of_other_languages(cup, mei, now):
    with override("zh-hans"):
        assert names(mei, now, text="湯のみ") == []
    assert names(mei, now, text="湯のみ") == []


def test_goals_speak_the_member_s_language(cup, mei, now):
    with override("zh-hant"):
        (goal,) = list_goals(mei, now=now, available_points=100)
    assert goal.name == "茶盞"


def test_translated_catalogue_asks_no_more_often(cup, mei, now, assert_statements):
    with override("ja"), assert_statements(3):
        list_offers(mei, Wanted(text="湯のみ"), now=now, available_points=100)


def test_shelves_stand_in_the_order_of_their_shown_names(cup, make_reward):
    for slug, name, name_ja in (("a", "Apples", "りんご"), ("b", "Bread", "あんぱん")):
        shelf = RewardCategory.objects.create(slug=slug, name=name, i18n={"name_ja": name_ja})
        make_reward(f"Of {slug}", category=shelf)
    assert [each.slug for each in list_categories()] == ["a", "b"]
    with override("ja"):
        assert [each.slug for each in list_categories()] == ["b", "a"]


def test_gate_of_a_tier_speaks_its_translated_name(cup, mei, programme, now):
    Tier.objects.filter(slug="gold").update(i18n={"name_ja": "ゴールド"})
    audience = Tier.objects.get(slug="gold").audience
    set_gates(cup, [GateTerms(audience, EVER)], by=None, now=now)
    with override("ja"):
        (offer,) = list_offers(mei, Wanted(), now=now, available_points=100).offers
        assert [line.name for line in offer.gates] == ["ゴールド"]
        assert "ゴールド" in offer.reason


def test_place_of_a_date_is_translated(make_reward, now):
    tasting = make_reward("Tasting", kind="experience")
    date = add_session(
        tasting, starts_at=now + dt.timedelta(days=1), ends_at=now + dt.timedelta(days=1, hours=1),
        seat_count=4, place="Cellar", place_ja="地下蔵", by=None, now=now,
    )  # fmt: skip
    with override("ja"):
        assert date.place_i18n == "地下蔵"
    with pytest.raises(TypeError, match="place_fr"):
        add_session(
            tasting, starts_at=now + dt.timedelta(days=2), ends_at=now + dt.timedelta(days=3),
            seat_count=4, place_fr="cave", by=None, now=now,
        )  # fmt: skip


# --- Points and tiers -----------------------------------------------------------------------------


def test_ladder_is_kept_for_each_language(programme):
    Tier.objects.filter(slug="gold").update(i18n={"name_ja": "ゴールド"})
    gold = Tier.objects.get(slug="gold")
    TierLevel.objects.filter(tier=gold).update(
        benefits=["Free coffee"], i18n={"benefits_ja": ["コーヒー無料"]}
    )
    with override("ja"):
        ladder = load_ladder(ZONE)
        assert get_tier_name(gold.pk) == "ゴールド"
    (shown,) = [t for tiers in ladder.shown.values() for t in tiers if t.id == gold.pk]
    assert (shown.name, shown.benefits) == ("ゴールド", ("コーヒー無料",))
    assert get_tier_name(gold.pk) == gold.name


def test_ways_to_earn_are_translated_with_what_they_name(rules, now):
    goods = Category.objects.create(slug="tea", name="Tea", i18n={"name_ja": "お茶"})
    version = rules[0]
    type(version).objects.filter(pk=version.pk).update(category_ids=[goods.pk])
    EarningRule.objects.filter(pk=version.rule_id).update(
        i18n={"name_ja": "1ドルで1ポイント", "description_ja": "いつでも"}
    )
    with override("ja"):
        way = next(way for way in list_ways(None, now=now) if way.version.pk == version.pk)
    assert (way.name, way.description) == ("1ドルで1ポイント", "いつでも")
    assert any("お茶" in condition for condition in way.conditions)


def test_statement_names_what_points_were_used_for(cup, rich, now):
    redeem_reward(rich, cup, key="once", by=None, now=now)
    spent = Transfer.objects.filter(member=rich, cause_type="redemption").for_list()
    with override("zh-hans"):
        titles = [each.title for each in explain_transfers(spent, now=now)]
    assert len(titles) == spent.count() > 0
    assert all("茶杯" in title for title in titles)


def test_notice_keeps_the_words_of_its_moment_in_every_language(cup, rich, now):
    redemption = redeem_reward(rich, cup, key="once", by=None, now=now)
    cancel_redemption(redemption, by=None, by_club=True, now=now)
    change_reward(cup, by=None, now=now, name="Mug", name_ja="マグ")
    assert Notice.objects.filter(member=rich, params__name_ja="湯のみ").exists()
    with override("ja"):
        assert any("湯のみ" in each.text for each in list_notices(rich))
    assert any("Tea cup" in each.text for each in list_notices(rich))


def test_reason_of_an_act_for_many_is_translated(programme, now):
    owner = User.objects.create(email="owner@example.com")
    act = BulkAct.objects.create(
        kind="grant", audience=ensure_everyone(), points=5, public_reason="Sorry",
        i18n={"public_reason_ja": "お詫び"}, asked_by=owner, created_at=now,
    )  # fmt: skip
    assert list_public_reasons([act.pk]) == {act.pk: "Sorry"}
    with override("ja"):
        assert list_public_reasons([act.pk]) == {act.pk: "お詫び"}


# --- Purchases and the counter --------------------------------------------------------------------


def test_purchases_name_their_store_or_channel(counter, mei):
    channel = counter.source.default_channel
    type(channel).objects.filter(pk=channel.pk).update(i18n={"name_ja": "店頭"})
    with override("ja"):
        assert (list_latest(mei, 1)[0].store, list_latest(mei, 1)[0].channel) == (None, "店頭")
    store = Store.objects.create(
        code="main", name="Main Street", zone=ZONE, channel=channel, i18n={"name_ja": "本店"}
    )
    Purchase.objects.filter(member=mei).update(store=store)
    with override("ja"):
        assert list_latest(mei, 1)[0].store == "本店"
    assert list_latest(mei, 1)[0].store == "Main Street"


def test_clerk_finds_goods_by_either_word(shop):
    good = Product.objects.create(
        source=shop.source, external_id="77", name="Sencha", i18n={"name_ja": "煎茶"}
    )
    with override("ja"):
        assert [each.name for each in find_goods("煎茶")] == ["煎茶"]
        assert [each.name for each in find_goods("sencha")] == ["煎茶"]
        assert good.shown_name == "煎茶"
    assert [each.name for each in find_goods("sencha")] == ["Sencha"]
    assert find_goods("煎茶") == []
