#include "irsa/kube/api/api_capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/reflector_fixture.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;
using Requests = std::vector<std::string>;

constexpr const char* kVersion = R"({"major": "1", "gitVersion": "v1.36.3"})";

std::string Resources(const std::vector<std::string>& names) {
  nlohmann::json list = {{"resources", nlohmann::json::array()}};
  for (const std::string& name : names) list["resources"].push_back({{"name", name}});
  return list.dump();
}

class ApiCapabilitiesTest : public ::testing::Test {
 protected:
  Result<ApiCapabilities> Read() { return ReadApiCapabilities(server_, clock_); }

  irsa::testing::FakeClock clock_;
  ScriptedApiServer server_;
};

TEST_F(ApiCapabilitiesTest, KnowsANewCluster) {
  server_.Add(Answer(200, kVersion));
  server_.Add(Answer(200, Resources({"mutatingwebhookconfigurations", "validatingadmissionpolicies",
                                     "mutatingadmissionpolicies", "mutatingadmissionpolicies/status"})));
  EXPECT_EQ(Read().value(),
            (ApiCapabilities{
                .version = "v1.36.3", .has_webhook = true, .has_guard = true, .has_policy = true, .older_policy = ""}));
  EXPECT_EQ(server_.requests(), (Requests{"GET /version", "GET /apis/admissionregistration.k8s.io/v1"}));
}

TEST_F(ApiCapabilitiesTest, LooksForOlderVersionsOfThePolicy) {
  server_.Add(Answer(200, R"({"gitVersion": "v1.35.1"})"));
  server_.Add(Answer(200, Resources({"mutatingwebhookconfigurations", "validatingadmissionpolicies"})));
  server_.Add(Answer(200, Resources({"mutatingadmissionpolicies"})));
  const auto found = Read();
  EXPECT_EQ(found.value(), (ApiCapabilities{.version = "v1.35.1",
                                            .has_webhook = true,
                                            .has_guard = true,
                                            .has_policy = false,
                                            .older_policy = "v1beta1"}));
  EXPECT_THAT(PolicyUnsupportedText(*found),
              HasSubstr("v1.35.1 serves no MutatingAdmissionPolicy v1 (only v1beta1), "));
}

TEST_F(ApiCapabilitiesTest, TakesWhatIsNotServedForNotThere) {
  server_.Add(Answer(200, R"({"gitVersion": "v1.29.0-eks-1"})"));
  server_.Add(Answer(200, Resources({"mutatingwebhookconfigurations"})));
  for (int i = 0; i < 2; ++i) server_.Add(Answer(404, R"({"message": "not found"})"));
  const auto found = Read();
  EXPECT_EQ(found.value(), (ApiCapabilities{.version = "v1.29.0-eks-1",
                                            .has_webhook = true,
                                            .has_guard = false,
                                            .has_policy = false,
                                            .older_policy = ""}));
  EXPECT_THAT(PolicyUnsupportedText(*found), HasSubstr("v1.29.0-eks-1 serves no MutatingAdmissionPolicy v1, "));
}

TEST_F(ApiCapabilitiesTest, SaysWhatItCouldNotRead) {
  server_.Add(Answer(200, "{}"));
  EXPECT_THAT(Read().error().message, HasSubstr("get /version: "));
  server_.Add(Answer(200, kVersion));
  server_.Add(Answer(403, R"({"message": "forbidden"})"));
  const auto refused = Read();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kDenied);
}

}  // namespace
}  // namespace irsa::kube
