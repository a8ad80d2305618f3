#include "irsa/kube/api/api_client.h"

#include <algorithm>
#include <utility>

#include "irsa/base/text.h"

#include "kube/config/credentials.h"

namespace irsa::kube {
namespace {

using base::LogLevel;

constexpr int kUnauthorized = 401;

bool IsPath(const std::string& path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

// RFC 9110 section 10.2.3; of its two forms apiservers send the number.
std::optional<std::chrono::seconds> RetryAfter(const http::ClientResponse& response) {
  const std::string* text = http::FindHeader(response, "retry-after");
  if (text == nullptr) return std::nullopt;
  const auto seconds = base::ParseNumber(*text);
  if (!seconds || *seconds > INT32_MAX) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

http::ClientRequest ToHttp(const ApiRequest& request, const base::Url& server, const std::string& token) {
  http::ClientRequest sent;
  sent.method = TextOf(request.verb).method;
  sent.url = base::Join(server, request.path);
  sent.headers.emplace_back("Accept", request.accept);
  if (!request.body.empty()) sent.headers.emplace_back("Content-Type", TextOf(request.verb).body_type);
  if (!token.empty()) sent.headers.emplace_back("Authorization", "Bearer " + token);
  sent.body = request.body;
  sent.deadline = request.deadline;
  sent.max_body_bytes = request.max_answer_bytes;
  sent.stop = request.stop;
  sent.on_body = request.on_body;
  return sent;
}

std::optional<ExecLogin> LoginOf(const ApiClientParts& parts) {
  if (parts.exec_plugins == nullptr) return std::nullopt;
  return ExecLogin(*parts.exec_plugins, parts.clock);
}

}  // namespace

ApiClient::ApiClient(ApiClientOptions options, ApiClientParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      credentials_(std::make_unique<Credentials>(parts_.files, options_.cluster, LoginOf(parts_))) {
  const bool has_token = !options_.cluster.token.empty() || options_.cluster.exec;
  if (has_token && !MayShowToken(options_.cluster)) {
    parts_.log.Write(LogLevel::kWarning, "token not sent: plain HTTP to another machine would expose it",
                     {{"server", base::Origin(options_.cluster.server)}});
  }
}

ApiClient::~ApiClient() = default;

Status ApiClient::Load() {
  const std::lock_guard lock(mutex_);
  const auto login = ReadLogin(false);
  return login.ok() ? Status() : login.error();
}

Result<ApiAnswer> ApiClient::Send(const ApiRequest& request) {
  if (!IsPath(request.path)) {
    return Error{ErrorCode::kInvalid, "an apiserver path must begin with a slash and be percent-encoded"};
  }
  const auto login = CurrentLogin();
  if (!login.ok()) return login.error();
  auto answer = Exchange(request, login->token);
  if (!answer.ok() || answer->status != kUnauthorized) return answer;
  const auto renewed = RenewedLogin(*login);
  if (!renewed.ok() || renewed->version == login->version) return answer;
  return Exchange(request, renewed->token);
}

Result<ApiClient::Login> ApiClient::CurrentLogin() {
  const std::lock_guard lock(mutex_);
  const bool is_due = !is_loaded_ || parts_.clock.SteadyNow() - last_read_ >= options_.poll_interval;
  return is_due ? ReadLogin(false) : LastLogin();
}

Result<ApiClient::Login> ApiClient::RenewedLogin(const Login& refused) {
  const std::lock_guard lock(mutex_);
  if (version_ != refused.version) return LastLogin();  // by another request
  auto renewed = ReadLogin(renewed_version_ != version_);
  renewed_version_ = version_;
  return renewed;
}

Result<ApiClient::Login> ApiClient::ReadLogin(bool is_refused) {
  last_read_ = parts_.clock.SteadyNow();
  Status refreshed = Refresh(is_refused);
  is_loaded_ = is_loaded_ || refreshed.ok();
  // Later errors are logged, and what was good before is used on.
  if (!is_loaded_) return std::move(refreshed).error();
  return LastLogin();
}

Result<ApiClient::Login> ApiClient::LastLogin() const {
  if (!usable_.ok()) return usable_.error();
  return Login{credentials_->token(), version_};
}

Status ApiClient::Refresh(bool is_refused) {
  const auto tls_before = credentials_->tls();
  Credentials::Outcome outcome =
      credentials_->Poll(is_refused ? Credentials::Reason::kRefused : Credentials::Reason::kDue);
  if (credentials_->tls() != tls_before) parts_.set_tls(credentials_->tls());
  if (outcome.changed) {
    ++version_;
    if (is_loaded_) parts_.log.Write(LogLevel::kInfo, "credentials for the apiserver reloaded");
  }
  usable_ = outcome.is_usable ? Status() : outcome.status;
  const std::string error = outcome.status.ok() ? "" : outcome.status.error().message;
  if (is_loaded_ && outcome.is_usable && !error.empty() && error != last_error_) {
    parts_.log.Write(LogLevel::kError, "credentials for the apiserver not reloaded: the last good ones stay in use",
                     {{"error", error}});
  }
  last_error_ = error;
  return std::move(outcome.status);
}

Result<ApiAnswer> ApiClient::Exchange(const ApiRequest& request, const std::string& token) {
  auto response = parts_.client.Send(ToHttp(request, options_.cluster.server, token));
  // What we ended ourselves without an answer says nothing about the apiserver.
  if (options_.on_answer && (response.ok() || !request.stop.stop_requested())) {
    options_.on_answer(TextOf(request.verb).name, response.ok() ? response->status : 0);
  }
  if (!response.ok()) return std::move(response).error();
  return ApiAnswer{.status = response->status, .body = std::move(response->body), .retry_after = RetryAfter(*response)};
}

}  // namespace irsa::kube
