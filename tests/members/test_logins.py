"""Sign-up and log-in through the real pages of allauth."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.urls import reverse

from members.models import Member, User
from members.services.logins import delete_abandoned_logins
from members.services.memberships import open_membership

pytestmark = pytest.mark.django_db


def code_of(text):
    return re.search(r"\b(\d{6})\b", text).group(1)


def post(client, name, **data):
    return client.post(reverse(name), data)


def test_sign_up_by_email_and_code_makes_a_member(client, club):
    answer = post(
        client, "account_signup", email="Mei@Example.com", given_name="Mei", family_name="Chen",
        zone="Asia/Taipei",
    )  # fmt: skip
    assert answer.headers["Location"] == reverse("account_email_verification_sent")
    assert not Member.objects.exists()
    code = code_of(mail.outbox[0].body)
    answer = post(client, "account_email_verification_sent", code=code)
    assert answer.headers["Location"] == reverse("member_home")
    member = Member.objects.get()
    assert (member.given_name, member.family_name) == ("Mei", "Chen")
    assert member.zone == "Asia/Taipei"
    assert member.email == member.user.email == "mei@example.com"
    assert member.user.phone is None
    assert not member.user.has_usable_password()


def test_mails_speak_in_the_clubs_name(client, club):
    club.name = "Plumtree Club"
    club.save(update_fields=["name"])
    post(client, "account_signup", email="mei@example.com")
    assert mail.outbox[0].subject.startswith("Plumtree Club: ")
    assert "Hello from Plumtree Club!" in mail.outbox[0].body
    assert "testserver" not in mail.outbox[0].body


def test_sign_up_by_phone_and_code_needs_no_email(client, club, sms):
    answer = post(
        client, "account_signup", phone="(415) 555-0123", given_name="Mei", zone="Moon/Crater"
    )
    assert answer.headers["Location"] == reverse("account_verify_phone")
    message = sms()[0]
    assert message["to"] == "+14155550123"
    answer = post(client, "account_verify_phone", code=code_of(message["text"]))
    assert answer.headers["Location"] == reverse("member_home")
    member = Member.objects.get()
    assert member.phone == member.user.phone == "+14155550123"
    assert member.user.email is None
    assert member.zone == ""
    assert member.user.phone_verified_at is not None


def test_sign_up_needs_one_contact(client, club):
    answer = post(client, "account_signup", given_name="Mei")
    assert answer.status_code == 200
    assert "email" in answer.context["form"].errors
    assert not User.objects.exists()


def test_wrong_code_proves_nothing(client, club):
    post(client, "account_signup", email="mei@example.com")
    code = code_of(mail.outbox[0].body)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answer = post(client, "account_email_verification_sent", code=wrong)
    assert answer.status_code == 200
    assert not EmailAddress.objects.filter(verified=True).exists()
    assert "_auth_user_id" not in client.session


def test_sign_up_with_a_known_contact_looks_the_same(client, make_login, sms):
    make_login(phone="+14155550123")
    by_email = post(client, "account_signup", email="mei@example.com")
    assert by_email.headers["Location"] == reverse("account_email_verification_sent")
    assert "already" in mail.outbox[0].body
    client.cookies.clear()
    by_phone = post(client, "account_signup", phone="+14155550123")
    assert by_phone.headers["Location"] == reverse("account_verify_phone")
    assert "already" in sms()[0]["text"]
    assert User.objects.count() == 1


def test_log_in_by_email_and_code(client, make_login):
    user = make_login()
    answer = post(client, "account_login", login="MEI@example.com")
    assert answer.headers["Location"] == reverse("account_confirm_login_code")
    answer = post(client, "account_confirm_login_code", code=code_of(mail.outbox[0].body))
    assert answer.headers["Location"] == reverse("member_home")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Member.objects.get().user == user


def test_log_in_by_phone_and_code(client, make_login, sms):
    user = make_login(None, phone="+14155550123")
    answer = post(client, "account_login", login="415 555 0123")
    assert answer.headers["Location"] == reverse("account_confirm_login_code")
    post(client, "account_confirm_login_code", code=code_of(sms()[0]["text"]))
    assert client.session["_auth_user_id"] == str(user.pk)


def test_log_in_by_password_with_either_contact(client, make_login):
    make_login(phone="+14155550123", password="correct horse")
    for login in ("mei@example.com", "415-555-0123"):
        answer = post(client, "account_login", login=login, password="correct horse")
        assert answer.headers["Location"] == reverse("member_home")
        client.logout()
    answer = post(client, "account_login", login="mei@example.com", password="wrong")
    assert answer.status_code == 200


def test_unknown_login_gets_the_same_answer(client, club, sms):
    for login in ("nobody@example.com", "415 555 0199"):
        answer = post(client, "account_login", login=login)
        assert answer.headers["Location"] == reverse("account_confirm_login_code")
        client.cookies.clear()  # else the log-in under way goes on
    assert "no login" in sms()[0]["text"]
    assert len(mail.outbox) == 1
    assert not User.objects.exists()


def test_nonsense_login_is_refused(client, club):
    assert post(client, "account_login", login="foo").status_code == 200
    assert post(client, "account_login", login="foo", password="x").status_code == 200


def test_failed_passwords_are_limited_per_contact(client, make_login):
    make_login(phone="+14155550123", password="correct horse")
    make_login("b@example.com", phone="+14155550124", password="correct horse")
    for _ in range(5):
        post(client, "account_login", login="+14155550123", password="wrong")
    answer = post(client, "account_login", login="+14155550123", password="correct horse")
    assert answer.status_code == 200
    assert "Too many" in str(answer.context["form"].errors)
    answer = post(client, "account_login", login="+14155550124", password="correct horse")
    assert answer.status_code == 302


def test_codes_are_limited_per_contact(client, make_login):
    make_login()
    for _ in range(3):
        post(client, "account_login", login="mei@example.com")
        client.cookies.clear()
    answer = post(client, "account_login", login="mei@example.com")
    assert answer.status_code == 200
    assert len(mail.outbox) == 3


@pytest.mark.parametrize("has_factor", [False, True])
def test_password_reset_by_code_leads_in(client, make_login, has_factor):
    user = make_login(password="old password 1")
    if has_factor:
        TOTP.activate(user, generate_totp_secret())
    answer = post(client, "account_reset_password", email="mei@example.com")
    assert answer.headers["Location"] == reverse("account_confirm_password_reset_code")
    code = code_of(mail.outbox[0].body)
    answer = post(client, "account_confirm_password_reset_code", code=code)
    assert answer.headers["Location"] == reverse("account_complete_password_reset")
    answer = post(
        client,
        "account_complete_password_reset",
        password1="new horse battery",
        password2="new horse battery",
    )
    user.refresh_from_db()
    assert user.check_password("new horse battery")
    assert answer.headers["Location"] == reverse(
        "mfa_authenticate" if has_factor else "member_home"
    )
    assert ("_auth_user_id" in client.session) is not has_factor


@pytest.mark.parametrize(("chosen", "read"), [("", "ja"), ("zh-hans", "zh-hans")])
def test_log_in_goes_on_in_the_language_of_the_profile(client, make_login, now, chosen, read):
    open_membership(make_login(password="correct horse"), now=now, profile={"locale": "ja"})
    if chosen:
        client.post(reverse("set_language"), {"language": chosen})
    post(client, "account_login", login="mei@example.com", password="correct horse")
    assert f'<html lang="{read}"' in client.get(reverse("member_home")).content.decode()


def test_inactive_login_stays_out(client, make_login):
    user = make_login(password="correct horse")
    User.objects.update(is_active=False)
    answer = post(client, "account_login", login="mei@example.com", password="correct horse")
    assert answer.headers["Location"] == reverse("account_inactive")
    assert "_auth_user_id" not in client.session
    assert user.pk


def test_sessions_are_listed(client, make_login):
    make_login(password="correct horse")
    post(client, "account_login", login="mei@example.com", password="correct horse")
    answer = client.get(reverse("usersessions_list"))
    assert answer.status_code == 200
    assert len(answer.context["sessions"]) == 1


@pytest.mark.parametrize("provider", ["google", "apple", "line", "weixin"])
def test_provider_without_a_key_is_not_there(client, club, provider):
    assert client.get(f"/accounts/{provider}/login/").status_code == 404
    page = client.get(reverse("account_login")).content.decode()
    assert f"/accounts/{provider}/" not in page


def test_provider_with_a_key_shows(client, club, settings):
    settings.SOCIALACCOUNT_PROVIDERS = {"line": {"APPS": [{"client_id": "id", "secret": "secret"}]}}
    assert "/accounts/line/login/" in client.get(reverse("account_login")).content.decode()
    assert client.get("/accounts/line/login/").status_code == 200


def test_abandoned_sign_ups_free_their_contacts(make_login, now):
    import datetime as dt

    User.objects.create_user("squatter@example.com", created_at=now)
    User.objects.create_user("fresh@example.com", created_at=now + dt.timedelta(days=2))
    kept = make_login()
    open_membership(make_login("member@example.com"), now=now)
    assert delete_abandoned_logins(now=now + dt.timedelta(days=3)) == 1
    assert not User.objects.filter(email="squatter@example.com").exists()
    assert User.objects.filter(pk=kept.pk).exists()
    assert User.objects.count() == 3


def test_member_follows_the_proved_contacts_of_its_login(client, make_login, now, sms):
    user = make_login(password="correct horse")
    member = open_membership(user, now=now)
    post(client, "account_login", login="mei@example.com", password="correct horse")
    post(client, "account_change_phone", phone="415 555 0123")
    post(client, "account_verify_phone", code=code_of(sms()[0]["text"]))
    post(client, "account_email", email="new@example.com", action_add="")
    member.refresh_from_db()
    assert (member.email, member.phone) == ("mei@example.com", "+14155550123")
    code = code_of(next(m for m in mail.outbox if m.to == ["new@example.com"]).body)
    post(client, "account_email_verification_sent", code=code)
    member.refresh_from_db()
    user.refresh_from_db()
    assert member.email == user.email == "new@example.com"
