#include "irsa/sts/sts_config.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/web_identity.h"
#include "irsa/manifest/manifest.h"
#include "irsa/oidc/discovery.h"
#include "irsa/sts/key_source.h"

namespace irsa::sts {
namespace {

using base::Quoted;
using manifest::Value;

// What IAM takes: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
constexpr size_t kMaxClientIds = 100;

Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }

std::string BesideConfig(const std::string& config_path, const std::string& file) {
  const size_t slash = config_path.rfind('/');
  if (file.starts_with('/') || slash == std::string::npos) return file;
  return config_path.substr(0, slash + 1) + file;
}

// As YAML calls it.
std::string TypeOf(const Value& value) {
  if (value.is_object()) return "a map";
  if (value.is_array()) return "a list";
  return std::string(value.is_null() ? "" : "a ") + value.type_name();
}

Status CheckKeys(const Value& entry, std::initializer_list<std::string_view> known) {
  if (!entry.is_object()) return Invalid("is " + TypeOf(entry) + ", not a map");
  for (const auto& [key, value] : entry.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string_view meant = base::LikelyMeant(key, {known.begin(), known.size()});
    std::string message = "has an unknown key " + Quoted(key);
    if (!meant.empty()) message.append("; did you mean ").append(Quoted(meant)).append("?");
    return Invalid(std::move(message));
  }
  return {};
}

// The member that is there and not null, else null.
const Value* Member(const Value& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> Text(const Value& entry, const char* key) {
  const Value* value = Member(entry, key);
  if (value == nullptr) return Invalid(std::string(key) + " is missing");
  if (value->is_string()) return value->get<std::string>();
  return Invalid(std::string(key) + " is " + TypeOf(*value) + ", not a string" +
                 (value->is_number() ? ": put it in quotes" : ""));
}

Result<std::vector<std::string>> ClientIds(const Value& entry) {
  const Value* list = Member(entry, "clientIds");
  if (list == nullptr || !list->is_array() || list->empty()) {
    return Invalid("clientIds is not a list of the audiences that tokens may have, such as [sts.amazonaws.com]");
  }
  if (list->size() > kMaxClientIds) return Invalid("clientIds has more than 100 entries");
  std::vector<std::string> ids;
  for (const Value& id : *list) {
    const bool is_usable = id.is_string() && !id.get_ref<const std::string&>().empty() &&
                           id.get_ref<const std::string&>().size() <= iam::kMaxClientIdBytes;
    if (!is_usable) return Invalid("clientIds has an entry that is not a string of 1 to 255 characters");
    ids.push_back(id.get<std::string>());
  }
  return ids;
}

bool IsThisMachine(const std::string& host) { return host == "127.0.0.1" || host == "::1" || host == "localhost"; }

// The entry's `jwks` as FetchKeys takes it.
Result<std::string> FindKeys(const Value& entry, const std::string& config_path, std::vector<std::string>& warnings) {
  if (Member(entry, "jwks") == nullptr) return std::string();
  Result<std::string> jwks = Text(entry, "jwks");
  if (!jwks.ok()) return jwks;
  if (jwks->empty()) return Invalid("jwks is empty: leave it out to discover the keys from the issuer");
  if (IsKeyFile(*jwks)) return BesideConfig(config_path, *jwks);
  const Result<base::Url> url = base::ParseUrl(*jwks);
  if (!url.ok()) return base::WithContext(url.error(), "jwks");
  if (url->scheme == "http" && !IsThisMachine(url->host)) {
    warnings.push_back("jwks " + Quoted(*jwks) + " is not https: an attacker on the network can replace the keys");
  }
  return jwks;
}

Result<ConfiguredProvider> ReadProvider(const Value& entry, const std::string& config_path,
                                        std::vector<std::string>& warnings) {
  if (Status keys = CheckKeys(entry, {"issuer", "account", "jwks", "clientIds"}); !keys.ok()) return keys.error();
  ConfiguredProvider configured;
  Result<std::string> issuer = Text(entry, "issuer");
  if (!issuer.ok()) return std::move(issuer).error();
  if (Status checked = oidc::CheckIssuerUrl(*issuer); !checked.ok()) return std::move(checked).error();
  configured.provider.issuer = *std::move(issuer);
  Result<std::string> account = Text(entry, "account");
  if (!account.ok()) return std::move(account).error();
  if (!iam::IsAccountId(*account)) return Invalid("account " + Quoted(*account) + " is not 12 digits");
  configured.provider.account = *std::move(account);
  Result<std::vector<std::string>> client_ids = ClientIds(entry);
  if (!client_ids.ok()) return std::move(client_ids).error();
  configured.provider.client_ids = *std::move(client_ids);
  Result<std::string> jwks = FindKeys(entry, config_path, warnings);
  if (!jwks.ok()) return std::move(jwks).error();
  configured.jwks = *std::move(jwks);
  return configured;
}

bool IsJsonObject(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{';
}

// The policy itself is a map, or JSON text; any other text is a file's name.
Result<iam::TrustPolicy> ReadPolicy(const Value& entry, const std::string& config_path, const base::FileReader& files) {
  const Value* policy = Member(entry, "trustPolicy");
  if (policy == nullptr) return Invalid("trustPolicy is missing: use a file name or the policy itself");
  std::string context = "trustPolicy";
  std::string text;
  if (policy->is_object()) {
    text = policy->dump();
  } else if (!policy->is_string()) {
    return Invalid("trustPolicy is " + TypeOf(*policy) + ", not a file's name or a policy");
  } else if (text = policy->get<std::string>(); !IsJsonObject(text)) {
    const std::string path = BesideConfig(config_path, text);
    Result<std::string> content = files.Read(path, iam::kMaxPolicyBytes);
    if (!content.ok()) return base::WithContext(std::move(content).error(), context);
    context.append(" ").append(path);
    text = *std::move(content);
  }
  Result<iam::TrustPolicy> parsed = iam::ParseTrustPolicy(text);
  if (!parsed.ok()) return base::WithContext(std::move(parsed).error(), context);
  return parsed;
}

Result<std::chrono::seconds> ReadDuration(const Value& entry) {
  const Value* duration = Member(entry, "maxSessionDuration");
  if (duration == nullptr) return kMinMaxSessionDuration;
  if (duration->is_number_integer()) {
    const std::chrono::seconds seconds(duration->get<int64_t>());
    if (seconds >= kMinMaxSessionDuration && seconds <= kMaxMaxSessionDuration) return seconds;
  }
  return Invalid("maxSessionDuration " + duration->dump() + " is not a number of seconds from 3600 to 43200");
}

Result<ConfiguredRole> ReadRole(const Value& entry, const std::string& config_path, const base::FileReader& files) {
  if (Status keys = CheckKeys(entry, {"arn", "trustPolicy", "maxSessionDuration"}); !keys.ok()) return keys.error();
  Result<std::string> arn = Text(entry, "arn");
  if (!arn.ok()) return std::move(arn).error();
  if (!iam::IsRoleArn(*arn)) {
    return Invalid("arn " + Quoted(*arn) + " is not arn:aws*:iam::<12 digits>:role/<path and name>");
  }
  Result<iam::TrustPolicy> policy = ReadPolicy(entry, config_path, files);
  if (!policy.ok()) return std::move(policy).error();
  const Result<std::chrono::seconds> duration = ReadDuration(entry);
  if (!duration.ok()) return duration.error();
  return ConfiguredRole{*std::move(arn), *std::move(policy), *duration};
}

Result<Administrator> ReadAdministrator(const Value& entry) {
  if (Status keys = CheckKeys(entry, {"account", "accessKeyId", "secretAccessKey"}); !keys.ok()) return keys.error();
  Administrator read;
  for (const auto& [key, into] : {std::pair("account", &read.account),
                                  {"accessKeyId", &read.access_key_id},
                                  {"secretAccessKey", &read.secret_access_key}}) {
    Result<std::string> text = Text(entry, key);
    if (!text.ok()) return std::move(text).error();
    if (text->empty()) return Invalid(std::string(key) + " is empty");
    *into = *std::move(text);
  }
  if (!iam::IsAccountId(read.account)) return Invalid("account " + Quoted(read.account) + " is not 12 digits");
  const bool is_id = read.access_key_id.size() >= 16 && read.access_key_id.size() <= 128 &&
                     std::ranges::all_of(read.access_key_id, base::IsAlphanumeric);
  if (!is_id) return Invalid("accessKeyId is not 16 to 128 letters and digits, such as AKIAIOSFODNN7EXAMPLE");
  return read;
}

Result<IssuerKeys> ReadIssuerKeys(const Value& entry, const std::string& config_path,
                                  std::vector<std::string>& warnings) {
  if (Status keys = CheckKeys(entry, {"issuer", "jwks"}); !keys.ok()) return keys.error();
  Result<std::string> issuer = Text(entry, "issuer");
  if (!issuer.ok()) return std::move(issuer).error();
  if (Result<std::string> given = Text(entry, "jwks"); !given.ok()) return std::move(given).error();
  Result<std::string> jwks = FindKeys(entry, config_path, warnings);
  if (!jwks.ok()) return std::move(jwks).error();
  return IssuerKeys{*std::move(issuer), *std::move(jwks)};
}

// Appends what `read` makes of each entry of the list at `key`, which may be absent. `name` is an entry's in messages.
template <typename Entry, typename Read>
Status ReadList(const Value& config, const char* key, const std::string& name, std::vector<Entry>& into, Read read) {
  const Value* list = Member(config, key);
  if (list == nullptr) return {};
  if (!list->is_array()) return Invalid(std::string(key) + " is " + TypeOf(*list) + ", not a list");
  for (const Value& entry : *list) {
    const std::string place = name + " " + std::to_string(into.size() + 1);
    Result<Entry> entity = read(entry, place);
    if (!entity.ok()) return base::WithContext(std::move(entity).error(), place);
    into.push_back(*std::move(entity));
  }
  return {};
}

Status ReadProviders(const Value& config, const std::string& path, StsConfig& into) {
  const auto read_entry = [&](const Value& entry, const std::string& place) -> Result<ConfiguredProvider> {
    std::vector<std::string> warnings;
    Result<ConfiguredProvider> read = ReadProvider(entry, path, warnings);
    if (!read.ok()) return read;
    const Provider& provider = read->provider;
    const bool is_known = std::ranges::any_of(into.providers, [&](const ConfiguredProvider& other) {
      return other.provider.account == provider.account && other.provider.issuer == provider.issuer;
    });
    if (is_known) return Invalid("issuer " + Quoted(provider.issuer) + " occurs twice in account " + provider.account);
    if (Status registrable = iam::CheckIssuer(provider.issuer); !registrable.ok()) {
      warnings.push_back("IAM would not register it: " + registrable.error().message);
    }
    for (const std::string& warning : warnings) into.warnings.push_back(place + ": " + warning);
    return read;
  };
  return ReadList(config, "providers", "provider", into.providers, read_entry);
}

Status ReadRoles(const Value& config, const std::string& path, const base::FileReader& files, StsConfig& into) {
  const auto read_entry = [&](const Value& entry, const std::string&) -> Result<ConfiguredRole> {
    Result<ConfiguredRole> read = ReadRole(entry, path, files);
    if (read.ok() && std::ranges::find(into.roles, read->arn, &ConfiguredRole::arn) != into.roles.end()) {
      return Invalid("arn " + Quoted(read->arn) + " occurs twice");
    }
    return read;
  };
  return ReadList(config, "roles", "role", into.roles, read_entry);
}

Status ReadIamApi(const Value& config, const std::string& path, StsConfig& into) {
  const Value* section = Member(config, "iam");
  if (section == nullptr) return {};
  if (Status keys = CheckKeys(*section, {"administrators", "state", "keys"}); !keys.ok()) return keys.error();
  if (Member(*section, "state") != nullptr) {
    const Result<std::string> state = Text(*section, "state");
    if (!state.ok()) return state.error();
    if (state->empty()) return Invalid("state is empty: leave it out to keep no state");
    into.iam.state_path = BesideConfig(path, *state);
  }
  const auto read_administrator = [&](const Value& entry, const std::string&) -> Result<Administrator> {
    Result<Administrator> read = ReadAdministrator(entry);
    if (read.ok() && FindAdministrator(into.iam.administrators, read->access_key_id) != nullptr) {
      return Invalid("accessKeyId " + Quoted(read->access_key_id) + " occurs twice");
    }
    return read;
  };
  Status status = ReadList(*section, "administrators", "administrator", into.iam.administrators, read_administrator);
  if (!status.ok()) return status;
  return ReadList(*section, "keys", "keys", into.iam.keys,
                  [&](const Value& entry, const std::string&) { return ReadIssuerKeys(entry, path, into.warnings); });
}

Result<StsConfig> ReadConfig(const std::string& text, const std::string& path, const base::FileReader& files) {
  const auto documents = manifest::ReadDocuments(text, {.max_bytes = kMaxConfigBytes});
  if (!documents.ok()) return documents.error();
  if (documents->size() != 1) {
    return Error{ErrorCode::kMalformed, "has " + std::to_string(documents->size()) + " documents, not one"};
  }
  const Value& config = documents->front().value;
  if (Status keys = CheckKeys(config, {"providers", "roles", "iam"}); !keys.ok()) return keys.error();
  StsConfig read;
  if (Status providers = ReadProviders(config, path, read); !providers.ok()) return providers.error();
  if (Status roles = ReadRoles(config, path, files, read); !roles.ok()) return roles.error();
  if (Status api = ReadIamApi(config, path, read); !api.ok()) return base::WithContext(api.error(), "iam");
  return read;
}

}  // namespace

const Administrator* FindAdministrator(std::span<const Administrator> administrators, std::string_view access_key_id) {
  const auto found = std::ranges::find(administrators, access_key_id, &Administrator::access_key_id);
  return found == administrators.end() ? nullptr : &*found;
}

Result<StsConfig> LoadStsConfig(const base::FileReader& files, const std::string& path) {
  const Result<std::string> text = files.Read(path, kMaxConfigBytes);
  if (!text.ok()) return base::WithContext(text.error(), "STS configuration");
  Result<StsConfig> config = ReadConfig(*text, path, files);
  if (!config.ok()) return base::WithContext(std::move(config).error(), "STS configuration " + path);
  return config;
}

}  // namespace irsa::sts
