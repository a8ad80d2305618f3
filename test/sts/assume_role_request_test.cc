#include "irsa/sts/assume_role_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/sts/test_issuer.h"

namespace irsa::sts {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Parameters Whole() { return {{"RoleArn", kRole}, {"RoleSessionName", "cart"}, {"WebIdentityToken", "a.b.c"}}; }

Parameters With(const std::string& name, const std::string& value) {
  Parameters parameters = Whole();
  std::erase_if(parameters, [&](const auto& parameter) { return parameter.first == name; });
  parameters.emplace_back(name, value);
  return parameters;
}

AssumeRoleRequest Read(const Parameters& parameters) {
  auto read = ReadAssumeRoleWithWebIdentity(parameters);
  if (const auto* error = std::get_if<StsError>(&read)) {
    ADD_FAILURE() << error->code << ": " << error->message;
    return {};
  }
  return std::get<AssumeRoleRequest>(read);
}

StsError RefusalOf(const Parameters& parameters) {
  auto read = ReadAssumeRoleWithWebIdentity(parameters);
  if (auto* error = std::get_if<StsError>(&read)) return *error;
  ADD_FAILURE() << "not refused";
  return {};
}

TEST(AssumeRoleRequest, HasAnHourUnlessItSaysOtherwise) {
  const AssumeRoleRequest expected{kRole, "cart", "a.b.c", std::chrono::hours(1)};
  EXPECT_EQ(Read(Whole()), expected);
  EXPECT_EQ(Read(With("Unknown", "x")), expected);
  EXPECT_EQ(Read(With("DurationSeconds", "900")).duration, std::chrono::seconds(900));
  EXPECT_EQ(Read(With("DurationSeconds", "43200")).duration, std::chrono::hours(12));
}

TEST(AssumeRoleRequest, NamesAMissingParameter) {
  for (const char* name : {"RoleArn", "RoleSessionName", "WebIdentityToken"}) {
    Parameters parameters = Whole();
    std::erase_if(parameters, [&](const auto& parameter) { return parameter.first == name; });
    std::string member = name;
    member[0] = static_cast<char>(member[0] - 'A' + 'a');
    EXPECT_EQ(RefusalOf(parameters),
              (StsError{"ValidationError", "1 validation error detected: Value null at '" + member +
                                               "' failed to satisfy constraint: Member must not be null"}));
  }
  EXPECT_EQ(
      RefusalOf({{"RoleSessionName", "x"}}).message,
      "3 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be "
      "null; Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or "
      "equal to 2; Value null at 'webIdentityToken' failed to satisfy constraint: Member must not be null");
}

TEST(AssumeRoleRequest, WordsConstraintsAsAwsDoes) {
  const struct {
    const char* name;
    std::string value;
    std::string message;
  } cases[] = {
      {"RoleSessionName", "x",
       "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have "
       "length greater than or equal to 2"},
      {"RoleSessionName", "a b",
       "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must "
       "satisfy regular expression pattern: [\\w+=,.@-]*"},
      {"RoleSessionName", "",
       "1 validation error detected: Value '' at 'roleSessionName' failed to satisfy constraint: Member must have "
       "length greater than or equal to 2"},
      {"RoleSessionName", "/",
       "2 validation errors detected: Value '/' at 'roleSessionName' failed to satisfy constraint: Member must have "
       "length greater than or equal to 2; Value '/' at 'roleSessionName' failed to satisfy constraint: Member must "
       "satisfy regular expression pattern: [\\w+=,.@-]*"},
      {"RoleSessionName", std::string(65, 'a'),
       "1 validation error detected: Value '" + std::string(65, 'a') +
           "' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"},
      {"RoleArn", "arn:aws:iam",
       "1 validation error detected: Value 'arn:aws:iam' at 'roleArn' failed to satisfy constraint: Member must have "
       "length greater than or equal to 20"},
      {"RoleArn", std::string(2049, 'a'),
       "1 validation error detected: Value at 'roleArn' failed to satisfy constraint: Member must have length less "
       "than or equal to 2048"},
      {"WebIdentityToken", "abc",
       "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length "
       "greater than or equal to 4"},
      {"WebIdentityToken", std::string(20001, 'a'),
       "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length "
       "less than or equal to 20000"},
      {"DurationSeconds", "899",
       "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have "
       "value greater than or equal to 900"},
      {"DurationSeconds", "43201",
       "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have "
       "value less than or equal to 43200"},
      {"RoleArn", "arn:aws:iam::111122223333:user/somebody", "Request ARN is invalid"},
      {"RoleArn", "arn:aws:iam::1111:role/s3-reader", "Request ARN is invalid"},
  };
  for (const auto& [name, value, message] : cases) {
    EXPECT_EQ(RefusalOf(With(name, value)), (StsError{"ValidationError", message}));
  }
}

TEST(AssumeRoleRequest, RefusesCharactersThatNoArnHas) {
  for (const char c : {'\0', '\x01', '\x7f'}) {
    EXPECT_THAT(RefusalOf(With("RoleArn", std::string("arn:aws:iam::111122223333:role/") + c)).message,
                HasSubstr("regular expression pattern"));
  }
}

TEST(AssumeRoleRequest, CountsCharactersNotBytes) {
  std::string name;
  for (int i = 0; i < 64; ++i) name += "ä";
  EXPECT_THAT(RefusalOf(With("RoleSessionName", name)).message, Not(HasSubstr("length")));
}

TEST(AssumeRoleRequest, RefusesDurationsThatAreNone) {
  for (const char* text : {"", "1h", "-900", "+900", "900.0", "9999999999999999999", " 900"}) {
    EXPECT_THAT(RefusalOf(With("DurationSeconds", text)).message, HasSubstr("Member must be an integer")) << text;
  }
}

TEST(AssumeRoleRequest, RefusesAProviderId) {
  const StsError error = RefusalOf(With("ProviderId", "www.amazon.com"));
  EXPECT_EQ(error.code, "ValidationError");
  EXPECT_THAT(error.message, HasSubstr("ProviderId"));
}

TEST(AssumeRoleRequest, NeverQuotesTheToken) {
  Parameters parameters = With("WebIdentityToken", "zzz");
  parameters.emplace_back("DurationSeconds", "1");
  EXPECT_THAT(RefusalOf(parameters).message, Not(HasSubstr("zzz")));
}

constexpr const char* kPolicyArn = "arn:aws:iam::aws:policy/ReadOnlyAccess";

TEST(AssumeRoleRequest, TakesSessionPoliciesWithinTheirLimits) {
  Parameters parameters = With("Policy", R"({"Version": "2012-10-17", "Statement": []})");
  for (int i = 1; i <= 10; ++i) {
    parameters.emplace_back("PolicyArns.member." + std::to_string(i) + ".arn", kPolicyArn);
  }
  Read(parameters);
  parameters.emplace_back("PolicyArns.member.11.arn", kPolicyArn);
  EXPECT_EQ(RefusalOf(parameters).message,
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length "
            "less than or equal to 10");
}

TEST(AssumeRoleRequest, RefusesSessionPoliciesThatAreNone) {
  EXPECT_EQ(RefusalOf(With("Policy", "{")).code, "MalformedPolicyDocument");
  EXPECT_EQ(RefusalOf(With("Policy", "[]")).message, "Syntax errors in policy: not an object");
  EXPECT_THAT(RefusalOf(With("Policy", "")).message, HasSubstr("'policy' failed to satisfy constraint"));
  EXPECT_EQ(RefusalOf(With("Policy", "{}" + std::string(2047, ' '))).code, "PackedPolicyTooLarge");
  Read(With("Policy", "{}" + std::string(2046, ' ')));
  EXPECT_THAT(RefusalOf(With("PolicyArns.member.1.arn", "short")).message, HasSubstr("policyArns.member.arn"));
  EXPECT_EQ(RefusalOf(With("PolicyArns.member.1.arn", "arn:aws:iam::111122223333:role/x")),
            (StsError{"ValidationError", "ARN arn:aws:iam::111122223333:role/x is not valid."}));
}

// The same without a token, and what `more` has.
Parameters Signed(const Parameters& more = {}) {
  Parameters parameters = {{"RoleArn", kRole}, {"RoleSessionName", "cart"}};
  parameters.insert(parameters.end(), more.begin(), more.end());
  return parameters;
}

StsError SignedRefusal(const Parameters& more) {
  auto read = ReadAssumeRole(Signed(more));
  if (auto* error = std::get_if<StsError>(&read)) return *error;
  ADD_FAILURE() << "not refused";
  return {};
}

TEST(SignedAssumeRoleRequest, HasWhatItSays) {
  EXPECT_EQ(std::get<AssumeRoleRequest>(ReadAssumeRole(Signed())), (AssumeRoleRequest{kRole, "cart"}));
  const AssumeRoleRequest expected{kRole,   "cart",
                                   "",      std::chrono::seconds(900),
                                   "a:b/c", {{{"team", "shop é"}, {"Empty", ""}}, {"TEAM"}, "ann@example"}};
  EXPECT_EQ(std::get<AssumeRoleRequest>(ReadAssumeRole(Signed({{"DurationSeconds", "900"},
                                                               {"ExternalId", "a:b/c"},
                                                               {"SourceIdentity", "ann@example"},
                                                               {"Tags.member.1.Key", "team"},
                                                               {"Tags.member.1.Value", "shop é"},
                                                               {"Tags.member.2.Key", "Empty"},
                                                               {"TransitiveTagKeys.member.1", "TEAM"},
                                                               {"WebIdentityToken", "not read"}}))),
            expected);
}

TEST(SignedAssumeRoleRequest, RefusesWhatTheReferenceDoesNotAllow) {
  const struct {
    Parameters more;
    const char* code;
    std::string message;
  } cases[] = {
      {{{"ExternalId", "x"}},
       "ValidationError",
       "'x' at 'externalId' failed to satisfy constraint: Member must have length greater than or equal to 2"},
      {{{"ExternalId", std::string(1225, 'x')}}, "ValidationError", "length less than or equal to 1224"},
      {{{"ExternalId", "a b"}}, "ValidationError", "regular expression pattern: [\\w+=,.@:\\/-]*"},
      {{{"SourceIdentity", "a"}},
       "ValidationError",
       "'sourceIdentity' failed to satisfy constraint: Member must have length"},
      {{{"SourceIdentity", "aws:x"}}, "ValidationError", "regular expression pattern: [\\w+=,.@-]*"},
      {{{"SerialNumber", "short"}}, "ValidationError", "'serialNumber'"},
      {{{"TokenCode", "12345x"}}, "ValidationError", "Value at 'tokenCode'"},
      {{{"SerialNumber", "arn:aws:iam::111122223333:mfa/ann"}},
       "AccessDenied",
       "must provide both MFA serial number and one time pass code"},
      {{{"TokenCode", "123456"}}, "AccessDenied", "must provide both"},
      {{{"SerialNumber", "arn:aws:iam::111122223333:mfa/ann"}, {"TokenCode", "123456"}},
       "AccessDenied",
       "unable to validate MFA code"},
      {{{"ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/IdentityCenter"}},
       "ValidationError",
       "ProvidedContexts is not supported"},
      {{{"Tags.member.1.Key", ""}}, "ValidationError", "'tags.1.member.key'"},
      {{{"Tags.member.1.Key", std::string(129, 'k')}}, "ValidationError", "length less than or equal to 128"},
      {{{"Tags.member.1.Key", "k"}, {"Tags.member.1.Value", std::string(257, 'v')}},
       "ValidationError",
       "length less than or equal to 256"},
      {{{"Tags.member.1.Key", "a!"}}, "ValidationError", "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"},
      {{{"Tags.member.1.Key", "a\xff"}}, "ValidationError", "'tags'"},
      {{{"Tags.member.1.Key", "a"}, {"Tags.member.2.Key", "A"}}, "InvalidParameterValue", "Duplicate tag keys found"},
      {{{"Tags.member.1.Key", "AWS:a"}}, "InvalidParameterValue", "Tag key \"AWS:a\" begins with aws:"},
      {{{"TransitiveTagKeys.member.1", "team"}}, "InvalidParameterValue", "must be included in the requested tags"},
      {{{"DurationSeconds", "899"}}, "ValidationError", "greater than or equal to 900"},
      {{{"Policy", "{"}}, "MalformedPolicyDocument", "Syntax errors in policy"},
      {{{"PolicyArns.member.1.arn", "short"}}, "ValidationError", "policyArns.member.arn"},
  };
  for (const auto& [more, code, message] : cases) {
    const StsError error = SignedRefusal(more);
    EXPECT_EQ(error.code, code) << more[0].first << " " << more[0].second;
    EXPECT_THAT(error.message, HasSubstr(message));
  }
  EXPECT_THAT(SignedRefusal({{"TokenCode", "secret"}}).message, Not(HasSubstr("secret")));
  EXPECT_EQ(std::get<StsError>(ReadAssumeRole({})).message,
            "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be "
            "null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null");
}

TEST(SignedAssumeRoleRequest, HasFiftyTagsAtMost) {
  Parameters tags;
  for (int i = 1; i <= 50; ++i) {
    tags.emplace_back("Tags.member." + std::to_string(i) + ".Key", "k" + std::to_string(i));
    tags.emplace_back("Tags.member." + std::to_string(i) + ".Value", "v");
    tags.emplace_back("TransitiveTagKeys.member." + std::to_string(i), "k" + std::to_string(i));
  }
  const auto read = ReadAssumeRole(Signed(tags));
  ASSERT_TRUE(std::holds_alternative<AssumeRoleRequest>(read));
  EXPECT_EQ(std::get<AssumeRoleRequest>(read).attributes.tags.size(), 50U);
  tags.emplace_back("TransitiveTagKeys.member.51", "k1");
  EXPECT_THAT(SignedRefusal(tags).message, HasSubstr("'transitiveTagKeys'"));
  tags.back() = {"Tags.member.51.Key", "k51"};
  EXPECT_THAT(SignedRefusal(tags).message, HasSubstr("Value at 'tags' failed to satisfy constraint: Member must have "
                                                     "length less than or equal to 50"));
}

}  // namespace
}  // namespace irsa::sts
