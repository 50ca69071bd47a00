from django.db import transaction
from django.utils.text import slugify

from purchases.models import Channel, Source

DEFAULT_CHANNEL = "counter"


@transaction.atomic
def ensure_source(name: str) -> Source:
    """The source of this code or name; a new one sells over the counter until staff say more."""
    code = slugify(name)[:50] or "source"
    source = Source.objects.select_related("default_store").filter(code=code).first()
    if source:
        return source
    channel, _created = Channel.objects.get_or_create(
        code=DEFAULT_CHANNEL, defaults={"name": DEFAULT_CHANNEL.capitalize()}
    )
    source, _created = Source.objects.get_or_create(
        code=code, defaults={"name": name[:120], "default_channel": channel}
    )
    return source
