"""Tokens for jwt_property.py, from a seed: valid ones, and ones with one thing wrong or unusual."""
import base64
import json
import random

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
EXPIRY_LEEWAY = 300  # seconds


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
        last = NOW - EXPIRY_LEEWAY
        claims["exp"] = self.random.choice([NOW, NOW - 1, last, last - 1, last + 1, last - 0.5, last + 2.5, 0, -1, 1e10, END_OF_9999 - 1,
                                            END_OF_9999, 1e300, True, str(NOW + 100), None, [NOW + 100], {}, float(NOW + 100)])
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
