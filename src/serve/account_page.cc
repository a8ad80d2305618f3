#include "account_page.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

namespace irsa::serve {
namespace {

using Json = nlohmann::ordered_json;
using identity::AccountName;
using identity::Identity;
using identity::KnownAccount;

constexpr const char* kPath = "/debug/identity";
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

std::string Page(const AccountName& name, const KnownAccount& known) {
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

http::Route AccountRoute(FindKnownAccount find) {
  return {"GET", kPath, "", [find = std::move(find)](http::Request& request) {
            const auto name = AccountIn(request);
            if (!name) {
              return http::TextResponse(
                  400, std::string("name an account: ") + kPath + "?namespace=NAMESPACE&service-account=NAME\n");
            }
            const auto known = find(*name);
            if (!known.ok()) return http::TextResponse(503, known.error().message + "\n");
            if (!*known) {
              return http::TextResponse(
                  404, "irsa knows no service account " + std::string(name->service_account) + " in namespace " +
                           std::string(name->namespace_name) +
                           "; it does not exist, or irsa does not read it (irsa serve --help, Identities)\n");
            }
            http::Response response = http::TextResponse(200, Page(*name, **known));
            response.content_type = "application/json";
            return response;
          }};
}

}  // namespace irsa::serve
