// Keys as files, and `irsa issuer` run on them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "irsa/base/files.h"

#include "test/sts/test_issuer.h"
#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa::cli {

// An RSA key and the SHA-256 of its SubjectPublicKeyInfo, as openssl pkey and openssl dgst have it.
inline constexpr const char* kRsaPem = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxIqnOhuPuL6OqoFdu1yf
dQ8WyGsOK4WntH3N6MbZhxZF9tVcP5uBT/gdJRxjbZQG33PRdyS3Qkl7IsQ63EiP
DVpp0MOEiH3heeSqCw8HdaAbhFcdEdDVnoVNfmGYts1+kVt6CXVHa7KYMTeEtz6H
tkOIx5voAxCMJ/iZzM2jqUiUU3kmBaAvE8b0HI9jc9JS8xMxxtCMrVcPdllHFUNS
5dcUsnZh8l3xWTkvJp1imD+WImNOkMeRAeTnM8k8oN5Zj4guk17v1JLEjFGf8LqK
FXRIFCaKevrAjYMlz0yv59xFjMkSXfBGFC5NvLdZq28CYwsAHiHBULHnw+1/OiyH
RQIDAQAB
-----END PUBLIC KEY-----
)";
inline constexpr const char* kRsaId = "P3yNA7ZPjYg0TalP9S9VUG2zI-liJ1WIL9mdKb1-2aI";
inline constexpr const char* kRsaJwk = R"(    {
      "use": "sig",
      "kty": "RSA",
      "kid": "P3yNA7ZPjYg0TalP9S9VUG2zI-liJ1WIL9mdKb1-2aI",
      "alg": "RS256",
      "n": "xIqnOhuPuL6OqoFdu1yfdQ8WyGsOK4WntH3N6MbZhxZF9tVcP5uBT_gdJRxjbZQG33PRdyS3Qkl7IsQ63EiPDVpp0MOEiH3heeSqCw8HdaAbhFcdEdDVnoVNfmGYts1-kVt6CXVHa7KYMTeEtz6HtkOIx5voAxCMJ_iZzM2jqUiUU3kmBaAvE8b0HI9jc9JS8xMxxtCMrVcPdllHFUNS5dcUsnZh8l3xWTkvJp1imD-WImNOkMeRAeTnM8k8oN5Zj4guk17v1JLEjFGf8LqKFXRIFCaKevrAjYMlz0yv59xFjMkSXfBGFC5NvLdZq28CYwsAHiHBULHnw-1_OiyHRQ",
      "e": "AQAB"
    })";

// Another key of the issuer's, as PEM.
inline std::string PublicPem(const sts::TestIssuer& issuer) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(bio.get(), issuer.keys()->keys.front().key.handle());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

inline std::string KeyId(const sts::TestIssuer& issuer) { return issuer.keys()->keys.front().key.id(); }

class IssuerCommand : public ::testing::Test {
 protected:
  static testing::ProcessResult Run(std::vector<std::string> options, std::string_view stdin_text = {}) {
    options.insert(options.begin(), {IRSA_BINARY, "issuer"});
    return testing::RunProcess(options, stdin_text);
  }
  static std::string Read(const std::string& path) { return base::DiskFileReader().Read(path, 1 << 20).value(); }
  std::string Path(std::string_view name) const { return directory.Path(name); }

  const testing::TemporaryDirectory directory;
  const std::string rsa = directory.Write("sa.pub", kRsaPem);
};

}  // namespace irsa::cli
