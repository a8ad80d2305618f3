#include "irsa/sts/sts_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/sts/test_issuer.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::sts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kConfig = R"(
providers:
- issuer: https://oidc.example.test/id/ABC
  account: "111122223333"
  jwks: keys.json
  clientIds: [sts.amazonaws.com, vault]
roles:
- arn: arn:aws:iam::111122223333:role/s3-reader
  trustPolicy: policy.json
  maxSessionDuration: 7200
)";

struct Files {
  testing::FakeFileReader reader;

  explicit Files(std::string config = kConfig) {
    reader.files["etc/sts.yaml"] = std::move(config);
    reader.files["etc/policy.json"] = TrustPolicyText();
  }
  Result<StsConfig> Load() const { return LoadStsConfig(reader, "etc/sts.yaml"); }
};

iam::TrustPolicy Policy() { return iam::ParseTrustPolicy(TrustPolicyText()).value(); }

// kConfig with `from` changed.
std::string Changed(std::string_view from, std::string_view to) {
  std::string config = kConfig;
  const size_t at = config.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return config.replace(at, from.size(), to);
}

TEST(StsConfig, IsReadWithTheFilesBesideIt) {
  const auto config = Files().Load();
  ASSERT_TRUE(config.ok()) << config.error().message;
  const StsConfig expected{{{{kAccount, kIssuer, {"sts.amazonaws.com", "vault"}}, "etc/keys.json"}},
                           {{kRole, Policy(), std::chrono::seconds(7200)}},
                           {}};
  EXPECT_EQ(*config, expected);
}

constexpr const char* kIamConfig = R"(
iam:
  administrators:
  - {account: "111122223333", accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: secret}
  state: iam.json
  keys:
  - {issuer: "https://oidc.example.test/id/NEW", jwks: new.json}
)";

TEST(StsConfig, SaysWhoMayRegisterMore) {
  const auto config = Files(kIamConfig).Load();
  ASSERT_TRUE(config.ok()) << config.error().message;
  const IamApiConfig expected{{{"111122223333", "AKIAIOSFODNN7EXAMPLE", "secret"}},
                              "etc/iam.json",
                              {{"https://oidc.example.test/id/NEW", "etc/new.json"}}};
  EXPECT_EQ(config->iam, expected);
}

TEST(StsConfig, RefusesAnIamSectionByItsPlaceAndKey) {
  const struct {
    const char* from;
    const char* to;
    const char* message;
  } kCases[] = {
      {"state:", "stat:", "iam: has an unknown key \"stat\"; did you mean \"state\"?"},
      {"iam.json", "\"\"", "iam: state is empty"},
      {"\"111122223333\"", "\"1\"", "iam: administrator 1: account \"1\" is not 12 digits"},
      {"AKIAIOSFODNN7EXAMPLE", "short", "iam: administrator 1: accessKeyId is not 16 to 128 letters and digits"},
      {"secretAccessKey: secret", "secretAccessKey: \"\"", "iam: administrator 1: secretAccessKey is empty"},
      {", jwks: new.json", "", "iam: keys 1: jwks is missing"},
  };
  for (const auto& refused : kCases) {
    std::string text = kIamConfig;
    text.replace(text.find(refused.from), std::string_view(refused.from).size(), refused.to);
    const auto config = Files(text).Load();
    ASSERT_FALSE(config.ok()) << refused.message;
    EXPECT_THAT(config.error().message, HasSubstr(refused.message));
  }
}

TEST(StsConfig, MayHaveThePolicyItself) {
  const std::string inline_map = Changed("policy.json", R"(
    Version: 2012-10-17
    Statement:
    - Effect: Allow
      Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/ABC"}
      Action: sts:AssumeRoleWithWebIdentity
      Condition:
        StringEquals:
          "oidc.example.test/id/ABC:sub": system:serviceaccount:shop:cart
          "oidc.example.test/id/ABC:aud": sts.amazonaws.com)");
  const auto config = Files(inline_map).Load();
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->roles.front().trust_policy.statements.size(), 1U);

  const auto text = Files(Changed("policy.json", R"('{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
      "Principal": "*", "Action": "sts:*"}}')"))
                        .Load();
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_TRUE(text->roles.front().trust_policy.statements.front().principals.anyone);
}

TEST(StsConfig, SaysWhereKeysAre) {
  const auto place = [](std::string_view jwks) {
    const auto config = Files(Changed("  jwks: keys.json\n", jwks)).Load();
    EXPECT_TRUE(config.ok()) << config.error().message;
    return config->providers.front().jwks;
  };
  EXPECT_EQ(place(""), "");
  EXPECT_EQ(place("  jwks:\n"), "");
  EXPECT_EQ(place("  jwks: https://k.test/jwks\n"), "https://k.test/jwks");
  EXPECT_EQ(place("  jwks: /keys.json\n"), "/keys.json");
}

TEST(StsConfig, IsBesideNothingInTheWorkingDirectory) {
  testing::FakeFileReader reader;
  reader.files["sts.yaml"] = kConfig;
  reader.files["policy.json"] = TrustPolicyText();
  EXPECT_EQ(LoadStsConfig(reader, "sts.yaml")->providers.front().jwks, "keys.json");
}

TEST(StsConfig, HasDefaults) {
  const auto config = Files(Changed("  maxSessionDuration: 7200\n", "")).Load();
  EXPECT_EQ(config->roles.front().max_session_duration, std::chrono::hours(1));
  const auto empty = Files("{}").Load();
  ASSERT_TRUE(empty.ok()) << empty.error().message;
  EXPECT_THAT(empty->providers, IsEmpty());
  EXPECT_THAT(empty->roles, IsEmpty());
}

TEST(StsConfig, WarnsOfWhatAwsWouldNotTake) {
  const auto port = Files(Changed("oidc.example.test/id", "oidc.example.test:6443/id")).Load();
  ASSERT_TRUE(port.ok()) << port.error().message;
  EXPECT_THAT(port->warnings, ElementsAre(HasSubstr("provider 1: IAM would not register it")));
  EXPECT_THAT(Files(Changed("keys.json", "http://k.test/jwks")).Load()->warnings,
              ElementsAre(HasSubstr("provider 1: jwks \"http://k.test/jwks\" is not https")));
  EXPECT_THAT(Files(Changed("keys.json", "http://127.0.0.1:80/jwks")).Load()->warnings, IsEmpty());
}

TEST(StsConfig, NamesWhatIsWrong) {
  const struct {
    std::string config;
    const char* message;
  } cases[] = {
      {"providers: {}", "providers is a map, not a list"},
      {"provider: []", "has an unknown key \"provider\"; did you mean \"providers\"?"},
      {"[]", "is a list, not a map"},
      {"providers: [1]", "provider 1: is a number, not a map"},
      {Changed("jwks:", "jwksUri:"), "provider 1: has an unknown key \"jwksUri\""},
      {Changed("- issuer: https://oidc.example.test/id/ABC\n ", "-"), "provider 1: issuer is missing"},
      {Changed("https://oidc", "http://oidc"), "provider 1: issuer \"http://oidc.example.test/id/ABC\""},
      {Changed("\"111122223333\"", "111122223333"), "provider 1: account is a number, not a string: put it in quotes"},
      {Changed("\"111122223333\"", "\"1111\""), "provider 1: account \"1111\" is not 12 digits"},
      {Changed("[sts.amazonaws.com, vault]", "[]"), "provider 1: clientIds is not a list"},
      {Changed("[sts.amazonaws.com, vault]", "x"), "provider 1: clientIds is not a list"},
      {Changed("vault", "7"), "provider 1: clientIds has an entry that is not a string"},
      {Changed("vault", "''"), "provider 1: clientIds has an entry that is not a string"},
      {Changed("vault", std::string(256, 'x')), "provider 1: clientIds has an entry that is not a string"},
      {Changed("keys.json", "''"), "provider 1: jwks is empty"},
      {Changed("keys.json", "[]"), "provider 1: jwks is a list, not a string"},
      {Changed("keys.json", "https://"), "provider 1: jwks: "},
      {Changed("roles:\n- arn", "roles:\n- ARN"), "role 1: has an unknown key \"ARN\"; did you mean \"arn\"?"},
      {Changed("role/s3-reader", "user/s3-reader"), "role 1: arn \"arn:aws:iam::111122223333:user/s3-reader\" is not"},
      {Changed("trustPolicy: policy.json", "trustPolicy:"), "role 1: trustPolicy is missing"},
      {Changed("policy.json", "7"), "role 1: trustPolicy is a number, not a file's name or a policy"},
      {Changed("policy.json", "other.json"), "role 1: trustPolicy: cannot read etc/other.json: no such file"},
      {Changed("policy.json", "{Version: 2012-10-17}"), "role 1: trustPolicy: "},
      {Changed("7200", "3599"), "role 1: maxSessionDuration 3599 is not a number of seconds from 3600 to 43200"},
      {Changed("7200", "43201"), "role 1: maxSessionDuration 43201 is not"},
      {Changed("7200", "1h"), "role 1: maxSessionDuration \"1h\" is not"},
      {std::string(kConfig) + "---\n{}", "has 2 documents, not one"},
      {"", "has 0 documents, not one"},
  };
  for (const auto& [config, message] : cases) {
    const auto loaded = Files(config).Load();
    ASSERT_FALSE(loaded.ok()) << message;
    EXPECT_THAT(loaded.error().message, HasSubstr(std::string("STS configuration etc/sts.yaml: ") + message));
  }
}

TEST(StsConfig, NamesAMalformedPolicysFile) {
  Files files;
  files.reader.files["etc/policy.json"] = "{";
  EXPECT_THAT(files.Load().error().message, HasSubstr("role 1: trustPolicy etc/policy.json: "));
}

TEST(StsConfig, RefusesTheSameTwice) {
  const std::string provider = "- {issuer: https://a.test, account: \"111122223333\", clientIds: [x]}\n";
  EXPECT_THAT(Files("providers:\n" + provider + provider).Load().error().message,
              HasSubstr("provider 2: issuer \"https://a.test\" occurs twice in account 111122223333"));
  const std::string role = "- {arn: \"arn:aws:iam::111122223333:role/x\", trustPolicy: policy.json}\n";
  EXPECT_THAT(Files("roles:\n" + role + role).Load().error().message, HasSubstr("role 2: arn"));
}

TEST(StsConfig, IsAsTheDocumentationShowsIt) {
  const auto config = LoadStsConfig(base::DiskFileReader(), IRSA_SOURCE_DIR "/docs/examples/sts/sts.yaml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->providers.front().jwks, IRSA_SOURCE_DIR "/docs/examples/sts/keys.json");
  EXPECT_EQ(config->roles.front(), (ConfiguredRole{kRole, Policy(), std::chrono::hours(1)}));
  EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(StsConfig, HasBounds) {
  EXPECT_EQ(Files(std::string((1 << 20) + 1, ' ')).Load().error(),
            (Error{ErrorCode::kTooLarge, "STS configuration: etc/sts.yaml is too large"}));
  Files files;
  files.reader.files["etc/policy.json"].append(iam::kMaxPolicyBytes, ' ');
  EXPECT_THAT(files.Load().error().message, HasSubstr("trustPolicy: etc/policy.json is too large"));
  std::string ids = "id";
  for (int i = 0; i < 100; ++i) ids += ", id" + std::to_string(i);
  EXPECT_THAT(Files(Changed("sts.amazonaws.com, vault", ids)).Load().error().message,
              HasSubstr("clientIds has more than 100 entries"));
}

TEST(StsConfig, MustBeThere) {
  const testing::FakeFileReader none;
  EXPECT_EQ(LoadStsConfig(none, "sts.yaml").error(),
            (Error{ErrorCode::kNotFound, "STS configuration: cannot read sts.yaml: no such file"}));
}

}  // namespace
}  // namespace irsa::sts
