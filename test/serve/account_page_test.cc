#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/serve/webhook_routes.h"

namespace irsa::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr identity::AccountName kApp{"team-a", "app"};
const base::SystemTime kSince{std::chrono::seconds(1785585600)};  // 2026-08-01T12:00:00Z

class AccountPageTest : public ::testing::Test {
 protected:
  http::Response Ask(std::vector<std::pair<std::string, std::string>> query) {
    http::Request request;
    request.query = std::move(query);
    const http::Route route = AccountRoute([this](const identity::AccountName& name) {
      asked_ = std::string(name.namespace_name).append("/").append(name.service_account);
      return answer_;
    });
    EXPECT_EQ(route.method + " " + route.path, "GET /debug/identity");
    return route.handler(request);
  }
  http::Response AskAboutApp() { return Ask({{"namespace", "team-a"}, {"service-account", "app"}}); }

  Result<std::optional<identity::KnownAccount>> answer_ = std::optional<identity::KnownAccount>();
  std::string asked_;
};

TEST_F(AccountPageTest, SaysWhatIsKnown) {
  std::vector<identity::Annotation> annotations = {{"eks.amazonaws.com/role-arn", "arn:aws:iam::111122223333:role/app"},
                                                   {"eks.amazonaws.com/region", "eu-central-1"},
                                                   {"eks.amazonaws.com/role-session-name", "{pod}"},
                                                   {"eks.amazonaws.com/profiles",
                                                    "b=arn:aws:iam::111122223333:role/b,"
                                                    "c=arn:aws:iam::444455556666:role/c from b"},
                                                   {"eks.amazonaws.com/audiense", "x"}};
  const auto account = std::make_shared<const identity::AccountIdentity>(ResolveIdentity(kApp, annotations, {}));
  answer_ = std::optional(identity::KnownAccount{account, "annotations of the service account", kSince});
  const http::Response response = AskAboutApp();
  EXPECT_EQ(asked_, "team-a/app");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({
  "namespace": "team-a",
  "serviceAccount": "app",
  "identity": {
    "method": "role",
    "roleArn": "arn:aws:iam::111122223333:role/app",
    "audience": "sts.amazonaws.com",
    "tokenExpirationSeconds": 86400,
    "regionalSts": false,
    "region": "eu-central-1",
    "roleSessionName": "{pod}",
    "profiles": [
      {
        "name": "b",
        "roleArn": "arn:aws:iam::111122223333:role/b"
      },
      {
        "name": "c",
        "roleArn": "arn:aws:iam::444455556666:role/c",
        "from": "b"
      }
    ]
  },
  "source": "annotations of the service account",
  "since": "2026-08-01T12:00:00Z",
  "warnings": [
    "unknown annotation \"eks.amazonaws.com/audiense\" is ignored: did you mean audience?"
  ]
}
)");
}

TEST_F(AccountPageTest, SaysThatAKnownAccountHasNoIdentity) {
  answer_ = std::optional(identity::KnownAccount{nullptr, "file accounts.yaml", {}});
  EXPECT_EQ(AskAboutApp().body, R"({
  "namespace": "team-a",
  "serviceAccount": "app",
  "identity": null,
  "source": "file accounts.yaml",
  "since": null,
  "warnings": []
}
)");
}

TEST_F(AccountPageTest, SaysThatAnAccountUsesPodIdentity) {
  identity::AccountIdentity account{PodIdentityOf(kApp, {}, {}), {}};
  answer_ = std::optional(identity::KnownAccount{std::make_shared<const identity::AccountIdentity>(account), "x", {}});
  const http::Response response = AskAboutApp();
  EXPECT_THAT(response.body, HasSubstr(R"("method": "pod-identity")"));
  EXPECT_THAT(response.body, Not(HasSubstr("roleArn")));
}

TEST_F(AccountPageTest, SaysOfAnUnknownAccountThatItIsNotKnown) {
  const http::Response response = AskAboutApp();
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("irsa knows no service account app in namespace team-a"));
}

TEST_F(AccountPageTest, WantsAnAccountsName) {
  for (const auto& query : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {},
           {{"namespace", "team-a"}},
           {{"service-account", "app"}},
           {{"namespace", ""}, {"service-account", "app"}},
           {{"namespace", "team-a"}, {"service-account", "../secrets"}},
           {{"namespace", std::string(64, 'a')}, {"service-account", "app"}}}) {
    const http::Response response = Ask(query);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, "service account missing: use /debug/identity?namespace=NAMESPACE&service-account=NAME\n");
  }
  EXPECT_EQ(asked_, "");
}

TEST_F(AccountPageTest, IsUnavailableBeforeAnythingIsKnown) {
  answer_ = Error{ErrorCode::kUnavailable, "service accounts have not been listed yet"};
  const http::Response response = AskAboutApp();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "service accounts have not been listed yet\n");
}

TEST_F(AccountPageTest, HasABoundedNumberOfWarnings) {
  identity::AccountIdentity account;
  for (int i = 0; i < 1000; ++i) {
    account.warnings.push_back({identity::WarningReason::kUnknownAnnotation, "invalid \xff"});
  }
  answer_ = std::optional(identity::KnownAccount{std::make_shared<const identity::AccountIdentity>(account), "x", {}});
  EXPECT_LT(AskAboutApp().body.size(), 2000U);
}

}  // namespace
}  // namespace irsa::serve
