// An OIDC issuer of one test: a key that signs tokens and the key set that verifies them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "irsa/oidc/jwks.h"

namespace irsa::sts {

inline constexpr const char* kIssuer = "https://oidc.example.test/id/ABC";
inline constexpr const char* kAccount = "111122223333";
inline constexpr const char* kRole = "arn:aws:iam::111122223333:role/s3-reader";
inline constexpr const char* kSubject = "system:serviceaccount:shop:cart";
inline constexpr const char* kAudience = "sts.amazonaws.com";

// When all of it happens.
inline constexpr long kNow = 1'790'000'000;

// The claims of a service account's token, each as JSON; empty: without that claim.
struct TestClaims {
  std::string iss = "\"https://oidc.example.test/id/ABC\"";
  std::string sub = "\"system:serviceaccount:shop:cart\"";
  std::string aud = "[\"sts.amazonaws.com\"]";
  std::string exp = std::to_string(kNow + 3600);
  std::string nbf = "";
  std::string more = "";  // further members: "\"a\":1,\"b\":2"
};

// The trust policy that allows kSubject of kIssuer, as `irsa trust-policy` writes it.
std::string TrustPolicyText(std::string_view subject = kSubject);

class TestIssuer {
 public:
  TestIssuer();  // with an ECDSA P-256 key
  ~TestIssuer();
  TestIssuer(const TestIssuer&) = delete;
  TestIssuer& operator=(const TestIssuer&) = delete;

  std::string Token(const TestClaims& claims = {}) const;

  const std::string& jwks() const { return jwks_; }
  std::shared_ptr<const oidc::JwkSet> keys() const;

 private:
  EVP_PKEY* key_;
  std::string key_id_;
  std::string jwks_;
};

}  // namespace irsa::sts
