#!/usr/bin/env python3
"""Django's commands. Where no DATABASE_URL is set, they use the embedded services."""

import os
import sys
from pathlib import Path

OWN_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty_site.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        # Called by another Python: go on with the one that bin/run and bin/test set up.
        if OWN_PYTHON.exists() and Path(sys.prefix) != OWN_PYTHON.parent.parent:
            os.execv(OWN_PYTHON, [str(OWN_PYTHON), *sys.argv])
        sys.exit("Django is not installed. Run bin/run or bin/test once: they set everything up.")

    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError
    from psycopg_pool import PoolTimeout

    from loyalty_site.embedded.client import services_for_command
    from loyalty_site.embedded.layout import ServiceError

    try:
        with services_for_command():
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, ServiceError) as error:
        sys.exit(str(error))  # a sentence for the person at the terminal
    except OperationalError as error:
        if not isinstance(error.__cause__, PoolTimeout) or "--traceback" in sys.argv:
            raise
        sys.exit("The database of DATABASE_URL can't be reached; the lines above say why.")


if __name__ == "__main__":
    main()
