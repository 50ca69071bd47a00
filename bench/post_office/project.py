"""django-post_office, beside which the outbox is measured; it runs in a venv of its own:
``python project.py prepare COUNT MAIL`` puts that many mails into its queue, each with its member's
own words from a template that is filled in when it is sent; ``python project.py send_queued_mail``
is its own command, with its own defaults.
"""

import json
import os
import sys
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["BENCH_DATABASE"],
            "HOST": os.environ["PGHOST"],
            "USER": os.environ["BENCH_USER"],
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    EMAIL_BACKEND="post_office.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(os.environ["SMTP_PORT"]),
    POST_OFFICE={"BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}},
)
django.setup()

from django.core.management import call_command  # noqa: E402  (needs the settings above)


def prepare(count: int, mail: dict[str, str]) -> None:
    from post_office.models import PRIORITY, STATUS, Email, EmailTemplate

    call_command("migrate", verbosity=0)
    template = EmailTemplate.objects.create(
        name="bench", subject=mail["subject"], content=mail["text"], html_content=mail["html"]
    )
    Email.objects.bulk_create(
        (
            Email(
                from_email="club@example.com",
                to=[f"member{number}@bench.example"],
                status=STATUS.queued,
                priority=PRIORITY.medium,
                template=template,
                context={"name": f"Member {number}", "points": number},
                headers={"List-Unsubscribe": f"<https://club.example.com/u/{number}/>"},
            )
            for number in range(count)
        ),
        batch_size=500,
    )


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
    else:
        call_command(*sys.argv[1:])
