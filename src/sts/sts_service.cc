#include "irsa/sts/sts_service.h"

#include <utility>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/primitives.h"

#include "caller.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kVersion = "2011-06-15";
constexpr std::chrono::seconds kLongestChainedSession{3600};
constexpr const char* kForm = "application/x-www-form-urlencoded";

// SDKs send a token file as it is, and `echo` and kubectl end it with a line end, which STS takes.
std::string_view WithoutSpaceAround(std::string_view token) { return base::Trimmed(token, base::kSpacesAndLineEnds); }

// Worded as STS does.
StsError NoOperation(const std::string& action, const std::string* version) {
  std::string message = "Could not find operation " + base::Quoted(action) + " for version ";
  message += version == nullptr ? "NO_VERSION_SPECIFIED" : base::Quoted(*version);
  std::erase(message, '"');
  return MakeStsError(kInvalidAction, std::move(message));
}

// What the check looks at only when there is a provider.
KeySetResult NoKeys() { return Error{ErrorCode::kNotFound, "the issuer is not registered"}; }

}  // namespace

std::variant<Parameters, StsError> ReadParameters(const http::Request& request) {
  Parameters parameters = request.query;
  Result<Parameters> form = ParseForm(request.body);
  if (!form.ok()) {
    const bool is_large = form.error().code == ErrorCode::kTooLarge;
    return MakeStsError(is_large ? kValidationError : kMalformedQueryString, form.error().message);
  }
  for (auto& parameter : *form) parameters.push_back(std::move(parameter));
  if (const Status unique = CheckUnique(parameters); !unique.ok()) {
    return MakeStsError(kInvalidParameterCombination, unique.error().message);
  }
  return parameters;
}

StsService::StsService(const SessionSealer& sealer, std::shared_ptr<const IamRegistry> registry,
                       const base::Clock& clock, base::Log& log, bool is_tls)
    : sealer_(sealer), registry_(std::move(registry)), clock_(clock), log_(log), is_tls_(is_tls) {}

http::Response StsService::Handle(const http::Request& request) {
  const Envelope envelope{FormatFor(http::JoinedHeader(request.headers, "accept")), crypto::RandomUuid()};
  const std::variant<Parameters, StsError> read = ReadParameters(request);
  if (const auto* error = std::get_if<StsError>(&read)) return AnswerError(*error, envelope);
  const auto& parameters = std::get<Parameters>(read);
  CallResult result = Dispatch(request, parameters);
  if (const auto* error = std::get_if<StsError>(&result)) return AnswerError(*error, envelope);
  return AnswerCall(*FindParameter(parameters, "Action"), std::get<Nodes>(std::move(result)), envelope);
}

CallResult StsService::Dispatch(const http::Request& request, const Parameters& parameters) {
  const std::string* action = FindParameter(parameters, "Action");
  const std::string* version = FindParameter(parameters, "Version");
  if (action == nullptr || action->empty()) return MakeStsError(kMissingAction, "The request must contain an Action");
  const bool is_version = version != nullptr && *version == kVersion;
  if (is_version && *action == "AssumeRoleWithWebIdentity") return AssumeRoleWithWebIdentity(request, parameters);
  if (is_version && *action == "AssumeRole") return AssumeRole(request, parameters);
  if (is_version && *action == "GetCallerIdentity") return GetCallerIdentity(request);
  return NoOperation(*action, version);
}

CallResult StsService::AssumeRoleWithWebIdentity(const http::Request& http_request, const Parameters& parameters) {
  const std::variant<AssumeRoleRequest, StsError> read = ReadAssumeRoleWithWebIdentity(parameters);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& request = std::get<AssumeRoleRequest>(read);

  const std::shared_ptr<const IamRegistry> registry = registry_.Get();
  const Result<oidc::Jwt> token = oidc::ParseJwt(WithoutSpaceAround(request.token));
  const std::string issuer = token.ok() ? token->claims.issuer.value_or("") : "";
  const Provider* provider = FindProvider(registry->providers(), AccountOfRole(request.role_arn), issuer);
  const KeySetResult keys = provider == nullptr ? NoKeys() : registry->Keys(*provider, token->header.key_id);
  const ConfiguredRole* role = registry->FindRole(request.role_arn);
  const AssumeRoleReport report =
      CheckAssumeRole(token, RoleRequestFor(request, role, http_request), registry->providers(), keys, clock_.Now());
  return Conclude({request,
                   role,
                   {"subject", report.subject},
                   report.FirstFailure(),
                   report.attributes,
                   ExchangedToken{report.subject, report.audience, issuer},
                   false});
}

CallResult StsService::AssumeRole(const http::Request& http_request, const Parameters& parameters) {
  const std::shared_ptr<const IamRegistry> registry = registry_.Get();
  const base::SystemTime now = clock_.Now();
  const std::variant<iam::Signer, StsError> authenticated = Authenticate(http_request, *registry, sealer_, now);
  if (const auto* error = std::get_if<StsError>(&authenticated)) return *error;
  const auto& caller = std::get<iam::Signer>(authenticated);
  const std::variant<AssumeRoleRequest, StsError> read = ReadAssumeRole(parameters);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& request = std::get<AssumeRoleRequest>(read);

  const ConfiguredRole* role = registry->FindRole(request.role_arn);
  CallerReport report = CheckCaller(caller, RoleRequestFor(request, role, http_request), request.attributes, now);
  return Conclude({request,
                   role,
                   {"caller", caller.arn},
                   report.check.result == CheckResult::kFail ? &report.check : nullptr,
                   std::move(report.attributes),
                   std::nullopt,
                   !caller.role_arn.empty()});
}

RoleRequest StsService::RoleRequestFor(const AssumeRoleRequest& request, const ConfiguredRole* role,
                                       const http::Request& http_request) const {
  RoleRequest attempt{request.role_arn, role == nullptr ? nullptr : &role->trust_policy};
  attempt.condition_keys = {{"aws:SourceIp", http_request.peer_address},
                            {"aws:SecureTransport", is_tls_ ? "true" : "false"},
                            {"aws:UserAgent", http::JoinedHeader(http_request.headers, "user-agent")},
                            {"sts:ExternalId", request.external_id},
                            {"sts:RoleSessionName", request.session_name}};
  std::erase_if(attempt.condition_keys, [](const auto& key) { return key.second.empty(); });  // is not known
  return attempt;
}

CallResult StsService::Conclude(Outcome outcome) {
  if (const Check* failure = outcome.failure) {
    log_.Write(base::LogLevel::kWarning, "role refused",
               {{"role", outcome.request.role_arn},
                std::move(outcome.asker),
                {"check", std::string(CheckNameText(failure->name))},
                {"code", failure->error->code},
                {"detail", failure->detail},
                {"fix", failure->fix}});
    return *failure->error;
  }
  if (outcome.is_chained && outcome.request.duration > kLongestChainedSession) {
    return MakeStsError(
        kValidationError,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
  }
  if (outcome.request.duration > outcome.role->max_session_duration) {
    return MakeStsError(kValidationError,
                        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return GiveCredentials(std::move(outcome));
}

CallResult StsService::GiveCredentials(Outcome outcome) {
  const AssumeRoleRequest& request = outcome.request;
  const Session session{request.role_arn, request.session_name,
                        std::chrono::floor<std::chrono::seconds>(clock_.Now()) + request.duration,
                        std::move(outcome.attributes)};
  Result<Credentials> credentials = sealer_.Seal(session);
  if (credentials.FailedWith(ErrorCode::kTooLarge)) {
    return MakeStsError(kPackedPolicyTooLarge, credentials.error().message);
  }
  if (!credentials.ok()) {
    log_.Write(base::LogLevel::kError, "credentials not issued", {{"error", credentials.error().message}});
    return MakeStsError(kInternalFailure, "The request processing has failed because of an internal error.");
  }
  log_.Write(base::LogLevel::kInfo, "role assumed",
             {{"role", request.role_arn},
              {"session", request.session_name},
              std::move(outcome.asker),
              {"expires", base::FormatRfc3339(session.expiration)}});
  return AssumedRoleResult(IdentityOf(session), *credentials, outcome.token);
}

CallResult StsService::GetCallerIdentity(const http::Request& request) {
  const std::variant<iam::Signer, StsError> authenticated =
      Authenticate(request, *registry_.Get(), sealer_, clock_.Now());
  if (const auto* error = std::get_if<StsError>(&authenticated)) return *error;
  return CallerIdentityResult(std::get<iam::Signer>(authenticated));
}

std::vector<http::Route> StsService::Routes() {
  const http::Handler handle = [this](http::Request& request) { return Handle(request); };
  const http::Handler health = [](http::Request&) { return http::Response{.body = "ok\n"}; };
  http::Route get{.method = "GET", .path = "/", .content_type = "", .handler = handle};
  get.wants_headers = get.wants_peer = true;
  http::Route post = get;
  post.method = "POST";
  post.content_type = kForm;
  post.is_body_optional = true;  // presigned, it may have all of its parameters in the URL
  return {get, post, {"GET", "/healthz", "", health}};
}

http::Response AnswerRefusal(const http::Refusal& refusal, std::string_view accept) {
  const std::string message = refusal.status == 404 ? "no such path; STS is at /" : refusal.reason;
  http::Response response =
      AnswerError(MakeStsError(CodeOfHttpStatus(refusal.status), message), {FormatFor(accept), crypto::RandomUuid()});
  response.status = refusal.status;
  return response;
}

}  // namespace irsa::sts
