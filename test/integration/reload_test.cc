// Files that change, break and mend under a running server.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"

#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"
#include "test/testing/await.h"

namespace irsa::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kOtherRole = "arn:aws:iam::111122223333:role/other";

// The answer to the simple review, its patch in plain text.
std::string Answer(const ServeProcess& serve) {
  const std::string body = Exchange(serve.port(), MutateRequest(ReadTestFile("test/data/reviews/simple.json"))).body;
  const size_t start = body.find("\"patch\":\"") + 9;
  return base::DecodeBase64(body.substr(start, body.find('"', start) - start)).value();
}

std::string ServedSerial(const ServeProcess& serve) { return RawClient(TlsTo(serve.port())).PeerSerial(); }

TEST(ReloadOfServiceAccounts, TakesUpAChange) {
  ServeProcess serve;
  EXPECT_THAT(Answer(serve), HasSubstr(std::string(kRoleArn)));
  serve.directory().Write("accounts.yaml", AccountsYaml(kOtherRole));
  serve.WaitForLog("reloaded");
  EXPECT_THAT(Answer(serve), HasSubstr(std::string(kOtherRole)));
  EXPECT_EQ(serve.Metric("irsa_reloads_total{what=\"service-accounts\"}"), 1);
}

TEST(ReloadOfServiceAccounts, ServesTheLastGoodStateWhileTheFileIsBroken) {
  ServeProcess serve;
  serve.directory().Write("accounts.yaml", "kind: ServiceAccount\nmetadata: [broken\n");
  EXPECT_THAT(serve.WaitForLog("not reloaded: the last good state stays in use"), HasSubstr("accounts.yaml"));
  EXPECT_TRUE(serve.WaitForMetric("irsa_reload_failures_total{what=\"service-accounts\"}", 2));
  EXPECT_THAT(Answer(serve), HasSubstr(std::string(kRoleArn)));
  EXPECT_EQ(serve.Operations("/readyz"), "ok\n");

  serve.directory().Write("accounts.yaml", AccountsYaml(kOtherRole));
  serve.WaitForLog("reloaded");
  EXPECT_THAT(Answer(serve), HasSubstr(std::string(kOtherRole)));
}

TEST(ReloadOfServiceAccounts, ServesTheLastGoodStateWhileTheFileIsGone) {
  ServeProcess serve;
  std::filesystem::remove(serve.accounts_path());
  serve.WaitForLog("not reloaded: the last good state stays in use");
  EXPECT_THAT(Answer(serve), HasSubstr(std::string(kRoleArn)));
}

TEST(ReloadOfContainerCredentials, SwitchesAccountsToPodIdentityAndBack) {
  const TemporaryDirectory lists;
  const std::string path = lists.Path("list.json");
  ServeProcess serve({"--watch-container-credentials-config=" + path});
  const auto uses_pod_identity = HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  EXPECT_THAT(Answer(serve), Not(uses_pod_identity)) << "no file is an empty one";
  lists.Write("list.json", R"({"identities": [{"namespace": "team-a", "serviceAccount": "my-app"}]})");
  serve.WaitForLog("reloaded");
  EXPECT_THAT(Answer(serve), AllOf(uses_pod_identity, Not(HasSubstr("AWS_ROLE_ARN"))));

  lists.Write("list.json", R"({"identities": [{"namespace": "team-a")");
  EXPECT_THAT(serve.WaitForLog("not reloaded: the last good state stays in use"), HasSubstr("list.json"));
  EXPECT_TRUE(serve.WaitForMetric("irsa_reload_failures_total{what=\"container-credentials\"}", 1));
  EXPECT_THAT(Answer(serve), uses_pod_identity);
  EXPECT_EQ(serve.Operations("/readyz"), "ok\n");

  lists.Write("list.json", "");
  EXPECT_TRUE(
      testing::Await([&] { return Answer(serve).find("AWS_CONTAINER_CREDENTIALS_FULL_URI") == std::string::npos; }));
  EXPECT_THAT(Answer(serve), AllOf(Not(uses_pod_identity), HasSubstr(std::string(kRoleArn))));
}

TEST(ReloadOfTheCertificate, TakesUpANewPairAndKeepsOpenConnections) {
  ServeProcess serve;
  RawClient before(TlsTo(serve.port()));
  MakeCertificates(serve.directory().Path("certs"));
  serve.WaitForLog("reloaded");
  EXPECT_NE(ServedSerial(serve), before.PeerSerial());
  before.Send(MutateRequest(ReadTestFile("test/data/reviews/simple.json")));
  EXPECT_EQ(ReceiveFrom(before).status, 200);
}

TEST(ReloadOfTheCertificate, ServesTheLastGoodPairWhileItIsHalfWritten) {
  ServeProcess serve;
  const std::string first = ServedSerial(serve);
  const TemporaryDirectory next;
  MakeCertificates(next.Path("certs"));
  const auto copy = [&](const char* name) {
    // Of one file at a time there is the old or the new, whenever irsa looks.
    const std::string path = serve.directory().Path("certs/" + std::string(name));
    std::filesystem::copy_file(next.Path("certs/" + std::string(name)), path + ".new");
    std::filesystem::rename(path + ".new", path);
  };
  copy("tls.crt");
  EXPECT_THAT(serve.WaitForLog("not reloaded: the last good state stays in use"), HasSubstr("tls.key"));
  EXPECT_TRUE(serve.WaitForMetric("irsa_reload_failures_total{what=\"certificate\"}", 1));
  EXPECT_EQ(ServedSerial(serve), first);
  copy("tls.key");
  serve.WaitForLog("reloaded");
  EXPECT_NE(ServedSerial(serve), first);
}

}  // namespace
}  // namespace irsa::testing
