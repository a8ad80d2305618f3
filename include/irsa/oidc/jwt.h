// JSON Web Tokens (RFC 7519) as signed, compact JWS (RFC 7515): parsed strictly, before anything in it is trusted.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

// What STS takes as WebIdentityToken, in characters.
inline constexpr size_t kMaxTokenBytes = 20'000;

// Coarser than SystemTime, which ends in 2262: some tokens are meant to outlive that.
using NumericDate = std::chrono::sys_time<std::chrono::milliseconds>;

// As a token has it: whole seconds since 1970.
std::string SecondsText(NumericDate date);

struct JwtHeader {
  Algorithm algorithm = Algorithm::kRs256;
  std::optional<std::string> key_id;  // `kid`

  bool operator==(const JwtHeader&) const = default;
};

// The registered claims that are looked at (RFC 7519 section 4.1); each may be absent.
struct Claims {
  std::optional<std::string> issuer;
  std::optional<std::string> subject;
  std::optional<std::vector<std::string>> audiences;  // one when `aud` is a string
  std::optional<NumericDate> expires_at;              // `exp`, to the millisecond
  std::optional<NumericDate> not_before;
  std::optional<NumericDate> issued_at;
  std::string json;  // all of them: an object, as base::ReadJson takes it

  bool operator==(const Claims&) const = default;
};

// A token as it reads. Nothing in it is to be trusted before its signature is verified (token_verifier.h).
struct Jwt {
  JwtHeader header;
  Claims claims;
  std::string signing_input;  // what is signed
  std::string signature;      // bytes
};

// kTooLarge over kMaxTokenBytes; else kMalformed for what is no compact JWS (not three parts, five among them: a JWE; a
// part that is not the one unpadded base64url of its bytes; JSON that is broken, not UTF-8, or has a name twice; a
// header or claims that are no object), and kInvalid for what is one but must be refused: an `alg` that is not an
// Algorithm (none and HS* are named for what they are), `crit`, since no extension is understood here (RFC 7515
// section 4.1.11), `b64` that is not true (RFC 7797), and a `kid` or claim of the wrong type; times must lie between
// 1970 and the end of 9999. Keys that the token itself brings (jwk, jku, x5c, x5u) are not looked at. No message quotes
// more of the token than its alg. Space around the token is refused: what is read from a file must be trimmed first.
Result<Jwt> ParseJwt(std::string_view token);

}  // namespace irsa::oidc
