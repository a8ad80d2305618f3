#include "irsa/identity/sources/container_credentials_file.h"

#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {
namespace {

using base::Json;
using base::WrongType;

// The member whose key is `name` in any case, and not null; of several, the last.
const Json* FindField(const Json& object, std::string_view name) {
  const Json* found = nullptr;
  for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
    if (base::EqualsIgnoringCase(key, name) && !value.is_null()) found = &value;
  }
  return found;
}

Result<std::string> TextField(const Json& object, const char* name, const std::string& place) {
  const Json* value = FindField(object, name);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return WrongType(place + "." + name, "a string", *value);
  return value->get<std::string>();
}

Status TakeIdentity(const Json& identity, const std::string& place, ListedAccounts& listed) {
  if (identity.is_null()) return {};
  if (!identity.is_object()) return WrongType(place, "an object", identity);
  const Result<std::string> namespace_name = TextField(identity, "namespace", place);
  if (!namespace_name) return namespace_name.error();
  const Result<std::string> account = TextField(identity, "serviceAccount", place);
  if (!account) return account.error();
  if (base::IsDnsLabel(*namespace_name) && base::IsDnsSubdomain(*account)) {
    listed.index.Put(*namespace_name, *account, nullptr);
  } else {
    listed.skipped.push_back(place + ": namespace " + base::Quoted(*namespace_name, kMaxQuotedBytes) +
                             " and serviceAccount " + base::Quoted(*account, kMaxQuotedBytes) +
                             " do not name a service account");
  }
  return {};
}

}  // namespace

Result<ListedAccounts> ReadListedAccounts(std::string_view text) {
  ListedAccounts listed;
  if (text.empty()) return listed;
  const Result<Json> json = base::ReadJson(text, {.max_bytes = kMaxContainerCredentialsBytes});
  if (!json) return json.error();
  if (json->is_null()) return listed;
  if (!json->is_object()) return WrongType("it", "an object", *json);
  const Json* identities = FindField(*json, "identities");
  if (identities == nullptr) return listed;
  if (!identities->is_array()) return WrongType("identities", "a list", *identities);
  for (size_t i = 0; i < identities->size(); ++i) {
    if (Status taken = TakeIdentity((*identities)[i], "identities[" + std::to_string(i) + "]", listed); !taken) {
      return std::move(taken).error();
    }
  }
  return listed;
}

IdentityIndex::Entry WithPodIdentity(const AccountName& name, const IdentityIndex::Entry& entry,
                                     const Settings& settings) {
  AccountIdentity account;
  if (entry != nullptr) account = *entry;
  account.identity = PodIdentityOf(name, account.terms, settings);
  return std::make_shared<const AccountIdentity>(std::move(account));
}

ContainerCredentialsFile::ContainerCredentialsFile(const base::FileReader& files, base::Log& log, std::string path)
    : log_(log),
      path_(std::move(path)),
      file_(files, {.path = path_, .max_bytes = kMaxContainerCredentialsBytes, .missing = MissingFile::kIsEmpty},
            [this](const std::string& text) { return Take(text); }) {}

Status ContainerCredentialsFile::Take(const std::string& text) {
  Result<ListedAccounts> listed = ReadListedAccounts(text);
  if (!listed) return base::WithContext(std::move(listed).error(), "container credentials file " + path_);
  for (const std::string& skipped : listed->skipped) {
    log_.Write(base::LogLevel::kWarning, "entry of the container credentials file skipped",
               {{"file", path_}, {"reason", skipped}});
  }
  index_.Set(std::make_shared<const IdentityIndex>(std::move(listed->index)));
  return {};
}

bool ContainerCredentialsFile::Lists(const AccountName& name) const {
  const auto index = index_.Get();
  return index != nullptr && index->Find(name) != nullptr;
}

size_t ContainerCredentialsFile::size() const {
  const auto index = index_.Get();
  return index == nullptr ? 0 : index->size();
}

ListedPodIdentities::ListedPodIdentities(const ContainerCredentialsFile& list, IdentitySource& accounts,
                                         IdentitySource& others, Settings settings)
    : list_(list), accounts_(accounts), others_(others), settings_(std::move(settings)) {}

Result<ResolvedAccount> ListedPodIdentities::Find(const AccountName& name, base::SteadyTime deadline) {
  if (!list_.Lists(name)) return others_.Find(name, deadline);
  auto found = accounts_.Find(name, deadline);
  if (!found.ok()) return found;
  return WithPodIdentity(name, *found, settings_);
}

}  // namespace irsa::identity
