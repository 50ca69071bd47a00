"""Words in every language, as the owner writes them in the back office."""

import pytest
from django.contrib.admin import site
from django.urls import reverse
from modeltrans.translator import get_i18n_field

from core.admin import WordsAdmin
from members.models import Club, Recipient
from members.services.audiences import ensure_everyone
from purchases.models import Category
from rewards.models import BulkAct, EarningRule, Reward, RewardCategory, Tier, TierLevel
from rewards.services.catalogue import create_reward
from tests.admin.test_catalogue import FORM, NO_ROWS

pytestmark = pytest.mark.django_db
GATES = {f"gates-{name}": value for name, value in NO_ROWS.items()}


@pytest.fixture(autouse=True)
def _at_noon(clock, programme):
    """The pages read the clock."""


def edit_url(row):
    opts = row._meta
    name = f"admin:{opts.app_label}_{opts.model_name}"
    page = "edit" if opts.model_name in ("reward", "earningrule", "audience") else "change"
    return reverse(f"{name}_{page}", args=[row.pk])


def test_form_of_a_reward_has_a_tab_for_each_language(owner, now):
    reward = create_reward(
        kind="voucher", name="Tea cup", summary="By hand", name_ja="湯のみ", price_points=80,
        by=None, now=now,
    )  # fmt: skip
    html = owner.get(edit_url(reward)).text
    assert "日本語: 1 missing" in html
    assert "简体中文: 2 missing" in html
    assert "Missing: in one sentence. Members who read 日本語 see the club" in html
    assert 'name="description_zh_hant"' in html
    assert 'name="partner_ja"' not in html  # a voucher has no partner
    assert 'lang="zh-hant"' in html


def test_translations_are_saved_and_emptied_by_the_same_form(owner, now):
    reward = create_reward(kind="voucher", name="Cup", price_points=80, by=None, now=now)
    words = {"slug": reward.slug, "name_ja": "湯のみ", "summary_ja": "手びねり", "name_zh_hans": ""}
    owner.post(edit_url(reward), FORM | GATES | words)
    reward.refresh_from_db()
    assert (reward.name, reward.i18n) == (
        "Tea cup", {"name_ja": "湯のみ", "summary_ja": "手びねり"},
    )  # fmt: skip
    owner.post(edit_url(reward), FORM | GATES | {"slug": reward.slug})
    reward.refresh_from_db()
    assert reward.i18n is None


def test_new_reward_comes_with_its_words(owner):
    owner.post(reverse("admin:rewards_reward_add") + "?kind=voucher", FORM | {"name_ja": "湯のみ"})
    assert Reward.objects.get().i18n == {"name_ja": "湯のみ"}


def test_words_too_long_for_their_field_are_refused(owner, now):
    reward = create_reward(kind="voucher", name="Cup", price_points=80, by=None, now=now)
    response = owner.post(edit_url(reward), FORM | GATES | {"name_ja": "あ" * 121})
    assert response.status_code == 200
    reward.refresh_from_db()
    assert reward.i18n is None


@pytest.mark.parametrize(
    ("make", "data"),
    [
        (lambda: RewardCategory.objects.create(slug="tea", name="Tea"), {"position": 1}),
        (lambda: EarningRule.objects.create(code="tea", name="Tea"), {"description": ""}),
        (lambda: Category.objects.create(slug="tea", name="Tea"), {}),
        (
            lambda: Recipient.objects.create(name="Tea", what_for="Post", country="US"),
            {"what_for": "Post", "country": "US"},
        ),
    ],
)
def test_each_form_keeps_translations(owner, make, data):
    row = make()
    assert "missing" in owner.get(edit_url(row)).text
    response = owner.post(edit_url(row), {"name": "Tea", **data, "name_zh_hant": "茶"})
    assert response.status_code == 302
    row.refresh_from_db()
    assert row.i18n == {"name_zh_hant": "茶"}


def test_new_category_keeps_its_words(owner):
    owner.post(reverse("admin:purchases_category_add"), {"name": "Tea", "name_ja": "お茶"})
    assert Category.objects.get(name="Tea").name_ja == "お茶"


def test_club_speaks_every_language(owner, club):
    data = {
        "name": "Plum Club", "currency": "USD", "country": "US", "zone": "America/Los_Angeles",
        "locale": "en", "phone": "", "email": "", "address": "", "guardian_age": "",
        "name_ja": "梅の会",
    }  # fmt: skip
    owner.post(reverse("admin:members_club_change", args=[1]), data)
    club = Club.objects.get()
    assert (club.name, club.name_ja, club.name_zh_hans) == ("Plum Club", "梅の会", None)


def test_tier_is_made_with_its_name_in_other_languages(owner):
    data = {"name": "Plum", "slug": "plum", "rank": 7, "color": "#336699", "name_ja": "梅"}
    owner.post(reverse("admin:rewards_tier_add"), data)
    assert Tier.objects.get(slug="plum").name_ja == "梅"


def test_next_programme_carries_benefits_in_every_language(owner):
    url = reverse("admin:rewards_programmeversion_publish")
    level = TierLevel.objects.select_related("programme").latest("threshold")
    TierLevel.objects.filter(pk=level.pk).update(
        benefits=["Free coffee"], i18n={"benefits_ja": ["コーヒー無料"]}
    )
    form = owner.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: "" if value is None else value for name, value in data.items()}
    key = f"benefits_ja_{level.tier_id}"
    assert data[key] == "コーヒー無料"
    data |= {key: "コーヒー無料\n 駐車無料 \n", "stage": "publish"}
    assert owner.post(url, data).status_code == 302
    made = TierLevel.objects.filter(tier=level.tier).latest("pk")
    assert made.pk != level.pk
    assert (made.benefits, made.i18n) == (
        ["Free coffee"], {"benefits_ja": ["コーヒー無料", "駐車無料"]},
    )  # fmt: skip


def test_act_for_many_asks_its_reason_in_every_language(owner, mei):
    data = {
        "kind": "grant", "audience": ensure_everyone().pk, "points": 5, "public_reason": "Sorry",
        "public_reason_ja": "お詫びです", "note": "",
    }  # fmt: skip
    response = owner.post(reverse("admin:rewards_bulkact_draft"), data, follow=True)
    assert BulkAct.objects.get().i18n == {"public_reason_ja": "お詫びです"}
    assert '<blockquote class="staff-quote" lang="ja">お詫びです</blockquote>' in response.text


def test_no_form_forgets_the_languages():
    """Whoever shows words that members read in a plain form asks for all languages."""
    own_way = {"BulkAct", "Surprise", "Theme"}  # pages of their own
    for_staff = {"Automation", "Mailing"}  # their names are read in the back office alone
    plain = {
        model.__name__
        for model, page in site._registry.items()
        if get_i18n_field(model) and not isinstance(page, WordsAdmin)
    }
    assert plain <= own_way | for_staff


def test_lists_speak_the_reader_s_language_and_find_in_it(owner, now):
    create_reward(
        kind="voucher", name="Tea cup", name_ja="湯のみ", price_points=80, by=None, now=now
    )
    create_reward(kind="voucher", name="Plum soda", price_points=80, by=None, now=now)
    owner.cookies["django_language"] = "ja"
    page = reverse("admin:rewards_reward_changelist")
    html = owner.get(page).text
    assert "湯のみ" in html
    assert "Tea cup" not in html
    assert "Plum soda" in html  # nobody translated it
    for words in ("湯のみ", "Tea cup"):
        found = owner.get(page, {"q": words}).context["cl"].result_list
        assert [row.name for row in found] == ["Tea cup"]


def test_names_that_the_product_gives_come_in_every_language():
    everyone = ensure_everyone()
    assert (everyone.name, everyone.name_ja) == ("Everyone", "全員")
