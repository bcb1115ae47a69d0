"""The chart: what helm makes of it for several kinds of values, held against Kubernetes' schemas and against pixmill itself."""

import json
import re
import tempfile
import tomllib
from pathlib import Path

import kubernetes_validate
import pydantic
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator
from common import CHART, DEPLOY, ROOT, Failed, defaults, effective, expect, run, seconds

# The oldest that Chart.yaml takes, and the newest that there are schemas of.
VERSIONS = ("1.25", kubernetes_validate.latest_version())

MONITORED = {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "params": {"key": ["a-key"]}}}
ALERTS = {"prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}}}
REMOTE = {
    "config": {
        "allow_remote": True,
        "allowed_origins": "https://*.example.org/photos",
        "remote_ports": "443, 8443",
        "object_store": "s3://photos/originals",
        "presets": ["avatar=smartcrop?width=128&height=128", "wide=resize?width=1200"],
        "max_pixels": 50_000_000,
        "workers": 4,
        "isolation": "process",
        "path_prefix": "/images",
    },
    "envFrom": [{"secretRef": {"name": "bucket"}}],
    "env": [{"name": "AWS_REGION", "value": "eu-central-1"}, {"name": "AWS_SKIP_SIGNATURE", "value": "true"}],
    "networkPolicy": {"egress": [{"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}]},
}
EVERYTHING = {
    "secrets": {"apiKeys": ["one", "two"], "urlSignatureKey": "k" * 32},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "hosts": ["images.example.org"],
        "tls": [{"hosts": ["images.example.org"], "secretName": "images"}],
        "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "64m"},
    },
    "autoscaling": {"cpu": 0, "queueLength": 16, "queueWait": "250m"},
    "image": {"tag": "1.2.3", "pullSecrets": ["registry"]},
    "volumes": [{"name": "photos", "persistentVolumeClaim": {"claimName": "photos", "readOnly": True}}],
    "volumeMounts": [{"name": "photos", "mountPath": "/photos", "readOnly": True}],
    "networkPolicy": {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "balancer"}}}]},
    "service": {"type": "LoadBalancer", "annotations": {"example.org/balancer": "internal"}},
    "tolerations": [{"key": "images", "operator": "Exists"}],
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "priorityClassName": "web",
    "podLabels": {"team": "images"},
    "podAnnotations": {"example.org/note": "yes"},
}
# What helm has to render, each a different way through the templates.
CASES = {
    "defaults": {},
    "everything": EVERYTHING | MONITORED,
    "sources": REMOTE,
    "fixed": {"autoscaling": {"enabled": False}, "replicas": 3, "networkPolicy": {"enabled": False}},
    "imaginary": {"config": {"compat": "imaginary"}, "secrets": {"existingSecret": "keys"}},
    "bare": {
        "podDisruptionBudget": {"enabled": False},
        "serviceAccount": {"create": False},
        "fullnameOverride": "images",
    },
}
# What the schema of the values has to refuse.
REFUSED = {
    "an unknown setting": {"config": {"max_pixel": 1}},
    "a setting that has a value of its own": {"config": {"drain_delay": "5s"}},
    "a key in the configuration's file": {"config": {"api_keys": ["one"]}},
    "a setting of another type": {"config": {"allow_remote": "perhaps"}},
    "a signature key that is too short": {"secrets": {"urlSignatureKey": "short"}},
    "no limit of memory": {"resources": {"limits": {"memory": None}}},
    "an Ingress without a name": {"ingress": {"enabled": True}},
    "more than all of the CPU": {"autoscaling": {"cpu": 120}},
    "an unknown value": {"autoscale": {}},
    "nothing to scale by": {"autoscaling": {"cpu": 0}},
    "alerts that would find no job of theirs": {"fullnameOverride": "images", "prometheusRule": {"enabled": True}},
}
# Settings that the chart writes itself, from values of their own or into the secret.
OWN = {"port", "drain_delay", "drain_timeout", "api_keys", "url_signature_key", "source_authorization"}


def template(values=None, *more, release="pixmill"):
    """What helm makes of the chart with these values, as text."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values or {}, file)
        file.flush()
        return run("helm", "template", release, CHART, "--namespace", "pixmill", "--values", file.name, *more)


def objects(text):
    return [item for item in yaml.safe_load_all(text) if item]


def of(items, kind):
    (item,) = [item for item in items if item["kind"] == kind]
    return item


def valid(item):
    """Holds one object against its schema: unknown fields are mistakes, too."""
    if item["apiVersion"].startswith("monitoring.coreos.com/"):
        try:
            read = getattr(operator, item["kind"]).model_validate(item)
        except pydantic.ValidationError as error:
            raise Failed(f"{item['kind']}: {error}") from None
        kept = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
        unknown = missing(item["spec"], kept["spec"], item["kind"])
        expect(not unknown, f"unknown to the operator: {', '.join(unknown)}")
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(item, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(str(step) for step in error.path)
            raise Failed(f"{item['kind']} for Kubernetes {version}: {where}: {error.message}") from None


def missing(given, kept, where):
    """Fields that were given and that the type doesn't have."""
    if isinstance(given, dict):
        lost = [f"{where}.{key}" for key in given if key not in kept]
        return lost + [
            name for key in given if key in kept for name in missing(given[key], kept[key], f"{where}.{key}")
        ]
    if isinstance(given, list):
        return [name for old, new in zip(given, kept) for name in missing(old, new, f"{where}[]")]
    return []


def container(items):
    (one,) = of(items, "Deployment")["spec"]["template"]["spec"]["containers"]
    return one


def hardened(items):
    """Pods give up what pixmill doesn't need, and nothing in them is left to the cluster's defaults."""
    pod = of(items, "Deployment")["spec"]["template"]["spec"]
    mine, its = container(items)["securityContext"], pod["securityContext"]
    expect(its["runAsNonRoot"] and its["runAsUser"] > 0, "the pod may run as root")
    expect(its["seccompProfile"] == {"type": "RuntimeDefault"}, "no seccomp profile")
    expect(mine["readOnlyRootFilesystem"] and not mine["allowPrivilegeEscalation"], "a container that may write")
    expect(mine["capabilities"] == {"drop": ["ALL"]}, "capabilities are left")
    expect(pod["automountServiceAccountToken"] is False, "a token is mounted")
    expect(pod["enableServiceLinks"] is False, "a service called pixmill-web would set what is no setting")
    expect("memory" in container(items)["resources"]["limits"], "memory has no limit")


def coherent(items):
    """Names, labels and ports that one object has of another are the ones that it has."""
    deployment = of(items, "Deployment")
    pod, name = deployment["spec"]["template"], deployment["metadata"]["name"]
    labels = pod["metadata"]["labels"].items()
    selectors = {item["kind"]: item["spec"].get("selector") or item["spec"].get("podSelector") for item in items if "spec" in item}
    for kind, selector in selectors.items():
        if selector:
            wanted = selector.get("matchLabels", selector).items()
            expect(wanted <= labels or kind == "ServiceMonitor", f"{kind} selects other pods")
    service = of(items, "Service")
    (port,) = service["spec"]["ports"]
    (open_port,) = container(items)["ports"]
    expect(port["targetPort"] == open_port["name"], "the service leads to another port")
    for item in items:
        kind, spec = item["kind"], item.get("spec", {})
        if kind == "HorizontalPodAutoscaler":
            expect(spec["scaleTargetRef"]["name"] == name, "another one is scaled")
            expect("replicas" not in deployment["spec"], "a rollout would undo what autoscaling did")
        elif kind == "ServiceMonitor":
            expect(spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items(), "no service is found")
            expect(spec["endpoints"][0]["port"] == port["name"], "another port is read")
        elif kind == "Ingress":
            backend = spec["rules"][0]["http"]["paths"][0]["backend"]["service"]
            expect(backend == {"name": service["metadata"]["name"], "port": {"name": port["name"]}}, "it leads elsewhere")
    accounts = [item["metadata"]["name"] for item in items if item["kind"] == "ServiceAccount"]
    expect(pod["spec"]["serviceAccountName"] in (accounts or ["default"]), "there is no such account")


def environment(items):
    """What the pod's environment comes to, as the kubelet would work it out."""
    secrets = [item["stringData"] for item in items if item["kind"] == "Secret"]
    secrets.append({"api_keys": "a-key"})
    for one in container(items)["env"]:
        source = one.get("valueFrom", {})
        if "resourceFieldRef" in source:
            yield one["name"], container(items)["resources"]["requests"]["cpu"]
        elif "secretKeyRef" in source:
            key = source["secretKeyRef"]["key"]
            if key in secrets[0]:
                yield one["name"], secrets[0][key]
        elif one["name"] != "PIXMILL_CONFIG":
            yield one["name"], one["value"]


def taken(items, binary):
    """pixmill takes the file and the environment, and Kubernetes waits for its drain."""
    pod = of(items, "Deployment")["spec"]["template"]["spec"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pixmill.toml"
        file.write_text(of(items, "ConfigMap")["data"][file.name])
        mounts = {mount["name"]: mount["mountPath"] for mount in container(items)["volumeMounts"]}
        (where,) = [one["value"] for one in container(items)["env"] if one["name"] == "PIXMILL_CONFIG"]
        expect(where == f"{mounts['config']}/{file.name}", "the file is mounted elsewhere")
        in_force = effective(binary, file, environment(items))
    expect(in_force["port"] == container(items)["ports"][0]["containerPort"], "it listens on another port")
    delay, drain = seconds(in_force["drain_delay"]), seconds(in_force["drain_timeout"])
    expect(pod["terminationGracePeriodSeconds"] > delay + drain, "it is killed while it drains")
    expect(drain > seconds(in_force["request_timeout"]), "accepted requests may be cut off")
    ready = container(items)["readinessProbe"]
    # For balancers that look themselves; a pod that goes is no endpoint from the first moment.
    expect(delay > ready["periodSeconds"] * (ready["failureThreshold"] + 1), "it ends before it is seen to drain")
    expect(in_force["workers"] not in ("auto", 0), "workers follow the node's cores, not the pod's")


def check(binary):
    run("helm", "lint", "--strict", CHART)
    yield "helm lint finds nothing"
    for case, values in CASES.items():
        try:
            items = objects(template(values))
            for item in items:
                valid(item)
            hardened(items)
            coherent(items)
            taken(items, binary)
        except Failed as failure:
            raise Failed(f"values {case}: {failure}") from None
    versions = " and ".join(VERSIONS)
    yield f"{len(CASES)} kinds of values are valid for Kubernetes {versions}, and for pixmill"
    probes = container(objects(template(CASES["imaginary"])))
    expect("exec" in probes["readinessProbe"], "imaginary's /ready wants a key, which the kubelet hasn't")
    for case, values in REFUSED.items():
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(values, file)
            file.flush()
            said = run("helm", "template", CHART, "--values", file.name, fails=True)
            expect(re.search("schema|autoscaling wants|alerts look for", said), f"{case}: refused, but not for what is wrong: {said}")
    yield f"{len(REFUSED)} mistakes in values are refused"
    rule = of(objects(template(ALERTS)), "PrometheusRule")
    valid(rule)
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    expect(rule["spec"] == alerts, "the PrometheusRule isn't what deploy/prometheus/alerts.yml says")
    yield "the alerts are a PrometheusRule"
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    expect(yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == version, "appVersion isn't Cargo.toml's")


def setting_schema(default):
    """Types that the value of a setting may have; whether it makes sense says pixmill itself."""
    if isinstance(default, bool):
        return {"type": "boolean"}
    if isinstance(default, int):
        return {"type": ["integer", "string"]}
    if isinstance(default, list):
        return {"type": "array", "items": {"type": "string"}}
    if default == "auto":
        return {"type": ["string", "integer", "boolean"]}
    return {"type": ["string", "integer"] if default[:1].isdigit() else "string"}


def schema():
    """The schema of the values, its settings being those of config/default.toml: their names and types, since words change often."""
    path = CHART / "values.schema.json"
    text = json.loads(path.read_text())
    text["properties"]["config"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: setting_schema(default)
            for key, default in defaults().items()
            if key not in OWN
        },
    }
    return path, json.dumps(text, indent=2, ensure_ascii=False) + "\n"
