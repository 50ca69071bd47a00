"""Above every list: filters kept under a name, and the download that is written down."""

import datetime as dt

import pytest
from django.urls import reverse

from core.errors import DomainError
from core.models import AuditEntry, SavedFilter
from core.services.saved_filters import clean_query, remove_filter, save_filter
from members.services.enrolment import create_member

DAY = dt.date(2026, 3, 2)
MEMBERS = "admin:members_member_changelist"
SAVE = "admin:list_filter_save"


def save(client, **data):
    form = {"page": "members.member", "query": "status=closed", "name": "Gone"} | data
    return client.post(reverse(SAVE), form, headers={"referer": "http://testserver/admin/"})


# --- Saved filters -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("status=closed&q=Smith&p=3", "status=closed"),
        ("?o=-1&status=", "o=-1"),
        ("q=Smith", ""),
        ("tier=2&tier=3", "tier=2&tier=3"),
    ],
)
def test_what_is_searched_for_is_never_kept(query, kept):
    assert clean_query(query) == kept


def test_filter_is_kept_shown_and_used(owner):
    response = save(owner, query="status=closed&q=Smith")
    assert response["Location"] == f"{reverse(MEMBERS)}?status=closed"
    saved = SavedFilter.objects.get()
    assert (saved.page, saved.query, saved.owner) == ("members.member", "status=closed", owner.user)
    page = owner.get(reverse(MEMBERS)).text
    assert f'href="{reverse(MEMBERS)}?status=closed"' in page
    assert ">Gone</a>" in page


def test_list_offers_to_save_what_is_not_saved_yet(owner):
    url = reverse(MEMBERS)
    assert not owner.get(url).context["list_tools"]["can_save"]
    assert not owner.get(url, {"q": "Smith"}).context["list_tools"]["can_save"]
    assert owner.get(url, {"status": "closed"}).context["list_tools"]["can_save"]
    save(owner)
    assert not owner.get(url, {"status": "closed"}).context["list_tools"]["can_save"]


def test_same_name_replaces(owner):
    save(owner)
    save(owner, query="status=merged")
    assert SavedFilter.objects.get().query == "status=merged"


def test_shared_filter_is_seen_by_all_and_own_ones_are_not(owner, clerk):
    save(owner, name="Mine")
    save(owner, name="Ours", is_shared="on")
    shown = clerk.get(reverse(MEMBERS)).context["list_tools"]["saved"]
    assert [(each.name, each.can_remove) for each in shown] == [("Ours", False)]


def test_filter_is_removed_by_its_owner_or_a_head(owner, clerk, log_in):
    save(clerk, name="Mine")
    save(clerk, name="Ours", is_shared="on")
    mine, ours = SavedFilter.objects.order_by("name")
    remove = "admin:list_filter_remove"
    assert owner.post(reverse(remove, args=[mine.pk])).status_code == 404
    assert log_in("marketer").post(reverse(remove, args=[ours.pk])).status_code == 403
    assert SavedFilter.objects.count() == 2
    assert owner.post(reverse(remove, args=[ours.pk])).status_code == 302
    assert clerk.post(reverse(remove, args=[mine.pk])).status_code == 302
    assert not SavedFilter.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="filter.").order_by("pk")
    assert [entry.action for entry in actions] == ["filter.saved"] * 2 + ["filter.removed"] * 2


@pytest.mark.parametrize("data", [{"query": "q=Smith"}, {"query": ""}, {"name": "  "}])
def test_nothing_to_save_is_refused_in_words(owner, data):
    save(owner, **data)
    assert not SavedFilter.objects.exists()


def test_nobody_saves_a_filter_of_a_list_they_may_not_see(clerk):
    assert save(clerk, page="core.auditentry").status_code == 403
    assert save(clerk, page="no.such").status_code == 403
    assert save(clerk, page="nonsense").status_code == 403


def test_service_refuses_somebody_elses_filter(owner, clerk, now):
    saved = save_filter("members.member", "o=1", name="a", is_shared=False, by=owner.user, now=now)
    with pytest.raises(DomainError):
        remove_filter(saved, by=clerk.user, now=now)


# --- Downloads -----------------------------------------------------------------------------------


def download(client, url, **query):
    response = client.post(reverse(url, query=query), {"export": "csv"})
    if response.status_code != 200:
        return response.status_code
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def test_download_holds_what_the_list_shows_and_leaves_a_trace(owner, shop, rules, clock):
    for name in ("=cmd()", "Lee", "Wang"):
        member = create_member(now=clock, source="test", family_name=name)
    member.status = "closed"
    member.save(update_fields=["status"])
    lines = download(owner, MEMBERS, status="active", q="Lee")
    assert len(lines) == 2
    assert "Lee" in lines[1]
    entry = AuditEntry.objects.get(action="list.exported")
    assert (entry.subject_type, entry.subject_id, entry.actor) == ("members.member", "", owner.user)
    assert entry.changes["rows"] == 1
    assert entry.changes["filter"] == {"status": ["active"]}
    assert entry.changes["searched"] is True
    assert entry.note.text == "Lee"
    every = download(owner, MEMBERS)
    assert len(every) == 4
    assert any(line.startswith("'=cmd()") for line in every)
    assert owner.get(reverse("admin:core_auditentry_changelist")).status_code == 200


def test_download_is_not_cut_at_a_page(owner, now):
    for number in range(60):
        create_member(now=now, source="test", family_name=f"Name{number:02}")
    assert len(download(owner, MEMBERS)) == 61


def test_download_writes_times_in_the_clubs_zone_and_numbers_as_numbers(owner, shop, rules, clock):
    shop.buy("m0", "400.00", on=DAY, hour=9)
    lines = download(owner, "admin:rewards_award_changelist")
    assert "2026-03-02 09:00:00" in lines[1]
    assert "<a" not in "".join(lines)


@pytest.mark.parametrize(
    ("role", "may"), [("clerk", False), ("marketer", False), ("manager", True)]
)
def test_only_heads_take_lists_away(role, may, log_in):
    client = log_in(role)
    assert client.get(reverse(MEMBERS)).context["list_tools"]["can_export"] is may
    assert (download(client, MEMBERS) != 403) is may
    assert AuditEntry.objects.filter(action="list.exported").exists() is may


def test_every_list_can_be_taken_as_csv(owner, shop, rules, clock):
    from django.contrib import admin

    shop.buy("m0", "400.00", on=DAY)
    of_one_row = {"members.club", "members.contactpolicy", "members.theme"}
    for model, page in admin.site._registry.items():
        if page.can_export and model._meta.label_lower not in of_one_row:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            assert isinstance(download(owner, name), list), name


# --- Nothing to show -----------------------------------------------------------------------------


def test_an_empty_list_says_what_it_is_for_and_a_search_that_nothing_was_found(owner):
    batches = reverse("admin:campaigns_printbatch_changelist")
    page = owner.get(batches).text
    assert "Letters that wait are put on paper here" in page
    assert "Show everything" not in page
    members = reverse(MEMBERS)
    for asked in ({"q": "Nobody-of-this-name"}, {"status": "merged"}):
        page = owner.get(members, asked).text
        assert "Nothing fits what you searched and filtered for." in page
        assert "Members join on the site" not in page
        assert 'href="?"' in page
