"""One import in a process of its own: ``python -m bench.importing FILE``.

The last line of its output says in JSON how long it took (without the start of Python and
Django), and the most memory that the whole process ever held.
"""

import json
import resource
import sys
import time

import django

SOURCE = "bench"


def main() -> None:
    django.setup()
    from django.core.management import call_command

    before = time.perf_counter()
    status = 0
    try:
        call_command("import_purchases", sys.argv[1], source=SOURCE)
    except SystemExit as end:
        status = end.code
    seconds = time.perf_counter() - before
    # Linux counts in units of 1,024 bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak, "status": status}))


if __name__ == "__main__":
    main()
