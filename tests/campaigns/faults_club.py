"""Acts of the test of faults, in a process of their own with its database:
``python -m tests.campaigns.faults_club plan MEMBERS | resume``.
"""

import sys

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from campaigns.models import Mailing
    from campaigns.services.sending import pause_mailing, resume_mailing
    from members.models import Club
    from tests.campaigns.outbox import make_mailing, make_members, plan

    now = timezone.now()
    if sys.argv[1] == "plan":
        Club.objects.get_or_create(pk=1)
        make_members([f"m{n}@x.example" for n in range(int(sys.argv[2]))], now=now)
        plan(make_mailing(now=now), now=now)
    else:
        mailing = Mailing.objects.get()
        for _time in range(3):
            pause_mailing(mailing, by=None, now=now)
            resume_mailing(mailing, by=None, now=now)
            resume_mailing(mailing, by=None, now=now)


if __name__ == "__main__":
    main()
