"""Files that are made from others, so that there is one truth: written anew, or compared with what they would be."""

import chart
import yaml
from common import CHART, DEPLOY, expect, run

PLAIN = DEPLOY / "kubernetes"
# What helm alone means something by.
HELMS = ("helm.sh/chart:", "app.kubernetes.io/managed-by:")
# Which objects of the chart are in which plain file.
FILES = {
    "pixmill.yaml": {},
    "monitoring.yaml": chart.MONITORED | chart.ALERTS,
}
ABOUT = "# Made from deploy/helm/pixmill by `make deploy-write`: change that, or lay patches over this by kustomize.\n"


def plain(name):
    """The objects of one plain file: without what is in the other one."""
    values = {**FILES[name]}
    if name == "monitoring.yaml":
        values["serviceMonitor"] = {"enabled": True}
        values["prometheusRule"] = {"enabled": True}
    parts = []
    for part in chart.template(values).split("---\n"):
        item = yaml.safe_load(part)
        if item and ("monitoring.coreos.com" in item["apiVersion"]) == (name == "monitoring.yaml"):
            lines = part.splitlines(keepends=True)
            parts.append("".join(line for line in lines if not line.strip().startswith(HELMS + ("# Source:",))))
    return PLAIN / name, ABOUT + "---\n".join(parts)


def values_table():
    """Each value of the chart, with its default and the comment above it."""
    said, path, rows = [], [], []
    for line in (CHART / "values.yaml").read_text().splitlines():
        text = line.strip()
        if text.startswith("#"):
            said.append(text.lstrip("# "))
            continue
        if not text or ":" not in text or text.startswith("-"):
            said = []
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        key, _, default = text.partition(":")
        path = [*path[:depth], key]
        if default.strip():
            if said:
                rows.append(f"| `{'.'.join(path)}` | `{default.strip()}` | {' '.join(said)} |")
        elif said:
            rows.append(f"| `{'.'.join(path)}` |  | {' '.join(said)} |")
        said = []
    return "\n".join(["| value | default | what |", "| --- | --- | --- |", *rows])


def readme():
    path = CHART / "README.md"
    text = path.read_text()
    before, rest = text.split("<!-- values -->\n")
    _, after = rest.split("<!-- /values -->\n")
    return path, f"{before}<!-- values -->\n{values_table()}\n<!-- /values -->\n{after}"


def files():
    # The schema first: helm looks at it.
    yield lambda: chart.schema()
    for name in FILES:
        yield lambda name=name: plain(name)
    yield readme


def write():
    for make in files():
        path, text = make()
        path.write_text(text)
        yield f"wrote {path.relative_to(DEPLOY.parent)}"


def check(_binary):
    for make in files():
        path, text = make()
        expect(path.read_text() == text, f"{path.relative_to(DEPLOY.parent)} isn't what it is made from: make deploy-write")
    yield "plain manifests, schema and README of the chart are what they are made from"
    built = chart.objects(run("kubectl", "kustomize", PLAIN))
    for item in built:
        chart.valid(item)
        expect(item["kind"] == "Namespace" or item["metadata"]["namespace"] == "pixmill", "an object without a namespace")
    chart.hardened(built)
    chart.coherent(built)
    yield f"kustomize builds {len(built)} objects from deploy/kubernetes, all valid"
