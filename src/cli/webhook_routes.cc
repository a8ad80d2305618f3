#include "irsa/cli/webhook_routes.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "irsa/base/duration.h"
#include "irsa/cli/trouble_log.h"

namespace irsa::cli {
namespace {

// The longest timeoutSeconds that a webhook configuration may have; whoever asks for more holds a thread no longer.
constexpr std::chrono::seconds kLongestTimeout{30};

constexpr std::string_view kHealthPath = "/healthz";

// For the handlers: before the apiserver stops waiting. What it does not say, or nobody can read, leaves the server's
// own.
base::SteadyTime Deadline(const http::Request& request, base::SteadyTime now) {
  const std::string* text = http::FindQuery(request, "timeout");
  if (text == nullptr) return request.deadline;
  const base::Result<std::chrono::nanoseconds> timeout = base::ParseDuration(*text);
  if (!timeout.ok()) return request.deadline;
  return now + std::min<std::chrono::nanoseconds>(*timeout, kLongestTimeout) - kAnswerReserve;
}

http::Response ToResponse(admission::AdmissionAnswer answer) {
  http::Response response;
  response.status = answer.http_status;
  response.body = std::move(answer.body);
  if (answer.http_status == 200) response.content_type = "application/json";
  if (answer.http_status == 503) {
    // Only with Retry-After does the apiserver repeat the call, and on a new connection perhaps at another replica.
    response.headers.emplace_back("Retry-After", "1");
    response.close = true;
  }
  return response;
}

void LogTrouble(const admission::AdmissionAnswer& answer, TroubleLog& log) {
  const bool is_trouble =
      answer.outcome == admission::Outcome::kUnavailable || answer.outcome == admission::Outcome::kRefused;
  const bool is_malformed = answer.outcome == admission::Outcome::kMalformed;
  if (!is_trouble && !is_malformed) return;
  log.Write(is_trouble ? base::LogLevel::kWarning : base::LogLevel::kDebug, "review not answered as asked",
            {{"outcome", std::string(admission::OutcomeName(answer.outcome))}, {"reason", answer.reason}});
}

void CountWarnings(const admission::AdmissionAnswer& answer, telemetry::Metrics& metrics) {
  for (const mutation::WarningReason reason : answer.warnings) {
    metrics.CountWarning(mutation::WarningReasonName(reason));
  }
}

http::Response Text(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

http::Route Get(std::string path, http::Handler handler) { return {"GET", std::move(path), "", std::move(handler)}; }

}  // namespace

http::Route HealthRoute() {
  return Get(std::string(kHealthPath), [](http::Request&) { return Text(200, "ok\n"); });
}

std::vector<http::Route> WebhookRoutes(const admission::AdmissionHandler& handler, telemetry::Metrics& metrics,
                                       base::Log& log, const base::Clock& clock) {
  const auto trouble = std::make_shared<TroubleLog>(log, clock);
  const auto mutate = [&handler, &metrics, trouble, &clock](http::Request& request) {
    const base::SteadyTime start = clock.SteadyNow();
    admission::AdmissionAnswer answer = handler.Handle(request.body, Deadline(request, start));
    metrics.CountAdmission(admission::OutcomeName(answer.outcome), clock.SteadyNow() - start);
    CountWarnings(answer, metrics);
    LogTrouble(answer, *trouble);
    return ToResponse(std::move(answer));
  };
  return {{"POST", "/mutate", "application/json", mutate}, HealthRoute()};
}

http::Route ReviewRoute(std::string path, ReviewHandler handler, telemetry::Metrics& metrics, base::Log& log,
                        const base::Clock& clock) {
  const auto trouble = std::make_shared<TroubleLog>(log, clock);
  const auto handle = [handler = std::move(handler), &metrics, trouble, &clock](http::Request& request) {
    admission::AdmissionAnswer answer = handler(request.body, Deadline(request, clock.SteadyNow()));
    metrics.CountOtherReview(admission::OutcomeName(answer.outcome));
    CountWarnings(answer, metrics);
    LogTrouble(answer, *trouble);
    return ToResponse(std::move(answer));
  };
  return {"POST", std::move(path), "application/json", handle};
}

http::OnException LogAndCountBugs(telemetry::Metrics& metrics, base::Log& log) {
  return [&metrics, write = LogBugs(log)](std::string_view path, std::string_view what) {
    // Without a path it was met outside of any request.
    const bool is_review = !path.empty() && path != kHealthPath;
    if (is_review) metrics.CountOtherReview(admission::OutcomeName(admission::Outcome::kError));
    write(path, what);
  };
}

std::vector<http::Route> OperationsRoutes(const Readiness& readiness, const telemetry::Metrics& metrics,
                                          std::function<void()> refresh) {
  const auto ready = [&readiness](http::Request& request) {
    Readiness::Report report = readiness.Read();
    const bool verbose = http::FindQuery(request, "verbose") != nullptr;
    if (report.ready && !verbose) report.text = "ok\n";
    return Text(report.ready ? 200 : 503, std::move(report.text));
  };
  const auto render = [&metrics, refresh = std::move(refresh)](http::Request&) {
    refresh();
    http::Response response = Text(200, metrics.Render());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  };
  return {Get("/metrics", render), Get("/livez", [](http::Request&) { return Text(200, "ok\n"); }),
          Get("/readyz", ready), Get("/healthz", ready)};
}

}  // namespace irsa::cli
