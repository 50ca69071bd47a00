"""Mailings, members and a mail server for tests of the outbox."""

from campaigns.enums import MailingState
from campaigns.models import Edition, Mailing, Message
from campaigns.services.editions import freeze_edition, save_content
from campaigns.services.planning import plan_messages
from campaigns.services.sending.running import send_waiting_messages
from members.models import Member

WORDS = {"subject": "Hello {{ member.name | default: 'you' }}", "body": "# Hello\n\nA letter.\n"}


def make_members(addresses, *, now):
    """One member for each address, None for none; in the order of their ids."""
    members = [
        Member(number=f"{place:010d}{98 - place * 100 % 97:02d}", email=address, joined_at=now)
        for place, address in enumerate(addresses, Member.objects.count() + 1)
    ]
    return Member.objects.bulk_create(members)


def make_mailing(*, now, purpose="service", channels=("email",), words=WORDS, **fields):
    """A running mailing with finished words for each channel."""
    mailing = Mailing.objects.create(
        kind="campaign", name="Summer", purpose=purpose, channels=list(channels),
        state=fields.pop("state", MailingState.RUNNING), created_at=now, **fields,
    )  # fmt: skip
    for channel in channels:
        save_content(mailing, channel=channel, words=words, by=None, now=now)
    freeze_edition(mailing, by=None, now=now)
    return mailing


def get_edition(mailing):
    return Edition.objects.frozen().filter(mailing=mailing).latest("number")


def plan(mailing, *, now, **options):
    return plan_messages(
        mailing,
        get_edition(mailing),
        recipients=options.pop("recipients", Member.objects.all()),
        occurrence=options.pop("occurrence", ""),
        due_at=options.pop("due_at", now),
        now=now,
        **options,
    )


def send(*, now, **options):
    return send_waiting_messages(clock=lambda: now, **options)


def states(mailing):
    """{(state, reason): how many}"""
    found = {}
    for key in Message.objects.filter(mailing=mailing).values_list("state", "reason"):
        found[key] = found.get(key, 0) + 1
    return found


def mail_to(settings, port):
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5},
        }
    }
