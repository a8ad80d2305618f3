"""Reviews of pods from a seed: half of them as most pods are, half with something in the way."""
import copy

from accounts import seconds, text_of

NAMES = ["app", "web", "proxy", "a,b", 'q"q', " app", "app ", "init-0", "init-1", "ü", "app\n", "a", "b", "ab", "a\nb", 'a"b', "", " ", "\n",
         "a ", '"', "b\n"]  # the API refuses most, but not before the webhooks have seen them
SKIPS = ["", "app", "app,web", "app, web", " app", '"app"', '"app","web"', 'app,"web"', '"app', 'app"', 'a"pp', '""', ",", ",,app", "app\nweb",
         "app\r\nweb", "\napp", "\r\n\napp", '"app\nweb",proxy', '"a,b"', '"q""q"', '"app" ,web', "app;web", "APP", "init-0,proxy", "\r", "app\r",
         "#app", "app,web,proxy,init-0,init-1", "*", "app\rweb", '"app"x', "'app'", ' "app"', "\t", "app,\nweb", '"\n"', '"app\r\nweb"',
         '"app"\r\n']
PLAIN_VARIABLES = ["AWS_REGION", "AWS_PROFILE", "AWS_STS_REGIONAL_ENDPOINTS", "PATH", "HOME"]
VARIABLES = [*PLAIN_VARIABLES, "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_DEFAULT_REGION",
             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_ACCESS_KEY_ID", "aws_role_arn", "AWS_ROLE_ARN_X", "AWS_USE_FIPS_ENDPOINT",
             "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_ROLE_SESSION_NAME", "", "IRSA_POD_NAME"]
VALUES = [{}, {"value": ""}, {"value": "x"}, {"value": "$(PATH)"}, {"value": 'q"\\\n'}, {"value": None},
          {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name", "apiVersion": "v1"}}},
          {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
          {"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
          {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}}]
LABELS = [{}, None, {"app": "x"}, {"eks.amazonaws.com/skip-pod-identity-webhook": "true"},
          *({"eks.amazonaws.com/pod-identity": value} for value in ("enabled", "disabled", ""))]
PLAIN_PATHS, PLAIN_VOLUMES = ["/data", "/var/run/secrets/kubernetes.io/serviceaccount"], ["data", "kube-api-access-abcde"]
MOUNT_OPTIONS = [{}, {"readOnly": True}, {"subPath": "x"}, {"recursiveReadOnly": "Disabled"}]
# (chance, field, values)
OF_SPECS = [(0.1, "hostNetwork", [True, False]), (0.05, "enableServiceLinks", [False]), (0.05, "madeUp", [{"a": [1, 2.5]}]),
            (0.1, "securityContext", [{}, {"fsGroup": 65534, "runAsUser": 1 << 40}, {"supplementalGroupsPolicy": "Strict"}]),
            (0.1, "os", [{"name": "windows"}, {"name": "linux"}, {}, None]),
            (0.15, "nodeSelector", [{"kubernetes.io/os": "windows"}, {"beta.kubernetes.io/os": "windows"}, {"kubernetes.io/os": "linux"},
                                    {"kubernetes.io/os": "Windows"}, {"kubernetes.io/os": "linux", "beta.kubernetes.io/os": "windows"}, {}, None])]
OF_CONTAINERS = [(0.3, "resources", [{"requests": {"cpu": "1000m", "memory": "0.5Gi"}}]), (0.2, "securityContext", [{"runAsNonRoot": True}]),
                 (0.1, "madeUp", [{"x": 1}]), (0.2, "ports", [[{"containerPort": 80}]]), (0.1, "stdin", [False]), (0.1, "command", [[]]),
                 (0.1, "lifecycle", [{"stopSignal": "SIGUSR1"}]), (0.1, "restartPolicyRules", [[{"action": "Restart"}]])]
# How requests are not the creation of a pod.
OTHER_REQUESTS = [{"operation": "UPDATE"}, {"subResource": "binding"}, {"operation": "DELETE"}]


def term(key, *values, operator="In"):
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


WINDOWS, LINUX = term("kubernetes.io/os", "windows"), term("kubernetes.io/os", "linux", "windows")
BOTH = {"matchExpressions": term("zone", "a")["matchExpressions"] + term("beta.kubernetes.io/os", "windows")["matchExpressions"], "matchFields": []}
NODE_TERMS = [[WINDOWS], [WINDOWS, LINUX], [LINUX], [BOTH, WINDOWS], [{}], [], [term("kubernetes.io/os", "linux", operator="NotIn")],
              [term("kubernetes.io/os", operator="Exists")]]


def request_of(uid, namespace, pod):
    return {"uid": uid, "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": namespace, "operation": "CREATE", "userInfo": {"username": "u"}, "object": pod}


def probe(namespace, account):
    """A review whose pod gets an identity if the account has one."""
    spec = {"serviceAccountName": account, "containers": [{"name": "c", "image": "i"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request_of("probe", namespace, pod)}


class Pods:
    """Reviews of pods of the accounts `keys`. The places that matter come from `setups`: what the accounts' pods get (listed.py)."""

    def __init__(self, random, prefix, keys, setups):
        self.random, self.prefix, self.keys = random, prefix, keys
        self.is_plain = True  # of the pod that is being made
        self.setups = setups
        self.paths, self.volumes = [*PLAIN_PATHS, "/", "/var/run", ""], [*PLAIN_VOLUMES]
        for directory, path in {(setup.directory.rstrip("/"), setup.path): None for setup in setups}:
            parent, name = directory.rsplit("/", 1)
            self.paths += [directory, f"{directory}/", f"{directory}//.", f"{directory}/{path}", f"{directory}/sub", f"{directory}x",
                           directory.lstrip("/"), parent, "C:" + directory.replace("/", "\\"), f"{directory}/../{name}"]
        for volume in {setup.volume: None for setup in setups}:
            self.volumes += [volume, f"{volume}-2"]

    def happens(self, chance):
        return self.random.random() < chance

    def some_of(self, choices):
        return {field: copy.deepcopy(self.random.choice(values)) for chance, field, values in choices if self.happens(chance)}

    def review(self, number):
        pick = self.random.choice
        self.is_plain = self.happens(0.5)
        namespace, account = pick(self.keys).split("/")
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": self.metadata(namespace), "spec": self.spec(account)}
        request = {**request_of(f"{number:08d}-0000-4000-8000-000000000000", namespace, pod), "oldObject": None, "dryRun": self.happens(0.1),
                   "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}}
        if self.happens(0.3):
            request["userInfo"] = {"username": "system:serviceaccount:kube-system:replicaset-controller"}
        if self.happens(0.02):
            request.update(pick(OTHER_REQUESTS))
        if self.happens(0.2):
            request["name"] = "p"
        return {"kind": "AdmissionReview", "apiVersion": pick(["admission.k8s.io/v1", "admission.k8s.io/v1beta1"]), "request": request}

    def metadata(self, namespace):
        pick = self.random.choice
        managed = {"manager": "m", "operation": "Update", "fieldsV1": {"f:spec": {"f:containers": {}}}}
        metadata = {**pick([{"name": "p"}, {"generateName": "p-"}, {"generateName": "p" * 70}, {}]), "creationTimestamp": None,
                    "managedFields": [managed]}
        if self.happens(0.5):
            metadata["namespace"] = namespace
        annotations = {}
        if self.happens(0.35):
            annotations[f"{self.prefix}/skip-containers"] = pick(SKIPS) if self.happens(0.5) else text_of(self.random, 'ab,"\n\r ', 9)
        if self.happens(0.3):
            annotations[f"{self.prefix}/token-expiration"] = seconds(self.random)
        if self.happens(0.05):
            annotations[f"{self.prefix}/" + pick(["skip-container", "role-arn", "audience", "sts-regional-endpoints", ""])] = "app"
        if self.happens(0.01):
            annotations["kubernetes.io/config.mirror"] = "abc"
        if annotations or self.happens(0.2):
            metadata["annotations"] = annotations or pick([None, {}, {"other": "x"}])
        if self.happens(0.5):
            metadata["labels"] = copy.deepcopy(pick(LABELS))
        return metadata

    def spec(self, account):
        pick = self.random.choice
        spec = {"serviceAccountName": account, "serviceAccount": account}
        if self.happens(0.04):
            spec = pick([{}, {"serviceAccountName": ""}, {"serviceAccount": account}, {"serviceAccountName": None}])
        spec["containers"] = self.containers(pick([0, 1, 1, 1, 2, 2, 3, 4]), ["app", "web", "proxy"])
        if self.happens(0.5):
            spec["initContainers"] = self.containers(pick([0, 1, 1, 2, 4]), ["init-0", "init-1", "init-2"])
            for container in spec["initContainers"]:
                if self.happens(0.4):
                    container["restartPolicy"] = "Always"
        if self.happens(0.1):
            spec["ephemeralContainers"] = self.containers(1, ["debug"])
        volumes = self.pod_volumes()
        if volumes or self.happens(0.3):
            spec["volumes"] = volumes or pick([None, []])
        spec.update(self.some_of(OF_SPECS))
        if self.happens(0.1):
            required = {"nodeSelectorTerms": copy.deepcopy(pick(NODE_TERMS))}
            spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
        return spec

    def containers(self, count, names):
        pick = self.random.choice
        found = []
        for i in range(count):
            name = pick(NAMES) if i >= len(names) or self.happens(0.2) else names[i]
            container = {"name": name, "image": f"registry.example.com/{i}:1"}
            env = [self.variable() for _ in range(pick([0, 1, 2, 3, 6, 12]))]
            if env or self.happens(0.3):
                container["env"] = env or pick([None, []])
            mounts = [self.mount() for _ in range(pick([0, 0, 1, 1, 2, 3]))]
            if mounts or self.happens(0.3):
                container["volumeMounts"] = mounts or pick([None, []])
            found.append({**container, **self.some_of(OF_CONTAINERS)})
        return found

    def variable(self):
        pick = self.random.choice
        return {"name": pick(PLAIN_VARIABLES if self.is_plain else VARIABLES), **copy.deepcopy(pick(VALUES))}

    def mount(self):
        pick = self.random.choice
        return {"name": pick(PLAIN_VOLUMES if self.is_plain else self.volumes), "mountPath": pick(PLAIN_PATHS if self.is_plain else self.paths),
                **pick(MOUNT_OPTIONS)}

    def pod_volumes(self):
        if not self.is_plain and self.happens(0.02):  # every name taken
            setup = self.random.choice(self.setups)
            return [{"name": setup.volume + suffix, "emptyDir": {}} for suffix in ("", *(f"-{number}" for number in range(2, 11)))]
        return [{"name": name, **self.source()} for name in (PLAIN_VOLUMES if self.is_plain else self.volumes) if self.happens(0.3)]

    def source(self):
        pick = self.random.choice
        setup = pick(self.setups)
        token = {"serviceAccountToken": {"path": setup.path, "audience": setup.audience, "expirationSeconds": 3600}}
        other = {"serviceAccountToken": {"path": setup.path, "audience": "vault", "expirationSeconds": 3600}}
        elsewhere = {"serviceAccountToken": {"path": "elsewhere", "audience": setup.audience}}
        sources = [[token], [other, token], [other], [elsewhere], None, [{"configMap": {"name": "c"}}]]
        return pick([{"emptyDir": {}}, {"secret": {"secretName": "s"}}, {"hostPath": {"path": "/"}}, {"csi": {"driver": "d"}},
                     *({"projected": {"sources": copy.deepcopy(one)}} for one in sources)])
