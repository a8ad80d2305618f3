// Reviews that a real kube-apiserver sent, through the whole server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"

#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"

namespace irsa::testing {
namespace {

using nlohmann::json;

constexpr const char* kReviews[] = {"simple", "typical", "large", "windows", "dry-run"};

json Ask(int port, const json& review) {
  const RawAnswer answer = Exchange(port, MutateRequest(review.dump()));
  EXPECT_EQ(answer.status, 200);
  return json::parse(answer.body).at("response");
}

json PatchOf(const json& response) { return json::parse(base::DecodeBase64(response.value("patch", "W10=")).value()); }

TEST(Reviews, OfARealApiserverAreMutatedOnceAndForAll) {
  const ServeProcess serve;
  for (const char* name : kReviews) {
    json review = json::parse(ReadTestFile("test/data/reviews/" + std::string(name) + ".json"));
    const json response = Ask(serve.port(), review);
    EXPECT_EQ(response.at("uid"), review.at("request").at("uid"));
    EXPECT_EQ(response.at("allowed"), true);
    EXPECT_EQ(response.at("patchType"), "JSONPatch");
    json& pod = review.at("request").at("object");
    const json before = pod;
    pod = pod.patch(PatchOf(response));
    EXPECT_NE(pod, before) << name;

    const json again = Ask(serve.port(), review);
    EXPECT_FALSE(again.contains("patch")) << name;
    EXPECT_FALSE(again.contains("patchType")) << name;
  }
  EXPECT_EQ(serve.Metric("irsa_admission_requests_total{outcome=\"mutated\"}"), 5);
  EXPECT_EQ(serve.Metric("irsa_admission_requests_total{outcome=\"unchanged\"}"), 5);
}

TEST(Reviews, AreAnsweredUncompressedOnOneConnection) {
  const ServeProcess serve;
  const std::string review = ReadTestFile("test/data/reviews/typical.json");
  RawClient client(TlsTo(serve.port()));
  for (int i = 0; i < 300; ++i) {
    client.Send(MutateRequest(review));
    const RawAnswer answer = ReceiveFrom(client);
    ASSERT_EQ(answer.status, 200) << i;
    ASSERT_FALSE(answer.headers.contains("content-encoding"));
    ASSERT_TRUE(json::accept(answer.body));
  }
}

TEST(Reviews, SentByCurlAsTheReadmeShows) {
  const ServeProcess serve;
  const ProcessResult result = RunProcess({"curl", "--silent", "--show-error", "--fail", "--cacert", serve.ca_path(),
                                           "-H", "Content-Type: application/json", "--data-binary",
                                           "@" + std::string(IRSA_SOURCE_DIR) + "/test/data/reviews/typical.json",
                                           "https://localhost:" + std::to_string(serve.port()) + "/mutate"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).at("response").at("patchType"), "JSONPatch");
}

}  // namespace
}  // namespace irsa::testing
