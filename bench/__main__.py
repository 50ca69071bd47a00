"""``python -m bench [NAME ...] [--scale]``: the benchmarks, one after the other."""

import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.databases import prepare, private_server
from loyalty_site.embedded.layout import ServiceError

SHORT = ("intake", "purchase", "close", "redemption", "catalogue", "bulk", "wheel", "challenges",
         "charity", "segments", "sending", "surveys", "results")  # fmt: skip
LONG = "scale"


def main() -> int:
    options = _read_options()
    names = list(options.names) or list(SHORT)
    if options.scale and LONG not in names:
        names.append(LONG)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    misses: list[str] = []
    if options.tiny:
        os.environ["DEBUG"] = "1"  # static files as they lie: packing them takes longest of all
    try:
        with (
            private_server(options.folder, durable=not options.tiny) as var,
            tempfile.TemporaryDirectory(dir=var) as work,
        ):
            print("Preparing a database ...", flush=True)
            prepare(options.schema)
            for name in names:
                misses += _run(name, Path(work), tiny=options.tiny)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{len(misses)} missed." if misses else "\nEvery bar is reached.")
    for miss in misses:
        print(f"  {miss}")
    return 1 if misses else 0


def _run(name: str, work: Path, *, tiny: bool) -> list[str]:
    print(f"\n{name}", flush=True)
    before = time.monotonic()
    benchmark = importlib.import_module(f"bench.{name}")
    report = benchmark.run(work, **(benchmark.TINY if tiny else {}))
    print(f"  ({time.monotonic() - before:.0f} s)", flush=True)
    return report.falsehoods if tiny else report.falsehoods + report.misses


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    known = ", ".join((*SHORT, LONG))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {known}; else all but {LONG}")
    parser.add_argument(
        "--scale", action="store_true", help="also a club of a million members (takes minutes)"
    )
    parser.add_argument(
        "--tiny", action="store_true", help="everything small: whether it runs, not how fast"
    )
    parser.add_argument(
        "--folder", type=Path, help="where the private server's data lies for the time of the run"
    )
    parser.add_argument(
        "--schema", type=Path, help="a plain dump of a migrated database, instead of migrating"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - {*SHORT, LONG}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; choose from {known}")
    return options


if __name__ == "__main__":
    sys.exit(main())
