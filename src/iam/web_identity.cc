#include "irsa/iam/web_identity.h"

#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/arn.h"

namespace irsa::iam {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;
using base::Quoted;

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kProviderResource = "oidc-provider/";

bool AllAre(std::string_view text, bool (*accepted)(char)) { return std::ranges::all_of(text, accepted); }

bool IsHostCharacter(char c) { return c == '-' || c == '.' || IsAlphanumeric(c); }
bool IsPathCharacter(char c) { return IsHostCharacter(c) || c == '/' || c == '_' || c == '~'; }

// Whether only the cluster, or a network of one's own, knows the host: a name without a dot, one under a suffix that
// the public DNS does not have, a private address.
bool IsInternalHost(std::string_view host) {
  const std::string name = base::LowerCase(host);
  if (name.find('.') == std::string::npos || name.starts_with("kubernetes.default")) return true;
  for (const std::string_view suffix : {".svc", ".local", ".localhost", ".internal", ".lan", ".home.arpa"}) {
    if (name.ends_with(suffix)) return true;
  }
  if (!std::ranges::all_of(name, [](char c) { return c == '.' || IsDigit(c); })) return false;
  for (const std::string_view network : {"10.", "127.", "169.254.", "192.168.", "0."}) {
    if (name.starts_with(network)) return true;
  }
  const bool is_172 = name.starts_with("172.") && name.size() > 6 && name[6] == '.';
  return is_172 && name.substr(4, 2) >= "16" && name.substr(4, 2) <= "31";
}

// What is wrong with the URL, or nothing.
std::string_view IssuerFault(std::string_view url) {
  if (!url.starts_with(kHttps)) return "does not begin with https://";
  if (url.size() > kMaxIssuerBytes) return "is longer than 255 characters";
  const base::UrlParts parts = base::SplitUrl(url);
  if (!parts.user.empty()) return "has a user name";
  if (!parts.port.empty()) return "has a port, which IAM does not support";
  if (parts.host.empty()) return "has no host";
  if (!parts.query.empty() || !parts.fragment.empty()) return "has a query or fragment";
  if (!AllAre(parts.host, IsHostCharacter) || !AllAre(parts.path, IsPathCharacter)) {
    return "has a character that an issuer's URL cannot have";
  }
  if (IsInternalHost(parts.host)) return "has a host that AWS cannot reach";
  return {};
}

}  // namespace

Status CheckIssuer(std::string_view url) {
  const std::string_view fault = IssuerFault(url);
  if (fault.empty()) return {};
  return Error{ErrorCode::kInvalid, "issuer " + Quoted(url) + " " + std::string(fault)};
}

std::string ProviderArn(std::string_view partition, std::string_view account, std::string_view issuer) {
  std::string arn = "arn:";
  return arn.append(partition)
      .append(":iam::")
      .append(account)
      .append(":")
      .append(kProviderResource)
      .append(base::WithoutScheme(issuer));
}

std::string ProviderIssuer(std::string_view arn) {
  const Result<Arn> parsed = ParseArn(arn);
  if (!parsed.ok() || parsed->service != "iam" || !parsed->resource.starts_with(kProviderResource)) return {};
  return parsed->resource.substr(kProviderResource.size());
}

std::string ConditionKey(std::string_view issuer, std::string_view claim) {
  return std::string(base::WithoutScheme(issuer)).append(":").append(claim);
}

std::string ServiceAccountSubject(std::string_view namespace_name, std::string_view name) {
  return std::string(kSubjectPrefix).append(namespace_name).append(":").append(name);
}

bool IsApiServerAudience(std::string_view audience, std::string_view issuer) {
  return audience.starts_with("https://kubernetes.default.svc") || audience.starts_with("kubernetes.default.svc") ||
         audience == "k3s" || (!issuer.empty() && base::WithoutScheme(audience) == issuer);
}

}  // namespace irsa::iam
