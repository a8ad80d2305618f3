#include "irsa/serve/instance_metadata.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Answer = Result<http::ClientResponse>;

Answer Ok(std::string body) { return http::ClientResponse{200, {}, std::move(body)}; }
Answer WithStatus(int status) { return http::ClientResponse{status, {}, "secret"}; }
Answer Refused() { return Error{ErrorCode::kUnavailable, "http://imds: connection refused"}; }

// Answers in order; the last one for ever.
class Imds final : public http::Client {
 public:
  explicit Imds(std::deque<Answer> answers) : answers_(std::move(answers)) {}

  Answer Send(const http::ClientRequest& request) override {
    requests.push_back(request);
    Answer answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return answer;
  }

  std::vector<http::ClientRequest> requests;

 private:
  std::deque<Answer> answers_;
};

// Time goes on only while it waits.
class ClockWaiter final : public base::Waiter {
 public:
  explicit ClockWaiter(testing::FakeClock& clock) : clock_(clock) {}
  bool Wait(std::chrono::milliseconds duration, const std::stop_token& /*stop*/) override {
    ++waits;
    clock_.Advance(duration);
    return true;
  }
  int waits = 0;

 private:
  testing::FakeClock& clock_;
};

class InstanceMetadata : public ::testing::Test {
 protected:
  Status Complete(Imds& imds) {
    return CompleteFromInstance({imds, clock_, waiter_, log_}, base::ParseUrl(kInstanceMetadataEndpoint).value(),
                                composition_);
  }

  testing::FakeClock clock_;
  ClockWaiter waiter_{clock_};
  testing::FakeLog log_;
  identity::RoleComposition composition_{.is_on = true, .partition = {}, .account_id = {}};
};

constexpr const char* kDocument = R"({"accountId": "111122223333", "region": "us-isof-south-1", "imageId": "ami-1"})";

TEST_F(InstanceMetadata, GivesAccountAndPartitionForAToken) {
  Imds imds({Ok("TOKEN"), Ok(kDocument)});
  ASSERT_TRUE(Complete(imds).ok());
  EXPECT_EQ(composition_.account_id, "111122223333");
  EXPECT_EQ(composition_.partition, "aws-iso-f");
  ASSERT_EQ(imds.requests.size(), 2U);
  EXPECT_EQ(imds.requests[0].method, "PUT");
  EXPECT_EQ(imds.requests[0].url.target, "/latest/api/token");
  EXPECT_EQ(imds.requests[0].headers, (http::Headers{{"X-aws-ec2-metadata-token-ttl-seconds", "60"}}));
  EXPECT_EQ(imds.requests[1].method, "GET");
  EXPECT_EQ(imds.requests[1].url.target, "/latest/dynamic/instance-identity/document");
  EXPECT_EQ(imds.requests[1].headers, (http::Headers{{"X-aws-ec2-metadata-token", "TOKEN"}}));
  for (const http::ClientRequest& request : imds.requests) {
    EXPECT_EQ(request.deadline, clock_.SteadyNow() + std::chrono::seconds(2));
    EXPECT_EQ(request.max_body_bytes, 64U << 10);
  }
}

TEST_F(InstanceMetadata, IsAskedAgainUntilItAnswers) {
  Imds imds(
      {Refused(), WithStatus(503), Ok("TOKEN"), WithStatus(500), Ok("TOKEN"), Ok("{"), Ok("TOKEN"), Ok(kDocument)});
  EXPECT_TRUE(Complete(imds).ok());
  EXPECT_EQ(waiter_.waits, 4);
  EXPECT_EQ(composition_.account_id, "111122223333");
}

TEST_F(InstanceMetadata, IsGivenUpAfterAWhileWithTheFlagsThatDoWithoutIt) {
  for (const Answer& answer : {Refused(), WithStatus(401), Ok("{}")}) {
    Imds imds({answer});
    const base::SteadyTime begin = clock_.SteadyNow();
    const Status status = Complete(imds);
    EXPECT_TRUE(status.FailedWith(ErrorCode::kUnavailable));
    EXPECT_THAT(status.error().message, AllOf(HasSubstr("--aws-account-id"), HasSubstr("--aws-partition")));
    EXPECT_THAT(status.error().message, ::testing::Not(HasSubstr("secret")));
    EXPECT_LE(clock_.SteadyNow() - begin, std::chrono::seconds(20));
    EXPECT_GT(imds.requests.size(), 5U);
  }
}

TEST_F(InstanceMetadata, IsNotBelievedWithoutAnAccountAndARegion) {
  for (const char* document : {R"({"accountId": "1", "region": "us-east-1"})", R"({"region": "us-east-1"})",
                               R"({"accountId": 111122223333, "region": "us-east-1"})",
                               R"({"accountId": "111122223333", "region": ""})", R"({"accountId": "111122223333"})"}) {
    Imds imds({Ok(document)});
    EXPECT_FALSE(Complete(imds).ok()) << document;
  }
}

TEST_F(InstanceMetadata, IsNotAskedWhatTheFlagsSay) {
  Imds imds({Ok("TOKEN"), Ok(kDocument)});
  composition_.partition = "aws-cn";
  ASSERT_TRUE(Complete(imds).ok());
  EXPECT_EQ(composition_.partition, "aws-cn");
  EXPECT_EQ(composition_.account_id, "111122223333");
  imds.requests.clear();
  ASSERT_TRUE(Complete(imds).ok());
  EXPECT_TRUE(imds.requests.empty());
}

}  // namespace
}  // namespace irsa::serve
