// Reads tokens from standard input, one in each line as base64, and prints a line for each: "accept", or "refuse" and
// why. For comparison with other implementations: see jwt_property.py.
//
// usage: jwt_verdicts JWKS_FILE NOW_IN_SECONDS ISSUER CLIENT_ID...
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "irsa/base/base64.h"
#include "irsa/base/files.h"
#include "irsa/oidc/token_verifier.h"

namespace {

struct Expected {
  std::string issuer;
  std::vector<std::string> client_ids;
};

std::string Verdict(const std::string& line, const irsa::oidc::JwkSet& keys, const Expected& expected,
                    irsa::base::SystemTime now) {
  const auto token = irsa::base::DecodeBase64(line);
  if (!token.ok()) return "error: " + token.error().message;
  const auto jwt = irsa::oidc::ParseJwt(*token);
  if (!jwt.ok()) return "refuse " + jwt.error().message;
  if (jwt->claims.issuer != expected.issuer) return "refuse another issuer";
  for (const auto& refusal : {irsa::oidc::VerifySignature(*jwt, keys), irsa::oidc::CheckTimes(jwt->claims, now),
                              irsa::oidc::CheckAudience(jwt->claims, expected.client_ids)}) {
    if (refusal) return "refuse " + refusal->detail;
  }
  return "accept";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: jwt_verdicts JWKS_FILE NOW_IN_SECONDS ISSUER CLIENT_ID...\n", stderr);
    return 2;
  }
  const auto text = irsa::base::DiskFileReader().Read(argv[1], 1 << 20);
  if (!text.ok()) return std::fprintf(stderr, "%s\n", text.error().message.c_str()), 1;
  const auto keys = irsa::oidc::ParseJwks(*text);
  if (!keys.ok()) return std::fprintf(stderr, "%s\n", keys.error().message.c_str()), 1;
  const irsa::base::SystemTime now{std::chrono::seconds(std::strtoll(argv[2], nullptr, 10))};
  const Expected expected{argv[3], std::vector<std::string>(argv + 4, argv + argc)};
  for (std::string line; std::getline(std::cin, line);) std::cout << Verdict(line, *keys, expected, now) << "\n";
  return std::cout.flush() ? 0 : 1;
}
