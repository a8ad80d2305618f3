#include <string>

#include <gmock/gmock.h>

#include "irsa/sts/iam_api/iam_api.h"

#include "test/sts/iam_api_fixture.h"

namespace irsa::sts {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(IamApi, RegistersAProviderWithTheKeysThatTheConfigurationNames) {
  Api api;
  const http::Response created =
      api.Call("CreateOpenIDConnectProvider", {{"Url", Api::kUrl},
                                               {"ClientIDList.member.1", "sts.amazonaws.com"},
                                               {"ThumbprintList.member.1", std::string(40, 'a')},
                                               {"Tags.member.1.Key", "team"},
                                               {"Tags.member.1.Value", "shop"}});
  EXPECT_EQ(Element(created.body, "OpenIDConnectProviderArn"), Api::kProviderArn);
  EXPECT_THAT(created.body, HasSubstr("xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\""));
  const ConfiguredProvider expected{{"111122223333", Api::kUrl, {"sts.amazonaws.com"}}, "keys.json"};
  EXPECT_EQ(api.effective.providers, std::vector{expected});

  const http::Response got = api.Call("GetOpenIDConnectProvider", {{"OpenIDConnectProviderArn", Api::kProviderArn}});
  EXPECT_EQ(Element(got.body, "Url"), "oidc.example.test/id/NEW");
  EXPECT_THAT(got.body, HasSubstr("<member>" + std::string(40, 'a') + "</member>"));
  EXPECT_EQ(Element(got.body, "Key"), "team");
  EXPECT_EQ(Element(api.Call("ListOpenIDConnectProviders").body, "Arn"), Api::kProviderArn);
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
      {"with a long client id", {{"Url", Api::kUrl}, {"ClientIDList.member.1", at_length}}, "ValidationError"},
      {"with a short thumbprint", {{"Url", Api::kUrl}, {"ThumbprintList.member.1", "ab"}}, "ValidationError"},
      {"with a tag twice",
       {{"Url", Api::kUrl}, {"Tags.member.1.Key", "a"}, {"Tags.member.2.Key", "A"}},
       "InvalidInput"},
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
  EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", {{"Url", Api::kUrl}}), "EntityAlreadyExists");
  EXPECT_EQ(api.Code("DeleteOpenIDConnectProvider", {{"OpenIDConnectProviderArn", Api::kProviderArn}}), "");
  EXPECT_EQ(api.Code("DeleteOpenIDConnectProvider", {{"OpenIDConnectProviderArn", Api::kProviderArn}}), "NoSuchEntity");
  EXPECT_EQ(api.Code("GetOpenIDConnectProvider", {{"OpenIDConnectProviderArn", "arn:aws:iam::111122223333:role/x"}}),
            "InvalidInput");
  EXPECT_TRUE(api.effective.providers.empty());
}

TEST(IamApi, ChangesClientIdsAndThumbprints) {
  Api api;
  api.CreateProvider();
  const std::pair<std::string, std::string> arn{"OpenIDConnectProviderArn", Api::kProviderArn};
  EXPECT_EQ(api.Code("AddClientIDToOpenIDConnectProvider", {arn, {"ClientID", "vault"}}), "");
  EXPECT_EQ(api.Code("RemoveClientIDFromOpenIDConnectProvider", {arn, {"ClientID", "sts.amazonaws.com"}}), "");
  EXPECT_EQ(api.effective.providers.at(0).provider.client_ids, std::vector<std::string>{"vault"});
  EXPECT_EQ(api.Code("UpdateOpenIDConnectProviderThumbprint", {arn}), "ValidationError");
  EXPECT_EQ(api.Code("UpdateOpenIDConnectProviderThumbprint", {arn, {"ThumbprintList.member.1", std::string(40, 'b')}}),
            "");
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
    most.emplace_back("Url", Api::kUrl);
    too_many.emplace_back("Url", Api::kUrl);
    EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", too_many), code);
    EXPECT_EQ(api.Code("CreateOpenIDConnectProvider", most), "");
  }
}

TEST(IamApi, ShowsAnAccountItsOwnAlone) {
  Api api;
  api.CreateProvider();
  api.CreateRole();
  const auto as_other = [&](Parameters parameters) {
    return api.api.Handle(api.Signed(std::move(parameters), "AKIAOTHEROTHEROTHER0", "other")).body;
  };
  EXPECT_EQ(Element(as_other({{"Action", "GetRole"}, {"RoleName", "cart"}}), "Code"), "NoSuchEntity");
  EXPECT_EQ(Element(as_other({{"Action", "GetOpenIDConnectProvider"}, {"OpenIDConnectProviderArn", Api::kProviderArn}}),
                    "Code"),
            "NoSuchEntity");
  EXPECT_THAT(as_other({{"Action", "ListRoles"}}), Not(HasSubstr("cart")));
}

}  // namespace
}  // namespace irsa::sts
