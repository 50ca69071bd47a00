"""Each role, each page of the back office: what it may open is written down here."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.admin.conftest import ROLES

ALL = "clerk marketer manager owner"
OFFICE = "marketer manager owner"
HEADS = "manager owner"

# Who sees the list of each model, and who may add to it.
MATRIX = {
    "account.emailaddress": ("owner", ""),
    "auth.group": ("owner", ""),
    "campaigns.segment": (OFFICE, OFFICE),
    "core.auditentry": (HEADS, ""),
    "members.activity": (ALL, ""),
    "campaigns.automation": (OFFICE, OFFICE),
    "campaigns.campaign": (OFFICE, OFFICE),
    "campaigns.mailing": (OFFICE, ""),
    "campaigns.message": (ALL, ""),
    "campaigns.ratelimit": (OFFICE, OFFICE),
    "campaigns.publicnotice": (OFFICE, OFFICE),
    "campaigns.sendingpolicy": (OFFICE, ""),
    "campaigns.printbatch": (OFFICE, ""),
    "campaigns.smsprice": (OFFICE, HEADS),
    "campaigns.channelbinding": (ALL, ""),
    "campaigns.channelprice": (OFFICE, HEADS),
    "campaigns.suppression": (OFFICE, OFFICE),
    "members.audience": (OFFICE, OFFICE),
    "members.audiencemember": (OFFICE, ""),
    "members.club": (HEADS, ""),
    "members.consent": (ALL, ""),
    "members.contactcap": (OFFICE, HEADS),
    "members.contactpolicy": (OFFICE, ""),
    "members.dataexport": (HEADS, ""),
    "members.duplicatepair": ("clerk manager owner", ""),
    "members.erasurerequest": (HEADS, ""),
    "members.footerlink": (HEADS, "owner"),
    "members.guardian": (HEADS, ""),
    "members.household": ("clerk manager owner", ""),
    "members.legalpage": (HEADS, "owner"),
    "members.member": (ALL, "clerk manager owner"),
    "members.membermerge": (HEADS, ""),
    "members.notice": (ALL, ""),
    "members.recipient": (HEADS, HEADS),
    "members.staffpin": (HEADS, ""),
    "members.theme": (HEADS, ""),
    "members.user": (HEADS, "owner"),
    "members.workitem": (HEADS, ""),
    "mfa.authenticator": ("owner", ""),
    "purchases.apitoken": (HEADS, "owner"),
    "purchases.category": (ALL, HEADS),
    "purchases.channel": (ALL, HEADS),
    "purchases.importjob": (HEADS, HEADS),
    "purchases.product": (ALL, HEADS),
    "purchases.purchase": (ALL, ""),
    "purchases.return": (ALL, ""),
    "purchases.shopconnection": (HEADS, "owner"),
    "purchases.shopprivacyrequest": (HEADS, ""),
    "purchases.shoprefund": (HEADS, ""),
    "purchases.source": (HEADS, HEADS),
    "purchases.store": (ALL, HEADS),
    "purchases.webhookdelivery": (HEADS, ""),
    "rewards.account": (ALL, ""),
    "rewards.actlimit": (OFFICE, ""),
    "rewards.adjustment": (ALL, ""),
    "rewards.alert": (OFFICE, ""),
    "rewards.appeal": (OFFICE, OFFICE),
    "rewards.appealupdate": (OFFICE, OFFICE),
    "rewards.approval": (OFFICE, ""),
    "rewards.award": (OFFICE, ""),
    "rewards.bulkact": (OFFICE, OFFICE),
    "rewards.bulkactmember": (OFFICE, ""),
    "rewards.challenge": (ALL, OFFICE),
    "rewards.charity": (OFFICE, OFFICE),
    "rewards.charitysettlement": (OFFICE, HEADS),
    "rewards.dayclose": (OFFICE, ""),
    "rewards.donation": (OFFICE, ""),
    "rewards.earningrule": (OFFICE, HEADS),
    "rewards.lot": (OFFICE, ""),
    "rewards.lotmove": (OFFICE, ""),
    "rewards.matchoffer": (OFFICE, HEADS),
    "rewards.pointsrate": (OFFICE, HEADS),
    "rewards.programmeversion": (OFFICE, HEADS),
    "rewards.redemption": (ALL, ""),
    "rewards.register": (OFFICE, HEADS),
    "rewards.returnrefund": (ALL, ""),
    "rewards.reversal": (OFFICE, ""),
    "rewards.reward": (ALL, OFFICE),
    "rewards.rewardcategory": (ALL, OFFICE),
    "rewards.rotation": (ALL, OFFICE),
    "rewards.standing": (ALL, ""),
    "rewards.standingdonation": (OFFICE, ""),
    "rewards.surprise": (OFFICE, OFFICE),
    "rewards.surprisegift": (OFFICE, ""),
    "rewards.tier": (OFFICE, "owner"),
    "rewards.tierchange": (OFFICE, ""),
    "rewards.transfer": (ALL, ""),
    "rewards.webhookendpoint": (OFFICE, "owner"),
    "rewards.webhookmessage": (OFFICE, ""),
    "rewards.spin": (OFFICE, ""),
    "rewards.wheel": (OFFICE, OFFICE),
    "rewards.wheelday": (OFFICE, ""),
    "socialaccount.socialaccount": ("owner", ""),
    "surveys.followup": (ALL, ""),
    "surveys.response": (OFFICE, ""),
    "surveys.review": (ALL, ""),
    "surveys.reviewimport": (OFFICE, OFFICE),
    "surveys.reviewterms": (OFFICE, ""),
    "surveys.survey": (OFFICE, "marketer owner"),
    "surveys.theme": (ALL, OFFICE),
    "usersessions.usersession": ("owner", ""),
}
OPENED = (200, 302)


def test_matrix_names_every_page():
    assert {model._meta.label_lower for model in admin.site._registry} == set(MATRIX)


@pytest.mark.parametrize("role", ROLES)
def test_role_opens_exactly_its_pages(role, log_in):
    client = log_in(role)
    found = {}
    for label in MATRIX:
        name = label.replace(".", "_")
        found[label] = tuple(
            client.get(reverse(f"admin:{name}_{page}")).status_code in OPENED
            for page in ("changelist", "add")
        )
    assert found == {
        label: (role in viewers.split(), role in adders.split())
        for label, (viewers, adders) in MATRIX.items()
    }


@pytest.mark.parametrize("role", ROLES)
def test_menu_leads_only_where_the_role_may_go(role, log_in):
    client = log_in(role)
    menu = client.get(reverse("admin:index")).context["sidebar_navigation"]
    links = [item["link"] for group in menu for item in group["items"]]
    assert len(links) > 5
    assert {client.get(link).status_code for link in links} <= set(OPENED)


RULE_PAGES = {
    "publish": HEADS,
    "end": HEADS,
    "edit": HEADS,
    "change": OFFICE,
}


@pytest.mark.parametrize("role", ROLES)
def test_rule_pages_by_role(role, log_in, rules):
    client = log_in(role)
    rule = rules[0].rule
    for name, allowed in RULE_PAGES.items():
        status = client.get(reverse(f"admin:rewards_earningrule_{name}", args=[rule.pk]))
        # Who may only look gets the words of the rule without fields to change them.
        expected = role in (OFFICE if name == "edit" else allowed).split()
        assert (status.status_code == 200) is expected, name


def test_clerk_changes_no_rule(clerk, rules):
    rule = rules[0].rule
    for name in ("publish", "end", "edit"):
        url = reverse(f"admin:rewards_earningrule_{name}", args=[rule.pk])
        assert clerk.post(url, {"name": "Mine", "stage": "publish"}).status_code == 403
    rule.refresh_from_db()
    assert (rule.name, rule.versions.count()) == ("base", 1)


def test_marketer_edits_no_words_of_a_rule(log_in, rules):
    url = reverse("admin:rewards_earningrule_edit", args=[rules[0].rule.pk])
    assert log_in("marketer").post(url, {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("role", ["clerk", "marketer"])
def test_only_heads_publish_a_programme_or_import(role, log_in, programme):
    client = log_in(role)
    assert client.post(reverse("admin:rewards_programmeversion_publish")).status_code == 403
    assert client.post(reverse("admin:purchases_importjob_upload")).status_code == 403


def test_stranger_is_sent_to_the_log_in(club):
    response = Client().get(reverse("admin:members_member_changelist"))
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_member_is_no_staff(club, now):
    from members.services.logins import create_login

    client = Client()
    client.force_login(
        create_login(email="m@example.com", by=None, now=now),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get(reverse("admin:members_member_changelist")).status_code in (302, 403)


def test_staff_need_a_second_factor(owner, settings):
    settings.STAFF_MFA_WAIVED = False
    for name in ("index", "members_member_changelist", "rewards_transfer_changelist"):
        response = owner.get(reverse(f"admin:{name}"))
        assert response["Location"] == reverse("mfa_index")


def test_wider_policy_covers_the_back_office_alone(owner):
    office = owner.get(reverse("admin:index"))["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in office
    assert "style-src 'self' 'unsafe-inline'" in office
    assert "script-src 'self' 'unsafe-inline'" not in office
    site = owner.get(reverse("account_email"))["Content-Security-Policy"]
    assert "unsafe" not in site


def test_our_templates_hold_no_inline_script():
    from pathlib import Path

    from django.conf import settings

    for path in (Path(settings.BASE_DIR) / "templates" / "admin").rglob("*.html"):
        text = path.read_text()
        assert " onclick=" not in text
        assert " hx-on" not in text
        assert text.count("<script") == text.count("<script src="), path
