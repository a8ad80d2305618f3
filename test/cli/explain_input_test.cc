// The files and options of irsa explain.
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/cli/explain_fixture.h"

namespace irsa::cli {
namespace {

using sts::kIssuer;
using sts::kRole;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::ProcessResult;
using ::testing::StartsWith;

TEST_F(ExplainCommand, TakesTheTokensIssuerWhenNoneIsNamedAndSaysSo) {
  const std::string token = directory.Write("token", Whole().token);
  const std::string jwks = directory.Write("jwks", issuer.jwks());
  const std::string policy = directory.Write("policy", sts::TrustPolicyText());
  const ProcessResult result =
      Run({"--token", token, "--jwks", jwks, "--role-arn", kRole, "--trust-policy", policy, "--at", kNowText});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.err,
            "irsa explain: assuming that the token's issuer is registered in IAM; otherwise pass --issuer URL\n");
}

TEST_F(ExplainCommand, ReadsOneFileFromStandardInput) {
  const std::string jwks = directory.Write("jwks", issuer.jwks());
  const std::string policy = directory.Write("policy", sts::TrustPolicyText());
  EXPECT_EQ(Run({"--token", "-", "--jwks", jwks, "--issuer", kIssuer, "--role-arn", kRole, "--trust-policy", policy,
                 "--at", kNowText},
                "\n " + Whole().token + "\r\n")
                .exit_status,
            0);
  const std::string token = directory.Write("token", Whole().token);
  EXPECT_EQ(Run({"--token", token, "--jwks", jwks, "--issuer", kIssuer, "--role-arn", kRole, "--trust-policy", "-",
                 "--at", kNowText},
                sts::TrustPolicyText())
                .exit_status,
            0);
}

// As in --token <(kubectl create token …).
TEST_F(ExplainCommand, ReadsWhatAShellPipesInForAFile) {
  const std::string token = directory.Write("token", Whole().token);
  const std::string jwks = directory.Write("jwks", issuer.jwks());
  const std::string policy = directory.Write("policy", sts::TrustPolicyText());
  const std::string script =
      R"("$0" explain --token <(cat "$1") --jwks <(cat "$2") --trust-policy <(cat "$3") "${@:4}")";
  const ProcessResult result = testing::RunProcess({"bash", "-c", script, IRSA_BINARY, token, jwks, policy, "--issuer",
                                                    kIssuer, "--role-arn", kRole, "--at", kNowText});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
}

TEST_F(ExplainCommand, NamesKeysThatItCannotUse) {
  Chain chain = Whole();
  chain.jwks = Replaced(chain.jwks, "\"keys\": [", "\"keys\": [{\"kty\": \"OKP\", \"kid\": \"ed\"},");
  const ProcessResult result = Explain(chain);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err,
            "irsa explain: key set: key 1 (kid \"ed\"): a key of type \"OKP\", which is neither RSA nor EC\n");
}

TEST_F(ExplainCommand, FailsOnFilesThatSayNothing) {
  const std::string none = directory.Path("none");
  const std::tuple<std::string Chain::*, const char*, const char*> cases[] = {
      {&Chain::token, "", "/token is empty\n"},
      {&Chain::jwks, "{}", "/jwks: key set: not an object with a list named keys\n"},
      {&Chain::policy, "{", "/policy: not valid JSON at byte 2\n"},
      {&Chain::policy, R"({"Statement": {"Efect": "Allow"}})", "Efect"},
  };
  for (const auto& [member, content, message] : cases) {
    Chain chain = Whole();
    chain.*member = content;
    const ProcessResult result = Explain(chain);
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(StartsWith("irsa explain: "), HasSubstr(message)));
  }
  for (const char* option : {"--token", "--jwks", "--trust-policy"}) {
    std::map<std::string, std::string> files = {{"--token", directory.Write("token", Whole().token)},
                                                {"--jwks", directory.Write("jwks", issuer.jwks())},
                                                {"--trust-policy", directory.Write("policy", sts::TrustPolicyText())}};
    files[option] = none;
    std::vector<std::string> options = {"--issuer", kIssuer, "--role-arn", kRole};
    for (const auto& [name, file] : files) options.insert(options.end(), {name, file});
    EXPECT_EQ(Run(options),
              (ProcessResult{1, "", "irsa explain: cannot read " + none + ": No such file or directory\n"}));
  }
}

TEST_F(ExplainCommand, FailsWhenItsResultCannotBeWritten) {
  Explain(Whole());  // writes the files
  const std::string line = std::string(IRSA_BINARY) + " explain --token " + directory.Path("token") + " --jwks " +
                           directory.Path("jwks") + " --issuer " + kIssuer + " --role-arn " + kRole +
                           " --trust-policy " + directory.Path("policy") + " --at " + kNowText + " > /dev/full";
  EXPECT_EQ(testing::RunProcess({"sh", "-c", line}), (ProcessResult{1, "", "irsa: cannot write to standard output\n"}));
}

TEST_F(ExplainCommand, RefusesWrongUsage) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "--token FILE is required, or --namespace and --service-account"},
      {{"--namespace", "a"}, "--token FILE is required, or"},
      {{"--service-account", "a"}, "--token FILE is required, or"},
      {{"--token", "t", "--namespace", "a"}, "excludes"},
      {{"--namespace", "a.b"}, "'a.b' is not a valid namespace name"},
      {{"--service-account", "A"}, "'A' is not a valid service account name"},
      {{"--token", "t", "--context", "c"}, "--context: needs --namespace and --service-account"},
      {{"--token", "t", "--token-audience", "c"}, "--token-audience: needs --namespace and --service-account"},
      {{"--token", "t"}, "--role-arn is required with --token"},
      {{"--token", "t", "--role-arn", "r"}, "--trust-policy or --provider is required"},
      {{"--token", "t", "--role-arn", "r", "--trust-policy", "p"}, "--jwks, --issuer or --provider is required"},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--jwks", "j"}, "excludes"},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--trust-policy", "j"}, "excludes"},
      {{"--token", "t", "--role-arn", "r", "--trust-policy", "p", "--issuer", "http://i.test"}, "https://"},
      {{"--token", "t", "--role-arn", "r", "--trust-policy", "p", "--jwks", "https://a b"}, "--jwks"},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--at", "now"}, "--at: "},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--condition-key", "x"}, "'x' is not KEY=VALUE"},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--condition-key", "=x"}, "'=x' is not KEY=VALUE"},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--condition-key", "aws:SourceIp=foo"},
       "'aws:SourceIp=foo' is not KEY=ADDRESS: aws:SourceIp is an IPv4 or IPv6 address"},
      {{"--token", "t", "--role-arn", "r", "--provider", "p", "--condition-key", "aws:SourceIp=10.0.0.0/8"},
       "'aws:SourceIp=10.0.0.0/8' is not KEY=ADDRESS"},
      {{"--token", "-", "--role-arn", "r", "--trust-policy", "-", "--jwks", "j"}, "only once"},
      {{"--token", "t", "--role-arn", "r", "--provider", "-"}, "--provider: standard input (-) is not accepted"},
      {{"--token", "t", "--role-arn", "r", "--client-id", ""}, "--client-id: the value is empty"},
      {{"--kube-api", "ftp://x"}, "--kube-api"},
      {{"-o", "yaml"}, "--output"},
      {{"surplus"}, "surplus"},
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
