"""Two members of the demonstration who connected LINE and WeChat; nothing is ever sent there."""

import datetime as dt

from campaigns.services.bindings import bind_account
from loyalty_site.demo.people import SOURCE
from members.enums import Channel, ConsentSource
from members.models import Member
from members.purposes import OFFERS
from members.services.consents import Answer, record_answers

# As the providers make them, and nobody's.
_ACCOUNTS = (
    (Channel.LINE, "ja", "U4af4980629f1d3e0b7c85a2e6d0b91c3"),
    (Channel.WECHAT, "zh-hans", "oXw9k5uDemoC3rT7vN2qLpZs8hYm"),
)
_AGO = dt.timedelta(days=40)


def connect_messengers(*, now: dt.datetime) -> None:
    """Of each language the first with a login, who agreed to offers there."""
    for channel, locale, external_id in _ACCOUNTS:
        readers = Member.objects.able_to_be_messaged().filter(source=SOURCE, locale=locale)
        member = readers.select_related("user").order_by("joined_at", "pk").first()
        if member is None:
            continue
        moment = max(now - _AGO, member.joined_at)
        bind_account(member, channel=channel, external_id=external_id, at=moment, now=moment)
        record_answers(
            member,
            [Answer(OFFERS, channel, True)],
            source=ConsentSource.PROFILE,
            by=member.user,
            now=moment,
        )
