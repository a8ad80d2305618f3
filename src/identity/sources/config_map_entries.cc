#include "irsa/identity/sources/config_map_entries.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/warning.h"
#include "irsa/identity/sources/namespace_pattern.h"

namespace irsa::identity {
namespace {

using base::EqualsIgnoringCase;
using base::Json;
using base::WrongType;

constexpr size_t kMaxEntryKeyBytes = 317;  // a namespace of 63, a slash, a name of 253

Status ReadKey(std::string_view text, ConfigMapEntry& entry) {
  const size_t slash = text.find('/');
  entry.namespace_name = text.substr(0, slash);
  entry.service_account = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const bool is_namespace = IsNamespacePattern(entry.namespace_name) || base::IsDnsLabel(entry.namespace_name);
  if (!is_namespace || !base::IsDnsSubdomain(entry.service_account)) {
    return Error{ErrorCode::kInvalid,
                 "its key is not NAMESPACE/NAME of a service account, or a pattern like team-*/NAME"};
  }
  return {};
}

// An empty text counts as left out.
Status TakeText(std::string_view field, const Json& value, std::string& text) {
  if (!value.is_string()) return WrongType(field, "a string", value);
  if (const auto& given = value.get_ref<const std::string&>(); !given.empty()) text = given;
  return {};
}

// For warnings, which people read who did not write the ConfigMap.
std::string Where(const ConfigMapEntry& entry, std::string_view field) {
  return "in the ConfigMap's entry " + base::Quoted(entry.key(), kMaxQuotedBytes) + ", " + std::string(field);
}

// A field without a meaning is passed over, as in Go.
Status TakeField(std::string_view field, const Json& value, ConfigMapEntry& entry) {
  if (value.is_null()) return {};
  if (EqualsIgnoringCase(field, "RoleARN")) return TakeText("RoleARN", value, entry.role_arn);
  if (EqualsIgnoringCase(field, "Audience")) {
    std::string given;
    if (Status taken = TakeText("Audience", value, given); !taken.ok() || given.empty()) return taken;
    if (auto audience = ParseAudience(Where(entry, "Audience"), given, entry.warnings)) entry.audience = audience;
  } else if (EqualsIgnoringCase(field, "UseRegionalSTS")) {
    if (!value.is_boolean()) return WrongType("UseRegionalSTS", "true or false", value);
    entry.regional_sts = value.get<bool>();
  } else if (EqualsIgnoringCase(field, "TokenExpiration")) {
    if (!value.is_number_integer()) return WrongType("TokenExpiration", "a whole number", value);
    const std::string text = value.dump();
    if (text == "0") return {};
    const auto seconds = ParseTokenExpiration(Where(entry, "TokenExpiration"), text, entry.warnings);
    if (seconds) entry.token_expiration = seconds;
  }
  return {};
}

Status CheckRole(ConfigMapEntry& entry) {
  if (entry.role_arn.empty()) return {};
  std::vector<Warning> warnings;
  if (!ParseRoleArn("RoleARN", entry.role_arn, warnings)) {
    return Error{ErrorCode::kInvalid, std::move(warnings.front().text)};
  }
  for (const Warning& warning : warnings) {
    entry.warnings.insert(entry.warnings.begin(), {warning.reason, Where(entry, warning.text)});
  }
  return {};
}

Result<ConfigMapEntry> ReadEntry(std::string_view key, const Json& fields) {
  ConfigMapEntry entry;
  if (Status read = ReadKey(key, entry); !read.ok()) return std::move(read).error();
  if (!fields.is_object()) return WrongType("it", "an object", fields);
  for (const auto& [field, value] : fields.get_ref<const Json::object_t&>()) {
    if (Status taken = TakeField(field, value, entry); !taken.ok()) return std::move(taken).error();
  }
  if (Status checked = CheckRole(entry); !checked.ok()) return std::move(checked).error();
  return entry;
}

// Takes patterns out of which none is the most specific for some namespace, and says so.
void RefuseTies(ConfigMapDocument& document) {
  std::map<std::string_view, std::vector<size_t>> patterns;  // of each account, as places in the list
  for (size_t i = 0; i < document.entries.size(); ++i) {
    const ConfigMapEntry& entry = document.entries[i];
    if (IsNamespacePattern(entry.namespace_name)) patterns[entry.service_account].push_back(i);
  }
  std::map<size_t, std::string> reasons;
  for (const auto& [account, places] : patterns) {
    for (size_t i = 0; i < places.size(); ++i) {
      if (i >= kMaxPatternsOfAccount) {
        reasons[places[i]] = "the account has over " + std::to_string(kMaxPatternsOfAccount) + " patterns";
        continue;
      }
      for (size_t j = 0; j < i; ++j) {
        const std::string& one = document.entries[places[i]].namespace_name;
        const std::string& other = document.entries[places[j]].namespace_name;
        if (SpecificityOf(one) != SpecificityOf(other) || !PatternsOverlap(one, other)) continue;
        for (const auto& [place, rival] : {std::pair{places[i], places[j]}, std::pair{places[j], places[i]}}) {
          reasons.emplace(place, "a namespace may match it and " +
                                     base::Quoted(document.entries[rival].key(), kMaxEntryKeyBytes) +
                                     ", and neither is more specific");
        }
      }
    }
  }
  for (auto reason = reasons.rbegin(); reason != reasons.rend(); ++reason) {
    const auto place = document.entries.begin() + static_cast<std::ptrdiff_t>(reason->first);
    document.skipped.push_back("entry " + base::Quoted(place->key(), kMaxEntryKeyBytes) + ": " + reason->second);
    document.entries.erase(place);
  }
}

// Leaves the entry only its key.
IdentityIndex::Entry IdentityOf(ConfigMapEntry& entry, const Settings& settings) {
  if (entry.role_arn.empty()) return nullptr;
  const AccountTerms terms{.token_expiration = entry.token_expiration,
                           .regional_sts = entry.regional_sts,
                           .audience = std::move(entry.audience)};
  return std::make_shared<const AccountIdentity>(AccountIdentity{
      RoleIdentityOf({entry.namespace_name, entry.service_account}, std::move(entry.role_arn), terms, settings),
      std::move(entry.warnings)});
}

}  // namespace

Result<ConfigMapDocument> ParseConfigMapEntries(std::string_view text) {
  const Result<Json> json = base::ReadJson(text, {.max_bytes = kMaxConfigMapBytes});
  if (!json.ok()) return json.error();
  if (!json->is_object()) {
    return Error{ErrorCode::kInvalid, "not an object but of type " + std::string(json->type_name())};
  }
  ConfigMapDocument document;
  for (const auto& [key, fields] : json->get_ref<const Json::object_t&>()) {
    Result<ConfigMapEntry> entry = ReadEntry(key, fields);
    if (entry.ok()) {
      if (entry->role_arn.empty()) {
        document.skipped.push_back("entry " + base::Quoted(key, kMaxEntryKeyBytes) + ": it has no RoleARN");
      }
      document.entries.push_back(*std::move(entry));
    } else {
      document.skipped.push_back("entry " + base::Quoted(key, kMaxEntryKeyBytes) + ": " + entry.error().message);
    }
  }
  RefuseTies(document);
  return document;
}

Result<ConfigMapEntries> ReadConfigMapEntries(std::string_view text, const Settings& settings) {
  Result<ConfigMapDocument> document = ParseConfigMapEntries(text);
  if (!document.ok()) return std::move(document).error();
  ConfigMapEntries entries;
  entries.skipped = std::move(document->skipped);
  for (ConfigMapEntry& entry : document->entries) {
    entries.index.Put(entry.namespace_name, entry.service_account, IdentityOf(entry, settings));
  }
  return entries;
}

}  // namespace irsa::identity
