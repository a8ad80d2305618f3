"""The identity policy in kube-apiserver makes of a pod what irsa makes of it. No irsa runs."""
import copy
import json
import os
import pathlib
import random
import unittest

from .harness.objects import (ROLE, ROLE_ANNOTATION, TOKEN_DIRECTORY, assert_untouched, containers, env, has_identity, identity_volumes, pod,
                              service_account)
from .harness.policy import UNMAPPED, OfflineMutation, PolicyCluster, comparable, identity_map
from .harness.waiting import wait_until

BINARY = os.environ["IRSA_BINARY"]
CASES = pathlib.Path(__file__).resolve().parents[1] / "data" / "cases"
SKIP, EXPIRATION = "eks.amazonaws.com/skip-containers", "eks.amazonaws.com/token-expiration"


def in_namespace(manifest, namespace):
    moved = copy.deepcopy(manifest)
    moved["metadata"]["namespace"] = namespace
    return moved


def without(manifest, *fields):
    for field in fields:
        manifest["metadata"].pop(field, None)
    return manifest


class SameAsIrsa(PolicyCluster):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.remove_webhooks()

    def record(self, accounts, mutation):
        """The accounts, their record, and accounts of the same names in the unmapped namespace."""
        entries, objects = {}, []
        for account in accounts:
            namespace, name = account["metadata"]["namespace"], account["metadata"]["name"]
            entry = mutation.entry(namespace, name)
            if entry:
                entries.setdefault(namespace, {})[name] = entry
            objects += [service_account(name, {}, namespace), service_account(name, {}, UNMAPPED)]
        maps = [identity_map(namespace, found) for namespace, found in entries.items()]
        self.apply(*{json.dumps(each): each for each in objects + maps}.values())

    def expected(self, manifests, mutation):
        """What would be stored of these pods with irsa's patch. Each goes to the apiserver as it is, in the unmapped
        namespace, then through `irsa mutate`, and to the apiserver again, which fills in its defaults."""
        plain = [in_namespace(self.create(in_namespace(manifest, UNMAPPED)), manifest["metadata"]["namespace"]) for manifest in manifests]
        return [self.create(without(in_namespace(mutated, UNMAPPED), "uid", "creationTimestamp", "managedFields"))
                for mutated in mutation.pods(plain)]

    def differing(self, manifests, mutation):
        """Names or places of the pods that the policy makes into something else than irsa does."""
        found = []
        for place, (manifest, wanted) in enumerate(zip(manifests, self.expected(manifests, mutation))):
            if comparable(self.create(manifest)) != comparable(wanted):
                found.append(manifest["metadata"].get("labels", {}).get("case", place))
        return found

    def test_recorded_cases(self):
        cases = [json.loads(line) for line in (CASES / "cases.jsonl").read_text().splitlines()]
        # What a list that takes a CSV reader leaves out is irsa's to say, and the policy leaves such pods alone
        # (docs/policy.md): with an annotation such as '"app",web', '"app' or 'app\nweb'.
        left = {"case-049", "case-092", "case-126", "case-154", "case-465"}
        differing = set()
        for flagset, flags in json.loads((CASES / "flagsets.json").read_text()).items():
            prefix = flags.get("annotation-prefix", "eks.amazonaws.com")
            text = (CASES / ("service-accounts-prefix.json" if flagset == "prefix" else "service-accounts.json")).read_text()
            # The one name among the accounts' that no real apiserver takes.
            text = text.replace('"sts-T"', '"sts-upper-t"')
            accounts = json.loads(text)
            # "missing", which no real apiserver admits a pod of, is one without a role here.
            accounts["items"] += [service_account("probe", {f"{prefix}/role-arn": ROLE}), service_account("missing")]
            file = self.directory / f"{flagset}.json"
            file.write_text(json.dumps(accounts))
            mutation = OfflineMutation(BINARY, file, [f"--{name}={str(value).lower() if value is True else value}" for name, value in flags.items()])
            self.record(accounts["items"], mutation)
            self.use_policy(skipContainersAnnotation=f"{prefix}/skip-containers", tokenExpirationAnnotation=f"{prefix}/token-expiration",
                            **({"mountPath": flags["token-mount-path"]} if "token-mount-path" in flags else {}))
            manifests = []
            for case in (case for case in cases if case["flagset"] == flagset):
                manifest = case["review"]["request"]["object"]
                manifest["metadata"].setdefault("labels", {})["case"] = case["id"]
                manifests.append(admissible(manifest))
            differing |= set(self.differing(manifests, mutation))
        self.assertEqual(differing, left)
        self.assertEqual(self.failed_checks(), [])

    def test_made_up_pods(self):
        """All that a pod may say about its identity, in combinations that nobody would think of."""
        mutation = self.made_up_accounts("--aws-default-region=eu-central-1")
        manifests = [made_up_pod(random.Random(seed)) for seed in range(300)]
        differing = self.differing(manifests, mutation)
        self.assertEqual([manifests[place] for place in differing[:3]], [])
        self.assertEqual(self.failed_checks(), [])

    def made_up_accounts(self, *flags):
        annotations = {"plain": {}, "regional": {"sts-regional-endpoints": "true"}, "custom": {"audience": "x", "token-expiration": "7200"}}
        accounts = [service_account(name, {ROLE_ANNOTATION: ROLE, **{f"eks.amazonaws.com/{key}": value for key, value in more.items()}})
                    for name, more in {**annotations, "default": {}, "probe": {}}.items()] + [service_account("none")]
        file = self.directory / "made-up.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": accounts}))
        mutation = OfflineMutation(BINARY, file, flags)
        self.record(accounts, mutation)
        self.use_policy()
        # The policy reads the record from a copy that follows it.
        wait_until(lambda: "AWS_REGION" in env(self.create(pod("probe", "probe"))["spec"]["containers"][0]), "the record in use")
        return mutation


def admissible(manifest):
    """A recorded pod as a real apiserver takes it: without mounts of volumes that it does not have, and with names that
    names may be."""
    spec = manifest["spec"]
    manifest["metadata"].pop("generateName", None)
    manifest["metadata"]["name"] = "recorded"
    volumes = [volume["name"] for volume in spec.get("volumes") or []]
    for container in containers(manifest):
        container["volumeMounts"] = [mount for mount in container.get("volumeMounts") or [] if mount["name"] in volumes]
    for field in ("serviceAccountName", "serviceAccount"):
        if spec.get(field) == "sts-T":
            spec[field] = "sts-upper-t"
    return manifest


def made_up_pod(chance):
    def container(name):
        made = {"name": name, "image": "registry.example.com/app:1"}
        names = chance.choices(["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_REGION", "AWS_DEFAULT_REGION",
                                "AWS_STS_REGIONAL_ENDPOINTS", "AWS_PROFILE", "HOME", "aws_region"], k=chance.choice([0, 0, 1, 2, 4]))
        if names or chance.random() < 0.2:
            made["env"] = [{"name": each, "value": "theirs"} for each in names]
        mounts = {"data": "/data", "config": chance.choice(["/config", TOKEN_DIRECTORY, TOKEN_DIRECTORY + "/"]),
                  "aws-iam-token": chance.choice(["/elsewhere", TOKEN_DIRECTORY])}
        chosen = [volume for volume in mounts if volume in volumes and chance.random() < 0.3]
        if chosen:
            made["volumeMounts"] = [{"name": volume, "mountPath": mounts[volume]} for volume in chosen]
        return made
    volumes = [volume for volume, share in (("data", 0.5), ("config", 0.5), ("aws-iam-token", 0.2)) if chance.random() < share]
    made = pod("x", chance.choice(["plain", "regional", "custom", "default", "none"]))
    made["spec"]["containers"] = [container(name) for name in ["app", "web", "log"][:chance.choice([1, 1, 2, 3])]]
    if chance.random() < 0.5:
        made["spec"]["initContainers"] = [container(f"init-{place}") for place in range(chance.choice([1, 2]))]
        if chance.random() < 0.5:
            made["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    if volumes:
        made["spec"]["volumes"] = [{"name": volume, "emptyDir": {}} for volume in volumes]
    if chance.random() < 0.3:
        made["spec"]["automountServiceAccountToken"] = False
    if chance.random() < 0.3:
        made["spec"]["os"] = {"name": chance.choice(["windows", "linux"])}
    if chance.random() < 0.3:
        made["spec"]["nodeSelector"] = {chance.choice(["kubernetes.io/os", "beta.kubernetes.io/os", "os"]): chance.choice(["windows", "linux", "Windows"])}
    made["metadata"]["annotations"] = {
        SKIP: chance.choice(["", "", "app", "web,app", " app", "app,", ",", "APP", "init-0,log", "nobody"]),
        EXPIRATION: chance.choice(["", "0", "599", "600", "3600", "86401", "4294967295", "4294967296", "+700", "-5", "1e4", " 900", "0x10",
                                   "999999999999999999", "000000000000000900", "-99999999999999999", "+-5", "++5", "+", "-", "abc"])}
    return made


class LeftToTheWebhook(PolicyCluster):
    """By the rules of docs/policy.md; and what is not left stays within the apiserver's limits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.remove_webhooks()
        cls.entry = {"roleArn": ROLE, "audience": "sts.amazonaws.com", "tokenExpirationSeconds": 86400, "region": "eu-central-1",
                     "stsRegionalEndpoints": True}
        cls.apply(service_account("probe"), service_account("plain"), identity_map("team-a", {"probe": cls.entry, "default": cls.entry}))
        cls.use_policy()

    def annotated(self, **annotations):
        made = pod("x", "probe")
        made["metadata"]["annotations"] = {f"eks.amazonaws.com/{name.replace('_', '-')}": value for name, value in annotations.items()}
        return made

    def large(self, containers, variables):
        made = pod("x", "probe")
        made["spec"]["containers"] = [{"name": f"c{number}", "image": "a", "env": [{"name": f"AWS_X{place}"} for place in range(variables)]}
                                      for number in range(containers)]
        return made

    def test_what_is_left(self):
        for made in (self.annotated(skip_containers='"app"'), self.annotated(skip_containers='other,"a,b"'),
                     self.annotated(skip_containers="app\nweb"), self.annotated(skip_containers="x" * 2000),
                     self.annotated(token_expiration="1" * 19), self.large(201, 0), self.large(2, 10001)):
            stored = self.create(made)
            self.assertEqual(identity_volumes(stored), [])
            self.assertNotIn("AWS_ROLE_ARN", [name for container in stored["spec"]["containers"] for name in env(container)])
        self.assertEqual(self.failed_checks(), [])

    def test_what_is_just_not_left(self):
        for made in (self.annotated(skip_containers=",".join(["nobody"] * 285)), self.annotated(token_expiration="1" * 18),
                     self.large(100, 200)):
            stored = self.create(made)
            self.assertTrue(has_identity(stored))
            self.assertEqual(len(identity_volumes(stored)), 1)
        self.assertEqual(self.failed_checks(), [])

    def test_most_that_is_not_left(self):
        """Every limit at once."""
        made = self.large(200, 100)
        made["metadata"]["annotations"] = {SKIP: ",".join(["c"] * 1000), EXPIRATION: "0" * 15 + "700"}
        self.assertTrue(has_identity(self.create(made)))
        self.assertEqual(self.failed_checks(), [])

    def test_volume_that_only_a_container_knows(self):
        made = pod("x", "probe")
        made["spec"]["containers"][0]["volumeMounts"] = [{"name": "aws-iam-token", "mountPath": "/elsewhere"}]
        self.assertEqual(len(identity_volumes(self.create(made))), 1)

    def test_namespaces_of_the_webhooks_second_entry(self):
        self.apply(identity_map("kube-system", {"default": self.entry}))
        wait_until(lambda: has_identity(self.create(pod("x", "default", "kube-system"))), "the record in use")

    def test_what_is_none_of_its_business(self):
        skipping, mirror, default = pod("x", "probe"), pod("x", "default"), pod("x", "default")
        skipping["metadata"]["labels"] = {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}
        # A mirror pod may name no service account.
        del mirror["spec"]["serviceAccountName"], default["spec"]["serviceAccountName"]
        mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
        mirror["spec"]["nodeName"] = "node"
        self.assertTrue(has_identity(self.create(default)))
        self.assertEqual(identity_volumes(self.create(mirror)), [])
        for made in (skipping, pod("x", "plain")):
            assert_untouched(self, self.create(made))


if __name__ == "__main__":
    unittest.main()
