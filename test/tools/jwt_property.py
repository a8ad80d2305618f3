"""Same verdict as PyJWT on thousands of tokens, valid and mutated.

Tokens are generated from a seed, judged by PyJWT and by irsa (jwt_verdicts), and the verdicts compared. irsa is stricter than PyJWT where
RFC 7515 and 7519 leave a choice or PyJWT is lenient; those rules are written down here a second time, in `strictness`. So:

    irsa accepts  <=>  PyJWT accepts and no rule of `strictness` is broken

and in no case does irsa accept what PyJWT refuses. Prints the numbers; exit status 1, with the tokens, when a verdict differs.
"""
import argparse
import base64
import collections
import datetime
import json
import re
import subprocess
import sys
import tempfile
from unittest import mock

import jwt

from jwt_tokens import ALGORITHMS, CLIENT_IDS, END_OF_9999, EXPIRY_LEEWAY, ISSUER, NOW, Generator, b64

MAX_TOKEN = 20_000
MAX_DEPTH = 64


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


def pyjwt_accepts(token, keys):
    try:
        header = jwt.get_unverified_header(token)
    except Exception:  # whatever a lenient parser trips over is a refusal
        return False
    for key in keys:
        if ("kid" in header and header["kid"] != key.key_id) or header.get("alg") != key.algorithm:
            continue
        try:
            # STS asks neither when a token was issued nor for its id.
            # Five minutes of leeway after `exp` and none before `nbf`: PyJWT has one leeway for both.
            for leeway, unchecked in ((EXPIRY_LEEWAY, "verify_nbf"), (0, "verify_exp")):
                jwt.decode(token, key.private.public_key(), algorithms=ALGORITHMS, audience=CLIENT_IDS, issuer=ISSUER, leeway=leeway,
                           options={"require": ["exp", "iss", "aud"], "verify_iat": False, "verify_jti": False, unchecked: False})
            return True
        except Exception:
            continue
    return False


def depth_of(value):
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def strict_json(data):
    """The object, or None unless it is JSON by RFC 8259 in UTF-8, each name once, with numbers that a double can hold. A byte order mark
    may be passed over (section 8.1), and both sides do."""
    def no_constants(_):
        raise ValueError

    def finite(text):
        if abs(float(text)) == float("inf"):
            raise ValueError
        return float(text)

    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=no_constants, parse_float=finite, object_pairs_hook=unique)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # no half of a surrogate pair
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and depth_of(value) <= MAX_DEPTH else None


def is_date(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < END_OF_9999


def strictness(token):
    """The first rule of irsa's own that the token breaks, or None."""
    if len(token) > MAX_TOKEN:
        return "longer than STS takes"
    parts = token.split(b".")
    if len(parts) != 3:
        return "not three parts"
    decoded = []
    for part in parts:
        if not re.fullmatch(rb"[A-Za-z0-9_-]+", part):
            return "not base64url without padding (RFC 7515, 2)"
        try:
            decoded.append(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
        except ValueError:
            return "not base64url without padding (RFC 7515, 2)"
        if b64(decoded[-1]).encode() != part:
            return "unused bits of base64url are not zero (RFC 4648, 3.5)"
    header, claims = map(strict_json, decoded[:2])
    if header is None or claims is None:
        return "not strict JSON: a name twice (RFC 7515, 4), broken UTF-8, NaN, a number out of range, nested too deep"
    if "crit" in header or header.get("b64", True) is not True:
        return "an extension (RFC 7515, 4.1.11)"
    if not isinstance(header.get("kid", ""), str):
        return "kid is no string"
    if not all(isinstance(claims.get(name, ""), str) for name in ("iss", "sub")):
        return "iss or sub is no string"
    audience = claims.get("aud", "")
    if not isinstance(audience, str) and not (isinstance(audience, list) and all(isinstance(one, str) for one in audience)):
        return "aud is neither a string nor a list of them"
    if not all(is_date(claims.get(name, 0)) for name in ("exp", "nbf", "iat")):
        return "a time is no number between 1970 and 9999"
    return None


def irsa_verdicts(program, generator, tokens):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as jwks:
        json.dump(generator.jwks(), jwks)
        jwks.flush()
        lines = "".join(base64.b64encode(token).decode() + "\n" for _, token in tokens)
        done = subprocess.run([program, jwks.name, str(NOW), ISSUER, *CLIENT_IDS], input=lines.encode(), capture_output=True, check=True)
    verdicts = done.stdout.decode("utf-8", "replace").splitlines()
    if len(verdicts) != len(tokens) or any(not line.startswith(("accept", "refuse ")) for line in verdicts):
        sys.exit(f"jwt_verdicts answered {len(verdicts)} lines to {len(tokens)} tokens")
    return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=7519)
    parser.add_argument("--verdicts", help="the program jwt_verdicts")
    parser.add_argument("--default-verdicts", help=argparse.SUPPRESS)
    options = parser.parse_args()

    generator = Generator(options.seed)
    tokens = [generator.next() for _ in range(options.tokens)]
    verdicts = irsa_verdicts(options.verdicts or options.default_verdicts, generator, tokens)
    counts, strict, differences = collections.Counter(), collections.Counter(), []
    kinds = collections.defaultdict(collections.Counter)
    with mock.patch("jwt.api_jwt.datetime", Frozen):
        for (name, token), verdict in zip(tokens, verdicts):
            theirs, rule, ours = pyjwt_accepts(token, generator.keys), strictness(token), verdict == "accept"
            counts[(ours, theirs)] += 1
            kinds[name][ours] += 1
            if theirs and rule:
                strict[rule] += 1
            if ours != (theirs and rule is None):
                differences.append((name, token, verdict, theirs, rule))
    print(f"seed {options.seed}, PyJWT {jwt.__version__}: {len(tokens)} tokens of {len(kinds)} kinds; both accept {counts[(True, True)]}, both refuse "
          f"{counts[(False, False)]}, only PyJWT accepts {counts[(False, True)]}, only irsa accepts {counts[(True, False)]}")
    for rule, count in strict.most_common():
        print(f"  {count} refused by irsa's own rule: {rule}")
    for name, token, verdict, theirs, rule in differences[:10]:
        print(f"DIFFERS: {name}: irsa: {verdict}; PyJWT: {'accept' if theirs else 'refuse'}; rule: {rule}; token: {token!r}")
    # A generator that makes one kind of verdict only would prove nothing.
    if kinds["valid"][False] or counts[(True, True)] < len(tokens) // 4 or counts[(False, False)] < len(tokens) // 4:
        sys.exit("the tokens are not what they should be")
    print(f"{len(differences)} verdicts differ")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
