#include "irsa/sts/iam_api/iam_api.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "irsa/base/files.h"
#include "irsa/base/time_text.h"

#include "src/sts/query/signature_v4.h"
#include "test/sts/service_fixture.h"

namespace irsa::sts {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAccessKey = "AKIAIOSFODNN7EXAMPLE";
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr const char* kUrl = "https://oidc.example.test/id/NEW";
constexpr const char* kProviderArn = "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/NEW";
constexpr const char* kPolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

struct Api {
  testing::FakeFileReader files;
  testing::FakeClock clock{base::SystemTime(std::chrono::seconds(kNow))};
  testing::FakeLog log;
  StsConfig effective;
  int changes = 0;
  IamApi api{clock, log, [this](StsConfig all) {
               effective = std::move(all);
               ++changes;
             }};
  StsConfig config;

  Api() {
    config.iam.administrators = {{"111122223333", kAccessKey, kSecret},
                                 {"444455556666", "AKIAOTHEROTHEROTHER0", "other"}};
    config.iam.keys = {{kUrl, KeyLocation::kFile, "keys.json"}};
    EXPECT_TRUE(api.SetConfig(config, files).ok());
  }

  http::Request Signed(Parameters parameters, const std::string& key = kAccessKey, const std::string& secret = kSecret,
                       const std::string& service = "iam") const {
    parameters.emplace_back("Version", "2010-05-08");
    http::Request request{"POST", "/", {}, {{"Host", "iam.test"}}, Form(parameters), {}};
    const std::string timestamp = FormatTimestamp(clock.Now());
    request.headers.emplace_back("X-Amz-Date", timestamp);
    const Authorization authorization{
        key, timestamp.substr(0, 8), "us-east-1", service, {"host", "x-amz-date"}, {}, timestamp, {}, {}};
    const std::string signature =
        Sign(authorization, secret, StringToSign(authorization, CanonicalRequest(request, authorization)));
    request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + key + "/" + authorization.date +
                                                      "/us-east-1/" + service +
                                                      "/aws4_request, SignedHeaders=host;x-amz-date, "
                                                      "Signature=" +
                                                      signature);
    return request;
  }

  http::Response Call(const std::string& action, Parameters parameters = {}) {
    parameters.emplace_back("Action", action);
    return api.Handle(Signed(std::move(parameters)));
  }

  // The error's code, or "" for an answer of 200.
  std::string Code(const std::string& action, Parameters parameters = {}) {
    const http::Response answer = Call(action, std::move(parameters));
    EXPECT_EQ(answer.content_type, "text/xml");
    return answer.status == 200 ? "" : Element(answer.body, "Code");
  }

  void CreateProvider() {
    ASSERT_EQ(Code("CreateOpenIDConnectProvider", {{"Url", kUrl}, {"ClientIDList.member.1", "sts.amazonaws.com"}}), "");
  }
  void CreateRole() {
    ASSERT_EQ(Code("CreateRole", {{"RoleName", "cart"}, {"AssumeRolePolicyDocument", TrustPolicyText()}}), "");
  }
};

TEST(IamApi, RegistersAProviderWithTheKeysThatTheConfigurationNames) {
  Api api;
  const http::Response created =
      api.Call("CreateOpenIDConnectProvider", {{"Url", kUrl},
                                               {"ClientIDList.member.1", "sts.amazonaws.com"},
                                               {"ThumbprintList.member.1", std::string(40, 'a')},
                                               {"Tags.member.1.Key", "team"},
                                               {"Tags.member.1.Value", "shop"}});
  EXPECT_EQ(Element(created.body, "OpenIDConnectProviderArn"), kProviderArn);
  EXPECT_THAT(created.body, HasSubstr("xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\""));
  const ConfiguredProvider expected{{"111122223333", kUrl, {"sts.amazonaws.com"}}, KeyLocation::kFile, "keys.json"};
  EXPECT_EQ(api.effective.providers, std::vector{expected});

  const http::Response got = api.Call("GetOpenIDConnectProvider", {{"OpenIDConnectProviderArn", kProviderArn}});
  EXPECT_EQ(Element(got.body, "Url"), "oidc.example.test/id/NEW");
  EXPECT_THAT(got.body, HasSubstr("<member>" + std::string(40, 'a') + "</member>"));
  EXPECT_EQ(Element(got.body, "Key"), "team");
  EXPECT_EQ(Element(api.Call("ListOpenIDConnectProviders").body, "Arn"), kProviderArn);
}

TEST(IamApi, RefusesAProvider) {
  const std::string at_length(256, 'x');
  const struct {
    const char* name;
    Parameters parameters;
    const char* code;
  } kCases[] = {
      {"without a URL", {}, "ValidationError"},
      {"http", {{"Url", "http://oidc.example.test"}}, "InvalidInput"},
      {"with a port", {{"Url", "https://oidc.example.test:6443"}}, "InvalidInput"},
      {"of the cluster alone", {{"Url", "https://kubernetes.default.svc"}}, "InvalidInput"},
      {"with a long client id", {{"Url", kUrl}, {"ClientIDList.member.1", at_length}}, "ValidationError"},
      {"with a short thumbprint", {{"Url", kUrl}, {"ThumbprintList.member.1", "ab"}}, "ValidationError"},
      {"with a tag twice", {{"Url", kUrl}, {"Tags.member.1.Key", "a"}, {"Tags.member.2.Key", "A"}}, "InvalidInput"},
  };
  for (const auto& refused : kCases) {
    Api api;
    EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", refused.parameters), refused.code) << refused.name;
    EXPECT_EQ(api.changes, 1) << refused.name;
  }
}

TEST(IamApi, KnowsEachProviderOnce) {
  Api api;
  api.CreateProvider();
  EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", {{"Url", kUrl}}), "EntityAlreadyExists");
  EXPECT_EQ(api.Code("DeleteOpenIDConnectProvider", {{"OpenIDConnectProviderArn", kProviderArn}}), "");
  EXPECT_EQ(api.Code("DeleteOpenIDConnectProvider", {{"OpenIDConnectProviderArn", kProviderArn}}), "NoSuchEntity");
  EXPECT_EQ(api.Code("GetOpenIDConnectProvider", {{"OpenIDConnectProviderArn", "arn:aws:iam::111122223333:role/x"}}),
            "InvalidInput");
  EXPECT_TRUE(api.effective.providers.empty());
}

TEST(IamApi, ChangesClientIdsAndThumbprints) {
  Api api;
  api.CreateProvider();
  const std::pair<std::string, std::string> arn{"OpenIDConnectProviderArn", kProviderArn};
  EXPECT_EQ(api.Code("AddClientIDToOpenIDConnectProvider", {arn, {"ClientID", "vault"}}), "");
  EXPECT_EQ(api.Code("RemoveClientIDFromOpenIDConnectProvider", {arn, {"ClientID", "sts.amazonaws.com"}}), "");
  EXPECT_EQ(api.effective.providers.at(0).provider.client_ids, std::vector<std::string>{"vault"});
  EXPECT_EQ(api.Code("UpdateOpenIDConnectProviderThumbprint", {arn}), "ValidationError");
  EXPECT_EQ(api.Code("UpdateOpenIDConnectProviderThumbprint", {arn, {"ThumbprintList.member.1", std::string(40, 'b')}}),
            "");
}

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
  };
  for (const auto& refused : kCases) {
    Api api;
    EXPECT_EQ(api.Code("CreateRole", refused.parameters), refused.code) << refused.name;
    EXPECT_EQ(api.changes, 1) << refused.name;
  }
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
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", kPolicyArn}}), "");
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", kPolicyArn}}), "");
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", "arn:aws:s3:::a-bucket-of-mine"}}), "InvalidInput");
  EXPECT_EQ(api.Code("PutRolePolicy", {role, {"PolicyName", "own"}, {"PolicyDocument", R"({"Statement":[]})"}}), "");
  EXPECT_EQ(Element(api.Call("ListAttachedRolePolicies", {role}).body, "PolicyName"), "AmazonS3ReadOnlyAccess");
  EXPECT_THAT(api.Call("ListRolePolicies", {role}).body, HasSubstr("<member>own</member>"));
  EXPECT_EQ(Element(api.Call("GetRolePolicy", {role, {"PolicyName", "own"}}).body, "PolicyDocument"),
            base::EncodeComponent(R"({"Statement":[]})"));
  const http::Response conflict = api.Call("DeleteRole", {role});
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(Element(conflict.body, "Code"), "DeleteConflict");
  EXPECT_EQ(api.Code("DetachRolePolicy", {role, {"PolicyArn", kPolicyArn}}), "");
  EXPECT_EQ(api.Code("DetachRolePolicy", {role, {"PolicyArn", kPolicyArn}}), "NoSuchEntity");
  EXPECT_EQ(api.Code("DeleteRole", {role}), "DeleteConflict");
  EXPECT_EQ(api.Code("DeleteRolePolicy", {role, {"PolicyName", "own"}}), "");
  EXPECT_EQ(api.Code("ListInstanceProfilesForRole", {role}), "");
  EXPECT_EQ(api.Code("DeleteRole", {role}), "");
  EXPECT_EQ(api.Code("GetRole", {role}), "NoSuchEntity");
}

// "NAME.member.1SUFFIX", …, each with that value and its number.
Parameters Members(const std::string& name, size_t count, const std::string& suffix, const std::string& value) {
  Parameters members;
  for (size_t i = 1; i <= count; ++i) {
    members.emplace_back(name + ".member." + std::to_string(i) + suffix, value + std::to_string(i));
  }
  return members;
}

TEST(IamApi, BoundsWhatAProviderHas) {
  const struct {
    Parameters most;
    Parameters too_many;
    const char* code;
  } kCases[] = {
      {Members("ClientIDList", 100, "", "id"), Members("ClientIDList", 101, "", "id"), "LimitExceeded"},
      {Members("ThumbprintList", 5, "", std::string(39, 'a')), Members("ThumbprintList", 6, "", std::string(39, 'a')),
       "InvalidInput"},
      {Members("Tags", 50, ".Key", "k"), Members("Tags", 51, ".Key", "k"), "LimitExceeded"},
  };
  for (auto [most, too_many, code] : kCases) {
    Api api;
    most.emplace_back("Url", kUrl);
    too_many.emplace_back("Url", kUrl);
    EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", too_many), code);
    EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", most), "");
  }
}

TEST(IamApi, BoundsThePoliciesOfARole) {
  Api api;
  api.CreateRole();
  const std::pair<std::string, std::string> role{"RoleName", "cart"};
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", kPolicyArn + std::to_string(i)}}), "");
  }
  EXPECT_EQ(api.Code("AttachRolePolicy", {role, {"PolicyArn", kPolicyArn}}), "LimitExceeded");

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
  EXPECT_EQ(Element(api.api.Handle(api.Signed(list, kAccessKey, "guessed")).body, "Code"), "SignatureDoesNotMatch");
  EXPECT_EQ(Element(api.api.Handle(api.Signed(list, kAccessKey, kSecret, "sts")).body, "Code"),
            "SignatureDoesNotMatch");
  EXPECT_EQ(api.Code("CreateUser"), "InvalidAction");
}

TEST(IamApi, ShowsAnAccountItsOwnAlone) {
  Api api;
  api.CreateProvider();
  api.CreateRole();
  const auto as_other = [&](Parameters parameters) {
    return api.api.Handle(api.Signed(std::move(parameters), "AKIAOTHEROTHEROTHER0", "other")).body;
  };
  EXPECT_EQ(Element(as_other({{"Action", "GetRole"}, {"RoleName", "cart"}}), "Code"), "NoSuchEntity");
  EXPECT_EQ(
      Element(as_other({{"Action", "GetOpenIDConnectProvider"}, {"OpenIDConnectProviderArn", kProviderArn}}), "Code"),
      "NoSuchEntity");
  EXPECT_THAT(as_other({{"Action", "ListRoles"}}), Not(HasSubstr("cart")));
}

TEST(IamApi, DoesNotRegisterWhatTheConfigurationHas) {
  Api api;
  api.config.providers = {{{"111122223333", kUrl, {"a"}}, KeyLocation::kDiscovery, ""}};
  api.config.roles = {{"arn:aws:iam::111122223333:role/cart", iam::ParseTrustPolicy(TrustPolicyText()).value(), {}}};
  ASSERT_TRUE(api.api.SetConfig(api.config, api.files).ok());
  EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", {{"Url", kUrl}}), "EntityAlreadyExists");
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
  EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", {{"Url", kUrl}}), "ServiceFailure");
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
    const base::Status status = api.api.SetConfig(api.config, api.files);
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
