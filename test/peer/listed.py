"""The differences that docs/features.md, docs/pod-identity.md and docs/design.md list, as code.

Each is a pod (or an account) that the Go webhook would have to be shown to do what irsa does, or a change of its answer. So irsa is compared
with the Go webhook for everything else, and a listed difference has to be exactly as listed.
"""
import copy
import re

from patched import LABEL, additions, lists_of

MAX_EXPIRATION = (1 << 32) - 1
DEFAULT_EXPIRATION = 86400
NONE = {"containers": {}, "volumes": [], "label": None}
FOREIGN, ELSEWHERE, HIDDEN = "x-foreign", "x-elsewhere", "X_HIDDEN"
REGION_VARIABLES = {"AWS_REGION", "AWS_DEFAULT_REGION"}
STS_VARIABLE = "AWS_STS_REGIONAL_ENDPOINTS"


class Setup:
    """What an account's pods get, by the flags and the account's annotations; `listed` accounts use EKS Pod Identity."""

    def __init__(self, flags, annotations, listed):
        prefix = flags.get("annotation-prefix", "eks.amazonaws.com")
        self.prefix, self.annotations, self.listed = prefix, annotations, listed
        self.expiration = max(int(flags.get("token-expiration", DEFAULT_EXPIRATION)), 600)
        self.default_audience = flags.get("token-audience", "sts.amazonaws.com")
        self.role_arn = annotations.get(f"{prefix}/role-arn", "")
        if listed:
            self.pair = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
            own = "container-credentials-"
            self.volume = flags.get(f"{own}token-volume-name", "eks-pod-identity-token")
            self.directory = flags.get(f"{own}token-mount-path", "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount")
            self.path = flags.get(f"{own}token-path", "eks-pod-identity-token")
            self.audience = flags.get(f"{own}audience", "pods.eks.amazonaws.com")
        else:
            self.pair = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
            self.volume, self.path = "aws-iam-token", "token"
            self.directory = flags.get("token-mount-path", "/var/run/secrets/eks.amazonaws.com/serviceaccount")
            self.audience = annotations.get(f"{prefix}/audience") or self.default_audience


def seconds_in(text):
    """Of a signed decimal 64-bit number."""
    if text is None or not re.fullmatch(r"[+-]?[0-9]+", text) or not -(1 << 63) <= int(text) < 1 << 63:
        return None
    return max(int(text), 600)


def lifetimes(setup, pod):
    """The token's lifetime by the Go webhook's rules and by irsa's; None: not asked for."""
    key = f"{setup.prefix}/token-expiration"
    given = [seconds_in(one.get(key)) for one in ((pod.get("metadata") or {}).get("annotations") or {}, setup.annotations)]
    go = next((one for one in given if one is not None), None)
    irsa = next((one for one in given if one is not None and one <= MAX_EXPIRATION), None)
    return go, irsa


def clean(path, is_windows):
    if is_windows:
        path = re.sub(r"^[A-Za-z0-9]:", "", path).replace("\\", "/")
    elements = []
    for element in path.split("/"):
        if element == "..":
            del elements[-1:]
        elif element not in ("", "."):
            elements.append(element)
    return "/" + "/".join(elements)


def windows_by(pod):
    """Whether the pod is one for Windows: by its node selector, and by anything."""
    spec = pod.get("spec") or {}
    selector = spec.get("nodeSelector") or {}
    by_selector = "windows" in (selector.get("kubernetes.io/os"), selector.get("beta.kubernetes.io/os"))
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms") or []

    def wants_windows(term):
        return any(one.get("key") in ("kubernetes.io/os", "beta.kubernetes.io/os") and one.get("operator") == "In" and
                   set(one.get("values") or []) == {"windows"} for one in term.get("matchExpressions") or [])

    by_affinity = bool(terms) and all(map(wants_windows, terms))
    return by_selector, by_selector or (spec.get("os") or {}).get("name") == "windows" or by_affinity


def is_token_volume(setup, volume):
    sources = (volume.get("projected") or {}).get("sources") or []
    tokens = [one["serviceAccountToken"] for one in sources if one.get("serviceAccountToken")]
    return any(one.get("path") == setup.path and one.get("audience") == setup.audience for one in tokens)


def rename_volume(pod, old, new):
    for volume in pod["spec"].get("volumes") or []:
        if volume.get("name") == old:
            volume["name"] = new
    for _, _, container in lists_of(pod):
        for mount in container.get("volumeMounts") or []:
            if mount.get("name") == old:
                mount["name"] = new


class Expectation:
    """What irsa is to add to the pod of `review`, from what the Go webhook (`ask`) answers, and which listed differences that takes."""

    def __init__(self, review, setup, ask):
        self.review, self.setup, self.ask = review, setup, ask
        self.causes = set()
        self.pod = copy.deepcopy(review["request"]["object"])
        self.fixes = []
        self.added = self.find()

    def ask_about(self, pod):
        review = copy.deepcopy(self.review)
        review["request"]["object"] = pod
        return additions(pod, self.ask(review))

    def find(self):
        request, setup = self.review["request"], self.setup
        metadata = self.pod.get("metadata") or {}
        if request["operation"] != "CREATE" or request.get("subResource") or request["resource"]["resource"] != "pods":
            return self.nothing("not the creation of a pod")
        if "kubernetes.io/config.mirror" in (metadata.get("annotations") or {}):
            return self.nothing("mirror pod")
        if not setup.listed and not setup.role_arn:
            return self.nothing("empty role-arn")
        if not self.pod["spec"].get("serviceAccountName"):
            self.note("no serviceAccountName")
            self.pod["spec"]["serviceAccountName"] = "default"
        by_selector, self.is_windows = windows_by(self.pod)
        if self.is_windows and not by_selector:
            self.note("Windows by os or affinity")
            self.pod["spec"]["nodeSelector"] = {"kubernetes.io/os": "windows"}
        chosen = self.choose_volume()
        if chosen is None:
            return self.nothing("every volume name is taken")
        for name, i, container in lists_of(self.pod):
            self.rewrite_container(f"{name}/{i}", container)
        added = self.ask_about(self.pod)
        for fix in self.fixes:
            fix(added)
        added["containers"] = {place: one for place, one in added["containers"].items() if one["env"] or one["mounts"]}
        self.correct_volume(added, chosen)
        self.correct_label(added)
        return added

    def note(self, cause):
        self.causes.add(cause)

    def nothing(self, cause):
        self.note(cause)
        return NONE

    def choose_volume(self):
        """The name of irsa's volume. The Go webhook's has the first name, which something else must not have then."""
        setup, volumes = self.setup, self.pod["spec"].get("volumes") or []
        taken = {one.get("name") for one in volumes if not is_token_volume(setup, one)}
        names = [setup.volume, *(f"{setup.volume}-{number}" for number in range(2, 11))]
        chosen = next((name for name in names if name not in taken), None)
        if chosen not in (None, setup.volume):
            self.note("volume name taken")
            rename_volume(self.pod, setup.volume, FOREIGN)
            rename_volume(self.pod, chosen, setup.volume)
        return chosen

    def rewrite_container(self, place, container):
        setup = self.setup
        env = {one.get("name") for one in container.get("env") or []}
        mounts = container.get("volumeMounts") or []
        directory = clean(setup.directory, False)
        ours = [one for one in mounts if one.get("name") == setup.volume]
        at_directory = [one for one in mounts if clean(one.get("mountPath", ""), self.is_windows) == directory]
        has_mount = any(one in at_directory for one in ours) or (bool(ours) and setup.pair[1] in env)
        if ours and not has_mount:
            self.note("token volume mounted elsewhere")
            for one in ours:
                one["name"] = ELSEWHERE
        if not has_mount and at_directory:
            self.drop_mounts(place)
        present = [name for name in setup.pair if name in env]
        if len(present) == 1:
            self.note("one of the pair of variables")
            container["env"] = [one for one in container["env"] if one.get("name") != present[0]]
            self.drop_variable(place, present[0])
        if len(present) == 2 and env & REGION_VARIABLES and STS_VARIABLE in env and not has_mount:
            self.note("all variables set")
            for one in container["env"]:
                if one.get("name") == STS_VARIABLE:
                    one["name"] = HIDDEN
            self.drop_variable(place, STS_VARIABLE)

    def drop_mounts(self, place):
        def fix(added):
            if added["containers"].get(place, {}).get("mounts"):
                self.note("token's path taken")
                added["containers"][place]["mounts"] = []
        self.fixes.append(fix)

    def drop_variable(self, place, name):
        def fix(added):
            if place in added["containers"]:
                one = added["containers"][place]
                one["env"] = [variable for variable in one["env"] if variable[0] != name]
        self.fixes.append(fix)

    def correct_volume(self, added, chosen):
        setup = self.setup
        pod_mounts = {one.get("name") for _, _, container in lists_of(self.review["request"]["object"])
                      for one in container.get("volumeMounts") or []}
        is_mounted = any(one["mounts"] for one in added["containers"].values()) or chosen in pod_mounts
        if added["volumes"] and not is_mounted:
            self.note("no container mounts the volume")
            added["volumes"] = []
        for container in added["containers"].values():
            container["mounts"] = [(chosen, *one[1:]) for one in container["mounts"]]
        for volume in added["volumes"]:
            volume["name"] = chosen
            token = volume["projected"]["sources"][0]["serviceAccountToken"]
            if not setup.listed and setup.annotations.get(f"{setup.prefix}/audience") == "":
                self.note("empty audience")
                token["audience"] = setup.default_audience
            self.correct_lifetime(token)

    def correct_lifetime(self, token):
        setup = self.setup
        go, irsa = lifetimes(setup, self.pod)
        if go != irsa:
            self.note("lifetime that the API refuses")
        is_random = setup.listed and (setup.expiration if go is None else go) == DEFAULT_EXPIRATION
        if is_random:
            self.note("random lifetime")
        if irsa is None and setup.listed and setup.expiration == DEFAULT_EXPIRATION:
            token["expirationSeconds"] = "79200 to 86400"
        elif go != irsa or is_random:
            token["expirationSeconds"] = setup.expiration if irsa is None else irsa

    def correct_label(self, added):
        if added["label"] is None:
            return
        if LABEL in ((self.pod.get("metadata") or {}).get("labels") or {}):
            self.note("label with another value")
            added["label"] = None
            return
        bare = copy.deepcopy(self.pod)
        for _, _, container in lists_of(bare):
            container["env"], container["volumeMounts"] = [], []
        if not self.ask_about(bare)["containers"]:
            self.note("every container skipped")
            added["label"] = None


def same(expected, found):
    """Whether irsa added what was expected. A lifetime that the Go webhook chooses at random has only its range."""
    found = copy.deepcopy(found)
    for one, other in zip(expected["volumes"], found["volumes"]):
        wanted = one["projected"]["sources"][0].get("serviceAccountToken", {})
        token = ((other.get("projected") or {}).get("sources") or [{}])[0].get("serviceAccountToken", {})
        if wanted.get("expirationSeconds") == "79200 to 86400" and 79200 <= token.get("expirationSeconds", 0) <= 86400:
            token["expirationSeconds"] = wanted["expirationSeconds"]
    return expected == found
