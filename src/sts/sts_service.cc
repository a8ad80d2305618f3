#include "irsa/sts/sts_service.h"

#include <utility>

#include "irsa/base/rfc3339.h"
#include "irsa/base/text.h"
#include "irsa/sts/signature_v4.h"

#include "crypto.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kVersion = "2011-06-15";
constexpr std::string_view kService = "sts";
constexpr const char* kForm = "application/x-www-form-urlencoded";

// The URL's parameters and the body's.
std::variant<Parameters, StsError> ReadParameters(const http::Request& request) {
  Parameters parameters = request.query;
  base::Result<Parameters> form = ParseForm(request.body);
  if (!form.ok()) {
    const bool is_large = form.error().code == base::ErrorCode::kTooLarge;
    return MakeStsError(is_large ? kValidationError : kMalformedQueryString, form.error().message);
  }
  for (auto& parameter : *form) parameters.push_back(std::move(parameter));
  if (const base::Status unique = CheckUnique(parameters); !unique.ok()) {
    return MakeStsError(kInvalidParameterCombination, unique.error().message);
  }
  return parameters;
}

// SDKs send a token file as it is, and `echo` and kubectl end it with a line end, which STS takes.
std::string_view WithoutSpaceAround(std::string_view token) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = token.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return token.substr(begin, token.find_last_not_of(kSpace) - begin + 1);
}

// Worded as STS does.
StsError NoOperation(const std::string& action, const std::string* version) {
  std::string message = "Could not find operation " + base::Quoted(action) + " for version ";
  message += version == nullptr ? "NO_VERSION_SPECIFIED" : base::Quoted(*version);
  std::erase(message, '"');
  return MakeStsError(kInvalidAction, std::move(message));
}

StsError InvalidClientToken() {
  return MakeStsError(kInvalidClientTokenId, "The security token included in the request is invalid.");
}

// What the check looks at only when there is a provider.
KeySetResult NoKeys() { return base::Error{base::ErrorCode::kNotFound, "the issuer is not registered"}; }

http::Response Xml(int status, std::string body, const std::string& request_id) {
  http::Response response;
  response.status = status;
  response.content_type = "text/xml";
  response.body = std::move(body);
  response.headers.emplace_back("x-amzn-RequestId", request_id);
  return response;
}

}  // namespace

StsService::StsService(const SessionSealer& sealer, std::shared_ptr<const IamRegistry> registry,
                       const base::Clock& clock, base::Log& log, bool is_tls)
    : sealer_(sealer), registry_(std::move(registry)), clock_(clock), log_(log), is_tls_(is_tls) {}

http::Response StsService::Handle(const http::Request& request) {
  const std::string request_id = RandomUuid();
  Answer answer = Dispatch(request, request_id);
  if (auto* xml = std::get_if<std::string>(&answer)) return Xml(200, std::move(*xml), request_id);
  const StsError& error = std::get<StsError>(answer);
  return Xml(HttpStatus(error.code), WriteError(error, request_id), request_id);
}

StsService::Answer StsService::Dispatch(const http::Request& request, std::string_view request_id) {
  const std::variant<Parameters, StsError> read = ReadParameters(request);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& parameters = std::get<Parameters>(read);
  const std::string* action = FindParameter(parameters, "Action");
  const std::string* version = FindParameter(parameters, "Version");
  if (action == nullptr || action->empty()) return MakeStsError(kMissingAction, "The request must contain an Action");
  const bool is_version = version != nullptr && *version == kVersion;
  if (is_version && *action == "AssumeRoleWithWebIdentity") return AssumeRole(parameters, request_id);
  if (is_version && *action == "GetCallerIdentity") return GetCallerIdentity(request, request_id);
  return NoOperation(*action, version);
}

StsService::Answer StsService::AssumeRole(const Parameters& parameters, std::string_view request_id) {
  const std::variant<AssumeRoleRequest, StsError> read = ReadAssumeRoleRequest(parameters);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& request = std::get<AssumeRoleRequest>(read);

  const std::shared_ptr<const IamRegistry> registry = registry_.Get();
  const base::Result<oidc::Jwt> token = oidc::ParseJwt(WithoutSpaceAround(request.token));
  const std::string issuer = token.ok() ? token->claims.issuer.value_or("") : "";
  const Provider* provider = FindProvider(registry->providers(), AccountOfRole(request.role_arn), issuer);
  const KeySetResult keys = provider == nullptr ? NoKeys() : registry->Keys(*provider, token->header.key_id);
  const ConfiguredRole* role = registry->FindRole(request.role_arn);
  RoleRequest attempt{request.role_arn, role == nullptr ? nullptr : &role->trust_policy};
  attempt.facts.role_session_name = request.session_name;
  attempt.facts.secure_transport = is_tls_;
  const AssumeRoleReport report = CheckAssumeRole(token, attempt, registry->providers(), keys, clock_.Now());
  if (const Check* failure = report.FirstFailure()) {
    LogRefusal(request, report, *failure);
    return *failure->error;
  }
  if (request.duration > role->max_session_duration) {
    return MakeStsError(kValidationError,
                        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return GiveCredentials(request, report, issuer, request_id);
}

StsService::Answer StsService::GiveCredentials(const AssumeRoleRequest& request, const AssumeRoleReport& report,
                                               std::string issuer, std::string_view request_id) {
  const Session session{request.role_arn, request.session_name,
                        std::chrono::floor<std::chrono::seconds>(clock_.Now()) + request.duration};
  base::Result<Credentials> credentials = sealer_.Seal(session);
  if (!credentials.ok()) {
    log_.Write(base::LogLevel::kError, "credentials could not be made", {{"error", credentials.error().message}});
    return MakeStsError(kInternalFailure, "The request processing has failed because of an internal error.");
  }
  log_.Write(base::LogLevel::kInfo, "role assumed",
             {{"role", request.role_arn},
              {"session", request.session_name},
              {"subject", report.subject},
              {"expires", base::FormatRfc3339(session.expiration)}});
  return WriteAssumedRole(
      {IdentityOf(session), *std::move(credentials), report.subject, report.audience, std::move(issuer)}, request_id);
}

void StsService::LogRefusal(const AssumeRoleRequest& request, const AssumeRoleReport& report, const Check& failure) {
  log_.Write(base::LogLevel::kWarning, "role refused",
             {{"role", request.role_arn},
              {"subject", report.subject},
              {"check", std::string(CheckNameText(failure.name))},
              {"code", failure.error->code},
              {"detail", failure.detail},
              {"fix", failure.fix}});
}

StsService::Answer StsService::GetCallerIdentity(const http::Request& request, std::string_view request_id) {
  const std::variant<Authorization, StsError> read = ReadAuthorization(request);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& authorization = std::get<Authorization>(read);
  const std::optional<OpenedSession> opened = sealer_.Open(authorization.access_key_id, authorization.session_token);
  if (!opened) return InvalidClientToken();
  const base::SystemTime now = clock_.Now();
  if (auto error = CheckSignature(request, authorization, opened->secret_access_key, kService, now)) {
    return *std::move(error);
  }
  // After the signature, so that only who holds the secret learns that the credentials were good once.
  if (opened->session.expiration <= now) {
    return MakeStsError(kExpiredToken, "The security token included in the request is expired");
  }
  return WriteCallerIdentity(IdentityOf(opened->session), request_id);
}

std::vector<http::Route> StsService::Routes() {
  const http::Handler handle = [this](http::Request& request) { return Handle(request); };
  const http::Handler health = [](http::Request&) { return http::Response{.body = "ok\n"}; };
  return {{"GET", "/", "", handle, true}, {"POST", "/", kForm, handle, true}, {"GET", "/healthz", "", health}};
}

}  // namespace irsa::sts
