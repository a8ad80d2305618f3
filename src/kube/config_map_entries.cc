#include "irsa/kube/config_map_entries.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/ascii.h"
#include "irsa/base/dns_name.h"
#include "irsa/base/json.h"
#include "irsa/mutation/warning.h"

namespace irsa::kube {
namespace {

using base::EqualsIgnoringCase;
using base::Error;
using base::ErrorCode;
using base::Json;
using base::Result;
using base::Status;
using mutation::AccountIdentity;
using mutation::Quoted;
using mutation::Warning;

constexpr size_t kMaxKeyBytes = 317;  // a namespace of 63, a slash, a name of 253

struct Key {
  std::string_view namespace_name;
  std::string_view service_account;
};

Result<Key> ReadKey(std::string_view text) {
  const size_t slash = text.find('/');
  const Key key{text.substr(0, slash), slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1)};
  const bool is_namespace = key.namespace_name == kAnyNamespace || base::IsDnsLabel(key.namespace_name);
  if (!is_namespace || !base::IsDnsSubdomain(key.service_account)) {
    return Error{ErrorCode::kInvalid, "its key is not NAMESPACE/NAME or */NAME of a service account"};
  }
  return key;
}

// Puts together what the fields of one entry say.
class EntryReader {
 public:
  EntryReader(const std::string& key, const mutation::Settings& settings) : key_(key) {
    identity_.audience = settings.token_audience;
    identity_.token_expiration = settings.token_expiration;
    identity_.regional_sts = settings.regional_sts;
  }

  // A field without a meaning is passed over, as in Go.
  Status Take(std::string_view field, const Json& value) {
    if (value.is_null()) return {};
    if (EqualsIgnoringCase(field, "RoleARN")) return TakeText("RoleARN", value, identity_.role_arn);
    if (EqualsIgnoringCase(field, "Audience")) return TakeAudience(value);
    if (EqualsIgnoringCase(field, "UseRegionalSTS")) return TakeRegionalSts(value);
    if (EqualsIgnoringCase(field, "TokenExpiration")) return TakeTokenExpiration(value);
    return {};
  }

  Result<IdentityIndex::Entry> Finish() && {
    if (identity_.role_arn.empty()) return Error{ErrorCode::kInvalid, "it has no RoleARN"};
    std::vector<Warning> warnings;
    if (!mutation::ParseRoleArn("RoleARN", identity_.role_arn, warnings)) {
      return Error{ErrorCode::kInvalid, std::move(warnings.front().text)};
    }
    for (const Warning& warning : warnings) {
      account_.warnings.insert(account_.warnings.begin(), {warning.reason, Where(warning.text)});
    }
    account_.identity = std::move(identity_);
    return IdentityIndex::Entry(std::make_shared<const AccountIdentity>(std::move(account_)));
  }

 private:
  static Status WrongType(std::string_view field, std::string_view wanted, const Json& value) {
    std::string message(field);
    message.append(" is not ").append(wanted).append(" but of type ").append(value.type_name());
    return Error{ErrorCode::kInvalid, std::move(message)};
  }

  // For warnings, which people read who did not write the ConfigMap.
  std::string Where(std::string_view field) const {
    return "in the ConfigMap's entry " + Quoted(key_) + ", " + std::string(field);
  }

  // An empty text counts as left out.
  static Status TakeText(std::string_view field, const Json& value, std::string& text) {
    if (!value.is_string()) return WrongType(field, "a string", value);
    if (const auto& given = value.get_ref<const std::string&>(); !given.empty()) text = given;
    return {};
  }

  Status TakeAudience(const Json& value) {
    std::string given;
    if (Status taken = TakeText("Audience", value, given); !taken.ok() || given.empty()) return taken;
    identity_.audience =
        mutation::ParseAudience(Where("Audience"), given, account_.warnings).value_or(identity_.audience);
    return {};
  }

  Status TakeRegionalSts(const Json& value) {
    if (!value.is_boolean()) return WrongType("UseRegionalSTS", "true or false", value);
    identity_.regional_sts = value.get<bool>();
    return {};
  }

  Status TakeTokenExpiration(const Json& value) {
    if (!value.is_number_integer()) return WrongType("TokenExpiration", "a whole number", value);
    const std::string text = value.dump();
    if (text == "0") return {};
    identity_.token_expiration = mutation::ParseTokenExpiration(Where("TokenExpiration"), text, account_.warnings)
                                     .value_or(identity_.token_expiration);
    return {};
  }

  const std::string& key_;
  mutation::Identity identity_;
  AccountIdentity account_;
};

Status AddEntry(const std::string& text, const Json& fields, const mutation::Settings& settings, IdentityIndex& index) {
  const Result<Key> key = ReadKey(text);
  if (!key.ok()) return key.error();
  if (!fields.is_object()) {
    return Error{ErrorCode::kInvalid, "it is not an object but of type " + std::string(fields.type_name())};
  }
  EntryReader reader(text, settings);
  for (const auto& [field, value] : fields.get_ref<const Json::object_t&>()) {
    if (Status taken = reader.Take(field, value); !taken.ok()) return taken;
  }
  Result<IdentityIndex::Entry> entry = std::move(reader).Finish();
  if (!entry.ok()) return std::move(entry).error();
  index.Put(key->namespace_name, key->service_account, *std::move(entry));
  return {};
}

}  // namespace

Result<ConfigMapEntries> ReadConfigMapEntries(std::string_view text, const mutation::Settings& settings) {
  const Result<Json> document = base::ReadJson(text, {.max_bytes = kMaxConfigMapBytes});
  if (!document.ok()) return document.error();
  if (!document->is_object()) {
    return Error{ErrorCode::kInvalid, "not an object but of type " + std::string(document->type_name())};
  }
  ConfigMapEntries entries;
  for (const auto& [key, fields] : document->get_ref<const Json::object_t&>()) {
    if (const Status added = AddEntry(key, fields, settings, entries.index); !added.ok()) {
      entries.skipped.push_back("entry " + Quoted(key, kMaxKeyBytes) + ": " + added.error().message);
    }
  }
  return entries;
}

}  // namespace irsa::kube
