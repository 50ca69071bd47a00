import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.checks import Error, run_checks
from django.urls import reverse

from members.checks import check_personal_data, check_staff_second_factor
from members.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(make_login):
    return make_login(
        "owner@example.com", password="correct horse", is_staff=True, is_superuser=True
    )


def test_back_office_logs_in_where_everybody_does(client, club):
    answer = client.get("/admin/")
    assert answer.headers["Location"].startswith("/admin/login/")
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    answer = client.post("/admin/login/", {"username": "owner@example.com", "password": "x"})
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_members_are_not_let_into_the_back_office(client, make_login):
    client.force_login(make_login())
    assert client.get("/admin/login/").status_code == 403
    assert client.get("/admin/").status_code == 302


def test_staff_without_second_factor_are_sent_to_set_it_up(client, owner, settings):
    settings.STAFF_MFA_WAIVED = False
    client.force_login(owner)
    for path in ("/admin/", "/admin/members/", "/admin/logout/"):
        assert client.get(path).headers["Location"] == reverse("mfa_index")
    assert client.get("/membership/").status_code == 200


def test_staff_with_second_factor_come_in(client, owner, settings):
    settings.STAFF_MFA_WAIVED = False
    TOTP.activate(owner, generate_totp_secret())
    client.force_login(owner)
    assert client.get("/admin/").status_code == 200


def test_waiver_lets_the_demonstration_in(client, owner, settings):
    settings.STAFF_MFA_WAIVED = True
    client.force_login(owner)
    assert client.get("/admin/").status_code == 200


def test_second_factor_is_asked_for_at_log_in(client, owner):
    TOTP.activate(owner, generate_totp_secret())
    answer = client.post(
        reverse("account_login"), {"login": "owner@example.com", "password": "correct horse"}
    )
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_totp_secret_is_encrypted_at_rest(owner):
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    kept = Authenticator.objects.get(user=owner, type="totp")
    assert secret not in str(kept.data)
    assert TOTP(kept).instance.wrap().instance == kept


def test_staff_without_membership_land_in_the_back_office(client, owner):
    answer = client.post(
        reverse("account_login"), {"login": "owner@example.com", "password": "correct horse"}
    )
    assert answer.headers["Location"] == "/admin/"


def test_deploy_check_refuses_the_waiver(settings):
    settings.STAFF_MFA_WAIVED = True
    (problem,) = check_staff_second_factor(None)
    assert isinstance(problem, Error)
    assert problem.id == "members.E002"
    assert problem in run_checks(include_deployment_checks=True)
    assert problem not in run_checks()
    settings.STAFF_MFA_WAIVED = False
    assert check_staff_second_factor(None) == []


def test_every_key_to_member_has_a_promise(registered):
    from django.apps import apps

    from members import registry

    assert check_personal_data([apps.get_app_config("members")]) == []
    entry = registry.personal_data["members.notice"]
    registry.personal_data.remove("members.notice")
    try:
        (problem,) = check_personal_data([apps.get_app_config("members")])
        assert problem.id == "members.E001"
    finally:
        registry.personal_data.add("members.notice", entry)


def test_first_owner_logs_in_before_the_club_can_send_mail(client):
    User.objects.create_superuser("Boss@Example.com", "Zx9-lantern-harbor")
    form = {"login": "boss@example.com", "password": "Zx9-lantern-harbor"}
    answer = client.post(reverse("account_login"), form)
    assert answer.status_code == 302
    assert "confirm-email" not in answer.headers["Location"]
