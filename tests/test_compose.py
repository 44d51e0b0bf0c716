"""The container set-up: there is no engine on every machine, so it is read and held against what exists."""

import itertools
import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.utils.module_loading import import_string

from devops_sync import environment
from tests.started import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = ("web", "worker", "beat", "migrate")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def words(command: str | list[str]) -> list[str]:
    return shlex.split(command) if isinstance(command, str) else command


def commands() -> list[list[str]]:
    in_image = re.findall(r"\bCMD (\[.*?\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    return [
        *(words(service["command"]) for name, service in SERVICES.items() if name in OWN and "command" in service),
        *(yaml.safe_load(command) for command in in_image),
    ]


def test_every_part_has_a_service() -> None:
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "postgres", "rabbitmq"}
    assert set(COMPOSE["volumes"]) == {"audit", "postgres", "rabbitmq"}


def test_the_checkpoints_of_the_audit_log_outlive_the_worker() -> None:
    assert SERVICES["worker"]["volumes"] == ["audit:/data"]
    assert "WAYBILL_DATA=/data" in DOCKERFILE


@pytest.mark.parametrize("name", ["worker", "beat", "postgres", "rabbitmq"])
def test_every_service_that_stays_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_webs_health_check_is_the_images() -> None:
    assert "healthcheck" not in SERVICES["web"]
    assert 'CMD ["python", "-m", "devops_sync.up.health"' in DOCKERFILE


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_part_starts_when_its_tables_its_database_and_its_broker_are_there(name: str) -> None:
    assert {other: needed["condition"] for other, needed in SERVICES[name]["depends_on"].items()} == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "rabbitmq": "service_healthy",
    }


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "WAYBILL_ENCRYPTION_KEYS", "ALLOWED_HOSTS", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD"]
)
def test_a_missing_secret_stops_compose_with_a_sentence(name: str) -> None:
    used = re.findall(rf"\$\{{{name}(.*?)\}}", TEXT)
    assert used
    assert all(re.fullmatch(r":\?give .+ in \.env", mend) for mend in used)


@pytest.mark.parametrize("name", OWN)
def test_every_variable_is_one_that_waybill_reads(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= set(environment.VARIABLES)


def test_every_command_names_what_exists() -> None:
    assert len(commands()) == 5
    for program, *arguments in commands():
        if program == "celery":
            assert import_string("devops_sync.celery.app")
            assert arguments[:2] == ["-A", "devops_sync"]
            scheduler = dict(itertools.pairwise(arguments)).get("--scheduler")
            assert scheduler is None or import_string(scheduler.replace(":", "."))
        elif program == "granian":
            assert import_string(arguments[0].replace(":", "."))
        elif arguments[0] == "-m":
            assert find_spec(arguments[1])
        else:
            assert arguments[0] == "manage.py"
            assert arguments[1] in get_commands()


def test_the_image_holds_all_that_is_copied_and_nothing_of_the_tests() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    ignored_but = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert set(copied) == set(ignored_but)
    assert all(Path(ROOT, path).exists() for path in copied)
    assert "tests" not in copied


def test_the_image_checks_hashes_and_runs_as_nobody_special() -> None:
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert DOCKERFILE.index("\nUSER waybill") < DOCKERFILE.index("\nCMD")
