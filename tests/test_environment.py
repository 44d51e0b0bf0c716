"""What the environment says: defaults, and wrong values with their one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devops_sync import environment
from tests.started import ROOT

KEY = "a secret key that is long enough for Waybill, and no secret"
OPENID = {
    "WAYBILL_OIDC_ISSUER": "https://login.example.com/",
    "WAYBILL_OIDC_CLIENT_ID": "waybill",
    "WAYBILL_OIDC_CLIENT_SECRET": "a secret",
    "WAYBILL_OIDC_GROUPS": "release=release-manager:retail, cn=ops=admin",
}


def read(data: Path, **variables: str) -> environment.Environment:
    return environment.read({"WAYBILL_DATA": str(data), **variables})


@pytest.mark.parametrize(
    ("variable", "value", "mend"),
    [
        ("DATABASE_URL", "mysql://root@localhost/waybill", "must begin with postgresql://"),
        ("DATABASE_URL", "sqlite:///waybill.db", "must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://postgres@localhost", "must name a database"),
        ("DATABASE_URL", "postgresql://postgres@localhost:99999/waybill", "a port"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("WAYBILL_ENCRYPTION_KEYS", "not-a-key", "32 random bytes"),
        ("WAYBILL_ENCRYPTION_KEYS", "ünïcode", "32 random bytes"),
        ("ALLOWED_HOSTS", "https://waybill.example", "without scheme and path"),
        ("PORT", "http", "a number from 1 to 65535"),
        ("PORT", "0", "a number from 1 to 65535"),
        ("PORT", "65536", "a number from 1 to 65535"),
        ("PORT", "9" * 5000, "a number from 1 to 65535"),
        ("PORT", "٨٠٠٠", "a number from 1 to 65535"),
        ("DEBUG", "maybe", "must be 1 or 0"),
        ("WAYBILL_HTTPS", "2", "must be 1 or 0"),
        ("WAYBILL_ALLOW_PRIVATE_UPSTREAM", "sometimes", "must be 1 or 0"),
        ("WAYBILL_METRICS_TOKEN", "short", "at least 20"),
        ("WAYBILL_METRICS_TOKEN", "a token that has spaces in it", "without spaces"),
        ("WAYBILL_JIRA_API_URL", "api.atlassian.com", "must be a web address"),
        ("WAYBILL_JIRA_API_URL", "javascript:alert(1)", "must be a web address"),
        ("WAYBILL_SESSION_HOURS", "0", "from 1 to 8760"),
        ("WAYBILL_SESSION_HOURS", "a day", "from 1 to 8760"),
        ("WAYBILL_REQUIRE_TWO_FACTOR", "nobody", "must be admins or everyone"),
        ("WAYBILL_OIDC_CLIENT_ID", "", "must be set, too"),
        ("WAYBILL_OIDC_CLIENT_SECRET", "", "must be set, too"),
        ("WAYBILL_OIDC_GROUPS", "", "must be set, too"),
        ("WAYBILL_OIDC_GROUPS", "release=boss", "with one of viewer, release-manager, auditor, admin"),
        ("WAYBILL_OIDC_GROUPS", "=admin", "group=role"),
        ("WAYBILL_OIDC_ISSUER", "", "must be set, too"),
        ("WAYBILL_OIDC_ISSUER", "login.example.com", "must be a web address"),
        ("WAYBILL_OIDC_ISSUER", "http://login.example.com", "must begin with https://"),
        ("WAYBILL_OIDC_ISSUER", "https://login.example.com/" + "x" * 200, "200 characters"),
    ],
)
def test_a_wrong_value_is_named_with_its_mend(tmp_path: Path, variable: str, value: str, mend: str) -> None:
    others = OPENID if variable.startswith("WAYBILL_OIDC_") else {}
    with pytest.raises(environment.Wrong) as wrong:
        read(tmp_path, **{"SECRET_KEY": KEY, **others, variable: value})
    (sentence,) = str(wrong.value).splitlines()
    assert sentence.startswith(variable)
    assert mend in sentence
    assert sentence.endswith(".")


def test_a_real_database_needs_a_secret_key(tmp_path: Path) -> None:
    with pytest.raises(environment.Wrong, match="SECRET_KEY must be set when DATABASE_URL is"):
        read(tmp_path, DATABASE_URL="postgresql://postgres@localhost/waybill")


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(environment.Wrong, match="WAYBILL_DATA must be a folder"):
        read(tmp_path / "file")


def test_the_generated_secret_key_stays_and_is_private(tmp_path: Path) -> None:
    assert read(tmp_path).secret_key == read(tmp_path).secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_nothing_set_means_everything_embedded(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.database_is_embedded
    assert found.broker_is_embedded
    assert found.port == 8000
    assert not found.debug
    assert not found.allow_private_upstream


def test_a_database_url_is_taken_apart(tmp_path: Path) -> None:
    found = read(tmp_path, SECRET_KEY=KEY, DATABASE_URL="postgresql://u%40x:p%2Fw@db:5433/way%20bill?sslmode=require")
    assert found.database == {
        "NAME": "way bill",
        "USER": "u@x",
        "PASSWORD": "p/w",
        "HOST": "db",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_the_noted_socket_is_where_the_embedded_database_is(tmp_path: Path) -> None:
    assert environment.embedded_database(tmp_path)["HOST"] == str(tmp_path / "postgres")
    (tmp_path / "postgres.socket").write_text("/tmp/waybill-x\n")
    assert environment.embedded_database(tmp_path)["HOST"] == "/tmp/waybill-x"


def test_a_wrong_value_stops_every_command_with_that_sentence_alone(tmp_path: Path) -> None:
    environ = {**os.environ, "WAYBILL_DATA": str(tmp_path), "PORT": "http"}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, str(ROOT / "manage.py"), "up"]
    run = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == "PORT must be a number from 1 to 65535.\n"


def test_a_broker_that_is_none_is_told_from_its_address(tmp_path: Path) -> None:
    with pytest.raises(environment.Wrong, match=r"^CELERY_BROKER_URL must begin with amqp://"):
        environment.read({"WAYBILL_DATA": str(tmp_path), "CELERY_BROKER_URL": "foo"})


def test_groups_of_the_openid_provider_give_roles(tmp_path: Path) -> None:
    assert read(tmp_path).openid is None
    found = read(tmp_path, **OPENID).openid
    assert found
    assert (found.issuer, found.groups_claim) == ("https://login.example.com", "groups")
    assert found.groups == (
        environment.GroupRole("release", "release-manager", "retail"),
        environment.GroupRole("cn=ops", "admin", ""),
    )
    assert "a secret" not in repr(found)
