#include <string>

#include <gtest/gtest.h>

#include "irsa/oidc/public_key.h"

namespace irsa::oidc {
namespace {

constexpr Algorithm kAll[] = {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512,
                              Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512};

TEST(Algorithm, HasTheNameOfItsRfc) {
  std::string names;
  for (const Algorithm algorithm : kAll) names.append(AlgorithmName(algorithm)).append(" ");
  EXPECT_EQ(names, "RS256 RS384 RS512 ES256 ES384 ES512 ");
}

TEST(Algorithm, IsReadFromItsName) {
  for (const Algorithm algorithm : kAll) EXPECT_EQ(ParseAlgorithm(AlgorithmName(algorithm)), algorithm);
}

TEST(Algorithm, IsNoOtherName) {
  for (const char* name :
       {"",       "none",  "None",  "NONE",  "HS256",  "HS384",  "HS512", "PS256",  "PS384",  "PS512",
        "ES256K", "EdDSA", "rs256", "Rs256", "RS256 ", " RS256", "RS25",  "RS2566", "RSA256", "unknown"}) {
    EXPECT_EQ(ParseAlgorithm(name), std::nullopt) << name;
  }
  EXPECT_EQ(ParseAlgorithm(std::string_view("RS256\0", 6)), std::nullopt);
}

}  // namespace
}  // namespace irsa::oidc
