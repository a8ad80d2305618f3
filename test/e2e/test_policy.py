"""The identity policy in kube-apiserver makes of a pod what irsa makes of it. No irsa runs."""
import copy
import json
import os
import pathlib
import random
import unittest

from .harness.objects import (ROLE, TOKEN_DIRECTORY, assert_untouched, containers, env, has_identity, identity_volumes, pod,
                              service_account, with_role)
from .harness.policy import WITHOUT_ROLES, OfflineMutation, PolicyCluster, comparable
from .harness.waiting import wait_until

BINARY = os.environ["IRSA_BINARY"]
# Of made-up pods and accounts: with --slow three times as many.
PODS, ACCOUNTS = (300, 100) if os.environ.get("IRSA_SLOW") else (100, 35)
CASES = pathlib.Path(__file__).resolve().parents[1] / "data" / "cases"
# All but the last lead to the token's directory.
UNCLEAN_PATHS = [TOKEN_DIRECTORY + "/", "/" + TOKEN_DIRECTORY, TOKEN_DIRECTORY[1:], TOKEN_DIRECTORY + "/.", "/x/.." + TOKEN_DIRECTORY,
                 TOKEN_DIRECTORY.replace("/", "\\"), "/elsewhere/serviceaccount/"]
SKIP, EXPIRATION = "eks.amazonaws.com/skip-containers", "eks.amazonaws.com/token-expiration"
INCLUDE = "eks.amazonaws.com/include-containers"


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

    def use(self, accounts, flags=None):
        """What `irsa mutate` makes of pods with these accounts and flags, once the policy has both. In the namespace without
        roles there are accounts of the same names."""
        plain = [service_account(account["metadata"]["name"], {}, WITHOUT_ROLES) for account in accounts]
        self.apply(*{json.dumps(each): each for each in accounts + plain}.values())
        self.use_policy(flags)
        file = self.directory / "accounts.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": accounts}))
        mutation = OfflineMutation(BINARY, file, [f"--{name}={value}" for name, value in (flags or {}).items()])
        # Policies and accounts reach it through informers.
        wait_until(lambda: not self.differing([pod("probe", "probe")], mutation), "the policy in use")
        return mutation

    def expected(self, manifests, mutation):
        """What would be stored of these pods with irsa's patch. Each goes to the apiserver as it is, in the namespace
        without roles, then through `irsa mutate`, and to the apiserver again, which fills in its defaults."""
        plain = [in_namespace(self.create(in_namespace(manifest, WITHOUT_ROLES)), manifest["metadata"]["namespace"]) for manifest in manifests]
        return [self.create(without(in_namespace(mutated, WITHOUT_ROLES), "uid", "creationTimestamp", "managedFields"))
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
            accounts = json.loads(text.replace('"sts-T"', '"sts-upper-t"'))["items"]
            # "missing", which no real apiserver admits a pod of, is one without a role here.
            accounts += [service_account("probe", {f"{prefix}/role-arn": ROLE}), service_account("missing")]
            mutation = self.use(accounts, {name: str(value).lower() if value is True else value for name, value in flags.items()})
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
        annotations = {"plain": {}, "regional": {"sts-regional-endpoints": "true"}, "custom": {"audience": "x", "token-expiration": "7200"},
                       "own": {"region": "us-east-2", "use-fips": "true", "role-session-name": "n.{pod}", "include-containers": "app,init-0", "skip-containers": "log"}}
        accounts = [with_role(name, **{key.replace("-", "_"): value for key, value in more.items()})
                    for name, more in {**annotations, "default": {}, "probe": {}}.items()] + [service_account("none")]
        mutation = self.use(accounts, {"aws-default-region": "eu-central-1"})
        manifests = [made_up_pod(random.Random(seed)) for seed in range(PODS)]
        differing = self.differing(manifests, mutation)
        self.assertEqual([manifests[place] for place in differing[:3]], [])
        self.assertEqual(self.failed_checks(), [])

    def test_made_up_accounts(self):
        """All that an account may say: what irsa ignores, the policy ignores."""
        accounts = [made_up_account(random.Random(seed), f"made-up-{seed}") for seed in range(ACCOUNTS)]
        for flags in ({}, {"sts-regional-endpoint": "t", "token-expiration": "300", "token-audience": "sts.example.com",
                           "compose-role-arn": "true", "aws-partition": "aws-cn", "aws-account-id": "111122223333"}):
            mutation = self.use([*accounts, with_role("probe")], flags)
            # The policy follows the accounts by a watch.
            last = pod("x", accounts[-1]["metadata"]["name"])
            wait_until(lambda: not self.differing([last], mutation), "the accounts in use")
            differing = self.differing([pod("x", account["metadata"]["name"]) for account in accounts], mutation)
            self.assertEqual([accounts[place] for place in differing[:3]], [])
        self.assertEqual(self.failed_checks(), [])


def made_up_account(chance, name):
    def size(least):
        """Around irsa's limit of 2,048 bytes."""
        return chance.choice(["x" * 2048, "x" * 2049, "\u00e9" * 1024, "\u00e9" * 1024 + "x", "\u20ac" * 683]) if chance.random() < 0.3 else least
    numbers = ["", "0", "599", "600", "3600", "86401", "4294967295", "4294967296", "+700", "-5", "1e4", " 900", "0x10", "999999999999999999",
               "000000000000000900", "-99999999999999999", "9" * 19, "9" * 30, "-" + "9" * 20, "0" * 100 + "700", "-" + "0" * 30 + "5", "+-5", "++5", "+", "-", "abc"]
    values = {"role-arn": size(chance.choice(["", ROLE, ROLE, ROLE, "role/x", "\u00e9"])), "audience": size(chance.choice(["", "x", "https://a.example"])),
              "token-expiration": chance.choice(numbers),
              "sts-regional-endpoints": chance.choice(["", "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False", "yes", "tRUE", " true"]),
              "region": chance.choice(["", "", "us-east-2", "EU", "-a", "a b", "x" * 63, "x" * 64]), "use-fips": chance.choice(["", "", "true", "T", "yes", "false"]),
              "role-session-name": chance.choice(["", "{pod}", "{namespace}.{pod}", "{service-account}@{namespace}", "a", "{pod", "a b", "{pod}" * 9,
                                                  "x" * 64, "x" * 65, "x" * 257, "{Pod}", "a\n", "$(HOME)", "_+=,.@-{pod}"]),
              "include-containers": chance.choice(["", "", "app", "web", "app,web"]), "skip-containers": chance.choice(["", "", "app", " app", "log,web"])}
    return service_account(name, {f"eks.amazonaws.com/{key}": value for key, value in values.items() if chance.random() < 0.8})


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


def token_volume(name, audience, path="token"):
    return {"name": name, "projected": {"sources": [{"serviceAccountToken": {"audience": audience, "path": path}}]}}


def made_up_volume(chance, name):
    """irsa's own of such a name, or one that only has it. The accounts' audiences are "x" and the default."""
    if not name.startswith("aws-iam-token") or chance.random() < 0.3:
        return {"name": name, "emptyDir": {}}
    return token_volume(name, chance.choice(["x", "sts.amazonaws.com", "sts.amazonaws.com", "vault"]), chance.choice(["token", "token", "other"]))


def made_up_affinity(chance):
    def term():
        values = chance.choice([["windows"], ["windows"], ["windows", "linux"], ["linux"]])
        return {"matchExpressions": [{"key": chance.choice(["kubernetes.io/os", "beta.kubernetes.io/os", "os"]), "operator": chance.choice(["In", "In", "NotIn"]), "values": values}]}
    terms = [term() for _ in range(chance.choice([1, 1, 2]))]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def made_up_pod(chance):
    def container(name):
        made = {"name": name, "image": "registry.example.com/app:1"}
        names = chance.choices(["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_REGION", "AWS_DEFAULT_REGION",
                                "AWS_STS_REGIONAL_ENDPOINTS", "AWS_PROFILE", "AWS_USE_FIPS_ENDPOINT", "AWS_ROLE_SESSION_NAME",
                                "IRSA_POD_NAME", "HOME", "aws_region"], k=chance.choice([0, 0, 1, 2, 4]))
        if names or chance.random() < 0.2:
            made["env"] = [{"name": each, "value": "theirs"} for each in names]
        mounts = {"data": "/data", "config": chance.choice(["/config/", TOKEN_DIRECTORY, TOKEN_DIRECTORY + "/x"]),
                  "aws-iam-token": chance.choice(["/elsewhere", TOKEN_DIRECTORY]),
                  "aws-iam-token-2": chance.choice(["/elsewhere/two", TOKEN_DIRECTORY])}
        # One mount at a path: no apiserver takes two.
        chosen = {mounts[volume]: volume for volume in mounts if volume in volumes and chance.random() < 0.3}.values()
        if chosen:
            made["volumeMounts"] = [{"name": volume, "mountPath": mounts[volume]} for volume in chosen]
        return made
    volumes = [volume for volume, share in (("data", 0.5), ("config", 0.5), ("aws-iam-token", 0.3), ("aws-iam-token-2", 0.2)) if chance.random() < share]
    made = pod("x", chance.choice(["plain", "regional", "custom", "own", "default", "none"]))
    made["spec"]["containers"] = [container(name) for name in ["app", "web", "log"][:chance.choice([1, 1, 2, 3])]]
    if chance.random() < 0.5:
        made["spec"]["initContainers"] = [container(f"init-{place}") for place in range(chance.choice([1, 2]))]
        if chance.random() < 0.5:
            made["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    if volumes:
        made["spec"]["volumes"] = [made_up_volume(chance, volume) for volume in volumes]
    if chance.random() < 0.3:
        made["spec"]["automountServiceAccountToken"] = False
    if chance.random() < 0.3:
        made["spec"]["os"] = {"name": chance.choice(["windows", "linux"])}
    if chance.random() < 0.3:
        made["spec"]["nodeSelector"] = {chance.choice(["kubernetes.io/os", "beta.kubernetes.io/os", "os"]): chance.choice(["windows", "linux", "Windows"])}
    if chance.random() < 0.3:
        made["spec"]["affinity"] = made_up_affinity(chance)
    made["metadata"]["annotations"] = {
        INCLUDE: chance.choice(["", "", "", "app", "app,web", "log", "nobody", " app"]),
        SKIP: chance.choice(["", "", "app", "web,app", " app", "app,", ",", "APP", "init-0,log", "nobody"]),
        EXPIRATION: chance.choice(["", "0", "599", "600", "3600", "86401", "4294967295", "4294967296", "+700", "-5", "1e4", " 900", "0x10",
                                   "999999999999999999", "000000000000000900", "-99999999999999999", "9" * 19, "9" * 30, "-" + "9" * 20, "0" * 100 + "700", "-" + "0" * 30 + "5", "+-5", "++5", "+", "-", "abc"])}
    return made


class LeftToTheWebhook(PolicyCluster):
    """By the rules of docs/policy.md; and what is not left stays within the apiserver's limits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.remove_webhooks()
        cls.apply(with_role("probe", sts_regional_endpoints="true"), with_role("default"), service_account("plain"),
                  with_role("minus", token_expiration="-" + "1" * 19), with_role("quoted", skip_containers='"a,b"'),
                  with_role("several", profiles=f"other={ROLE}"), with_role("long", token_expiration="1" * 19))
        cls.use_policy({"aws-default-region": "eu-central-1"})
        wait_until(lambda: "AWS_REGION" in env(cls.create(pod("x", "probe"))["spec"]["containers"][0]), "the policy in use")
        # The account that was applied last.
        wait_until(lambda: has_identity(cls.create(pod("x", "long"))), "the accounts in use")

    def annotated(self, **annotations):
        made = pod("x", "probe")
        made["metadata"]["annotations"] = {f"eks.amazonaws.com/{name.replace('_', '-')}": value for name, value in annotations.items()}
        return made

    def mounting(self, *paths):
        made = pod("x", "probe")
        made["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}]
        made["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": path} for path in paths]
        return made

    def with_all_names(self):
        made = pod("x", "probe")
        made["spec"]["volumes"] = [{"name": name, "emptyDir": {}} for name in ("aws-iam-token", *(f"aws-iam-token-{number}" for number in range(2, 11)))]
        return made

    def large(self, containers, variables):
        made = pod("x", "probe")
        made["spec"]["containers"] = [{"name": f"c{number}", "image": "a", "env": [{"name": f"AWS_X{place}"} for place in range(variables)]}
                                      for number in range(containers)]
        return made

    def test_what_is_left(self):
        for made in (self.annotated(skip_containers='"app"'), self.annotated(skip_containers='other,"a,b"'),
                     self.annotated(skip_containers="app\nweb"), self.annotated(skip_containers="x" * 2000), self.annotated(include_containers='"app"'), pod("x", "quoted"),
                     self.annotated(token_expiration="-" + "1" * 19), self.large(201, 0), self.large(2, 10001), pod("x", "minus"), pod("x", "several"),
                     *(self.mounting(path) for path in UNCLEAN_PATHS), self.with_all_names()):
            stored = self.create(made)
            self.assertFalse([volume for volume in identity_volumes(stored) if "projected" in volume])
            self.assertNotIn("AWS_ROLE_ARN", [name for container in stored["spec"]["containers"] for name in env(container)])
        self.assertEqual(self.failed_checks(), [])

    def test_what_is_just_not_left(self):
        for made in (self.annotated(skip_containers=",".join(["nobody"] * 285)), self.annotated(token_expiration="1" * 19),
                     self.annotated(token_expiration="-" + "1" * 18), self.large(100, 200), pod("x", "long"),
                     self.mounting("/data/", "config", "/x/../y", TOKEN_DIRECTORY + "s", "/serviceaccount", "/..serviceaccount")):
            stored = self.create(made)
            self.assertTrue(has_identity(stored))
            self.assertEqual(len(identity_volumes(stored)), 1)
        self.assertEqual(self.failed_checks(), [])

    def test_most_that_is_not_left(self):
        """Every limit at once."""
        made = self.large(200, 100)
        made["metadata"]["annotations"] = {SKIP: ",".join(["c"] * 1000), INCLUDE: ",".join([*["c"] * 500, *(f"c{number}" for number in range(200))]), EXPIRATION: "0" * 15 + "700"}
        self.assertTrue(has_identity(self.create(made)))
        self.assertEqual(self.failed_checks(), [])

    def test_volumes_that_only_have_the_name(self):
        for theirs in ({"name": "aws-iam-token", "emptyDir": {}}, token_volume("aws-iam-token", "vault"), token_volume("aws-iam-token", "sts.amazonaws.com", "other")):
            made = pod("x", "probe")
            made["spec"]["volumes"] = [theirs]
            made["spec"]["containers"][0]["volumeMounts"] = [{"name": "aws-iam-token", "mountPath": "/elsewhere"}]
            stored = self.create(made)
            self.assertTrue(has_identity(stored))
            mounts = [(mount["name"], mount["mountPath"]) for mount in stored["spec"]["containers"][0]["volumeMounts"] if mount["name"].startswith("aws")]
            self.assertEqual(mounts, [("aws-iam-token", "/elsewhere"), ("aws-iam-token-2", TOKEN_DIRECTORY)])
        self.assertEqual(self.failed_checks(), [])

    def test_windows_by_affinity(self):
        made = pod("x", "probe")
        terms = [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}]}]
        made["spec"]["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
        self.assertTrue(env(self.create(made)["spec"]["containers"][0])["AWS_WEB_IDENTITY_TOKEN_FILE"].startswith("C:\\"))

    def test_volume_that_only_a_container_knows(self):
        made = pod("x", "probe")
        made["spec"]["containers"][0]["volumeMounts"] = [{"name": "aws-iam-token", "mountPath": "/elsewhere"}]
        self.assertEqual(len(identity_volumes(self.create(made))), 1)

    def test_namespaces_of_the_webhooks_second_entry(self):
        self.apply(with_role("default", "kube-system"))
        wait_until(lambda: has_identity(self.create(pod("x", "default", "kube-system"))), "the account in use")

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
