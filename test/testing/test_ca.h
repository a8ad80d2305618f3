// Certificates made for one test.
#pragma once

#include <chrono>
#include <string>

#include <openssl/types.h>

namespace irsa::testing {

struct PemPair {
  std::string certificate;
  std::string key;
};

// A certificate authority with an ECDSA P-256 key. Throws std::runtime_error when OpenSSL fails.
class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  // A certificate for `alternative_names`, as OpenSSL's configuration writes them: "DNS:localhost,IP:127.0.0.1". Valid
  // from a day ago until `lifetime` from now.
  PemPair Issue(const std::string& common_name, const std::string& alternative_names,
                std::chrono::seconds lifetime = std::chrono::hours(24)) const;

  const std::string& pem() const { return pem_; }

 private:
  X509* certificate_;
  EVP_PKEY* key_;
  std::string pem_;
};

}  // namespace irsa::testing
