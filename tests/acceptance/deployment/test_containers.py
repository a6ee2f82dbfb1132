"""Image, compose and Kubernetes: no engine runs here, so they are held to their schemas and to each other."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from photodock.cli import app
from photodock.settings import Settings
from support.pages import blocks_of

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "deploy" / "docker"
KUBERNETES = ROOT / "deploy" / "kubernetes"
KUBERNETES_VERSION = "1.32"
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
SETTINGS = {f"PHOTODOCK_{field.alias or name}".upper() for name, field in Settings.model_fields.items()}


def manifests() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{file.name}: {document['kind']} {document['metadata']['name']}", document)
        for file in sorted(KUBERNETES.glob("*.yaml"))
        if file.name != "kustomization.yaml"
        for document in yaml.safe_load_all(file.read_text())
    ]


def pods() -> list[tuple[str, dict[str, Any]]]:
    return [(name, one["spec"]["template"]["spec"]) for name, one in manifests() if "template" in one.get("spec", {})]


@pytest.mark.parametrize(("name", "manifest"), manifests())
def test_a_manifest_is_of_its_schema(name: str, manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES_VERSION, strict=True)


def test_a_manifest_that_is_wrong_would_be_found() -> None:
    (_, serve) = next(found for found in manifests() if "Deployment serve" in found[0])
    serve["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(serve, KUBERNETES_VERSION, strict=True)


def test_the_kustomization_names_all_files_and_no_other() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    others = {file.name for file in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == others


def test_the_pages_build_the_image_and_the_wheel_that_are_installed_afterwards() -> None:
    (image,) = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["images"]
    version = image["newTag"]
    tagged = [f"git tag v{version}", "make build"]
    build, *_ = blocks_of("docs/containers.md", "bash")
    assert build.splitlines()[:2] == tagged
    assert f" -t {image['newName']}:{version} ." in build
    build, install, *_ = blocks_of("docs/own-servers.md", "bash")
    assert build.splitlines() == tagged
    assert f"VERSION={version}" in install.splitlines()


@pytest.mark.parametrize(("name", "pod"), pods())
def test_a_pod_may_do_little_and_runs_a_command_that_there_is(name: str, pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert container["args"][0] in COMMANDS
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert "memory" in container["resources"]["limits"]


def test_what_runs_all_the_time_is_started_anew_when_it_hangs() -> None:
    looked_at = {}
    for _, one in manifests():
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            probe, ports = container["livenessProbe"]["httpGet"], [port["name"] for port in container["ports"]]
            assert probe["port"] in ports
            looked_at[one["metadata"]["name"]] = probe["path"]
    assert looked_at == {"serve": "/healthz", "worker": "/metrics"}


def test_a_new_worker_that_ends_at_once_takes_no_old_ones_place() -> None:
    for _, one in manifests():
        if one["kind"] == "Deployment":
            assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
            (container,) = one["spec"]["template"]["spec"]["containers"]
            path = {"serve": "/readyz", "worker": "/metrics"}[one["metadata"]["name"]]
            assert container["readinessProbe"]["httpGet"]["path"] == path


def test_the_job_goes_by_itself_and_the_page_deletes_it_before_each_change() -> None:
    (job,) = [one for _, one in manifests() if one["kind"] == "Job"]
    assert job["spec"]["ttlSecondsAfterFinished"] > 0
    first, *others = [block for block in blocks_of("docs/containers.md", "bash") if "apply -k" in block]
    assert first.splitlines() == ["kubectl apply -k ."]
    assert others
    for again in others:
        assert again.startswith("kubectl delete job migrate --ignore-not-found --namespace photodock\nkubectl apply")


def test_the_shown_ingress_publishes_what_clients_use_and_nothing_of_monitoring() -> None:
    (block,) = blocks_of("docs/containers.md", "yaml")
    ingress = yaml.safe_load(block)
    kubernetes_validate.validate(ingress, KUBERNETES_VERSION, strict=True)
    ((_, service),) = [found for found in manifests() if found[0].endswith("Service serve")]
    (rule,) = ingress["spec"]["rules"]
    for path in rule["http"]["paths"]:
        to = path["backend"]["service"]
        assert (to["name"], to["port"]["name"]) == (service["metadata"]["name"], service["spec"]["ports"][0]["name"])

    def is_published(address: str) -> bool:
        return any(
            address == path["path"] or (path["pathType"] == "Prefix" and address.startswith(path["path"] + "/"))
            for path in rule["http"]["paths"]
        )

    asked = {*json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"], "/openapi.json", "/metrics"}
    asked |= {"/", "/assets/index.js", "/docs", "/docs/docs.js", "/docs/vendor/swagger-ui.css"}
    assert {address for address in asked if not is_published(address)} == {"/healthz", "/metrics", "/readyz"}


@pytest.mark.parametrize("name", ["settings.env", "secrets.env"])
def test_every_setting_is_one(name: str) -> None:
    names = {line.partition("=")[0] for line in (KUBERNETES / name).read_text().splitlines()}
    assert {one for one in names if one.startswith("PHOTODOCK_")} <= SETTINGS


def test_compose_is_of_its_schema() -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*words, DOCKER / "compose.yaml"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


def test_composes_processes_are_photodocks() -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    ours = [service for service in services.values() if service["image"] == "photodock"]
    assert len(ours) == 4
    for service in ours:
        assert service["command"][0] in COMMANDS
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert {one for one in service["environment"] if one.startswith("PHOTODOCK_")} <= SETTINGS


def test_composes_first_start_waits_for_the_server_that_stays() -> None:
    """While its image makes the database, PostgreSQL listens on its socket and on no address, and then ends."""
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    _, command, *options = services["postgres"]["healthcheck"]["test"]
    assert (command, options[:2]) == ("pg_isready", ["--host", "127.0.0.1"])


def test_the_image_is_built_of_what_there_is_and_runs_as_nobody() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    copied = re.findall(r"(?m)^COPY (\S+) ", text)
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().split()
    for source in (one for one in copied if not one.startswith("--from")):
        assert f"!{source}" in ignored
    assert (ROOT / "requirements" / "serve.txt").exists()
    assert re.findall(r"(?m)^USER (\S+)$", text) == ["65532:65532"]
    assert len(re.findall(r"(?m)^FROM ", text)) == 2


def test_everybody_may_write_to_the_images_one_volume() -> None:
    """What is done to a volume's folder after its declaration is lost, so the mode comes first."""
    last_stage = (DOCKER / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    steps = re.findall(r"(?m)^(?:RUN chmod|VOLUME|USER) .+$", last_stage)
    assert steps == ["RUN chmod 1777 /tmp", 'VOLUME ["/tmp"]', "USER 65532:65532"]
