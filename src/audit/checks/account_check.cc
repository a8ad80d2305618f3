#include "irsa/audit/checks/account_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/identity/rules/annotations.h"

namespace irsa::audit {
namespace {

using base::At;
using base::Json;
using base::ListAt;
using base::TimeAt;
using identity::Settings;
using identity::WarningReason;

constexpr std::string_view kClientId = "sts.amazonaws.com";
constexpr std::string_view kClientIdInChina = "sts.amazonaws.com.cn";
constexpr std::string_view kChina = "aws-cn";

// The latest write of whoever owns an annotation under the prefix. It may be about something else of the object: the
// annotation is then older than said, never newer.
std::optional<base::SystemTime> LastWrite(const Json& object, std::string_view prefix) {
  std::optional<base::SystemTime> last;
  for (const Json& entry : ListAt(object, {"metadata", "managedFields"})) {
    const Json* fields = At(entry, {"fieldsV1", "f:metadata", "f:annotations"});
    if (fields == nullptr || !fields->is_object()) continue;
    const bool owns_one = std::any_of(fields->items().begin(), fields->items().end(), [prefix](const auto& field) {
      return field.key().starts_with("f:") && identity::AnnotationName(std::string_view(field.key()).substr(2), prefix);
    });
    const auto time = TimeAt(entry, {"time"});
    if (owns_one && time && (!last || *time > *last)) last = time;
  }
  return last;
}

std::string AnnotateCommand(const AccountFacts& account, std::string_view key, std::string_view value) {
  return "kubectl annotate serviceaccount " + account.name + " -n " + account.namespace_name + " " +
         std::string(key).append(value);
}

// Keys by the warning of them; an empty one where two are shortened to the same text.
using KeysByWarning = std::map<std::string, std::string_view>;

KeysByWarning UnknownKeys(const AccountFacts& account, const Settings& settings) {
  constexpr auto kHolder = identity::AnnotationHolder::kServiceAccount;
  KeysByWarning keys;
  for (const std::string& key : account.annotations) {
    const auto name = identity::AnnotationName(key, settings.annotation_prefix);
    const identity::KnownAnnotation* known = name ? identity::FindAnnotation(*name) : nullptr;
    if (!name || (known != nullptr && known->BelongsOn(kHolder))) continue;
    const auto [place, is_new] =
        keys.emplace(identity::UnknownAnnotation(key, settings.annotation_prefix, kHolder).text, key);
    if (!is_new) place->second = {};
  }
  return keys;
}

struct Advice {
  FindingKind kind;
  std::string why;
  std::string fix;
};

Advice AdviceFor(const AccountFacts& account, const identity::Warning& warning, const KeysByWarning& unknown_keys,
                 const Settings& settings) {
  const std::string role_key = settings.annotation_prefix + "/role-arn";
  switch (warning.reason) {
    case WarningReason::kMalformedRoleArn:
      return {FindingKind::kRoleArnMalformed, "STS refuses it, so no pod of the account gets credentials",
              AnnotateCommand(account, role_key, "=arn:aws:iam::ACCOUNT:role/NAME --overwrite")};
    case WarningReason::kUnknownAnnotation: {
      const auto found = unknown_keys.find(warning.text);
      const std::string_view key = found == unknown_keys.end() ? std::string_view() : found->second;
      return {FindingKind::kAnnotationUnknown, "irsa reads no annotation of that name on a service account",
              key.empty() ? "move its value to the annotation you meant, and remove this one"
                          : "move its value to the annotation you meant, and remove this one: " +
                                AnnotateCommand(account, key, "-")};
    }
    case WarningReason::kExpirationOutOfRange:
      return {FindingKind::kTokenExpirationAdjusted,
              "Kubernetes issues tokens for at least 600 seconds, EKS for at most 86400",
              AnnotateCommand(account, settings.annotation_prefix, "/token-expiration=SECONDS --overwrite")};
    default:
      return {FindingKind::kAnnotationValueIgnored,
              "a value of another form is treated as if the annotation were missing",
              "correct the value, or remove the annotation"};
  }
}

}  // namespace

std::optional<AccountFacts> ReadAccountFacts(const kube::ObjectView& object, const Settings& settings) {
  const auto annotations = identity::AnnotationsIn(*object.json, settings.annotation_prefix);
  if (annotations.empty()) return std::nullopt;
  AccountFacts account{
      .namespace_name = std::string(object.namespace_name),
      .name = std::string(object.name),
      .resolved = identity::ResolveIdentity({object.namespace_name, object.name}, annotations, settings),
      .changed_at = LastWrite(*object.json, settings.annotation_prefix),
      .annotations = {}};
  if (!account.changed_at) account.changed_at = TimeAt(*object.json, {"metadata", "creationTimestamp"});
  for (const identity::Annotation& annotation : annotations) account.annotations.emplace_back(annotation.key);
  return account;
}

bool ClientIds::Accept(std::string_view audience, std::string_view role_arn) const {
  if (!ids.empty()) return std::ranges::find(ids, audience) != ids.end();
  if (audience == kClientId) return true;
  const auto arn = iam::ParseArn(role_arn);
  return audience == kClientIdInChina && arn.ok() && arn->partition == kChina;
}

std::vector<Finding> CheckAccount(const AccountFacts& account, bool has_other_role, const ClientIds& client_ids,
                                  const Settings& settings) {
  std::vector<Finding> findings;
  const auto add = [&](FindingKind kind, std::string what, std::string why, std::string fix) {
    findings.push_back({kind,
                        {"ServiceAccount", account.namespace_name, account.name},
                        std::move(what),
                        std::move(why),
                        std::move(fix)});
  };
  bool has_unknown = false;
  const KeysByWarning unknown_keys = UnknownKeys(account, settings);
  for (const identity::Warning& warning : account.resolved.warnings) {
    Advice advice = AdviceFor(account, warning, unknown_keys, settings);
    has_unknown |= advice.kind == FindingKind::kAnnotationUnknown || advice.kind == FindingKind::kRoleArnMalformed;
    add(advice.kind, warning.text, std::move(advice.why), std::move(advice.fix));
  }
  const auto& identity = account.resolved.identity;
  // A misspelt role-arn has been told of already.
  if (!identity && !has_other_role && !has_unknown) {
    add(FindingKind::kAnnotationWithoutRole, "it has " + base::Joined(account.annotations) + ", but no role",
        "without a role-arn its pods are not changed",
        AnnotateCommand(account, settings.annotation_prefix, "/role-arn=arn:aws:iam::ACCOUNT:role/NAME --overwrite"));
  }
  if (identity && identity->method == identity::Method::kWebIdentity &&
      !client_ids.Accept(identity->audience, identity->role_arn)) {
    add(FindingKind::kAudienceWithoutProvider, "its tokens are for the audience " + base::Quoted(identity->audience),
        "STS accepts only audiences that are client ids of the IAM OIDC provider; pass the provider's client ids with "
        "--client-id",
        "add the client id to the provider (aws iam add-client-id-to-open-id-connect-provider), or: " +
            AnnotateCommand(account, settings.annotation_prefix, "/audience-"));
  }
  return findings;
}

}  // namespace irsa::audit
