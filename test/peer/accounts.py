"""Service accounts and entries of the ConfigMap from a seed: right ones, and those of users who make mistakes."""
import json

NAMESPACES = ["team-a", "team-b"]
ARN = "arn:aws:iam::111122223333:role/"
MAX_ROLE_BYTES = 2048

ROLES = [ARN + "app", ARN + "division/team/r+=,.@_-x", "arn:aws-cn:iam::111122223333:role/cn", "arn:aws-us-gov:iam::111122223333:role/gov",
         "arn:aws:iam::11112222333:role/short-account", "not-an-arn", "app", "shop/app", "/app", f" {ARN}space ", ARN + "ü", ARN + 'q"<&>\\',
         "ARN:aws:iam::111122223333:role/upper", ARN + "a" * (MAX_ROLE_BYTES - len(ARN)), ARN + "a" * (MAX_ROLE_BYTES + 1 - len(ARN)), ARN,
         "arn:aws:sts::111122223333:assumed-role/a/b", ARN + "line\nbreak", ARN + "\u2028", "\t", "$(HOME)", "$$(X)"]
AUDIENCES = ["", "sts.amazonaws.com", "my audience", "https://example.org/a?b=c&d", "sts.amazonaws.com.cn", " ", "ü", "a" * 300]
BOOLEANS = ["true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False", "yes", "no", "tRUE", "", " true", "2", "null"]
SECONDS = ["", "3600", "600", "599", "0", "-1", "-86400", "+7200", "+-1", "007200", "86400", "86401", "4294967295", "4294967296",
           "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e4", "3600.0", "3600s", " 3600", "3600 ", "0x258", "1_000",
           "1h", "abc", "٣٦٠٠", "--5", "+", "-"]
MISSPELT = ["role-arm", "Role-Arn", "token_expiration", "audiences", "sts-regional-endpoint", ""]


def text_of(random, alphabet, most):
    return "".join(random.choice(alphabet) for _ in range(random.randrange(most + 1)))


def seconds(random):
    return random.choice(SECONDS) if random.random() < 0.6 else text_of(random, "0123456789" * 3 + "+-_.eExX ", 11)


def annotations_of(random, prefix, i):
    found = {}
    if random.random() < 0.9:
        found[f"{prefix}/role-arn"] = random.choice(ROLES) if random.random() < 0.5 else f"{ARN}r{i}"
    for name, value in (("audience", random.choice(AUDIENCES)), ("sts-regional-endpoints", random.choice(BOOLEANS)),
                        ("token-expiration", seconds(random))):
        if random.random() < 0.45:
            found[f"{prefix}/{name}"] = value
    if random.random() < 0.1:
        found[f"{prefix}/{random.choice(MISSPELT)}"] = "true"
    return found


def accounts(random, prefix, count=60):
    """{"NAMESPACE/NAME": annotations}: first some that every run has."""
    role = f"{prefix}/role-arn"
    found = {"team-a/default": {role: ARN + "default"}, "team-b/default": {}, "team-a/plain": {role: ARN + "plain"}, "team-b/plain": {},
             "team-a/empty": {role: ""},
             "team-a/other": {"eks.amazonaws.org/role-arn": ARN + "x", "role-arn": ARN + "x", f"{prefix}role-arn": ARN + "x"}}
    for i in range(count):
        found[f"{random.choice(NAMESPACES)}/a{i}"] = annotations_of(random, prefix, i)
    return found


def config_map(random, keys):
    """Entries of the ConfigMap for a third of the accounts, with fields left out."""
    fields = (("Audience", ["", "cm", None]), ("UseRegionalSTS", [True, False, None]),
              ("TokenExpiration", [0, 3600, 5, -1, 600, 86400, None]))
    entries = {}
    for key in random.sample(keys, len(keys) // 3):
        entries[key] = {"RoleARN": f"{ARN}cm-{key.split('/')[1]}"}
        for name, values in fields:
            if random.random() < 0.5:
                entries[key][random.choice([name, name.lower(), name.upper()])] = random.choice(values)
    entries["*/plain"] = {"RoleARN": ARN + "cm-any", "Unknown": {"x": 1}}
    entries["team-b/default"] = {"RoleARN": ARN + "cm-default"}
    return entries


def written_out(entries, flags):
    """The entries as the Go webhook has to have them to do what irsa does: with what irsa takes from the flags, and with lifetimes that
    the API accepts."""
    result = {}
    for key, entry in entries.items():
        own = {name.lower(): value for name, value in entry.items()}
        given, is_regional = own.get("tokenexpiration") or 0, own.get("useregionalsts")
        result[key] = {"RoleARN": own["rolearn"], "Audience": own.get("audience") or flags.get("token-audience", "sts.amazonaws.com"),
                       "UseRegionalSTS": flags.get("sts-regional-endpoint", False) if is_regional is None else is_regional,
                       "TokenExpiration": max(given, 600) if given else 0}
    return result
