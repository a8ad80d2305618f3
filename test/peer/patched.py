"""What a patch adds to a pod, so that two patches can be compared however they are written."""
import copy
import json

LISTS = ("initContainers", "containers")
LABEL = "eks.amazonaws.com/pod-identity"


class NotAdditive(Exception):
    """A patch that rewrites what was in the pod."""


def parts_of(path):
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def apply(pod, patch, is_additive=False):
    """The pod after the patch, which has `add` operations only; with `is_additive`, none that takes something away."""
    pod = copy.deepcopy(pod)
    for operation in patch:
        if operation["op"] != "add":
            raise NotAdditive(f"{operation['op']} {operation['path']}")
        *parents, last = parts_of(operation["path"])
        place = pod
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if isinstance(place, list):
            place.insert(len(place) if last == "-" else int(last), copy.deepcopy(operation["value"]))
            continue
        if is_additive and place.get(last) not in (None, [], {}):
            raise NotAdditive(f"{operation['path']} is in the pod already")
        place[last] = copy.deepcopy(operation["value"])
    return pod


def lists_of(pod):
    """(list, index, container) of each container."""
    spec = pod.get("spec") or {}
    return [(name, i, container) for name in LISTS for i, container in enumerate(spec.get(name) or [])]


def variable(entry):
    return entry.get("name", ""), json.dumps(entry.get("valueFrom") or entry.get("value") or "", sort_keys=True)


def mount(entry):
    return entry.get("name", ""), entry.get("mountPath", ""), bool(entry.get("readOnly"))


def mounts_twice(container):
    """How many mounts are at a path that an earlier one has; the API allows none."""
    paths = [one.get("mountPath") for one in container.get("volumeMounts") or []]
    return len(paths) - len(set(paths))


def rest(before, after, what):
    if after[:len(before)] != before:
        raise NotAdditive(f"{what} changed from {before} to {after}")
    return after[len(before):]


def label_of(pod):
    return ((pod.get("metadata") or {}).get("labels") or {}).get(LABEL)


def additions(pod, patch, is_additive=False):
    """{"containers": {"LIST/INDEX": {"env": [...], "mounts": [...]}} of those that get something, "volumes": [...], "label": ...}.

    Of what was there, only names are compared: the Go webhook writes containers anew."""
    after = apply(pod, patch, is_additive)
    result = {"containers": {}, "volumes": [], "label": None}
    for (name, i, old), (_, _, new) in zip(lists_of(pod), lists_of(after), strict=True):
        place = f"{name}/{i}"
        env = [variable(one) for one in new.get("env") or []]
        mounts = [mount(one) for one in new.get("volumeMounts") or []]
        names = [(one.get("name", ""),) for one in old.get("env") or []]
        rest(names, [(one[0],) for one in env], f"{place}/env")
        added = {"env": env[len(names):], "mounts": rest([mount(one) for one in old.get("volumeMounts") or []], mounts, f"{place}/volumeMounts")}
        if added["env"] or added["mounts"]:
            result["containers"][place] = added
    had = [one.get("name") for one in (pod.get("spec") or {}).get("volumes") or []]
    for volume in (after.get("spec") or {}).get("volumes") or []:
        if volume.get("name") in had:
            had.remove(volume.get("name"))
        else:
            result["volumes"].append(volume)
    if label_of(after) != label_of(pod):
        result["label"] = label_of(after)
    return result


def lost_fields(before, after, place=""):
    """Paths of what is in `before` and not in `after`; an empty or false value counts as absent."""
    if isinstance(before, dict):
        for key, value in before.items():
            if value in (None, "", False, [], {}):
                continue
            if not isinstance(after, dict) or key not in after:
                yield f"{place}/{key}"
            else:
                yield from lost_fields(value, after[key], f"{place}/{key}")
    elif isinstance(before, list) and isinstance(after, list):
        shift = len(after) - len(before) if place == "/spec/volumes" else 0  # the Go webhook's is the first
        for old, new in zip(before, after[shift:]):
            yield from lost_fields(old, new, f"{place}/*")
