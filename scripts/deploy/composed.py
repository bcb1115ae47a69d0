"""The compose file and what it mounts: by the specification's types, by the programs that read them, and by pixmill's own times."""

import re

import pydantic
import yaml
from common import DEPLOY, ROOT, Failed, effective, expect, run, seconds
from compose_viz.spec.compose_spec import ComposeSpecification

FOLDER = DEPLOY / "compose"
# What the balancer's file for containers has besides, or lacks: each line of the one or the other.
DIFFERENT = {
    "stats socket /run/haproxy/admin.sock mode 660 level operator",
    "resolvers docker",
    "nameserver dns 127.0.0.11:53",
    "hold valid 2s",
    "default-server resolvers docker init-addr libc,none",
}


def directives(path):
    """The lines of an HAProxy configuration that mean something, addresses of pixmills left out."""
    lines = (line.strip() for line in path.read_text().splitlines())
    lines = [line for line in lines if line and not line.startswith("#") and line not in DIFFERENT]
    return [re.sub(r"^(server \w+) .*", r"\1", line) for line in lines]


def valid(project):
    # What begins with x- may be anything; the types don't know that.
    ours = {key: value for key, value in project.items() if not key.startswith("x-")}
    try:
        ComposeSpecification.model_validate(ours)
    except pydantic.ValidationError as error:
        raise Failed(f"compose.yaml: {error}") from None


def mounted(project):
    """Each mounted file is in the repository, and nothing is named that isn't declared."""
    for name, service in project["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                expect((FOLDER / source).exists(), f"{name} mounts {source}, which isn't there")
                expect(mount.endswith(":ro"), f"{name} may write to {source}")
            else:
                expect(source in project["volumes"], f"{name} mounts {source}, which isn't declared")
        expect(service["cap_drop"] == ["ALL"], f"{name} keeps capabilities")
        for port in service.get("ports", []):
            expect(port.startswith("127.0.0.1:"), f"{name} is open to the network")
        for needed in service.get("depends_on", {}):
            expect(needed in project["services"], f"{name} waits for {needed}, which isn't there")


def check(binary):
    project = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    valid(project)
    mounted(project)
    production = effective(binary, ROOT / "config" / "production.toml")
    drain = seconds(production["drain_delay"]) + seconds(production["drain_timeout"])
    pixmills = [name for name, service in project["services"].items() if service["image"] == "pixmill"]
    for name in pixmills:
        service = project["services"][name]
        expect(seconds(service["stop_grace_period"]) > drain, f"{name} is killed while it drains")
        expect(service["ulimits"]["nofile"] > production["max_connections"] + 64, f"{name} runs out of files")
        expect(service["read_only"], f"{name} may write")
    # The image checks itself, and HAProxy waits for that.
    expect(re.search("^HEALTHCHECK ", (ROOT / "Dockerfile").read_text(), re.M), "the image has no health check")
    expect(set(project["services"]["haproxy"]["depends_on"]) == set(pixmills), "HAProxy doesn't wait for each pixmill")
    yield "the compose file is valid, and gives pixmill the time that it asks for"

    expect(directives(FOLDER / "haproxy.cfg") == directives(ROOT / "config" / "haproxy.cfg"), "the two haproxy.cfg differ")
    targets = re.findall(r"server (\w+) (\w+:\d+)", (FOLDER / "haproxy.cfg").read_text())
    expect([name for name, _ in targets] == pixmills, "HAProxy leads to others")
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
    expect(scraped["static_configs"][0]["targets"] == [address for _, address in targets], "Prometheus reads others")
    for path in (ROOT / "config" / "haproxy.cfg", FOLDER / "haproxy.cfg"):
        run("haproxy", "-c", "-f", path)
    run("promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    yield "HAProxy and Prometheus take their files"

    provider = yaml.safe_load((DEPLOY / "grafana" / "dashboards.yml").read_text())["providers"][0]
    mounts = dict(mount.split(":")[:2] for mount in project["services"]["grafana"]["volumes"])
    expect(mounts["../grafana"] == provider["options"]["path"], "Grafana looks for dashboards elsewhere")
    source = yaml.safe_load((DEPLOY / "grafana" / "datasource.yml").read_text())["datasources"][0]
    expect(source["url"].split("/")[2].split(":")[0] in project["services"], "Grafana asks nobody")
    run(ROOT / ".tools" / "deploy" / "bin" / "hadolint", ROOT / "Dockerfile")
    yield "hadolint finds nothing in the Dockerfile"
