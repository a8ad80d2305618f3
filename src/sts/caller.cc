#include "caller.h"

#include <utility>

#include "sts/query/signature_v4.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kService = "sts";

}  // namespace

std::variant<Caller, StsError> Authenticate(const http::Request& request, const IamRegistry& registry,
                                            const SessionSealer& sealer, base::SystemTime now) {
  const std::variant<Authorization, StsError> read = ReadAuthorization(request);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& authorization = std::get<Authorization>(read);
  if (const Administrator* known = registry.FindAdministrator(authorization.access_key_id)) {
    auto error = CheckSignature(request, authorization, known->secret_access_key, kService, now);
    if (error) return *std::move(error);
    return Caller{IdentityOf(*known), std::nullopt};
  }
  const std::optional<OpenedSession> opened = sealer.Open(authorization.access_key_id, authorization.session_token);
  if (!opened) {
    return MakeStsError(kInvalidClientTokenId, "The security token included in the request is invalid.");
  }
  if (auto error = CheckSignature(request, authorization, opened->secret_access_key, kService, now)) {
    return *std::move(error);
  }
  // After the signature, so that only who holds the secret learns that the credentials were good once.
  if (opened->session.expiration <= now) {
    return MakeStsError(kExpiredToken, "The security token included in the request is expired");
  }
  return Caller{IdentityOf(opened->session), opened->session};
}

}  // namespace irsa::sts
