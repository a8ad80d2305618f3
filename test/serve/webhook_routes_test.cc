#include "src/serve/webhook_routes.h"

#include <functional>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/admission/review_handler.h"

#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr const char* kReview = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1",
  "operation":"CREATE","resource":{"group":"","version":"v1","resource":"pods"},"namespace":"team-a",
  "userInfo":{"username":"u"},"object":{"spec":{"serviceAccountName":"my-app","containers":[{"name":"app"}]}}}})";

// Records the deadline it was asked with; answers what the test set.
class RecordingSource final : public identity::IdentitySource {
 public:
  Result<identity::ResolvedAccount> Find(const identity::AccountName&, base::SteadyTime deadline) override {
    last_deadline = deadline;
    return answer;
  }

  Result<identity::ResolvedAccount> answer = identity::ResolvedAccount();
  base::SteadyTime last_deadline;
};

class WebhookRoutesTest : public ::testing::Test {
 protected:
  http::Response Post(std::string body, std::vector<std::pair<std::string, std::string>> query = {}) {
    http::Request request;
    request.method = "POST";
    request.path = "/mutate";
    request.query = std::move(query);
    request.body = std::move(body);
    request.begin = clock_.SteadyNow();
    request.deadline = request.begin + std::chrono::seconds(5);
    return route_.handler(request);
  }

  std::chrono::milliseconds TimeGiven() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(source_.last_deadline - clock_.SteadyNow());
  }

  testing::FakeClock clock_;
  testing::FakeLog log_;
  RecordingSource source_;
  telemetry::Metrics metrics_{{}, "1"};
  admission::ReviewHandler handler_{identity::Settings(), source_};
  http::Route route_ =
      ReviewRoute("/mutate", ReviewSubject::kPod, std::bind_front(&admission::ReviewHandler::Mutate, &handler_),
                  metrics_, log_, clock_);
};

TEST_F(WebhookRoutesTest, AnswersAReviewAsJsonAndCountsIt) {
  const http::Response response = Post(kReview);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr("\"uid\":\"u1\""));
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_admission_requests_total{outcome=\"no-identity\"} 1\n"));
}

TEST_F(WebhookRoutesTest, AnswersMalformedReviewsInPlainText) {
  const http::Response response = Post("{");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  EXPECT_FALSE(response.close);
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_admission_requests_total{outcome=\"malformed\"} 1\n"));
}

TEST_F(WebhookRoutesTest, AsksTheApiserverToRetryWhenTheIdentityCannotBeKnown) {
  source_.answer = Error{ErrorCode::kUnavailable, "service accounts are not synced"};
  const http::Response response = Post(kReview);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Retry-After", "1")));
  EXPECT_TRUE(response.close);
  EXPECT_THAT(log_.Lines(), ElementsAre(HasSubstr("service accounts are not synced"),
                                        StartsWith("review answered path=/mutate uid=")));
}

TEST_F(WebhookRoutesTest, AnswersBeforeTheApiserversTimeoutIsOver) {
  // Also where it is longer than what the server gives a request to arrive.
  for (const auto& [timeout, seconds] : {std::pair("2s", 2), std::pair("10s", 10), std::pair("30s", 30)}) {
    Post(kReview, {{"timeout", timeout}});
    EXPECT_EQ(TimeGiven(), std::chrono::seconds(seconds) - kAnswerReserve);
  }
}

TEST_F(WebhookRoutesTest, WaitsNoLongerThanAnyWebhookConfigurationMaySay) {
  for (const char* timeout : {"31s", "2000000h"}) {
    Post(kReview, {{"timeout", timeout}});
    EXPECT_EQ(TimeGiven(), std::chrono::seconds(30) - kAnswerReserve) << timeout;
  }
}

TEST_F(WebhookRoutesTest, KeepsItsOwnDeadlineWhereTheTimeoutIsAbsentOrUnreadable) {
  for (const char* timeout : {"soon", ""}) {
    Post(kReview, {{"timeout", timeout}});
    EXPECT_EQ(TimeGiven(), std::chrono::seconds(5)) << timeout;
  }
  Post(kReview);
  EXPECT_EQ(TimeGiven(), std::chrono::seconds(5));
}

class ReviewRouteTest : public ::testing::Test {
 protected:
  http::Response Post(admission::AdmissionAnswer answer) {
    const auto handler = [this, &answer](std::string& review, base::SteadyTime deadline) {
      review_ = review;
      deadline_ = deadline;
      return answer;
    };
    const http::Route route = ReviewRoute("/validate", ReviewSubject::kOther, handler, metrics_, log_, clock_);
    EXPECT_EQ(route.method + " " + route.path + " " + route.content_type, "POST /validate application/json");
    http::Request request;
    request.query = {{"timeout", "2s"}};
    request.body = "a review";
    request.begin = clock_.SteadyNow();
    request.deadline = request.begin + std::chrono::seconds(5);
    return route.handler(request);
  }

  testing::FakeClock clock_;
  testing::FakeLog log_;
  telemetry::Metrics metrics_{{}, "1"};
  std::string review_;
  base::SteadyTime deadline_;
};

TEST_F(ReviewRouteTest, HandsOnTheReviewAndADeadlineThatLeavesTimeForTheAnswer) {
  const http::Response response = Post({.body = "{}",
                                        .outcome = admission::Outcome::kAdvised,
                                        .warnings = {identity::WarningReason::kMalformedRoleArn}});
  EXPECT_EQ(review_, "a review");
  EXPECT_EQ(deadline_, clock_.SteadyNow() + std::chrono::seconds(2) - kAnswerReserve);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_admission_requests_total{outcome=\"advised\"} 1\n"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_admission_warnings_total{reason=\"malformed-role-arn\"} 1\n"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_admission_duration_seconds_count 0\n"));
}

TEST_F(ReviewRouteTest, LogsWhyThereIsNoAdvice) {
  Post({.body = "{}", .outcome = admission::Outcome::kUnavailable, .reason = "not listed yet"});
  EXPECT_THAT(log_.Lines(),
              ElementsAre("review rejected outcome=unavailable reason=not listed yet", StartsWith("review answered")));
}

TEST_F(ReviewRouteTest, AsksToComeAgainWhenMemoryRunsOut) {
  const auto handler = [](std::string&, base::SteadyTime) -> admission::AdmissionAnswer { throw std::bad_alloc(); };
  http::Request request;
  const http::Response response =
      ReviewRoute("/warn", ReviewSubject::kOther, handler, metrics_, log_, clock_).handler(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Retry-After", "1")));
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_admission_requests_total{outcome=\"unavailable\"} 1\n"));
}

TEST(LogAndCountBugs, CountsTheReviewThatMetOne) {
  testing::FakeLog log;
  telemetry::Metrics metrics({{"error"}, {}, {}}, "1");
  const auto report = LogAndCountBugs(metrics, log);
  report("/mutate", "vector::at");
  report("/warn", "no memory");
  report("/healthz", "no memory");
  report("", "no memory");
  EXPECT_THAT(metrics.Render(), HasSubstr("irsa_admission_requests_total{outcome=\"error\"} 2\n"));
  EXPECT_THAT(metrics.Render(), HasSubstr("irsa_admission_duration_seconds_count 0\n"));
  EXPECT_THAT(log.Lines(), ElementsAre("request failed because of a bug in irsa path=/mutate what=vector::at",
                                       "request failed because of a bug in irsa path=/warn what=no memory",
                                       "request failed because of a bug in irsa path=/healthz what=no memory",
                                       "request failed because of a bug in irsa path= what=no memory"));
}

TEST(LogAndCountHandshakes, SaysOfEachFailureWhatWasWrong) {
  using http::HandshakeFailure;
  testing::FakeLog log;
  testing::FakeClock clock;
  telemetry::Metrics metrics({}, "1");
  const http::OnHandshakeFailure report = LogAndCountHandshakes(metrics, log, clock);
  const std::vector<std::tuple<HandshakeFailure, std::string, std::string>> cases = {
      {HandshakeFailure::kNoTls, "no-tls", "the client does not speak TLS"},
      {HandshakeFailure::kHelloTooLarge, "hello-too-large", "the client's first message is over 16 KiB"},
      {HandshakeFailure::kVersion, "version", "the client supports no TLS version"},
      {HandshakeFailure::kCipher, "cipher", "the client supports no cipher suite"},
      {HandshakeFailure::kProtocol, "protocol", "the client does not offer http/1.1"},
      {HandshakeFailure::kNoCertificate, "no-certificate", "there is no serving certificate yet"},
      {HandshakeFailure::kCertificateRefused, "certificate-refused", "the client does not trust the serving"},
      {HandshakeFailure::kNoClientCertificate, "no-client-certificate", "the client sent no certificate"},
      {HandshakeFailure::kClientCertificate, "client-certificate", "the client's certificate was not issued"},
      {HandshakeFailure::kAlert, "alert", "the client refused the connection"},
      {HandshakeFailure::kEnded, "ended", "the client closed the connection"},
      {HandshakeFailure::kTimeout, "timeout", "the client did not complete the handshake in time"},
      {HandshakeFailure::kOther, "other", "the client violated the TLS protocol"}};
  EXPECT_EQ(cases.size(), http::kHandshakeFailureNames.size());
  for (const auto& [failure, reason, detail] : cases) {
    report(failure, "192.0.2.1");
    EXPECT_THAT(log.Lines().back(), StartsWith("TLS handshake failed reason=" + reason + " detail=" + detail));
    EXPECT_THAT(log.Lines().back(), EndsWith(" peer=192.0.2.1"));
    EXPECT_THAT(metrics.Render(), HasSubstr("irsa_tls_handshake_failures_total{reason=\"" + reason + "\"} 1\n"));
  }
}

class OperationsRoutesTest : public ::testing::Test {
 protected:
  http::Response Get(std::string_view path, std::vector<std::pair<std::string, std::string>> query = {}) {
    http::Request request;
    request.query = std::move(query);
    for (const http::Route& route : routes_) {
      if (route.path == path) return route.handler(request);
    }
    return {.status = 404};
  }

  Readiness readiness_;
  telemetry::Metrics metrics_{{}, "1"};
  testing::FakeClock clock_;
  int measurements_ = 0;
  std::vector<http::Route> routes_ = OperationsRoutes(
      readiness_, metrics_,
      [this] {
        ++measurements_;
        clock_.Advance(std::chrono::seconds(1));
        return telemetry::Measurements{.identities = 7};
      },
      clock_);
};

TEST_F(OperationsRoutesTest, MeasuresAndRendersTheMetrics) {
  const http::Response response = Get("/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("irsa_build_info"));
  EXPECT_THAT(response.body, HasSubstr("irsa_identities 7\n"));
  EXPECT_EQ(measurements_, 1);
}

TEST_F(OperationsRoutesTest, RendersTheMetricsForATenthOfTheTimeAtMost) {
  const std::string page = Get("/metrics").body;
  clock_.Advance(std::chrono::milliseconds(9999));
  EXPECT_EQ(Get("/metrics").body, page);
  EXPECT_EQ(measurements_, 1);
  clock_.Advance(std::chrono::milliseconds(1));
  Get("/metrics");
  EXPECT_EQ(measurements_, 2);
}

TEST_F(OperationsRoutesTest, SaysWhetherItIsReady) {
  EXPECT_EQ(Get("/readyz").body, "ok\n");
  EXPECT_EQ(Get("/readyz", {{"verbose", ""}}).body, "[+]shutdown ok\nready\n");
  readiness_.StartShutdown();
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/healthz").status, 503);
  EXPECT_EQ(Get("/livez").status, 200);
}

}  // namespace
}  // namespace irsa::serve
