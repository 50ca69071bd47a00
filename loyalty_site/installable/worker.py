"""The service worker as text: what differs between deployments, then ``static/js/worker-shell.js``.

Its version names every file that it keeps, so a deployment with other files has another worker.
"""

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.urls import reverse

from core.pictures.addresses import scene_url
from loyalty_site.installable.icons import get_favicon, get_mark_url
from members.models import Club

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
SHELL = ("css/site.css", "img/icons.svg", "js/worker-page.js", "js/entry.js",
         "js/count.js")  # fmt: skip


def build_worker(club: Club) -> str:
    source = (SCRIPTS / "worker-shell.js").read_text()
    known = {
        "shell": list_shell(club),
        "offline": reverse("offline"),
        "card": reverse("member_card_offline"),
        # Whatever lies below these stays between the browser and the server.
        "apart": [
            reverse("admin:index"),
            reverse("api:api-root"),
            reverse("account_login").removesuffix("login/"),
        ],
    }
    version = hashlib.sha256(f"{known}{source}".encode()).hexdigest()[:12]
    return f"const CLUB = {json.dumps({'version': version, **known})};\n{source}"


def build_farewell() -> str:
    """Takes a worker away that browsers already have, with all that it kept."""
    return (SCRIPTS / "worker-farewell.js").read_text()


def list_shell(club: Club) -> list[str]:
    """Addresses whose answers never change. In development files keep their plain names, and
    are left to the browser: what is being worked on mustn't come from a cache.
    """
    if not hasattr(staticfiles_storage, "hashed_files"):
        return []
    signs = {get_mark_url(club), get_favicon(club)[0]}
    shell = [*map(static, SHELL), scene_url("offline"), *sorted(signs)]
    if club.theme_version:
        shell.append(reverse("theme_stylesheet", args=[club.theme_version]))
    return shell
