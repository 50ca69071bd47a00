"""compose.yaml and Dockerfile: what they promise, and their very commands run on this machine.

There is no container engine here: the commands, the health checks and the environment are taken
from the file; paths and host names, which only containers have, are put in.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest
import yaml

from loyalty_site.embedded.layout import REPOSITORY
from loyalty_site.embedded.supervisor import listen
from tests.upgrade.fixture import load
from tests.workshop.conftest import supervisors

COMPOSE = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OWN = ("migrate", "web", "worker", "schedule")
SERVING = ("web", "worker", "schedule")
EXAMPLE = (REPOSITORY / "compose.env.example").read_text()
OFFERED = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
TOKEN = "t" * 40


def list_used():
    """Names that compose.yaml fills in from .env."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (REPOSITORY / "compose.yaml").read_text()))


def fill_in(text: str, values: dict[str, str]) -> str:
    """As compose does: ``${NAME:-default}``, ``${NAME:?complaint}``, ``$$``."""

    def replace(match):
        name, default = match["name"], match["default"]
        assert values.get(name) or default is not None, name
        return values.get(name) or default

    pattern = r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}"
    return re.sub(pattern, replace, text).replace("$$", "$")


# --- What the files promise ----------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_service_can_do_little(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in ("root", "0", "0:0")
    assert service["logging"]["options"]["max-size"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_watched_and_started_again(name):
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


@pytest.mark.parametrize("name", SERVING)
def test_nothing_serves_before_the_database_is_up_to_date(name):
    needed = {key: value["condition"] for key, value in SERVICES[name]["depends_on"].items()}
    assert needed == {
        "migrate": "service_completed_successfully",
        "database": "service_healthy",
        "queue": "service_healthy",
    }


def test_only_the_web_is_reached_and_only_from_this_machine():
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["web"]
    assert [port.split(":")[0] for port in SERVICES["web"]["ports"]] == ["127.0.0.1"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["database"]["networks"] == SERVICES["queue"]["networks"] == ["inside"]


@pytest.mark.parametrize("name", ["database", "queue"])
def test_foreign_image_names_its_version(name):
    assert re.search(r":\d", SERVICES[name]["image"])


def test_variables_of_the_example_are_known(settings):
    """What .env offers is a variable of the settings or of compose.yaml, and the other way."""
    from loyalty_site.settings import env

    own = {"POSTGRES_PASSWORD", "CLUB_PORT", "WEB_PROCESSES", "WORKER_PROCESSES"}
    assert OFFERED - own - env.known.keys() == set()
    assert own <= OFFERED
    assert list_used() == own | {"CLUB_IMAGE"}
    for name in OWN:
        assert SERVICES[name]["environment"].keys() - env.known.keys() == set()


def test_example_holds_no_secret():
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    secret = ("SECRET_KEY", "POSTGRES_PASSWORD", "SMTP_PASSWORD", "METRICS_TOKEN", "SENTRY_DSN")
    assert [values[name] for name in secret] == [""] * len(secret)
    assert ".env" in (REPOSITORY / ".gitignore").read_text().split()


def list_stages():
    """Per stage of the Dockerfile its instructions, continued lines joined."""
    text = (REPOSITORY / "Dockerfile").read_text()
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    stages: list[list[tuple[str, str]]] = []
    for line in filter(str.strip, text.splitlines()):
        word, rest = line.split(None, 1)
        if word == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((word, rest))
    return stages


def test_image_is_built_in_stages_from_hashed_wheels_for_nobody_special():
    *_, last = stages = list_stages()
    assert len(stages) == 3
    instructions = [each for stage in stages for each in stage]
    assert all(word != "ADD" for word, _ in instructions)
    (install,) = [rest for _, rest in instructions if " install " in rest and "pip" in rest]
    assert "--require-hashes" in install
    assert "--only-binary=:all:" in install
    assert [rest for word, rest in last if word == "USER"] == ["10001:10001"]
    after_user = last[[word for word, _ in last].index("USER") :]
    assert [word for word, _ in after_user if word in ("RUN", "COPY")] == []
    assert SERVICES["web"]["user"] == "10001:10001"


def test_image_holds_what_runs_and_nothing_else():
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    assert lines[0] == "*"
    taken = {line.removeprefix("!") for line in lines if line.startswith("!")}
    from django.conf import settings

    assert taken >= {*settings.OWN_APPS, "manage.py", "requirements.txt", "templates", "locale"}
    assert taken & {".env", ".git", "var", "tests", ".venv"} == set()
    assert [name for name in taken if not (REPOSITORY / name).exists()] == []


def test_image_and_compose_start_the_web_alike():
    (command,) = [rest for word, rest in list_stages()[-1] if word == "CMD"]
    words = {word for word in json.loads(command) if not word.isdigit() and word != "0.0.0.0"}
    composed = {re.sub(r"=.*", "", word) for word in SERVICES["web"]["command"]}
    assert words - {"wsgi"} == composed


# --- The commands, run ---------------------------------------------------------------------------


class Composed:
    """The services of compose.yaml as processes of this machine."""

    def __init__(self, folder: Path, embedded: dict[str, str], port: int, worker_port: int) -> None:
        self.folder, self.port, self.worker_port = folder, port, worker_port
        self.values = {"POSTGRES_PASSWORD": "unused", "WEB_PROCESSES": "2", "WORKER_PROCESSES": "2"}
        kept = {key: os.environ[key] for key in ("HOME", "LANG", "PGHOST") if key in os.environ}
        self.environment = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CLUB_EMBEDDED": "0",
            "CLUB_VAR": str(folder / "files"),
            "STATIC_ROOT": str(folder / "collected"),
            "DJANGO_SETTINGS_MODULE": "loyalty_site.settings",
            "SECRET_KEY": "s" * 60,
            "ALLOWED_HOSTS": "club.example.com",
            "SITE_URL": "https://club.example.com",
            "BEHIND_PROXY": "1",
            "TRUSTED_PROXIES": "1",
            "METRICS_TOKEN": TOKEN,
        }
        self.embedded = {
            name: embedded[name] for name in ("DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL")
        }
        self.processes: dict[str, subprocess.Popen] = {}

    def put_in(self, text: str, name: str) -> str:
        """What only a container has: its own /tmp, and ports that nobody else uses."""
        text = fill_in(str(text), self.values).replace("/tmp/", f"{self.folder}/{name}/")
        text = text.replace("0.0.0.0", "127.0.0.1").replace("8000", str(self.port))
        return text.replace("9100", str(self.worker_port))

    def environment_of(self, name: str) -> dict[str, str]:
        (self.folder / name).mkdir(exist_ok=True)
        own = {
            key: self.put_in(value, name) for key, value in SERVICES[name]["environment"].items()
        }
        return {**self.environment, **own, **self.embedded}

    def start(self, name: str) -> subprocess.Popen:
        command = [self.put_in(word, name) for word in SERVICES[name]["command"]]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                env=self.environment_of(name),
                cwd=REPOSITORY,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.processes[name]

    def is_healthy(self, name: str) -> bool:
        kind, *words = SERVICES[name]["healthcheck"]["test"]
        words = [self.put_in(word, name) for word in words]
        if kind == "CMD-SHELL":
            words = ["sh", "-c", *words]
        return subprocess.run(words, env=self.environment, capture_output=True).returncode == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def entries(self, name: str) -> list[dict]:
        """The lines that our formatter wrote; granian and Celery greet in their own words."""
        lines = self.log(name).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def get(self, path: str, *, port: int | None = None, **headers: str):
        """(status, text, headers) of an answer, whatever its status."""
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}")
        for header, value in headers.items():
            request.add_header(header.replace("_", "-"), value)
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers

    def wait_until_ready(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while sick := [name for name in SERVING if not self.is_healthy(name)]:
            assert time.monotonic() < deadline, [(name, self.log(name)[-3000:]) for name in sick]
            time.sleep(0.2)
        while (answer := self.get("/readyz"))[0] != 200:
            assert time.monotonic() < deadline, (answer[1], self.log("web")[-3000:])
            time.sleep(0.2)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@pytest.fixture
def composed(var, services):
    embedded = services(needed=("database", "broker")).environment
    folder = var.parent / "composed"
    folder.mkdir()
    with listen(18400) as web, listen(18500) as worker:
        ports = web.getsockname()[1], worker.getsockname()[1]
    running = Composed(folder, embedded, *ports)
    yield running
    running.stop()


@pytest.mark.django_db
def test_commands_of_compose_make_a_club_that_is_ready(composed, var, migrated):
    load(composed.embedded["DATABASE_URL"], migrated)
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, env=composed.environment_of("web"), cwd=REPOSITORY, check=True)

    migrate = composed.start("migrate")
    assert migrate.wait(400) == 0, composed.log("migrate")
    assert "marketer" in composed.log("migrate")  # the roles came along
    for name in SERVING:
        composed.start(name)
    composed.wait_until_ready()

    status, _, headers = composed.get("/", Host="club.example.com")
    assert (status, headers["Location"]) == (301, "https://club.example.com/")
    status, text, headers = composed.get("/", Host="club.example.com", X_Forwarded_Proto="https")
    assert status == 200
    style = re.search(r'href="(/static/css/\w+\.[0-9a-f]{12}\.css)"', text)[1]
    assert composed.get(style, Host="club.example.com", X_Forwarded_Proto="https")[0] == 200
    request_id = headers["X-Request-ID"]

    bearer = f"Bearer {TOKEN}"
    assert composed.get("/metrics")[0] == 404
    text = composed.get("/metrics", Authorization=bearer)[1]
    assert 'club_requests_total{method="GET",route="/",status="200"} 1.0' in text
    port = composed.worker_port
    assert composed.get("/metrics", port=port)[0] == 404
    text = composed.get("/metrics", port=port, Authorization=bearer)[1]
    assert 'club_tasks_total{result="success",task="loyalty_site.tasks.beat"}' in text

    (line,) = [line for line in composed.entries("web") if line.get("request_id") == request_id]
    assert (line["route"], line["status"]) == ("/", 200)
    assert composed.entries("worker")
    assert composed.entries("schedule")

    # The servers go away: the process lives, the club isn't ready, and the names say why.
    (supervisor,) = supervisors(var)
    servers = supervisor.children()
    supervisor.suspend()  # or it would start them again
    for server in servers:
        server.kill()
    try:
        before = time.monotonic()
        status, text, _ = composed.get("/readyz")
        assert time.monotonic() - before < 15
        assert status == 503
        failed = [name for name, check in json.loads(text)["checks"].items() if not check["ok"]]
        assert failed == ["database", "cache", "broker", "migrations", "worker", "waiting"]
        assert str(var) not in text
        assert composed.get("/healthz")[0] == 200
    finally:
        supervisor.resume()
    composed.wait_until_ready()


def test_database_of_compose_searches_chinese_and_japanese(var, services):
    """The words for initdb are those of the embedded server, which the search is tested with."""
    words = shlex.split(SERVICES["database"]["environment"]["POSTGRES_INITDB_ARGS"])
    wanted = {"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-ctype=C.UTF-8"}
    assert wanted <= set(words)
    url = services(needed=("database",)).environment["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT datlocprovider, datlocale, datcollate, datctype FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
    assert found == ("b", "C.UTF-8", "C", "C.UTF-8")
