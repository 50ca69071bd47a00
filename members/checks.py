from collections import Counter

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import connections
from django.utils.module_loading import import_string

from members import registry
from members.erased_keys import list_key_ids
from members.retention import CATEGORIES, Then, get_policy
from members.sms import FileBackend

_TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")


@checks.register(checks.Tags.security, deploy=True)
def check_staff_second_factor(app_configs, **kwargs):
    """The waiver of the second factor is for one's own machine only."""
    if not settings.STAFF_MFA_WAIVED:
        return []
    return [
        checks.Error(
            "STAFF_MFA_WAIVED lets staff in without a second factor.",
            hint="Set STAFF_MFA_WAIVED=0.",
            id="members.E002",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_text_messages(app_configs, **kwargs):
    """Codes to a phone reach the phone."""
    hint = "Set SMS_BACKEND to the class of your gateway; members.sms says what it needs."
    try:
        backend = import_string(settings.SMS_BACKEND)
    except ImportError as error:
        return [checks.Error(f"SMS_BACKEND can't be loaded: {error}", hint=hint, id="members.E004")]
    missing = [name for name in _TWILIO if not getattr(settings, name)]
    # By its name: Twilio's library takes a while to load.
    if settings.SMS_BACKEND.startswith("members.sms_twilio.") and missing:
        return [
            checks.Error(
                "Twilio takes no text message without its account, token and sender.",
                hint=f"Set {' and '.join(missing)}: docs/channels.md says where they are found.",
                id="members.E008",
            )
        ]
    if not issubclass(backend, FileBackend):
        return []
    return [
        checks.Error(
            "Text messages are written to files: nobody receives the code they wait for.",
            hint=hint,
            id="members.E003",
        )
    ]


@checks.register(checks.Tags.models)
def check_personal_data(app_configs, **kwargs):
    """Every model with a key to Member says what export, erasure and merge do with it."""
    member = apps.get_model("members.Member")
    problems = []
    for app in app_configs or apps.get_app_configs():
        if app.name not in settings.OWN_APPS:
            continue
        for model in app.get_models():
            holds_key = any(
                field.is_relation and field.related_model is member
                for field in model._meta.local_fields
            )
            if holds_key and model._meta.label_lower not in registry.personal_data:
                problems.append(
                    checks.Error(
                        f"{model._meta.label} has a key to Member but no entry in the registry "
                        "of personal data.",
                        hint="Call members.registry.register_personal_data in AppConfig.ready.",
                        obj=model,
                        id="members.E001",
                    )
                )
    return problems


@checks.register(checks.Tags.models)
def check_retention_policy(app_configs, **kwargs):
    """Every model with personal data has a line in the retention policy, and every line can be
    executed.
    """
    try:
        policy = get_policy()
    except ImportError as error:
        return [
            checks.Error(
                f"RETENTION_POLICY can't be loaded: {error}",
                hint="It names a members.retention.Policy, as loyalty_site.retention.POLICY.",
                id="members.E007",
            )
        ]
    known = {line.model.lower() for line in policy.lines}
    told = Counter((line.model.lower(), line.then, line.columns) for line in policy.lines)
    hint = "Add a line to the policy (loyalty_site/retention/): what, why, how long."
    problems = [
        checks.Error(
            f"{entry.model} holds personal data but has no line in the retention policy.",
            hint=hint,
            id="members.E005",
        )
        for entry in registry.personal_data
        if entry.model.lower() not in known
    ]
    problems += [
        checks.Error(
            f"The retention policy's line of {line.model} can't be executed: {fault}.",
            hint="See members.retention.Line.",
            id="members.E006",
        )
        for line in policy.lines
        if (fault := _find_fault(line, told))
    ]
    return problems


@checks.register(checks.Tags.database)
def check_erasure_keys(app_configs, databases=None, **kwargs):
    """Hashes whose key is gone keep nobody away any more."""
    kept = apps.get_model("members.ErasedKey")
    for database in databases or ():
        if kept._meta.db_table not in connections[database].introspection.table_names():
            continue
        lost = kept.objects.using(database).exclude(key_id__in=list_key_ids()).count()
        if lost:
            yield checks.Warning(
                f"{lost} contacts of people who were erased can't be recognised any more.",
                hint="Add the SECRET_KEY of that time to ERASURE_KEYS (docs/privacy.md).",
                id="members.W008",
            )


def _find_fault(line, told):
    if told[line.model.lower(), line.then, line.columns] > 1:
        return "it stands there twice"
    try:
        model = apps.get_model(line.model)
    except LookupError:
        return "there is no such model"
    if line.category not in CATEGORIES:
        return f"there is no category “{line.category}”"
    if line.days is not None and not (line.since or line.rows):
        return "it has days, but no column to count them from"
    names = {field.name for field in model._meta.get_fields()}
    first = [name.split("__")[0] for name in (line.since, *line.only) if name]
    if missing := [name for name in (*first, *line.columns) if name not in names]:
        return f"there is no column {', '.join(missing)}"
    if line.then in (Then.BLANK, Then.FILE) and not line.columns:
        return "it names no columns"
    return ""
