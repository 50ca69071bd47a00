"""Everything that has to hold, in one run: style, boundaries, types, settings, templates, tests."""

# Tools of the workshop: they talk to a person and start programs.
# ruff: noqa: S603, S607, T201

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

import psycopg

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from loyalty_site.embedded.client import attach  # noqa: E402 (on the path from here on)
from loyalty_site.embedded.layout import ServiceError  # noqa: E402 (as above)
from loyalty_site.embedded.process import die_with_parent  # noqa: E402 (as above)
from loyalty_site.restore_drill import with_name  # noqa: E402 (as above)

BIN = REPOSITORY / ".venv" / "bin"
PYTHON = str(BIN / "python")
APPS = ("core", "members", "purchases", "rewards", "surveys", "campaigns", "loyalty_site")
TEMPLATE = "club_template"  # migrated once, copied by each of pytest's workers
TYPED = ("services", "selectors", "models", "engine", "registry")
ALSO_TYPED = (
    "purchases/parsing",
    "loyalty_site/embedded",
    *(
        f"loyalty_site/{name}.py"
        for name in (
            "environment", "health", "logs", "metrics", "observation", "probes", "redaction",
            "restore_drill", "rotation", "sentry",
        )
    ),
)  # fmt: skip
# Debian package: how to see that it is there.
PACKAGES: dict[str, Callable[[], object]] = {
    "chromium": lambda: shutil.which("chromium"),
    "fonts-noto-cjk": lambda: any(Path("/usr/share/fonts").rglob("NotoSansCJK*")),
    "gettext": lambda: shutil.which("msgfmt"),
    "libharfbuzz-subset0": lambda: find_library("harfbuzz-subset"),
    "libpango-1.0-0": lambda: find_library("pango-1.0"),
    "libpangoft2-1.0-0": lambda: find_library("pangoft2-1.0"),
    "poppler-utils": lambda: shutil.which("pdftotext"),
}


@dataclass(frozen=True)
class Step:
    title: str
    command: list[str]
    environment: dict[str, str] | None = None


class Interrupted(Exception):
    pass


# --- Preparation -------------------------------------------------------------------------------


def install_packages() -> str | None:
    """Installs what is missing where the user may; else the sentence that names it."""
    missing = [name for name, is_there in PACKAGES.items() if not is_there()]
    if not missing:
        return None
    words = f"apt-get install --no-install-recommends {' '.join(missing)}"
    prefix = apt_prefix()
    if prefix is None:
        return f"Some tools are missing. Install them and start again:\n  {words}"
    print(f"Installing {', '.join(missing)} ...", flush=True)
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    apt += ["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
    with tempfile.TemporaryFile("w+") as output:
        for words_of_step in (["update"], ["install", "--no-install-recommends", *missing]):
            done = subprocess.run(
                [*apt, *words_of_step], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if done.returncode:
            output.seek(0)
            return f"{output.read()[-3000:]}\nThis failed; install by hand:\n  {words}"
    return None


def apt_prefix() -> list[str] | None:
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], stderr=-3).returncode:
        return ["sudo", "-n"]
    return None


def test_environment(folder: Path, services: dict[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        **services,
        "DJANGO_SETTINGS_MODULE": "loyalty_site.settings",
        # live_server and a browser driver share a thread with an event loop.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }


def production_environment(services: dict[str, str]) -> dict[str, str]:
    """What a careful operator sets; nothing of the embedded club's leniency."""
    taken = {key: value for key, value in os.environ.items() if not key.startswith("CLUB_")}
    wanted = ("DATABASE_URL", "PGHOST", "CELERY_BROKER_URL", "CACHE_URL", "CLUB_VAR")
    return (
        taken
        | {key: services[key] for key in wanted}
        | {
            "DJANGO_SETTINGS_MODULE": "loyalty_site.settings",
            "CLUB_EMBEDDED": "0",
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "ALLOWED_HOSTS": "club.example.com",
            "SITE_URL": "https://club.example.com",
            "CSRF_TRUSTED_ORIGINS": "https://club.example.com",
            "BEHIND_PROXY": "1",
            "TRUSTED_PROXIES": "1",
            "SMTP_HOST": "mail.example.com",
            "DEFAULT_FROM_EMAIL": "club@example.com",
            "SMS_BACKEND": "tests.members.gateway.Gateway",
        }
    )


# --- Steps -------------------------------------------------------------------------------------


def all_steps(folder: Path, environment: dict[str, str], production: dict[str, str]) -> list[Step]:
    def tool(name: str, *words: str) -> list[str]:
        return [str(BIN / name), *words]

    manage = [PYTHON, "manage.py"]
    steps = [
        Step("ruff check", tool("ruff", "check", "--quiet", ".")),
        Step("ruff format", tool("ruff", "format", "--check", "--quiet", ".")),
        Step("lint-imports", tool("lint-imports")),
        Step("mypy", [PYTHON, "-m", "mypy", *typed_paths()]),
        Step("makemigrations --check", [*manage, "makemigrations", "--check", "--dry-run"]),
        Step(
            "check --deploy",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            production,
        ),
    ]
    if templates := template_files():
        steps += [
            Step("djade", tool("djade", "--check", "--target-version", "6.1", *templates)),
            Step("djlint", tool("djlint", "--quiet", "--lint", *templates)),
        ]
    collected = environment | {"COVERAGE_FILE": str(folder / "coverage")}
    # Every process of the test run measures itself, into a file of its own.
    measured = collected | {"COVERAGE_PROCESS_START": str(REPOSITORY / "pyproject.toml")}
    coverage, pytest = [PYTHON, "-m", "coverage"], [PYTHON, "-m", "pytest"]
    return [
        *steps,
        Step("pytest", [*pytest, "-n", "2", "--dist", "worksteal", "--durations=30"], measured),
        Step("coverage combine", [*coverage, "combine", "--quiet"], collected),
        Step("coverage of services", [*coverage, "report", "--skip-covered"], collected),
    ]


def typed_paths() -> list[str]:
    found = [
        path
        for app in APPS
        for name in TYPED
        for path in (REPOSITORY / app / name, REPOSITORY / app / f"{name}.py")
        if path.exists()
    ]
    found += [REPOSITORY / path for path in ALSO_TYPED]
    return [str(path.relative_to(REPOSITORY)) for path in found]


def template_files() -> list[str]:
    folders = [REPOSITORY / "templates", *(REPOSITORY / app / "templates" for app in APPS)]
    return sorted(
        str(path.relative_to(REPOSITORY)) for folder in folders for path in folder.rglob("*.html")
    )


def start(step: Step, environment: dict[str, str]) -> subprocess.Popen:
    """A process that dies with this one. Ctrl-C reaches it by the terminal too."""
    return subprocess.Popen(
        step.command,
        cwd=REPOSITORY,
        env=step.environment or environment,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def run(step: Step, environment: dict[str, str]) -> int:
    return wait_for(start(step, environment))


def wait_for(process: subprocess.Popen) -> int:
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def start_template(environment: dict[str, str]) -> subprocess.Popen:
    """Migrates the database that the tests' are copies of, while the checks before them run."""
    url = environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    own = environment | {"DATABASE_URL": with_name(url, TEMPLATE)}
    return start(Step("template", [PYTHON, "manage.py", "migrate", "--verbosity=0"], own), own)


def run_gate(folder: Path, environment: dict[str, str], production: dict[str, str]) -> int:
    results = []
    template = start_template(environment)
    for step in all_steps(folder, environment, production):
        if step.title == "pytest" and wait_for(template) == 0:
            step.environment["CLUB_TEST_TEMPLATE"] = TEMPLATE
        print(f"\n--- {step.title} " + "-" * max(3, 74 - len(step.title)), flush=True)
        before = time.monotonic()
        status = run(step, environment)
        results.append((step.title, status, time.monotonic() - before))
    print("\n--- Summary " + "-" * 67)
    for title, status, seconds in results:
        print(f"{'ok    ' if status == 0 else 'FAILED'} {title:<28} {seconds:7.1f} s")
    total = sum(seconds for _, _, seconds in results)
    failed = sum(1 for _, status, _ in results if status)
    verdict = f"{failed} of {len(results)} steps failed" if failed else "All checks pass"
    print(f"\n{verdict} ({total:.0f} s).")
    return 1 if failed else 0


def main() -> int:
    words = sys.argv[1:]
    if complaint := install_packages():
        print(complaint, file=sys.stderr)
        return 1

    def interrupt(*_) -> None:
        raise Interrupted

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, interrupt)
    folder = Path(tempfile.mkdtemp(prefix="club-test-"))
    # Servers that run as another user must be able to pass through.
    folder.chmod(0o711)
    try:
        with attach(folder / "var", durable=False) as services:
            environment = test_environment(folder, services.environment)
            if words:
                return run(Step("pytest", [PYTHON, "-m", "pytest", *words]), environment)
            production = production_environment(services.environment)
            return run_gate(folder, environment, production)
    except Interrupted:
        print("\nStopped.", file=sys.stderr)
        return 130
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
