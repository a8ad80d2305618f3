#include "irsa/sts/iam_api/entities.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/time_text.h"
#include "irsa/iam/web_identity.h"

namespace irsa::sts {
namespace {

using base::Json;

constexpr size_t kMaxStateBytes = 64 << 20;
constexpr base::JsonLimits kLimits{.max_bytes = kMaxStateBytes};

Json ToJson(const IamProvider& entity) {
  return {{"account", entity.provider.account},
          {"url", entity.provider.issuer},
          {"clientIds", entity.provider.client_ids},
          {"thumbprints", entity.thumbprints},
          {"tags", entity.tags},
          {"created", base::FormatRfc3339(entity.created)}};
}

Json ToJson(const IamRole& role) {
  return {{"account", role.account},
          {"path", role.path},
          {"name", role.name},
          {"trustPolicy", role.document},
          {"description", role.description},
          {"maxSessionDuration", role.max_session_duration.count()},
          {"tags", role.tags},
          {"attachedPolicies", role.attached_policies},
          {"inlinePolicies", role.inline_policies},
          {"created", base::FormatRfc3339(role.created)}};
}

base::SystemTime ReadTime(const Json& entry) {
  return base::ParseRfc3339(entry.at("created").get<std::string>()).value();
}

IamProvider ReadProvider(const Json& entry) {
  return {{entry.at("account"), entry.at("url"), entry.at("clientIds")},
          entry.at("thumbprints"),
          entry.at("tags"),
          ReadTime(entry)};
}

IamRole ReadRole(const Json& entry) {
  IamRole role{entry.at("account"),        entry.at("path"),
               entry.at("name"),           entry.at("trustPolicy"),
               entry.at("description"),    std::chrono::seconds(entry.at("maxSessionDuration").get<int64_t>()),
               entry.at("tags"),           entry.at("attachedPolicies"),
               entry.at("inlinePolicies"), ReadTime(entry)};
  // Throws what the caller catches when the policy is not one.
  static_cast<void>(iam::ParseTrustPolicy(role.document).value());
  return role;
}

// The member `key`, a list whose entries `read` takes, or throws for. The error says which entry it is, and what of it.
template <typename Entity>
Status ReadList(const Json& state, const char* key, Entity (*read)(const Json&), std::vector<Entity>& into) {
  const Json* list = base::FindMember(state, key);
  if (list == nullptr || !list->is_array()) {
    return Error{ErrorCode::kInvalid, "it has no list \"" + std::string(key) + "\""};
  }
  for (const Json& entry : *list) {
    try {
      into.push_back(read(entry));
    } catch (const std::exception& fault) {
      return Error{ErrorCode::kInvalid, std::string(key) + "[" + std::to_string(into.size()) +
                                            "] is not as irsa sts wrote it: " + fault.what()};
    }
  }
  return {};
}

}  // namespace

std::string IamProvider::Arn() const { return iam::ProviderArn("aws", provider.account, provider.issuer); }

std::string IamRole::Arn() const { return "arn:aws:iam::" + account + ":role" + path + name; }

std::string WriteEntities(const Entities& entities) {
  Json state{{"providers", Json::array()}, {"roles", Json::array()}};
  for (const IamProvider& provider : entities.providers) state["providers"].push_back(ToJson(provider));
  for (const IamRole& role : entities.roles) state["roles"].push_back(ToJson(role));
  return state.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Entities> ReadEntities(std::string_view text) {
  const Result<Json> state = base::ReadJson(text, kLimits);
  if (!state.ok()) return state.error();
  Entities read;
  if (Status providers = ReadList(*state, "providers", ReadProvider, read.providers); !providers.ok()) {
    return providers.error();
  }
  if (Status roles = ReadList(*state, "roles", ReadRole, read.roles); !roles.ok()) return roles.error();
  return read;
}

Result<Entities> LoadEntities(const base::FileReader& files, const std::string& path) {
  const Result<std::string> text = files.Read(path, kMaxStateBytes);
  if (text.FailedWith(ErrorCode::kNotFound)) return Entities();
  if (!text.ok()) return base::WithContext(text.error(), "IAM state");
  Result<Entities> read = ReadEntities(*text);
  if (!read.ok()) return base::WithContext(std::move(read).error(), "IAM state " + path);
  return read;
}

StsConfig WithEntities(StsConfig config, const Entities& entities) {
  for (const IamProvider& entity : entities.providers) {
    ConfiguredProvider& added = config.providers.emplace_back();
    added.provider = entity.provider;
    const auto& keys = config.iam.keys;
    const auto found = std::ranges::find(keys, entity.provider.issuer, &IssuerKeys::issuer);
    if (found != keys.end()) added.jwks = found->jwks;
  }
  for (const IamRole& role : entities.roles) {
    Result<iam::TrustPolicy> policy = iam::ParseTrustPolicy(role.document);
    if (policy.ok()) config.roles.push_back({role.Arn(), *std::move(policy), role.max_session_duration});
  }
  return config;
}

}  // namespace irsa::sts
