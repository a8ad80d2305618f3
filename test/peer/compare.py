#!/usr/bin/env python3
"""Asks irsa and amazon-eks-pod-identity-webhook ("the Go webhook") about thousands of generated pods, and compares what they add.

usage: compare.py IRSA GO_WEBHOOK [--reviews N] [--seed N] [--flags NAME]

Both get the same flags and, from a stand-in for kube-apiserver, the same service accounts, some of which change halfway. irsa has to add
exactly what the Go webhook adds, but for the differences that the documentation lists: listed.py has them as code. Called again about the
changed pod, irsa has to add nothing, and the Go webhook has to keep the pod valid. Prints how often each listed difference occurred. Exit
status 1, with the smallest pod, if there is another one. Standard library only.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

import webhooks
from accounts import ARN, MAX_ROLE_BYTES, accounts, annotations_of, config_map, written_out
from apiserver import StandIn
from flags import FLAGS
from listed import Expectation, Setup, same
from patched import NotAdditive, additions, apply, lists_of, lost_fields, mounts_twice
from pods import Pods, probe
from shrink import shrunk

THREADS = 6
SHOWN = 5
MARKER = ("team-a/marker", "team-b/marker")  # an account, and one of the ConfigMap


class Run:
    """Both webhooks under one set of flags."""

    def __init__(self, name, irsa, go, directory, seed):
        self.name, self.random = name, random.Random(f"{seed}/{name}")
        self.flags = FLAGS[name]
        self.binaries, self.directory = (irsa, go), directory
        self.prefix = self.flags.get("annotation-prefix", "eks.amazonaws.com")
        self.accounts = accounts(self.random, self.prefix)  # irsa's; `shown` are the Go webhook's, without what irsa ignores
        keys = list(self.accounts)
        self.listed = set(self.random.sample(keys, len(keys) // 2)) if "watch-container-credentials-config" in self.flags else set()
        keys = list(self.accounts)
        self.listed = set(self.random.sample(keys, len(keys) // 2)) if "watch-container-credentials-config" in self.flags else set()
        self.entries = config_map(self.random, keys) if "watch-config-map" in self.flags else None
        self.read_accounts()
        self.pods = Pods(self.random, self.prefix, [*keys * 8, "team-a/none-such"], list(self.setups.values()))
        self.causes = collections.Counter()
        self.lost = collections.Counter()
        self.lock = threading.Lock()

    def read_accounts(self):
        role = f"{self.prefix}/role-arn"
        self.too_long = {key for key, one in self.accounts.items() if len(one.get(role, "").encode()) > MAX_ROLE_BYTES}
        self.shown = {key: {name: value for name, value in one.items() if key not in self.too_long or name != role}
                      for key, one in self.accounts.items()}
        self.setups = {key: self.setup(key) for key in {**self.accounts, **(self.entries or {})} if not key.startswith("*")}

    def setup(self, key):
        annotations = dict(self.shown.get(key, {}))
        role = f"{self.prefix}/role-arn"
        if self.flags.get("compose-role-arn") and annotations.get(role) and "arn:" not in annotations[role]:
            annotations[role] = "arn:aws:iam::444455556666:role/" + annotations[role]
        setup = Setup(self.flags, annotations, key in self.listed)
        if not setup.listed and self.entries is not None and not setup.role_arn:
            namespace, name = key.split("/")
            entry = self.entries.get(key) or self.entries.get(f"*/{name}")
            if entry is not None:
                written = written_out({key: entry}, self.flags)[key]
                setup = Setup(self.flags, {role: written["RoleARN"], f"{self.prefix}/audience": written["Audience"]}, False)
                if written["TokenExpiration"]:
                    setup.annotations[f"{self.prefix}/token-expiration"] = str(written["TokenExpiration"])
        return setup

    def key_of(self, review):
        account = review["request"]["object"]["spec"].get("serviceAccountName") or "default"
        return f"{review['request']['namespace']}/{account}"

    def command_line(self, directory):
        flags = {name: value for name, value in self.flags.items()}
        if self.listed:
            path = directory / "identities.json"
            path.write_text(json.dumps({"identities": [dict(zip(("namespace", "serviceAccount"), key.split("/"))) for key in sorted(self.listed)]}))
            flags["watch-container-credentials-config"] = str(path)
        return [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in flags.items()]

    def probes(self):
        """Accounts that have to have an identity before the Go webhook knows all."""
        keys = [key for key in self.listed if not self.accounts[key].get(f"{self.prefix}/role-arn")][:1]
        keys += ["team-b/default"] if self.entries is not None and "team-b/default" not in self.listed else []
        return [probe(*key.split("/")) for key in [*keys, "team-a/plain"]]

    def compare(self, count):
        """Yields (review, expected, found) of each difference that is not listed."""
        namespace = self.flags.get("namespace", "eks")
        directory = pathlib.Path(self.directory) / self.name
        directory.mkdir()
        config = None if self.entries is None else json.dumps(self.entries)
        written = None if self.entries is None else json.dumps(written_out(self.entries, self.flags))
        flags = self.command_line(directory)
        certs = pathlib.Path(self.directory) / "certs"
        with StandIn(self.accounts, namespace, config) as one, StandIn(self.shown, namespace, written) as other, \
                webhooks.irsa(self.binaries[0], certs, one, flags) as self.irsa, \
                webhooks.go_webhook(self.binaries[1], certs, other, flags, self.probes()) as self.go:
            reviews = [self.pods.review(number) for number in range(count)]
            yield from self.compare_each(reviews[:count // 2])
            self.change(one, other)
            yield from self.compare_each(reviews[count // 2:])
            for webhook in (self.irsa, self.go):
                if webhook.process.poll() is not None:
                    sys.exit(f"{webhook.name} ended with status {webhook.process.returncode}: {webhook.log_end()}")

    def compare_each(self, reviews):
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            for review, why in pool.map(lambda review: (review, self.difference(review, True)), reviews):
                if why is not None and (again := self.difference(review)) is not None:
                    small = shrunk(review, lambda one: self.difference(one) is not None)
                    yield small, self.difference(small) or again

    def change(self, one, other):
        """Accounts and the ConfigMap change, and both webhooks learn it: a third of the accounts is another one, some are gone."""
        keys = list(self.accounts)
        for i, key in enumerate(self.random.sample(keys, len(keys) // 3)):
            if i % 4 == 0 and key not in self.listed:
                del self.accounts[key]
            else:
                self.accounts[key] = annotations_of(self.random, self.prefix, i)
        if self.entries is not None:
            self.entries = {**config_map(self.random, keys), MARKER[1]: {"RoleARN": ARN + "marker"}}
        self.accounts[MARKER[0]] = {f"{self.prefix}/role-arn": ARN + "marker"}
        self.read_accounts()
        for stand_in, now, entries in ((one, self.accounts, self.entries), (other, self.shown, written_out(self.entries or {}, self.flags))):
            for key in keys:
                if key not in now:
                    stand_in.accounts.delete(*key.split("/"))
            for key, annotations in now.items():  # the marker is the last one
                stand_in.accounts.put(stand_in.account(key, annotations))
            if self.entries is not None:
                stand_in.maps.put(stand_in.map(json.dumps(entries)))
        for marker in MARKER[:1 if self.entries is None else 2]:
            for webhook in (self.irsa, self.go):
                webhook.await_patch(probe(*marker.split("/")))

    def go_patch(self, review):
        response = self.go.ask(review)
        if not response.get("allowed"):
            raise NotAdditive(f"the Go webhook refuses it: {json.dumps(response)}")
        return webhooks.patch_of(response)

    def second_patch(self, review, response):
        """Of the pod that has irsa's first patch."""
        patched = apply(review["request"]["object"], webhooks.patch_of(response))
        return webhooks.patch_of(self.irsa.ask({**review, "request": {**review["request"], "object": patched}}))

    def spoilt_place(self, review, response, go_patch):
        """A container of which the Go webhook, called after irsa, makes one that the API refuses, and which it leaves valid without irsa."""
        pod = review["request"]["object"]
        before = apply(pod, webhooks.patch_of(response))
        after = apply(before, self.go_patch({**review, "request": {**review["request"], "object": before}}))
        without_irsa = apply(pod, go_patch)
        for (name, i, both), (_, _, alone) in zip(lists_of(after), lists_of(without_irsa), strict=True):
            if mounts_twice(both) > mounts_twice(alone):
                return f"{name}/{i}"
        return None

    def difference(self, review, counts=False):
        """None, or what differs."""
        found = None
        pod = review["request"]["object"]
        response = self.irsa.ask(review)
        if not response.get("allowed"):
            return {"irsa": response, "expected": "allowed"}
        try:
            found = additions(pod, webhooks.patch_of(response), is_additive=True)
            patch = self.go_patch(review)
            key = self.key_of(review)
            setup = self.setups.get(key) or Setup(self.flags, {}, False)
            expectation = Expectation(review, setup, lambda one: patch if one == review else self.go_patch(one))
            if not same(expectation.added, found):
                return {"irsa": found, "expected": expectation.added, "listed": sorted(expectation.causes), "account": setup.annotations}
            if response.get("patch") and (again := self.second_patch(review, response)):
                return {"irsa": again, "expected": "no second patch"}
            if (place := self.spoilt_place(review, response, patch)) and "volume name taken" not in expectation.causes:
                return {"irsa": found, "expected": f"no path that the Go webhook, called second, mounts twice in {place}"}
        except NotAdditive as why:
            return {"irsa": found, "expected": str(why)}
        if counts:
            self.count(pod, patch, found, expectation.causes, key)
        return None

    def count(self, pod, patch, found, listed, key):
        if key in self.too_long and key not in self.listed:
            causes = ["role over 2048 bytes"]
        elif additions(pod, patch) == found:
            causes = ["both add the same" if patch else "both add nothing"]
        else:
            causes = sorted(listed)
        with self.lock:
            self.causes.update(causes)
            self.lost.update(set(lost_fields(pod, apply(pod, patch))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("irsa")
    parser.add_argument("go_webhook")
    parser.add_argument("--reviews", type=int, default=300, help="for each set of flags (default: %(default)s)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--flags", choices=FLAGS, action="append")
    options = parser.parse_args()
    causes, lost, compared, different = collections.Counter(), collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([options.irsa, "certs", "--dir", f"{directory}/certs"], check=True, capture_output=True)
        for name in options.flags or FLAGS:
            run = Run(name, options.irsa, options.go_webhook, directory, options.seed)
            here = 0
            for review, why in run.compare(options.reviews):
                here += 1
                if here <= SHOWN:
                    print(f"{name}: {json.dumps(review['request'])}\n    {json.dumps(why)}", flush=True)
            compared, different = compared + options.reviews, different + here
            causes.update(run.causes)
            lost.update(run.lost)
            print(f"{name}: {options.reviews} reviews, {here} differences that are not listed", file=sys.stderr, flush=True)
    for cause, count in causes.most_common():
        print(f"{count:7} {cause}")
    print(f"fields of the pod that the Go webhook removed: {', '.join(f'{path} ({count})' for path, count in sorted(lost.items()))}")
    print(f"{compared} reviews compared, {different} differences that are not listed")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
