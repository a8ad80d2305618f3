#include "irsa/sts/iam_api/iam_api.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "irsa/base/files.h"
#include "irsa/base/time_text.h"

#include "test/sts/iam_api_fixture.h"

namespace irsa::sts {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(IamApi, RegistersARole) {
  Api api;
  const http::Response created = api.Call("CreateRole", {{"RoleName", "cart"},
                                                         {"Path", "/shop/"},
                                                         {"AssumeRolePolicyDocument", TrustPolicyText()},
                                                         {"Description", "reads <carts>"},
                                                         {"MaxSessionDuration", "7200"}});
  EXPECT_EQ(Element(created.body, "Arn"), "arn:aws:iam::111122223333:role/shop/cart");
  EXPECT_EQ(Element(created.body, "AssumeRolePolicyDocument"), base::EncodeComponent(TrustPolicyText()));
  EXPECT_EQ(Element(created.body, "Description"), "reads &lt;carts&gt;");
  ASSERT_EQ(api.effective.roles.size(), 1u);
  EXPECT_EQ(api.effective.roles[0].arn, "arn:aws:iam::111122223333:role/shop/cart");
  EXPECT_EQ(api.effective.roles[0].max_session_duration, std::chrono::hours(2));
  EXPECT_EQ(Element(api.Call("GetRole", {{"RoleName", "CART"}}).body, "RoleName"), "cart");
  EXPECT_EQ(Element(api.Call("ListRoles", {{"PathPrefix", "/shop/"}}).body, "RoleName"), "cart");
  EXPECT_THAT(api.Call("ListRoles", {{"PathPrefix", "/other/"}}).body, Not(HasSubstr("cart")));
}

TEST(IamApi, RefusesARole) {
  const std::string policy = TrustPolicyText();
  const std::string huge(2049, 'x');
  const std::string spaced(2049, ' ');  // within a string
  const struct {
    const char* name;
    Parameters parameters;
    const char* code;
  } kCases[] = {
      {"without a name", {{"AssumeRolePolicyDocument", policy}}, "ValidationError"},
      {"without a policy", {{"RoleName", "r"}}, "ValidationError"},
      {"with a slash in its name", {{"RoleName", "a/b"}, {"AssumeRolePolicyDocument", policy}}, "ValidationError"},
      {"with a long name",
       {{"RoleName", std::string(65, 'r')}, {"AssumeRolePolicyDocument", policy}},
       "ValidationError"},
      {"with half a path",
       {{"RoleName", "r"}, {"Path", "/a"}, {"AssumeRolePolicyDocument", policy}},
       "ValidationError"},
      {"for too long",
       {{"RoleName", "r"}, {"MaxSessionDuration", "43201"}, {"AssumeRolePolicyDocument", policy}},
       "ValidationError"},
      {"with no JSON", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", "{"}}, "MalformedPolicyDocument"},
      {"with a Resource",
       {{"RoleName", "r"},
        {"AssumeRolePolicyDocument",
         R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}})"}},
       "MalformedPolicyDocument"},
      {"with a large policy",
       {{"RoleName", "r"},
        {"AssumeRolePolicyDocument",
         R"({"Version":"2012-10-17","Id":")" + huge +
             R"(","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})"}},
       "LimitExceeded"},
      {"with a policy of long blanks",
       {{"RoleName", "r"},
        {"AssumeRolePolicyDocument",
         R"({"Version":"2012-10-17","Id":")" + spaced +
             R"(","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})"}},
       "LimitExceeded"},
  };
  for (const auto& refused : kCases) {
    Api api;
    EXPECT_EQ(api.Code("CreateRole", refused.parameters), refused.code) << refused.name;
    EXPECT_EQ(api.changes, 1) << refused.name;
  }
}

TEST(IamApi, CountsAPolicysCharactersNotItsBytes) {
  Api api;
  std::string letters;
  for (int i = 0; i < 1900; ++i) letters += "é";
  const std::string policy = R"({"Version":"2012-10-17","Id":")" + letters +
                             R"(","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})";
  EXPECT_EQ(api.Code("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", policy}}), "");
}

TEST(IamApi, KnowsEachRoleOnceWhateverTheCase) {
  Api api;
  api.CreateRole();
  EXPECT_EQ(api.Code("CreateRole", {{"RoleName", "Cart"}, {"AssumeRolePolicyDocument", TrustPolicyText()}}),
            "EntityAlreadyExists");
  EXPECT_EQ(api.Code("GetRole", {{"RoleName", "till"}}), "NoSuchEntity");
}

TEST(IamApi, ChangesATrustPolicyThatCountsAtOnce) {
  Api api;
  api.CreateRole();
  EXPECT_EQ(api.Code("UpdateAssumeRolePolicy", {{"RoleName", "cart"}, {"PolicyDocument", "{}"}}),
            "MalformedPolicyDocument");
  const std::string changed =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})";
  EXPECT_EQ(api.Code("UpdateAssumeRolePolicy", {{"RoleName", "cart"}, {"PolicyDocument", changed}}), "");
  EXPECT_EQ(api.effective.roles.at(0).trust_policy, iam::ParseTrustPolicy(changed).value());
}

TEST(IamApi, DeletesARoleOnlyWithoutPolicies) {
  Api api;
  api.CreateRole();
  const std::pair<std::string, std::string> role{"RoleName", "cart"};
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", Api::kPolicyArn}}), "");
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", Api::kPolicyArn}}), "");
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", "arn:aws:s3:::a-bucket-of-mine"}}), "InvalidInput");
  EXPECT_EQ(api.Code("PutRolePolicy", {role, {"PolicyName", "own"}, {"PolicyDocument", R"({"Statement":[]})"}}), "");
  EXPECT_EQ(Element(api.Call("ListAttachedRolePolicies", {role}).body, "PolicyName"), "AmazonS3ReadOnlyAccess");
  EXPECT_THAT(api.Call("ListRolePolicies", {role}).body, HasSubstr("<member>own</member>"));
  EXPECT_EQ(Element(api.Call("GetRolePolicy", {role, {"PolicyName", "own"}}).body, "PolicyDocument"),
            base::EncodeComponent(R"({"Statement":[]})"));
  const http::Response conflict = api.Call("DeleteRole", {role});
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(Element(conflict.body, "Code"), "DeleteConflict");
  EXPECT_EQ(api.Code("DetachRolePolicy", {role, {"PolicyArn", Api::kPolicyArn}}), "");
  EXPECT_EQ(api.Code("DetachRolePolicy", {role, {"PolicyArn", Api::kPolicyArn}}), "NoSuchEntity");
  EXPECT_EQ(api.Code("DeleteRole", {role}), "DeleteConflict");
  EXPECT_EQ(api.Code("DeleteRolePolicy", {role, {"PolicyName", "own"}}), "");
  EXPECT_EQ(api.Code("ListInstanceProfilesForRole", {role}), "");
  EXPECT_EQ(api.Code("DeleteRole", {role}), "");
  EXPECT_EQ(api.Code("GetRole", {role}), "NoSuchEntity");
}

TEST(IamApi, BoundsThePoliciesOfARole) {
  Api api;
  api.CreateRole();
  const std::pair<std::string, std::string> role{"RoleName", "cart"};
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", Api::kPolicyArn + std::to_string(i)}}), "");
  }
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", Api::kPolicyArn}}), "LimitExceeded");

  const auto policy_of = [](size_t characters) {
    const std::string begin = R"({"Statement":[],"Id":")";
    return begin + std::string(characters - begin.size() - 2, 'x') + "\"}";
  };
  const auto put = [&](const char* name, size_t characters) {
    return api.Code("PutRolePolicy", {role, {"PolicyName", name}, {"PolicyDocument", policy_of(characters)}});
  };
  EXPECT_EQ(put("one", 10000), "");
  EXPECT_EQ(put("two", 241), "LimitExceeded");
  EXPECT_EQ(put("two", 240), "");
}

TEST(IamApi, KeepsTagsApartFromCase) {
  Api api;
  api.CreateRole();
  const std::pair<std::string, std::string> role{"RoleName", "cart"};
  EXPECT_EQ(api.Code("TagRole", {role, {"Tags.member.1.Key", "team"}, {"Tags.member.1.Value", "a"}}), "");
  EXPECT_EQ(api.Code("TagRole", {role, {"Tags.member.1.Key", "TEAM"}, {"Tags.member.1.Value", "b"}}), "");
  EXPECT_EQ(Element(api.Call("ListRoleTags", {role}).body, "Value"), "b");
  EXPECT_EQ(api.Code("UntagRole", {role, {"TagKeys.member.1", "team"}}), "");
  EXPECT_THAT(api.Call("ListRoleTags", {role}).body, Not(HasSubstr("<Key>")));
}

TEST(IamApi, AsksForASignatureOfAnAdministrator) {
  Api api;
  const Parameters list{{"Action", "ListRoles"}};
  http::Request unsigned_request = api.Signed(list);
  unsigned_request.headers.pop_back();
  EXPECT_EQ(Element(api.api.Handle(unsigned_request).body, "Code"), "MissingAuthenticationToken");
  EXPECT_EQ(Element(api.api.Handle(api.Signed(list, "AKIAUNKNOWNUNKNOWN00")).body, "Code"), "InvalidClientTokenId");
  EXPECT_EQ(Element(api.api.Handle(api.Signed(list, Api::kAccessKey, "guessed")).body, "Code"),
            "SignatureDoesNotMatch");
  EXPECT_EQ(Element(api.api.Handle(api.Signed(list, Api::kAccessKey, Api::kSecret, "sts")).body, "Code"),
            "SignatureDoesNotMatch");
  EXPECT_EQ(api.Code("CreateUser"), "InvalidAction");
}

TEST(IamApi, DoesNotRegisterWhatTheConfigurationHas) {
  Api api;
  api.config.providers = {{{"111122223333", Api::kUrl, {"a"}}}};
  api.config.roles = {{"arn:aws:iam::111122223333:role/cart", iam::ParseTrustPolicy(TrustPolicyText()).value(), {}}};
  ASSERT_TRUE(api.api.SetConfig(api.config, api.files).ok());
  EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", {{"Url", Api::kUrl}}), "EntityAlreadyExists");
  EXPECT_EQ(api.Code("CreateRole", {{"RoleName", "cart"}, {"AssumeRolePolicyDocument", TrustPolicyText()}}),
            "EntityAlreadyExists");
}

TEST(IamApi, KeepsItsStateInAFile) {
  const std::filesystem::path directory = std::filesystem::path(::testing::TempDir()) / "iam_api_state";
  std::filesystem::create_directories(directory);
  Api api;
  api.config.iam.state_path = directory / "iam.json";
  const base::DiskFileReader disk;
  ASSERT_TRUE(api.api.SetConfig(api.config, disk).ok());
  api.CreateProvider();
  api.CreateRole();

  Api later;
  ASSERT_TRUE(later.api.SetConfig(api.config, disk).ok());
  EXPECT_EQ(later.effective.providers, api.effective.providers);
  EXPECT_EQ(later.effective.roles, api.effective.roles);
  EXPECT_EQ(std::filesystem::status(directory / "iam.json").permissions(), std::filesystem::perms(0600));
  std::filesystem::remove_all(directory);
}

TEST(IamApi, ChangesNothingThatItCannotKeep) {
  Api api;
  api.config.iam.state_path = "/no-such-directory/iam.json";
  ASSERT_TRUE(api.api.SetConfig(api.config, api.files).ok());
  EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", {{"Url", Api::kUrl}}), "ServiceFailure");
  EXPECT_TRUE(api.effective.providers.empty());
  EXPECT_THAT(api.Call("ListOpenIDConnectProviders").body, Not(HasSubstr("<Arn>")));
}

TEST(IamApi, RefusesAStateThatIsBrokenAndSaysWhere) {
  constexpr const char* kProvider = R"({"account": "111122223333", "url": "https://i.test", "clientIds": [],
      "thumbprints": [], "tags": {}, "created": "2026-01-01T00:00:00Z"})";
  const std::pair<std::string, const char*> cases[] = {
      {"", "JSON"},
      {"[]", "it has no list \"providers\""},
      {R"({"providers": 3, "roles": []})", "it has no list \"providers\""},
      {R"({"providers": []})", "it has no list \"roles\""},
      {R"({"providers": [)" + std::string(kProvider) + R"(, {}], "roles": []})",
       "providers[1] is not as irsa sts wrote it"},
      {R"({"providers": [], "roles": [{"account": "111122223333"}]})", "roles[0] is not as irsa sts wrote it"},
  };
  Api api;
  api.config.iam.state_path = "iam.json";
  for (const auto& [broken, fault] : cases) {
    api.files.files["iam.json"] = broken;
    const Status status = api.api.SetConfig(api.config, api.files);
    ASSERT_FALSE(status.ok()) << broken;
    EXPECT_THAT(status.error().message, HasSubstr(fault)) << broken;
  }
}

TEST(IamApi, IsToldFromStsByItsVersion) {
  http::Request request{"POST", "/", {}, {}, "Action=ListRoles&Version=2010-05-08", {}};
  EXPECT_TRUE(IsIamRequest(request));
  request.body = "Action=GetCallerIdentity&Version=2011-06-15";
  EXPECT_FALSE(IsIamRequest(request));
  request.query = {{"Version", "2010-05-08"}};
  EXPECT_TRUE(IsIamRequest(request));
}

}  // namespace
}  // namespace irsa::sts
