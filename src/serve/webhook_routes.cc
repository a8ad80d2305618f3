#include "webhook_routes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/serve/trouble_log.h"

namespace irsa::serve {
namespace {

// The longest timeoutSeconds that a webhook configuration may have; whoever asks for more holds a thread no longer.
constexpr std::chrono::seconds kLongestTimeout{30};

constexpr std::string_view kHealthPath = "/healthz";

// For the handlers: before the apiserver stops waiting. What it does not say, or nobody can read, leaves the server's
// own.
base::SteadyTime Deadline(const http::Request& request) {
  const std::string* text = http::FindQuery(request, "timeout");
  if (text == nullptr) return request.deadline;
  const Result<std::chrono::nanoseconds> timeout = base::ParseDuration(*text);
  if (!timeout.ok()) return request.deadline;
  return request.begin + std::min<std::chrono::nanoseconds>(*timeout, kLongestTimeout) - kAnswerReserve;
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
  log.Write(is_trouble ? base::LogLevel::kWarning : base::LogLevel::kDebug, "review rejected",
            {{"outcome", std::string(admission::OutcomeName(answer.outcome))}, {"reason", answer.reason}});
}

// What the peer refused or lacked, in the order of http::HandshakeFailure.
constexpr auto kHandshakeDetails = std::to_array<std::string_view>({
    "the client does not speak TLS",
    "the client's first message is over 16 KiB",
    "the client supports no TLS version that --tls-min-version allows",
    "the client supports no cipher suite of --tls-cipher-suites",
    "the client does not offer http/1.1",
    "there is no serving certificate yet",
    "the client does not trust the serving certificate: if it is kube-apiserver, compare caBundle of the webhook "
    "configuration with the certificate's CA",
    "the client sent no certificate, which --client-ca requires",
    "the client's certificate was not issued by --client-ca, or is not valid now",
    "the client refused the connection",
    "the client closed the connection",
    "the client did not complete the handshake in time",
    "the client violated the TLS protocol",
});
static_assert(kHandshakeDetails.size() == http::kHandshakeFailureNames.size());

// One line for each review, to follow a single pod by. Says nothing of the pod itself. Takes the names from the answer.
void LogReview(std::string_view path, admission::AdmissionAnswer& answer, std::chrono::nanoseconds duration,
               base::Log& log) {
  if (!log.Keeps(base::LogLevel::kDebug)) return;
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(duration);
  log.Write(base::LogLevel::kDebug, "review answered",
            {{"path", std::string(path)},
             {"uid", std::move(answer.uid)},
             {"namespace", std::move(answer.namespace_name)},
             {"account", std::move(answer.account)},
             {"outcome", std::string(admission::OutcomeName(answer.outcome))},
             {"duration_us", std::to_string(elapsed.count())}});
}

// What a handler throws when memory has run out is the answer that an identity gets that cannot be known now.
admission::AdmissionAnswer AnswerWithinMemory(const AnswerReview& answer_review, http::Request& request) {
  try {
    return answer_review(request.body, Deadline(request));
  } catch (const std::bad_alloc&) {
    return {.http_status = 503,
            .body = "out of memory\n",
            .outcome = admission::Outcome::kUnavailable,
            .reason = "out of memory"};
  }
}

void CountWarnings(const admission::AdmissionAnswer& answer, telemetry::Metrics& metrics) {
  for (const identity::WarningReason reason : answer.warnings) {
    metrics.CountWarning(identity::WarningReasonName(reason));
  }
}

// The page of metrics, made anew only when the last one is ten times as old as it took to make: asking for it again and
// again takes a tenth of the time, and leaves the rest to probes.
class MetricsPage {
 public:
  MetricsPage(const telemetry::Metrics& metrics, std::function<telemetry::Measurements()> measure,
              const base::Clock& clock)
      : metrics_(metrics), measure_(std::move(measure)), clock_(clock) {}

  std::string Text() {
    const std::lock_guard lock(mutex_);
    const base::SteadyTime begin = clock_.SteadyNow();
    if (begin < stale_from_) return text_;
    text_ = metrics_.Render(measure_());
    const base::SteadyTime end = clock_.SteadyNow();
    stale_from_ = end + 10 * (end - begin);
    return text_;
  }

 private:
  const telemetry::Metrics& metrics_;
  const std::function<telemetry::Measurements()> measure_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::string text_;  // guarded, as is the next
  base::SteadyTime stale_from_;
};

http::Route Get(std::string path, http::Handler handler) { return {"GET", std::move(path), "", std::move(handler)}; }

using Json = nlohmann::ordered_json;
using identity::AccountName;
using identity::Identity;
using identity::KnownAccount;

constexpr const char* kAccountPath = "/debug/identity";
constexpr size_t kMaxWarnings = 20;  // an account may have as many as its annotations have room for

// Nothing where the question names no account.
std::optional<AccountName> AccountIn(const http::Request& request) {
  const std::string* namespace_name = http::FindQuery(request, "namespace");
  const std::string* account = http::FindQuery(request, "service-account");
  const bool are_names = namespace_name != nullptr && account != nullptr && base::IsDnsLabel(*namespace_name) &&
                         base::IsDnsSubdomain(*account);
  return are_names ? std::optional(AccountName{*namespace_name, *account}) : std::nullopt;
}

Json IdentityJson(const Identity& identity) {
  const bool is_role = identity.method == identity::Method::kWebIdentity;
  Json json = {{"method", is_role ? "role" : "pod-identity"}};
  if (is_role) json["roleArn"] = identity.role_arn;
  json["audience"] = identity.audience;
  json["tokenExpirationSeconds"] = identity.token_expiration.count();
  json["regionalSts"] = identity.regional_sts;
  if (!identity.region.empty()) json["region"] = identity.region;
  if (identity.use_fips) json["useFips"] = true;
  if (!identity.session_name.empty()) json["roleSessionName"] = identity.session_name.text;
  for (const identity::Profile& profile : identity.profiles) {
    Json entry = {{"name", profile.name}, {"roleArn", profile.role_arn}};
    if (!profile.source.empty()) entry["from"] = profile.source;
    json["profiles"].push_back(std::move(entry));
  }
  return json;
}

std::string AccountPage(const AccountName& name, const KnownAccount& known) {
  Json json = {{"namespace", name.namespace_name}, {"serviceAccount", name.service_account}};
  const bool has_identity = known.account != nullptr && known.account->identity;
  json["identity"] = has_identity ? IdentityJson(*known.account->identity) : Json();
  json["source"] = known.source;
  json["since"] = known.since ? Json(base::FormatRfc3339(*known.since)) : Json();
  Json warnings = Json::array();
  if (known.account != nullptr) {
    for (const identity::Warning& warning : known.account->warnings) {
      if (warnings.size() == kMaxWarnings) break;
      warnings.push_back(warning.text);
    }
  }
  json["warnings"] = std::move(warnings);
  // The audience and a malformed ARN may be any text.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

http::Route HealthRoute() {
  return Get(std::string(kHealthPath), [](http::Request&) { return http::TextResponse(200, "ok\n"); });
}

http::Route ReviewRoute(std::string path, ReviewSubject subject, AnswerReview answer_review,
                        telemetry::Metrics& metrics, base::Log& log, const base::Clock& clock) {
  const auto trouble = std::make_shared<TroubleLog>(log, clock);
  return {"POST", std::move(path), "application/json",
          [subject, answer_review = std::move(answer_review), &metrics, &log, trouble, &clock](http::Request& request) {
            const base::SteadyTime start = clock.SteadyNow();
            admission::AdmissionAnswer answer = AnswerWithinMemory(answer_review, request);
            const std::chrono::nanoseconds duration = clock.SteadyNow() - start;
            const std::string_view outcome = admission::OutcomeName(answer.outcome);
            if (subject == ReviewSubject::kPod) {
              metrics.CountAdmission(outcome, duration);
            } else {
              metrics.CountOtherReview(outcome);
            }
            CountWarnings(answer, metrics);
            LogTrouble(answer, *trouble);
            LogReview(request.path, answer, duration, log);
            return ToResponse(std::move(answer));
          }};
}

http::OnHandshakeFailure LogAndCountHandshakes(telemetry::Metrics& metrics, base::Log& log, const base::Clock& clock) {
  const auto trouble = std::make_shared<TroubleLog>(log, clock);
  return [&metrics, trouble](http::HandshakeFailure failure, const std::string& peer_address) {
    const std::string_view reason = HandshakeFailureName(failure);
    metrics.CountHandshakeFailure(reason);
    trouble->Write(base::LogLevel::kWarning, "TLS handshake failed",
                   {{"reason", std::string(reason)},
                    {"detail", std::string(kHandshakeDetails[static_cast<size_t>(failure)])},
                    {"peer", peer_address}});
  };
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
                                          std::function<telemetry::Measurements()> measure, const base::Clock& clock) {
  const auto ready = [&readiness](http::Request& request) {
    Readiness::Report report = readiness.Read();
    const bool verbose = http::FindQuery(request, "verbose") != nullptr;
    if (report.ready && !verbose) report.text = "ok\n";
    return http::TextResponse(report.ready ? 200 : 503, std::move(report.text));
  };
  const auto page = std::make_shared<MetricsPage>(metrics, std::move(measure), clock);
  const auto render = [page](http::Request&) {
    http::Response response = http::TextResponse(200, page->Text());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  };
  return {Get("/metrics", render), Get("/livez", [](http::Request&) { return http::TextResponse(200, "ok\n"); }),
          Get("/readyz", ready), Get("/healthz", ready)};
}

http::Route AccountRoute(FindKnownAccount find) {
  return {"GET", kAccountPath, "", [find = std::move(find)](http::Request& request) {
            const auto name = AccountIn(request);
            if (!name) {
              return http::TextResponse(400, std::string("service account missing: use ") + kAccountPath +
                                                 "?namespace=NAMESPACE&service-account=NAME\n");
            }
            const auto known = find(*name);
            if (!known.ok()) return http::TextResponse(503, known.error().message + "\n");
            if (!*known) {
              return http::TextResponse(
                  404, "irsa knows no service account " + std::string(name->service_account) + " in namespace " +
                           std::string(name->namespace_name) +
                           "; it does not exist, or irsa does not read it (irsa serve --help, Identities)\n");
            }
            http::Response response = http::TextResponse(200, AccountPage(*name, **known));
            response.content_type = "application/json";
            return response;
          }};
}

}  // namespace irsa::serve
