// irsa issuer jwks and discovery, run as people run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/cli/issuer_fixture.h"

namespace irsa::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProcessResult;

// Of an EC key made just now.
std::string PrivatePem() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

TEST_F(IssuerCommand, PrintsTheKeySetWithKubeApiserversIds) {
  const ProcessResult expected{0, "{\n  \"keys\": [\n" + std::string(kRsaJwk) + "\n  ]\n}\n", ""};
  EXPECT_EQ(Run({"jwks", "--key", rsa}), expected);
  EXPECT_EQ(Run({"jwks", "--key", "-"}, kRsaPem), expected);
  EXPECT_EQ(Run({"jwks", "--key", rsa, "-o", "json"}), expected);
}

TEST_F(IssuerCommand, ListsKeysForPeople) {
  const sts::TestIssuer issuer;
  const std::string ec = directory.Write("ec.pub", PublicPem(issuer));
  EXPECT_EQ(Run({"jwks", "--key", ec, "--key", rsa, "-o", "text"}),
            (ProcessResult{
                0, KeyId(issuer) + "  EC P-256, ES256, " + ec + "\n" + kRsaId + "  RSA, RS256, " + rsa + "\n", ""}));
}

TEST_F(IssuerCommand, PrintsAKeyOnceAndSaysWhichFilesHaveIt) {
  const std::string again = directory.Write("again.pub", kRsaPem);
  EXPECT_EQ(Run({"jwks", "--key", rsa, "--key", again, "-o", "text"}),
            (ProcessResult{0, std::string(kRsaId) + "  RSA, RS256, " + rsa + "\n",
                           "irsa issuer: " + again + " holds a key that " + rsa + " holds too: " + kRsaId + "\n"}));
}

TEST_F(IssuerCommand, PrintsNothingPrivateAndSaysThatItWasGiven) {
  const std::string file = directory.Write("sa.key", PrivatePem());
  const ProcessResult result = Run({"jwks", "--key", file});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("\"crv\": \"P-256\""), Not(HasSubstr("\"d\""))));
  EXPECT_EQ(result.err, "irsa issuer: " + file +
                            " contains a private key, of which only the public half was read: anyone who has it can "
                            "sign tokens, so keep it on the control plane only\n");
}

TEST_F(IssuerCommand, NamesTheFileThatHoldsNoKey) {
  const std::string none = Path("none");
  EXPECT_EQ(Run({"jwks", "--key", rsa, "--key", none}),
            (ProcessResult{1, "", "irsa issuer: cannot read " + none + ": No such file or directory\n"}));
  const std::string text = directory.Write("text", "no key");
  EXPECT_EQ(Run({"jwks", "--key", text}),
            (ProcessResult{1, "", "irsa issuer: " + text + ": no PEM block with a public key\n"}));
  EXPECT_EQ(Run({"jwks", "--key", "-"}, "x"),
            (ProcessResult{1, "", "irsa issuer: standard input: no PEM block with a public key\n"}));
  EXPECT_EQ(Run({"jwks", "--key", "-", "--key", "-"}, kRsaPem),
            (ProcessResult{1, "", "irsa issuer: --key: standard input (-) can be used only once\n"}));
}

TEST_F(IssuerCommand, FailsWhenItsResultCannotBeWritten) {
  for (const char* command : {"jwks", "discovery --issuer https://i.test"}) {
    const std::string line = std::string(IRSA_BINARY) + " issuer " + command + " --key " + rsa + " > /dev/full";
    EXPECT_EQ(testing::RunProcess({"sh", "-c", line}),
              (ProcessResult{1, "", "irsa: cannot write to standard output\n"}));
  }
}

TEST_F(IssuerCommand, PrintsTheDiscoveryDocument) {
  const sts::TestIssuer issuer;
  const std::string ec = directory.Write("ec.pub", PublicPem(issuer));
  EXPECT_EQ(Run({"discovery", "--issuer", "https://oidc.example.test/id/ABC", "--key", rsa, "--key", ec}),
            (ProcessResult{0, R"({
  "issuer": "https://oidc.example.test/id/ABC",
  "jwks_uri": "https://oidc.example.test/id/ABC/openid/v1/jwks",
  "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
  "response_types_supported": [
    "id_token"
  ],
  "subject_types_supported": [
    "public"
  ],
  "id_token_signing_alg_values_supported": [
    "RS256",
    "ES256"
  ],
  "claims_supported": [
    "aud",
    "exp",
    "iat",
    "iss",
    "sub"
  ]
}
)",
                           ""}));
}

TEST_F(IssuerCommand, PutsTheKeySetWhereItIsTold) {
  const ProcessResult result =
      Run({"discovery", "--issuer", "https://i.test", "--key", rsa, "--jwks-uri", "https://keys.test/jwks?cluster=1"});
  EXPECT_THAT(result.out, HasSubstr("\"jwks_uri\": \"https://keys.test/jwks?cluster=1\""));
}

TEST_F(IssuerCommand, WarnsOfASlashAtTheEnd) {
  const ProcessResult result = Run({"discovery", "--issuer", "https://i.test/", "--key", rsa});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("\"https://i.test/openid/v1/jwks\""));
  EXPECT_EQ(result.err,
            "irsa issuer: issuer \"https://i.test/\" ends in a slash: kube-apiserver's flag and every token must "
            "have it too\n");
}

TEST_F(IssuerCommand, NamesTheFileThatHoldsNoKeyForADiscoveryDocument) {
  EXPECT_EQ(Run({"discovery", "--issuer", "https://i.test", "--key", Path("none")}),
            (ProcessResult{1, "", "irsa issuer: cannot read " + Path("none") + ": No such file or directory\n"}));
}

TEST_F(IssuerCommand, RefusesWrongUsage) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "a command is required"},
      {{"other"}, "unknown command \"other\""},
      {{"jwks"}, "--key is required"},
      {{"jwks", "--key", rsa, "-o", "yaml"}, "--output"},
      {{"jwks", "--key", rsa, "surplus"}, "surplus"},
      {{"discovery", "--key", rsa}, "--issuer is required"},
      {{"discovery", "--key", rsa, "--issuer", "http://i.test"}, "does not begin with https://"},
      {{"discovery", "--key", rsa, "--issuer", "https://i.test:8443"}, "has a port, which IAM does not support"},
      {{"discovery", "--key", rsa, "--issuer", "https://kubernetes.default.svc"}, "has a host that AWS cannot reach"},
      {{"discovery", "--key", rsa, "--issuer", "https://i.test", "--jwks-uri", "x y"}, "--jwks-uri"},
      {{"discovery", "--key", rsa, "--issuer", "https://i.test", "--jwks-uri", "http://i.test/k"},
       "--jwks-uri: http://i.test/k does not begin with https://"},
  };
  for (const auto& [options, message] : cases) {
    const ProcessResult result = Run(options);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace irsa::cli
