// The HTTP side of `irsa serve`: from requests to the admission handler and the operations pages.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/admission/admission_answer.h"
#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/http/message/handshake_failure.h"
#include "irsa/http/message/message.h"
#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/serve/readiness.h"
#include "irsa/serve/trouble_log.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::serve {

// GET /healthz of the webhook's port: whether the process answers.
http::Route HealthRoute();

// What of the apiserver's time is kept for the answer: one that comes late is none, and failurePolicy decides without
// the reason.
inline constexpr std::chrono::milliseconds kAnswerReserve{250};

// From a review to its answer, by a deadline; called from any thread.
using AnswerReview = std::function<admission::AdmissionAnswer(std::string& review, base::SteadyTime deadline)>;

// What reviews are about: the metrics' durations are those of pods.
enum class ReviewSubject { kPod, kOther };

// POST `path`. The handler's deadline is kAnswerReserve before the apiserver stops waiting, which is `?timeout=10s`
// from now (the apiserver always adds it), 30 s at most; without it, the request's own deadline. The references outlive
// the route.
http::Route ReviewRoute(std::string path, ReviewSubject subject, AnswerReview answer_review,
                        telemetry::Metrics& metrics, base::Log& log, const base::Clock& clock);

// Counts each failed handshake, and says of some why it failed and what to look at. `metrics`, `log` and `clock`
// outlive it.
http::OnHandshakeFailure LogAndCountHandshakes(telemetry::Metrics& metrics, base::Log& log, const base::Clock& clock);

// As LogBugs, for the server with the routes above: counts the review as well that got no answer, if it was one. The
// references outlive it.
http::OnException LogAndCountBugs(telemetry::Metrics& metrics, base::Log& log);

// GET /metrics, /livez, /readyz and /healthz (as /readyz). `measure` is called each time that the metrics are rendered.
// The references outlive the routes.
std::vector<http::Route> OperationsRoutes(const Readiness& readiness, const telemetry::Metrics& metrics,
                                          std::function<telemetry::Measurements()> measure, const base::Clock& clock);

// What GET /debug/identity asks: nothing for an account that is not known; kUnavailable while nobody can say. Called
// from any thread, and asks nobody.
using FindKnownAccount =
    std::function<Result<std::optional<identity::KnownAccount>>(const identity::AccountName& name)>;

// GET /debug/identity?namespace=NAMESPACE&service-account=NAME on the metrics port (--enable-debugging-handlers): what
// irsa knows of one service account, as JSON, with what --help and docs/operations.md say. 400 for a question that
// names no account, 404 for one that is not known, 503 while the identities are not known.
http::Route AccountRoute(FindKnownAccount find);

}  // namespace irsa::serve
