"""deploy/ as kustomize and Helm make objects of it."""
import json
import pathlib
import subprocess

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "deploy"
CHART = DEPLOY / "helm" / "irsa"
KUSTOMIZATION = DEPLOY / "kustomize"
NAMESPACE = "irsa-system"

# What only one of the two tools writes about an object.
_TOOL_LABELS = ("helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version")


class Objects(dict):
    """By "Kind/name"."""

    def __init__(self, text):
        super().__init__()
        for document in yaml.safe_load_all(text):
            if document:
                self[f"{document['kind']}/{document['metadata']['name']}"] = document

    def normalized(self):
        """Without the labels of the tool that made them."""
        copies = json.loads(json.dumps(self))
        for document in copies.values():
            for label in _TOOL_LABELS:
                document["metadata"].get("labels", {}).pop(label, None)
        return copies


def _run(command):
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stderr}")
    return done.stdout


def kustomize(testbed, components=(), directory=None, installation=None):
    """deploy/kustomize as it is, or another installation below it; with components, a kustomization of one's own in `directory`
    that names them."""
    if not components:
        return Objects(_run([testbed, "kubectl", "kustomize", KUSTOMIZATION / (installation or "")]))
    return Objects(_run([testbed, "kubectl", "kustomize", write_overlay(directory, components, installation or "base")]))


def write_overlay(directory, components, installation="base"):
    """A kustomization of one's own, outside the tree, as docs/deploying.md describes it. A component that is a Path is one's own
    too, relative to it."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    root = KUSTOMIZATION.relative_to("/")
    up = "../" * (len(directory.resolve().parts) - 1)
    (directory / "kustomization.yaml").write_text(json.dumps({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [f"{up}{root}/{installation}"],
        "components": [str(component) if isinstance(component, pathlib.Path) else f"{up}{root}/{component}" for component in components]}))
    return directory


def helm_template(helm, *values, release="irsa", namespace=NAMESPACE, kubernetes="1.36.3", with_tests=False):
    """Each of `values` is NAME=VALUE, the value as JSON. For a cluster of that version. What `helm test` makes is left out
    unless asked for."""
    flags = [part for value in values for part in ("--set-json", value)] + ([] if with_tests else ["--no-hooks"])
    return Objects(_run([helm, "template", release, CHART, "--namespace", namespace, "--kube-version", kubernetes, *flags]))


def helm_refusal(helm, *values, **where):
    """What Helm says against these values; fails when it says nothing."""
    try:
        helm_template(helm, *values, **where)
    except AssertionError as error:
        return str(error)
    raise AssertionError(f"helm took {values}")
