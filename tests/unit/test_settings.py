"""Settings: what the environment may say, and how a mistake in it is told."""

import os
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from photodock.settings import PREFIX, Settings, SettingsError, load_settings

SECRET = "not-to-be-seen-0123456789-0123456789"
KEY = "Jv4nO9kXb3cY0sD1m2e7QwRtZu5iPaSfGhLyVxCvBn8"
TEN = ip_network("10.1.0.0/16")
URL = f"postgresql://photodock:{SECRET}@127.0.0.1:5432/photodock"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PHOTODOCK_DATABASE_URL", URL)


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    return load_settings()


def test_the_database_is_all_that_must_be_set() -> None:
    settings = load_settings()
    assert settings.bucket == "companycam-photos-local"
    assert settings.upload_url_ttl_seconds == 900
    assert (settings.min_file_size, settings.max_file_size) == (1_024, 52_428_800)
    assert settings.upload_urls_per_minute == 100
    assert settings.detection_types == ("damage", "material")
    assert settings.retry_delays == (1, 2, 4)
    assert settings.pending_ttl == timedelta(days=7)
    assert settings.outbox_max_attempts == 10
    assert (settings.jwt_claim_user, settings.jwt_claim_organization, settings.jwt_claim_scope) == (
        *("sub", "org", "scope"),
    )
    assert settings.cors_allowed_origins == ()


def test_a_worker_tells_its_figures_to_nobody_unless_it_is_told_to() -> None:
    settings = load_settings()
    assert (settings.worker_metrics_port, settings.worker_metrics_host) == (0, "127.0.0.1")


def test_traces_go_nowhere_unless_they_are_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert load_settings().otlp_endpoint is None
    assert loaded(monkeypatch, OTLP_ENDPOINT="http://collector:4318").otlp_endpoint == "http://collector:4318"


@pytest.mark.parametrize("ratio", ["-0.1", "1.5", "nan", "most"])
def test_a_share_is_between_none_and_all(monkeypatch: pytest.MonkeyPatch, ratio: str) -> None:
    with pytest.raises(SettingsError, match="PHOTODOCK_TRACE_RATIO"):
        loaded(monkeypatch, TRACE_RATIO=ratio)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("1h", 3_600),
        ("7d", 604_800),
        ("0.5s", 0.5),
        (" 2H ", 7_200),
        ("1.5m", 90),
    ],
)
def test_durations(monkeypatch: pytest.MonkeyPatch, written: str, seconds: float) -> None:
    assert loaded(monkeypatch, DETECTION_TIMEOUT=written).detection_timeout.total_seconds() == seconds


@pytest.mark.parametrize(
    ("name", "written", "attribute", "expected"),
    [
        ("RETRY_DELAYS", "0.5, 1,2", "retry_delays", (0.5, 1.0, 2.0)),
        ("RETRY_DELAYS", "", "retry_delays", ()),
        ("DETECTION_TYPES", " damage ,mould,", "detection_types", ("damage", "mould")),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example,https://b.example",
            "cors_allowed_origins",
            ("https://a.example", "https://b.example"),
        ),
        ("CORS_ALLOWED_ORIGINS", "*", "cors_allowed_origins", ("*",)),
        ("LOG_LEVEL", "debug", "log_level", "debug"),
        ("S3_BUCKET", "ours", "bucket", "ours"),
        ("ENVIRONMENT", "production-1", "bucket", "companycam-photos-production-1"),
        ("S3_ENDPOINT_URL", "http://127.0.0.1:9000", "addressing_style", "path"),
        ("S3_REGION", "eu-central-1", "addressing_style", "virtual"),
        ("S3_ADDRESSING_STYLE", "path", "addressing_style", "path"),
        ("UPLOAD_URLS_PER_MINUTE", "0", "upload_urls_per_minute", 0),
        ("QUEUE_URL", "", "queue_url", None),
        ("S3_ENDPOINT_URL", "", "s3_endpoint_url", None),
        ("JWT_ISSUER", "", "jwt_issuer", None),
        ("WEBHOOK_KEYS", "", "sealing_keys", ()),
        ("WEBHOOK_KEYS", f"{KEY}, {KEY}=", "sealing_keys", (KEY, f"{KEY}=")),
        ("WEBHOOK_ALLOWED_NETWORKS", "10.1.0.0/16,::1", "webhook_allowed_networks", (TEN, ip_network("::1/128"))),
        ("WEBHOOK_PORTS", "", "webhook_ports", ()),
        ("WEBHOOK_SCHEMES", "https,http", "webhook_schemes", "https,http"),
    ],
)
def test_what_may_be_set(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, attribute: str, expected: Any
) -> None:
    assert getattr(loaded(monkeypatch, **{name: written}), attribute) == expected


@pytest.mark.parametrize(
    ("name", "written", "mend"),
    [
        ("DATABASE_URL", "mysql://u:p@h/d", "postgresql://user:password@host:5432/database"),
        ("DATABASE_URL", "", "postgresql://user:password@host:5432/database"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@h/d", "several hosts: @host1:5432,host2:5432/"),
        ("DATABASE_URL", "postgresql://u:p@h1,h2/d?target_session_attrs=standby", "target_session_attrs=read-write"),
        ("DATABASE_CONNECT_TIMEOUT", "0", "longer than nothing"),
        ("S3_TOTAL_TIMEOUT", "-1s", "longer than nothing"),
        ("DATABASE_POOL_SIZE", "0", "greater than or equal to 1"),
        ("DATABASE_POOL_SIZE", "many", "valid integer"),
        ("DATABASE_TIMEOUT", "soon", "write a duration as 90, 90s, 15m, 1h or 7d"),
        ("PENDING_TTL", "7w", "write a duration as 90, 90s, 15m, 1h or 7d"),
        ("SWEEP_INTERVAL", "", "write a duration as 90, 90s, 15m, 1h or 7d"),
        ("S3_TIMEOUT", "nan", "write a duration"),
        ("S3_TIMEOUT", "inf", "write a duration"),
        ("PENDING_TTL", "1e300d", "write a duration"),
        ("SWEEP_INTERVAL", "-5s", "longer than nothing"),
        ("RETRY_DELAYS", "1,-2", "greater than or equal to 0"),
        ("RETRY_DELAYS", "nan", "finite number"),
        ("MAX_FILE_SIZE", "1000", "must not be below PHOTODOCK_MIN_FILE_SIZE"),
        ("S3_ENDPOINT_URL", "localhost:9000", "begins with https:// or http://"),
        ("RETRY_DELAYS", "1,soon", "valid number"),
        ("OUTBOX_MAX_ATTEMPTS", "0", "greater than or equal to 1"),
        ("ENVIRONMENT", "Production", "[a-z0-9-]"),
        ("ENVIRONMENT", "", "[a-z0-9-]"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("S3_ADDRESSING_STYLE", "dns", "'virtual' or 'path'"),
        ("JWT_JWKS_URL", "http://id.example/jwks.json", "must begin with https://"),
        ("JWT_JWKS_URL", "http://10.0.0.7/jwks.json", "must begin with https://"),
        ("JWT_JWKS_URL", "http://127.0.0.1.id.example/jwks.json", "must begin with https://"),
        ("JWT_JWKS_URL", "http://127.0.0.1@id.example/jwks.json", "must name no user"),
        ("JWT_JWKS_URL", "https://user:password@id.example/jwks.json", "must name no user"),
        ("S3_ENDPOINT_URL", "https://user:password@store.example", "must name no user"),
        ("S3_PUBLIC_ENDPOINT_URL", "https://user@store.example", "must name no user"),
        ("SQS_ENDPOINT_URL", "http://user:password@sqs.example:4566/", "must name no user"),
        ("S3_EVENTS_QUEUE_URL", "https://user:password@sqs.example/1/events", "must name no user"),
        ("OTLP_ENDPOINT", "http://user:password@traces.example:4318?x", "must name no user"),
        ("JWT_JWKS_URL", "http://localhost.id.example/jwks.json", "must begin with https://"),
        ("JWT_SECRET", "short", "must be 32 bytes or more; make one with: openssl rand -hex 32"),
        ("UPLOAD_URL_TTL_SECONDS", "59", "greater than or equal to 60"),
        ("UPLOAD_URL_TTL_SECONDS", "604801", "less than or equal to 604800"),
        ("MIN_FILE_SIZE", "0", "greater than or equal to 1"),
        ("MAX_FILE_SIZE", "5368709121", "less than or equal to 5368709120"),
        ("UPLOAD_URLS_PER_MINUTE", "-1", "greater than or equal to 0"),
        ("DETECTION_TYPES", " , ", "must name at least one type"),
        ("QUEUE_URL", "sqs.example/queue", "must look like https://sqs"),
        ("QUEUE_URL", "ftp://example/queue", "must look like https://sqs"),
        ("WEBHOOK_KEYS", "short", "make one with: openssl rand -base64 32"),
        ("WEBHOOK_KEYS", f"{KEY},{KEY[:-1]}", "make one with: openssl rand -base64 32"),
        ("WEBHOOK_KEYS", "ümlaut", "make one with: openssl rand -base64 32"),
        ("WEBHOOK_ALLOWED_NETWORKS", "10.0.0.1/8", "write networks as 10.1.0.0/16"),
        ("WEBHOOK_PORTS", "443,0", "greater than or equal to 1"),
        ("WEBHOOK_SCHEMES", "ftp", "'https' or 'https,http'"),
    ],
)
def test_a_mistake_is_told_with_its_variable_and_the_mend(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, mend: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(monkeypatch, **{name: written})
    first, *lines = str(caught.value).splitlines()
    assert first == "The settings can't be used:"
    assert len(lines) == 1
    assert lines[0].startswith(f"  PHOTODOCK_{name}: ")
    assert mend in lines[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example/jwks.json",
        "http://127.0.0.1:8080/jwks.json",
        "http://127.8.8.8/jwks.json",
        "http://[::1]:8080/jwks.json",
        "http://localhost/jwks.json",
    ],
)
def test_keys_may_be_listed_by_https_and_by_this_machine_itself(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert loaded(monkeypatch, JWT_JWKS_URL=url).jwt_jwks_url == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write",
        "postgresql://u:p@h1,h2/db?target_session_attrs=any",
        "postgres://u:p@h1:5432,h2:5433,[::1]:5434/db?sslmode=require",
    ],
)
def test_a_database_may_have_several_hosts(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert loaded(monkeypatch, DATABASE_URL=url).database_url.get_secret_value() == url


def test_several_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(monkeypatch, LOG_LEVEL="loud", MIN_FILE_SIZE="small")
    assert {line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]} == {
        "PHOTODOCK_LOG_LEVEL",
        "PHOTODOCK_MIN_FILE_SIZE",
    }


def test_a_missing_variable_is_named_with_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHOTODOCK_DATABASE_URL")
    with pytest.raises(SettingsError, match=r"PHOTODOCK_DATABASE_URL: is not set\. PostgreSQL 14 or newer"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("DATABASE_URL", URL.replace("postgresql", "mysql")),
        ("JWT_SECRET", SECRET[:31]),
        ("S3_TIMEOUT", SECRET),
        ("OTLP_ENDPOINT", f"https://user:{SECRET}@traces.example"),
        ("S3_EVENTS_QUEUE_URL", f"https://user:{SECRET}@sqs.example/1/events"),
    ],
)
def test_no_value_is_repeated_in_a_message(monkeypatch: pytest.MonkeyPatch, name: str, written: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(monkeypatch, **{name: written})
    assert SECRET[:31] not in str(caught.value)
    assert caught.value.__suppress_context__, "the original error holds the value"


def test_no_secret_is_in_a_printed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "DATABASE_URL": "postgresql://user:hidden-1@db.example/photodock",
        "DATABASE_DIRECT_URL": "postgresql://user:hidden-2@db.example/photodock",
        "JWT_SECRET": "hidden-3" * 4,
        "QUEUE_URL": "amqp://user:hidden-4@broker.example/?queue=jobs",
        "WEBHOOK_KEYS": KEY,
    }
    hidden = [name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert sorted(secrets) == sorted(hidden)
    settings = loaded(monkeypatch, **secrets)
    for form in (repr(settings), str(settings), f"{settings.model_dump()}", settings.model_dump_json()):
        assert "hidden" not in form
        assert KEY not in form


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().log_level = "debug"


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_other_variables_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    assert loaded(monkeypatch, NO_SUCH_SETTING="x").log_level == "info"
