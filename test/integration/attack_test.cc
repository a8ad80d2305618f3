// What an attacker or a wrong client does to the ports of `irsa serve`, counted. test/attack has the same with load.
#include <csignal>
#include <fstream>
#include <list>
#include <sstream>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"
#include "test/testing/await.h"

namespace irsa::testing {
namespace {

using ::testing::HasSubstr;

// 22 a second were enough: each one that is refused is kept for a while, so that the client can read the answer.
TEST(UnderAttack, TheMetricsPortAnswersProbes) {
  ServeProcess serve;
  const RawClientOptions to{.port = serve.metrics_port()};
  std::list<RawClient> attackers;
  for (int i = 0; i < 300; ++i) {
    attackers.emplace_back(to).Send(i % 2 == 0 ? "garbage\r\n\r\n" : "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    if (i % 20 != 19) continue;
    const auto answer = RawClient(to).Exchange("GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(answer) << "after " << i;
    EXPECT_EQ(answer->status, 200);
  }
}

// One more connection than there are places, each of which is answered: the first one gives way to the last.
void ExpectPlaces(int places, const RawClientOptions& to, std::string_view path) {
  std::list<RawClient> attackers;
  for (int i = 0; i <= places; ++i) {
    const auto answer = attackers.emplace_back(to).Exchange(HttpRequest("GET", path));
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->status, 200);
  }
  EXPECT_TRUE(attackers.front().IsEnded()) << "the last one has its place";
}

// Each of which costs a descriptor that the webhook's port may need.
TEST(UnderAttack, TheMetricsPortHasAsManyPlacesAsItMay) {
  const ServeProcess serve;
  ExpectPlaces(512, {.port = serve.metrics_port()}, "/livez");
}

TEST(UnderAttack, TheWebhooksPortHasAsManyPlacesAsTheFlagSays) {
  const ServeProcess serve({"--max-connections=20"});
  ExpectPlaces(20, TlsTo(serve.port()), "/healthz");
}

// The patient server still waits when the other one, which was asked later, has given up.
TEST(UnderAttack, AServerWaitsForARequestAsLongAsTheFlagSays) {
  const ServeProcess patient({"--request-timeout=1m"});
  const ServeProcess impatient({"--request-timeout=1s"});
  RawClient client(TlsTo(patient.port()));
  RawClient attacker(TlsTo(impatient.port()));
  for (RawClient* each : {&client, &attacker}) each->Send("GET /healthz HTTP/1.1\r\n");
  const auto refusal = attacker.Receive();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 408);
  const auto answer = client.Exchange("Host: h\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST(UnderAttack, FailedHandshakesAreCountedAndLogged) {
  ServeProcess serve;
  RawClientOptions plain = TlsTo(serve.port());
  plain.tls = false;
  RawClient(plain).Exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(serve.WaitForLog("TLS handshake failed"),
              AllOf(HasSubstr(R"("reason":"no-tls")"), HasSubstr(R"("peer":"127.0.0.1")")));
  EXPECT_EQ(serve.Metric(R"(irsa_tls_handshake_failures_total{reason="no-tls"})"), 1);
  EXPECT_EQ(serve.Metric(R"(irsa_tls_handshake_failures_total{reason="certificate-refused"})"), 0);

  RawClientOptions distrusting = TlsTo(serve.port());
  distrusting.ca_pem = TestCa().pem();  // as kube-apiserver with a caBundle that is out of date
  EXPECT_THROW(RawClient client(distrusting), std::runtime_error);
  EXPECT_TRUE(serve.WaitForMetric(R"(irsa_tls_handshake_failures_total{reason="certificate-refused"})", 1));
  EXPECT_TRUE(serve.process().WaitForErrorLine(
      [](std::string_view line) { return line.find("caBundle") != std::string_view::npos; }));
}

TEST(UnderAttack, AReviewLeavesOneDebugLine) {
  ServeProcess serve({"--log-level=debug"});
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/simple.json"));
  EXPECT_EQ(Exchange(serve.port(), request).status, 200);
  EXPECT_THAT(
      serve.WaitForLog("review answered"),
      AllOf(HasSubstr(R"("path":"/mutate")"), HasSubstr(R"("uid":")"), HasSubstr(R"("namespace":"team-a")"),
            HasSubstr(R"("account":"my-app")"), HasSubstr(R"("outcome":"mutated")"), HasSubstr(R"("duration_us":)")));
}

TEST(UnderAttack, NoCoreIsDumpedAndNoTerminalsEndIsTheProcesss) {
  ServeProcess serve;
  std::ifstream file("/proc/" + std::to_string(serve.process().pid()) + "/limits");
  std::ostringstream limits;
  limits << file.rdbuf();
  EXPECT_THAT(limits.str(), ::testing::ContainsRegex("Max core file size +0 +0 "));
  serve.process().Signal(SIGHUP);
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/simple.json"));
  EXPECT_EQ(Exchange(serve.port(), request).status, 200);
  serve.process().Signal(SIGTERM);
  EXPECT_EQ(serve.process().Wait(), 0);
}

}  // namespace
}  // namespace irsa::testing
