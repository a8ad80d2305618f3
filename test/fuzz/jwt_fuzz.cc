// Any bytes at all as a token: it is refused, or reads as just the bytes it is made of, and nothing verifies it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/oidc/jwks.h"
#include "irsa/oidc/jwt.h"
#include "irsa/oidc/token_verifier.h"

namespace irsa::oidc {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// The public keys of RFC 7515, appendices A.3 and A.4, whose tokens are not in the corpus.
const JwkSet& Keys() {
  static const JwkSet keys = ParseJwks(R"({"keys":[
      {"kty":"EC","kid":"a","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
       "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
      {"kty":"EC","crv":"P-521",
       "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
       "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}]})")
                                 .value();
  return keys;
}

// As the token says it, read once more.
void CheckClaims(const Claims& claims) {
  const base::Json json = base::Json::parse(claims.json);
  Require(json.is_object());
  Require(claims.issuer.has_value() == json.contains("iss") && (!claims.issuer || json["iss"] == *claims.issuer));
  Require(claims.subject.has_value() == json.contains("sub") && (!claims.subject || json["sub"] == *claims.subject));
  Require(claims.audiences.has_value() == json.contains("aud"));
  Require(claims.expires_at.has_value() == json.contains("exp"));
  Require(claims.not_before.has_value() == json.contains("nbf"));
  Require(claims.issued_at.has_value() == json.contains("iat"));
}

void CheckRefusals(const Jwt& jwt) {
  Require(Keys().keys.size() == 2);
  const auto signature = VerifySignature(jwt, Keys());
  Require(signature.has_value() && !signature->detail.empty());
  Require(signature->detail.size() < 4096);
  const auto audience = CheckAudience(jwt.claims, std::vector<std::string>{"sts"});
  Require(!audience || audience->detail.size() < 4096);
  const auto times = CheckTimes(jwt.claims, base::SystemTime());
  Require(jwt.claims.expires_at.has_value() || times->failure == TokenFailure::kMissingClaim);
}

void CheckToken(std::string_view text) {
  const auto jwt = ParseJwt(text);
  if (!jwt.ok()) {
    Require(!jwt.error().message.empty() && jwt.error().message.size() < 1024);
    return;
  }
  Require(jwt->signing_input + "." + base::EncodeBase64Url(jwt->signature) == text);
  Require(jwt->signing_input.ends_with("." + base::EncodeBase64Url(jwt->claims.json)));
  CheckClaims(jwt->claims);
  CheckRefusals(*jwt);
}

}  // namespace
}  // namespace irsa::oidc

// As they are; and, since base64 hides the JSON from the fuzzer, as header and claims with a line end between them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using irsa::base::EncodeBase64Url;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  irsa::oidc::CheckToken(text);
  const size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  irsa::oidc::CheckToken(EncodeBase64Url(text.substr(0, line)) + "." + EncodeBase64Url(text.substr(line + 1)) + "." +
                         EncodeBase64Url(std::string(64, 'x')));
  return 0;
}
