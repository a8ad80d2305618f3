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
import random
import re
import subprocess
import sys
import tempfile
from unittest import mock

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

NOW = 1_790_000_000
ISSUER = "https://oidc.example.test/id/ABC"
CLIENT_IDS = ["sts.amazonaws.com", "other-client"]
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
END_OF_9999 = 253_402_300_800
MAX_TOKEN = 20_000
MAX_DEPTH = 64


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


class Key:
    """A private key of one algorithm, and its JWK as kube-apiserver would publish it."""

    def __init__(self, algorithm, key_id, rsa_key=None):
        self.algorithm, self.key_id = algorithm, key_id
        self.private = rsa_key or ec.generate_private_key(CURVES[algorithm])

    def sign(self, data, algorithm=None):
        algorithm = algorithm or self.algorithm
        digest = HASHES[algorithm[2:]]
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), digest)
        r, s = decode_dss_signature(self.der_signature(data, algorithm))
        return b"".join(number.to_bytes(self.coordinate_bytes(), "big") for number in (r, s))

    def der_signature(self, data, algorithm=None):
        return self.private.sign(data, ec.ECDSA(HASHES[(algorithm or self.algorithm)[2:]]))

    def coordinate_bytes(self):
        return (self.private.curve.key_size + 7) // 8

    def jwk(self):
        numbers = self.private.public_key().public_numbers()
        jwk = {"use": "sig", "kid": self.key_id, "alg": self.algorithm}
        if isinstance(self.private, rsa.RSAPrivateKey):
            size = (numbers.n.bit_length() + 7) // 8
            return {**jwk, "kty": "RSA", "n": b64(numbers.n.to_bytes(size, "big")), "e": b64(numbers.e.to_bytes(3, "big"))}
        size = self.coordinate_bytes()
        return {**jwk, "kty": "EC", "crv": {32: "P-256", 48: "P-384", 66: "P-521"}[size], "x": b64(numbers.x.to_bytes(size, "big")),
                "y": b64(numbers.y.to_bytes(size, "big"))}


class Generator:
    """Tokens from a seed, each with the name of what was done to it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        rsa_keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
        self.keys = [Key(name, f"key-{name}", rsa_keys[0] if name.startswith("RS") else None) for name in ALGORITHMS]
        self.strangers = [Key(name, f"key-{name}", rsa_keys[1] if name.startswith("RS") else None) for name in ALGORITHMS]
        self.previous = "a.b.c"
        self.mutations = sorted(name for name in dir(self) if name.startswith("mutate_"))

    def jwks(self):
        return {"keys": [key.jwk() for key in self.keys]}

    def claims(self):
        pick = self.random
        claims = {"iss": ISSUER, "sub": f"system:serviceaccount:ns-{pick.randrange(99)}:sa", "exp": NOW + pick.randrange(2, 10**9),
                  "aud": pick.choice([CLIENT_IDS[0], [CLIENT_IDS[1]], ["x", CLIENT_IDS[0]], list(CLIENT_IDS)])}
        if pick.random() < 0.5:
            claims["iat"] = NOW - pick.randrange(10**6)
        if pick.random() < 0.5:
            claims["nbf"] = NOW - pick.randrange(10**6)
        if pick.random() < 0.3:
            claims["kubernetes.io"] = {"namespace": "ns", "pod": {"name": "ü\t\"", "uid": [1, 2.5, None, True]}}
        items = list(claims.items())
        pick.shuffle(items)
        return dict(items)

    def header(self, key):
        header = {"alg": key.algorithm, "kid": key.key_id}
        if self.random.random() < 0.3:
            header["typ"] = "JWT"
        if self.random.random() < 0.1:
            del header["kid"]
        return header

    def token(self, key, header, claims, sign=None):
        """`header` and `claims` are objects, or the text or bytes to stand for them."""
        parts = [part if isinstance(part, (str, bytes)) else json.dumps(part, ensure_ascii=self.random.random() < 0.5)
                 for part in (header, claims)]
        signing_input = ".".join(map(b64, parts))
        return signing_input + "." + b64((sign or key.sign)(signing_input.encode()))

    def valid(self):
        key = self.random.choice(self.keys)
        return key, self.header(key), self.claims()

    def next(self):
        if self.random.random() < 0.3:
            name, token = "valid", self.token(*self.valid())
        else:
            name = self.random.choice(self.mutations)
            token = getattr(self, name)(*self.valid())
            name = name.removeprefix("mutate_")
        token = token if isinstance(token, bytes) else token.encode()
        if name == "valid":
            self.previous = token.decode()
        return name, token

    # What is changed after signing.

    def mutate_character(self, *parts):
        token = self.token(*parts)
        place = self.random.randrange(len(token))
        return token[:place] + self.random.choice("ABCxyz019-_.=+/ \n") + token[place + 1:]

    def mutate_bytes(self, *parts):
        token = bytearray(self.token(*parts).encode())
        for _ in range(self.random.randrange(1, 4)):
            token[self.random.randrange(len(token))] = self.random.randrange(256)
        return bytes(token)

    def mutate_cut(self, *parts):
        token = self.token(*parts)
        return token[:self.random.randrange(len(token))]

    def mutate_insert(self, *parts):
        token = self.token(*parts)
        place = self.random.randrange(len(token) + 1)
        return token[:place] + self.random.choice(["=", "==", ".", " ", "\n", "A", "\t", "%", "é"]) + token[place:]

    def mutate_last_bits(self, *parts):
        """Another last character of a part, of which some decode to the same bytes."""
        pieces = self.token(*parts).split(".")
        place = self.random.randrange(3)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        pieces[place] = pieces[place][:-1] + self.random.choice(alphabet)
        return ".".join(pieces)

    def mutate_signed_unusual_base64(self, key, header, claims):
        """Padding, unused bits or line breaks that the signature covers."""
        parts = [b64(json.dumps(part)) for part in (header, claims)]
        place = self.random.randrange(2)
        parts[place] = self.random.choice([parts[place] + "=" * (-len(parts[place]) % 4), parts[place] + "\n", "\n" + parts[place],
                                           parts[place].replace("A", "A\n", 1), parts[place] + "==="])
        signing_input = ".".join(parts)
        return signing_input + "." + b64(key.sign(signing_input.encode()))

    def mutate_swap(self, *parts):
        ours, theirs = self.token(*parts).split("."), self.previous.split(".")
        place = self.random.randrange(3)
        ours[place] = theirs[place]
        return ".".join(ours)

    def mutate_part_count(self, *parts):
        token = self.token(*parts)
        return self.random.choice([token + ".", "." + token, token + ".a.b", token.rsplit(".", 1)[0], token.rsplit(".", 1)[0] + ".",
                                   token.replace(".", ""), token + token])

    def mutate_space_around(self, *parts):
        return self.random.choice([" {}", "{} ", "{}\n", "\t{}", "\ufeff{}"]).format(self.token(*parts))

    # What is signed, but should not be.

    def mutate_stranger(self, key, header, claims):
        return self.token(self.strangers[ALGORITHMS.index(key.algorithm)], header, claims)

    def mutate_algorithm(self, key, header, claims):
        name = self.random.choice(ALGORITHMS + ["none", "None", "HS256", "HS512", "PS256", "EdDSA", "rs256", "", None, 256, ["RS256"]])
        return self.token(key, {**header, "alg": name}, claims)

    def mutate_unsigned(self, key, header, claims):
        return self.token(key, {**header, "alg": "none"}, claims, lambda data: self.random.choice([b"", b"x"]))

    def mutate_hash_of_another(self, key, header, claims):
        other = key.algorithm[:2] + self.random.choice([size for size in HASHES if size != key.algorithm[2:]])
        return self.token(key, header, claims, lambda data: key.sign(data, other))

    def mutate_key_id(self, key, header, claims):
        value = self.random.choice(["", "unknown", self.random.choice(self.keys).key_id, None, 1, ["a"], key.key_id.upper()])
        return self.token(key, {**header, "kid": value}, claims)

    def mutate_own_key(self, key, header, claims):
        stranger = self.strangers[ALGORITHMS.index(key.algorithm)]
        brought = self.random.choice([{"jwk": stranger.jwk()}, {"jku": "https://evil.test/"}, {"x5c": ["AAAA"]}, {"x5u": "https://x/"}])
        return self.token(stranger, {**header, **brought}, claims)

    def mutate_harmless_header(self, key, header, claims):
        extra = self.random.choice([{"typ": "at+jwt"}, {"cty": "x"}, {"jku": "https://evil.test/"}, {"x": {"y": [1]}}, {"b64": True},
                                    {"typ": None}])
        return self.token(key, {**header, **extra}, claims)

    def mutate_extension(self, key, header, claims):
        extra = self.random.choice([{"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": ["b64"], "b64": True}, {"b64": False},
                                    {"crit": ["b64"], "b64": False}, {"crit": "x"}, {"crit": None}, {"b64": 1}, {"b64": None}])
        return self.token(key, {**header, **extra}, claims)

    def mutate_signature_form(self, key, header, claims):
        if key.algorithm.startswith("RS"):
            return self.token(key, header, claims, lambda data: self.random.choice(
                [b"\0" + key.sign(data), key.sign(data) + b"\0", key.sign(data)[:-1], b"\0" * 256, b"\xff" * 256]))
        size = key.coordinate_bytes()
        return self.token(key, header, claims, lambda data: self.random.choice(
            [key.der_signature(data), b"\0" * 2 * size, b"\0" + key.sign(data), key.sign(data) + b"\0", key.sign(data)[:-1],
             key.sign(data)[:size] + b"\0" * size, b"\xff" * 2 * size, key.sign(data)[size:] + key.sign(data)[:size]]))

    def mutate_duplicate_name(self, key, header, claims):
        place = self.random.randrange(2)
        parts = [json.dumps(header), json.dumps(claims)]
        name = self.random.choice(list((header, claims)[place]))
        first = self.random.choice([f'"{name}": "x"', f'"{name}": {json.dumps((header, claims)[place][name])}'])
        parts[place] = "{" + first + ", " + parts[place][1:]
        return self.token(key, *parts)

    def mutate_json(self, key, header, claims):
        place = self.random.randrange(2)
        parts = [json.dumps(header), json.dumps(claims)]
        text = parts[place]
        parts[place] = self.random.choice([
            text + "x", text[:-1], "[" + text + "]", "null", "1", '"a"', "", "{}", " " + text + "\n", "\ufeff" + text, text.replace('"', "'"),
            text[:-1] + ",}", text[:-1] + ', "n": NaN}', text[:-1] + ', "n": 1e999}', text[:-1] + ', "n": 01}', text[:-1] + ', "n": Infinity}',
            text[:-1] + ', "s": "\\ud800"}', text[:-1] + ', "s": "\\ud83d\\ude00"}', text[:-1] + ', "s": "a\tb"}',
            text[:-1] + ', "d": ' + "[" * 50 + "]" * 50 + "}", text[:-1] + ', "d": ' + "[" * 200 + "]" * 200 + "}",
            text[:-1] + ', "n": 123456789012345678901234567890}', text + "//", text[:-1] + ', "s": "\\x"}', "\x00" + text,
            text.encode()[:-1] + b', "s": "\xff"}', text.encode()[:-1] + b', "s": "\xc0\x80"}', text.encode("utf-16")])
        return self.token(key, *parts)

    def mutate_size(self, key, header, claims):
        return self.token(key, header, {**claims, "pad": "x" * self.random.choice([1000, 14000, 15500, 40000])})

    # Claims that are wrong, or at a limit.

    def mutate_expiry(self, key, header, claims):
        claims["exp"] = self.random.choice([NOW, NOW - 1, NOW + 1, NOW - 0.5, NOW + 2.5, 0, -1, 1e10, END_OF_9999 - 1, END_OF_9999, 1e300, True,
                                            str(NOW + 100), None, [NOW + 100], {}, float(NOW + 100)])
        return self.token(key, header, claims)

    def mutate_not_before(self, key, header, claims):
        claims["nbf"] = self.random.choice([NOW, NOW - 1, NOW + 1, NOW + 2.5, 0, -1, 1e12, True, str(NOW - 100), None, [], END_OF_9999])
        return self.token(key, header, claims)

    def mutate_issued_at(self, key, header, claims):
        claims["iat"] = self.random.choice([NOW + 100, -1, 1e12, "x", None, True, 0])
        return self.token(key, header, claims)

    def mutate_issuer(self, key, header, claims):
        claims["iss"] = self.random.choice([ISSUER + "/", ISSUER.upper(), ISSUER[:-1], "", None, 1, [ISSUER], "http" + ISSUER[5:], ISSUER + "\0"])
        return self.token(key, header, claims)

    def mutate_audience(self, key, header, claims):
        claims["aud"] = self.random.choice(["", "STS.amazonaws.com", "sts.amazonaws.com ", [], ["x"], [CLIENT_IDS[0], 1], [None], None, 1, {},
                                            [[CLIENT_IDS[0]]], {CLIENT_IDS[0]: 1}, "sts.amazonaws.com.cn", [CLIENT_IDS[0]] * 20])
        return self.token(key, header, claims)

    def mutate_subject(self, key, header, claims):
        claims["sub"] = self.random.choice(["", None, 1, ["a"], "a\0b", "x" * 3000, {}])
        return self.token(key, header, claims)

    def mutate_missing_claim(self, key, header, claims):
        del claims[self.random.choice(list(claims))]
        return self.token(key, header, claims)


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
            jwt.decode(token, key.private.public_key(), algorithms=ALGORITHMS, audience=CLIENT_IDS, issuer=ISSUER, leeway=0,
                       options={"require": ["exp", "iss", "aud"], "verify_iat": False, "verify_jti": False})
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
