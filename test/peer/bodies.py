#!/usr/bin/env python3
"""Sends irsa and the Go webhook what kube-apiserver never sends: other methods and content types, broken JSON, reviews of the wrong shape.

usage: bodies.py IRSA GO_WEBHOOK [--mutants N] [--seed N]

irsa has to answer as docs/design.md says, to keep serving, and to refuse no pod that the Go webhook admits, but for the reasons that REASONS
lists. Prints both answers to each request; exit status 1 when irsa's is another one than expected.
"""
import argparse
import collections
import copy
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import webhooks
from accounts import ARN
from apiserver import StandIn
from pods import probe

JSON = {"Content-Type": "application/json"}
# Why irsa refuses a body that the Go webhook takes: it says so in docs/design.md, section 4.
REASONS = (r"occurs twice|occurs a second time", r"not (valid )?JSON|UTF-8|byte order mark", r"nested deeper", r"request\.uid is missing",
           r"is not an object but null", r"is not .* but (a number|a boolean|null|a list|an object|a string)", r"kind is not|apiVersion is neither")


def review():
    return probe("team-a", "app")


def changed(**members):
    one = review()
    for path, value in members.items():
        *parents, last = path.split("__")
        place = one
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if value is DELETED:
            del place[last]
        else:
            place[last] = value
    return json.dumps(one)


DELETED = object()
TEXT = json.dumps(review())
SKIP = "eks.amazonaws.com/skip-containers"
CONTAINERS = "request__object__spec__containers"

# name: (method, path, headers, body, irsa's answer: a status, or whether the pod is allowed)
REQUESTS = {
    "a plain review": ("POST", "/mutate", JSON, TEXT, True),
    "content type with a parameter": ("POST", "/mutate", {"Content-Type": "application/json; charset=utf-8"}, TEXT, True),
    "content type in capitals": ("POST", "/mutate", {"Content-Type": "Application/JSON"}, TEXT, True),
    "content type of YAML": ("POST", "/mutate", {"Content-Type": "application/yaml"}, TEXT, 415),
    "no content type": ("POST", "/mutate", {}, TEXT, 415),
    "GET": ("GET", "/mutate", {}, None, 405),
    "PUT": ("PUT", "/mutate", JSON, TEXT, 405),
    "another path": ("POST", "/mutate/", JSON, TEXT, 404),
    "the root": ("POST", "/", JSON, TEXT, 404),
    "health": ("GET", "/healthz", {}, None, 200),
    "a query": ("POST", "/mutate?timeout=10s&x=%zz", JSON, TEXT, None),
    "no body": ("POST", "/mutate", JSON, "", 400),
    "spaces": ("POST", "/mutate", JSON, "  \n", 400),
    "null": ("POST", "/mutate", JSON, "null", 400),
    "a list": ("POST", "/mutate", JSON, "[]", 400),
    "an empty object": ("POST", "/mutate", JSON, "{}", 400),
    "half a review": ("POST", "/mutate", JSON, TEXT[:len(TEXT) // 2], 400),
    "two reviews": ("POST", "/mutate", JSON, TEXT + TEXT, 400),
    "spaces around": ("POST", "/mutate", JSON, f"\n {TEXT} \n", True),
    "byte order mark": ("POST", "/mutate", JSON, "\ufeff" + TEXT, 400),
    "v1beta1": ("POST", "/mutate", JSON, changed(apiVersion="admission.k8s.io/v1beta1"), True),
    "v2": ("POST", "/mutate", JSON, changed(apiVersion="admission.k8s.io/v2"), 400),
    "no apiVersion": ("POST", "/mutate", JSON, changed(apiVersion=DELETED), 400),
    "no kind": ("POST", "/mutate", JSON, changed(kind=DELETED), 400),
    "another kind": ("POST", "/mutate", JSON, changed(kind="Pod"), 400),
    "no request": ("POST", "/mutate", JSON, changed(request=DELETED), 400),
    "request null": ("POST", "/mutate", JSON, changed(request=None), 400),
    "request is a list": ("POST", "/mutate", JSON, changed(request=[]), 400),
    "no uid": ("POST", "/mutate", JSON, changed(request__uid=DELETED), 400),
    "empty uid": ("POST", "/mutate", JSON, changed(request__uid=""), 400),
    "uid is a number": ("POST", "/mutate", JSON, changed(request__uid=7), 400),
    "odd uid": ("POST", "/mutate", JSON, changed(request__uid='ü"\\\n\u0000'), True),
    "no namespace": ("POST", "/mutate", JSON, changed(request__namespace=DELETED), True),
    "odd namespace": ("POST", "/mutate", JSON, changed(request__namespace="../x"), True),
    "no operation": ("POST", "/mutate", JSON, changed(request__operation=DELETED), True),
    "no resource": ("POST", "/mutate", JSON, changed(request__resource=DELETED), True),
    "no object": ("POST", "/mutate", JSON, changed(request__object=DELETED), False),
    "object null": ("POST", "/mutate", JSON, changed(request__object=None), False),
    "object is a list": ("POST", "/mutate", JSON, changed(request__object=[]), False),
    "object of another kind": ("POST", "/mutate", JSON, changed(request__object__kind="Service"), True),
    "no spec": ("POST", "/mutate", JSON, changed(request__object__spec=DELETED), True),
    "spec null": ("POST", "/mutate", JSON, changed(request__object__spec=None), True),
    "containers null": ("POST", "/mutate", JSON, changed(**{CONTAINERS: None}), True),
    "containers are a text": ("POST", "/mutate", JSON, changed(**{CONTAINERS: "x"}), False),
    "container null": ("POST", "/mutate", JSON, changed(**{f"{CONTAINERS}": [None]}), False),
    "metadata null": ("POST", "/mutate", JSON, changed(request__object__metadata=None), True),
    "annotations null": ("POST", "/mutate", JSON, changed(request__object__metadata__annotations=None), True),
    "annotation null": ("POST", "/mutate", JSON, changed(request__object__metadata__annotations={SKIP: None}), True),
    "annotation is a number": ("POST", "/mutate", JSON, changed(request__object__metadata__annotations={SKIP: 1}), False),
    "other annotation is a number": ("POST", "/mutate", JSON, changed(request__object__metadata__annotations={"x": 1}), True),
    "a number over 64 bits": ("POST", "/mutate", JSON, changed(request__object__spec__priority=1 << 70), True),
    "a number of 4,000 digits": ("POST", "/mutate", JSON, TEXT.replace('"containers"', '"x": ' + "9" * 4000 + ', "containers"', 1), True),
    "a number with a large exponent": ("POST", "/mutate", JSON, TEXT.replace('"containers"', '"x": 1e999999, "containers"', 1), True),
    "a number with a leading zero": ("POST", "/mutate", JSON, TEXT.replace('"containers"', '"x": 012, "containers"', 1), 400),
    "NaN": ("POST", "/mutate", JSON, TEXT.replace('"containers"', '"x": NaN, "containers"', 1), 400),
    "invalid UTF-8": ("POST", "/mutate", JSON, TEXT.encode().replace(b'"image": "i"', b'"image": "\xff"'), 400),
    "half a surrogate pair": ("POST", "/mutate", JSON, TEXT.replace('"image": "i"', '"image": "\\ud800"'), None),
    "a NUL in a name": ("POST", "/mutate", JSON, TEXT.replace('"name": "c"', '"name": "\\u0000"'), True),
    "uid twice": ("POST", "/mutate", JSON, TEXT.replace('"uid": "probe"', '"uid": "probe", "uid": "other"'), 400),
    "spec twice": ("POST", "/mutate", JSON, TEXT.replace('"spec"', '"spec": {}, "spec"'), 400),
    "image twice": ("POST", "/mutate", JSON, TEXT.replace('"image": "i"', '"image": "i", "image": "j"'), True),
    "keys in capitals": ("POST", "/mutate", JSON, TEXT.replace('"serviceAccountName"', '"ServiceAccountName"'), True),
    "unknown fields": ("POST", "/mutate", JSON, changed(request__x={"y": [1]}, x=1), True),
    "1,000 containers": ("POST", "/mutate", JSON, changed(**{CONTAINERS: [{"name": f"c{i}"} for i in range(1000)]}), True),
    "1,001 containers": ("POST", "/mutate", JSON, changed(**{CONTAINERS: [{"name": f"c{i}"} for i in range(1001)]}), False),
    "depth 60": ("POST", "/mutate", JSON, changed(request__x=json.loads("[" * 55 + "]" * 55)), True),
    "depth 1,000": ("POST", "/mutate", JSON, TEXT.replace('"containers"', '"x": ' + "[" * 1000 + "]" * 1000 + ', "containers"', 1), 400),
    "6 MB": ("POST", "/mutate", JSON, changed(request__x="x" * 6_000_000), True),
    "8 MB": ("POST", "/mutate", JSON, changed(request__x="x" * 8_000_000), 413),
}


def verdict(status, text):
    """A status other than 200, or whether the pod is allowed; with what is said."""
    try:
        response = json.loads(text)["response"]
    except (ValueError, KeyError, TypeError):
        return status, text.decode(errors="replace").strip()[:200]
    return bool(response.get("allowed")), (response.get("status") or {}).get("message", f"{len(webhooks.patch_of(response))} operations")[:200]


def ask(webhook, method, path, headers, body):
    try:
        return verdict(*webhook.request(method, path, body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body, headers))
    except (OSError, webhooks.http.client.HTTPException) as why:
        return "no answer", repr(why)


def mutant(random_source, text):
    """The review with one thing wrong in it."""
    kind = random_source.random()
    if kind < 0.3:  # a value of another type somewhere
        one = json.loads(text)
        place = one
        while True:
            keys = list(place if isinstance(place, dict) else range(len(place)))
            if not keys:
                break
            key = random_source.choice(keys)
            if isinstance(place[key], (dict, list)) and place[key] and random_source.random() < 0.8:
                place = place[key]
                continue
            place[key] = random_source.choice([None, True, 0, -1, 1.5, "", "x", [], {}, [None], {"": None}, 1 << 65, "1" * 100])
            break
        return json.dumps(one)
    if kind < 0.5:  # a piece left out or written twice
        start = random_source.randrange(len(text))
        end = min(len(text), start + random_source.randrange(1, 40))
        return text[:start] + text[end:] if random_source.random() < 0.5 else text[:end] + text[start:]
    data = bytearray(text.encode())
    for _ in range(random_source.choice([1, 1, 2, 5])):
        data[random_source.randrange(len(data))] = random_source.choice([random_source.randrange(256), *b'{}[],:"\\0e-'])
    return bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("irsa")
    parser.add_argument("go_webhook")
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    faults, reasons = 0, collections.Counter()
    rich = review()
    rich["request"]["object"] = copy.deepcopy(RICH_POD)
    with tempfile.TemporaryDirectory() as name, StandIn({"team-a/app": {"eks.amazonaws.com/role-arn": ARN + "app"}}, "eks") as stand_in:
        directory = pathlib.Path(name)
        subprocess.run([options.irsa, "certs", "--dir", directory / "certs"], check=True, capture_output=True)
        with webhooks.irsa(options.irsa, directory / "certs", stand_in, []) as irsa, \
                webhooks.go_webhook(options.go_webhook, directory / "certs", stand_in, [], [review()]) as go:
            for title, (method, path, headers, body, wanted) in REQUESTS.items():
                found, said = ask(irsa, method, path, headers, body)
                peer, peer_said = ask(go, method, path, headers, body)
                is_fault = wanted is not None and (found is not wanted and found != wanted or isinstance(found, bool) != isinstance(wanted, bool))
                faults += is_fault
                print(f"{'FAULT ' if is_fault else ''}{title}: irsa {found} ({said}); Go webhook {peer} ({peer_said})")
            source = random.Random(options.seed)
            for _ in range(options.mutants):
                body = mutant(source, json.dumps(rich))
                found, said = ask(irsa, "POST", "/mutate", JSON, body)
                peer, peer_said = ask(go, "POST", "/mutate", JSON, body)
                reason = next((one for one in REASONS if re.search(one, said)), None)
                is_fault = found not in (True, False, 400) or (peer is True and found is not True and reason is None)
                if is_fault:
                    faults += 1
                    print(f"FAULT irsa {found} ({said}); Go webhook {peer} ({peer_said}): {body!r}")
                reasons[f"irsa {found}, Go webhook {peer}" + (f": {reason}" if peer is True and found is not True else "")] += 1
            for webhook in (irsa, go):
                if webhook.process.poll() is not None:
                    sys.exit(f"{webhook.name} ended with status {webhook.process.returncode}: {webhook.log_end()}")
    for reason, count in reasons.most_common():
        print(f"{count:7} mutants: {reason}")
    print(f"{len(REQUESTS)} requests and {options.mutants} mutants, {faults} faults")
    sys.exit(1 if faults else 0)


RICH_POD = {
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "p", "labels": {"app": "x"}, "annotations": {SKIP: "proxy", "eks.amazonaws.com/token-expiration": "3600"}},
    "spec": {
        "serviceAccountName": "app", "nodeSelector": {"kubernetes.io/os": "linux"}, "os": {"name": "linux"}, "securityContext": {"fsGroup": 1},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}}},
        "initContainers": [{"name": "init", "image": "i", "restartPolicy": "Always"}],
        "containers": [{"name": "app", "image": "i", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}},
                        "env": [{"name": "AWS_REGION", "value": "x"},
                                {"name": "AWS_PROFILE", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}],
                        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}]},
                       {"name": "proxy", "image": "i"}],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "aws-iam-token", "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "audience": "sts.amazonaws.com", "expirationSeconds": 3600}}]}}]}}


if __name__ == "__main__":
    main()
