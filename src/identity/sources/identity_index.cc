#include "irsa/identity/sources/identity_index.h"

#include <algorithm>
#include <utility>

#include "irsa/base/hash.h"
#include "irsa/identity/sources/namespace_pattern.h"

namespace irsa::identity {

const IdentityIndex::Entry* IdentityIndex::Find(const AccountName& name) const {
  const auto entry = entries_.find(name);
  if (entry != entries_.end()) return &entry->second;
  return patterns_.empty() ? nullptr : FindByPattern(name);
}

const IdentityIndex::Entry* IdentityIndex::FindByPattern(const AccountName& name) const {
  const auto found = patterns_.find(name.service_account);
  if (found == patterns_.end()) return nullptr;
  for (const PatternEntry& each : found->second) {
    if (MatchesNamespace(each.pattern, name.namespace_name)) return &each.entry;
  }
  return nullptr;
}

bool IdentityIndex::PutPattern(std::string_view pattern, std::string_view service_account, Entry entry) {
  std::vector<PatternEntry>& list = patterns_[std::string(service_account)];
  for (PatternEntry& each : list) {
    if (each.pattern != pattern) continue;
    each.entry = std::move(entry);
    return false;
  }
  const auto place = std::ranges::find_if(
      list, [pattern](const PatternEntry& each) { return SpecificityOf(each.pattern) < SpecificityOf(pattern); });
  list.insert(place, {std::string(pattern), std::move(entry)});
  ++pattern_count_;
  return true;
}

bool IdentityIndex::Put(std::string_view namespace_name, std::string_view service_account, Entry entry) {
  if (IsNamespacePattern(namespace_name)) return PutPattern(namespace_name, service_account, std::move(entry));
  std::string key;
  key.reserve(namespace_name.size() + 1 + service_account.size());
  key.append(namespace_name).append("/").append(service_account);
  return entries_.insert_or_assign(std::move(key), std::move(entry)).second;
}

IdentityIndex::Defaults IdentityIndex::FindDefaults(std::string_view namespace_name) const {
  const auto found = defaults_.find(namespace_name);
  return found == defaults_.end() ? nullptr : found->second;
}

bool IdentityIndex::PutDefaults(std::string_view namespace_name, Defaults defaults) {
  return defaults_.emplace(namespace_name, std::move(defaults)).second;
}

size_t IdentityIndex::Hash::operator()(const AccountName& parts) const {
  return base::HashOf(parts.namespace_name, parts.service_account);
}

size_t IdentityIndex::Hash::operator()(const std::string& key) const {
  const std::string_view text = key;
  const size_t slash = text.find('/');
  return (*this)(AccountName{text.substr(0, slash), text.substr(slash + 1)});
}

// The key has just one slash, so parts with slashes of their own never equal one.
bool IdentityIndex::Equal::operator()(const AccountName& parts, const std::string& key) const {
  const size_t slash = parts.namespace_name.size();
  return key.size() == slash + 1 + parts.service_account.size() && key[slash] == '/' &&
         key.starts_with(parts.namespace_name) && key.ends_with(parts.service_account);
}

}  // namespace irsa::identity
