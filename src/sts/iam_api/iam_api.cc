#include "irsa/sts/iam_api/iam_api.h"

#include <span>
#include <utility>

#include "irsa/base/files.h"
#include "irsa/base/text.h"
#include "irsa/crypto/primitives.h"
#include "irsa/sts/sts_service.h"

#include "calls.h"
#include "sts/query/signature_v4.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kVersion = "2010-05-08";
constexpr std::string_view kService = "iam";
constexpr mode_t kStateMode = 0600;

// Null when there is no such call here.
const CallType* FindCall(std::string_view action) {
  for (const std::span<const CallType> calls : {ProviderCalls(), RoleCalls()}) {
    for (const CallType& call : calls) {
      if (call.action == action) return &call;
    }
  }
  return nullptr;
}

// The account of who signed the request.
std::variant<const Administrator*, StsError> Authenticate(const http::Request& request, const IamApiConfig& config,
                                                          base::SystemTime now) {
  const std::variant<Authorization, StsError> read = ReadAuthorization(request);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& authorization = std::get<Authorization>(read);
  const Administrator* known = FindAdministrator(config.administrators, authorization.access_key_id);
  if (known == nullptr) {
    return MakeStsError(kInvalidClientTokenId, "The security token included in the request is invalid.");
  }
  if (auto error = CheckSignature(request, authorization, known->secret_access_key, kService, now)) {
    return *std::move(error);
  }
  return known;
}

}  // namespace

bool IsIamRequest(const http::Request& request) {
  if (const std::string* version = http::FindQuery(request, "Version")) return *version == kVersion;
  const Result<Parameters> form = ParseForm(request.body);
  if (!form.ok()) return false;
  const std::string* version = FindParameter(*form, "Version");
  return version != nullptr && *version == kVersion;
}

IamApi::IamApi(const base::Clock& clock, base::Log& log, OnChange on_change)
    : clock_(clock), log_(log), on_change_(std::move(on_change)) {}

Status IamApi::SetConfig(StsConfig config, const base::FileReader& files) {
  const std::lock_guard lock(mutex_);
  const std::string& path = config.iam.state_path;
  if (!path.empty() && (!is_loaded_ || path != config_.iam.state_path)) {
    Result<Entities> read = LoadEntities(files, path);
    if (!read.ok()) return std::move(read).error();
    entities_ = *std::move(read);
  }
  is_loaded_ = true;
  config_ = std::move(config);
  on_change_(WithEntities(config_, entities_));
  return {};
}

http::Response IamApi::Handle(const http::Request& request) {
  const Envelope envelope{AnswerFormat::kXml, crypto::RandomUuid(), kIamNamespace};
  const std::variant<Parameters, StsError> read = ReadParameters(request);
  if (const auto* error = std::get_if<StsError>(&read)) return AnswerError(*error, envelope);
  const auto& parameters = std::get<Parameters>(read);
  const std::string action = Value(parameters, "Action");
  const base::SystemTime now = clock_.Now();

  const std::lock_guard lock(mutex_);
  const auto caller = Authenticate(request, config_.iam, now);
  if (const auto* error = std::get_if<StsError>(&caller)) return AnswerError(*error, envelope);
  const std::string& account = std::get<const Administrator*>(caller)->account;
  const CallType* type = FindCall(action);
  if (type == nullptr) {
    return AnswerError(MakeStsError(kInvalidAction, "Could not find operation " + action + " for version 2010-05-08"),
                       envelope);
  }
  Entities changed;
  if (type->is_write) changed = entities_;
  Call call{parameters, account, config_, now, type->is_write ? changed : entities_};
  CallResult result = type->run(call);
  if (const auto* error = std::get_if<StsError>(&result)) return AnswerError(*error, envelope);
  if (type->is_write) {
    const std::string& path = config_.iam.state_path;
    if (const Status kept =
            path.empty() ? Status() : base::WriteFileAtomically(path, WriteEntities(changed), kStateMode);
        !kept.ok()) {
      log_.Write(base::LogLevel::kError, "IAM state not written",
                 {{"action", action}, {"error", kept.error().message}});
      return AnswerError(MakeStsError(kServiceFailure, "The state could not be written."), envelope);
    }
    entities_ = std::move(changed);
    log_.Write(base::LogLevel::kInfo, "IAM changed", {{"action", action}, {"account", account}});
    on_change_(WithEntities(config_, entities_));
  }
  auto held = type->has_result ? std::optional(std::get<Nodes>(std::move(result))) : std::nullopt;
  return AnswerCall(action, std::move(held), envelope);
}

}  // namespace irsa::sts
