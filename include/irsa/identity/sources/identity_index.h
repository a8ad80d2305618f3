// Every service account that is known, by namespace and name, with the identity its pods get; and what namespaces say
// of those without one.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "irsa/identity/rules/identity.h"

namespace irsa::identity {

// A plain container: read from any number of threads while none changes it. Made for tens of thousands of accounts,
// most of them without an identity.
class IdentityIndex {
 public:
  // Null for an account that is known to have no annotations that matter.
  using Entry = std::shared_ptr<const AccountIdentity>;

  // Null for an account that is not known. Both parts may be any text. Where nothing was put for just that namespace,
  // the most specific pattern counts. Allocates nothing; the pointer holds until the index changes.
  const Entry* Find(const AccountName& name) const;

  // Adds the account or replaces its entry; whether it was new. Both parts are DNS names (so without a slash), but the
  // namespace may be a pattern (namespace_pattern.h).
  bool Put(std::string_view namespace_name, std::string_view service_account, Entry entry);

  // Accounts.
  size_t size() const { return entries_.size() + pattern_count_; }

  using Defaults = std::shared_ptr<const NamespaceDefaults>;

  // Null for a namespace that says nothing. The namespace may be any text.
  Defaults FindDefaults(std::string_view namespace_name) const;
  // Adds what a namespace says; whether it was new.
  bool PutDefaults(std::string_view namespace_name, Defaults defaults);
  // Whether some namespace says something.
  bool has_defaults() const { return !defaults_.empty(); }

 private:
  // What is stored is one string "namespace/name", what is looked up are its parts; equal ones have equal hashes.
  struct Hash {
    using is_transparent = void;
    size_t operator()(const AccountName& parts) const;
    size_t operator()(const std::string& key) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const { return a == b; }
    bool operator()(const AccountName& parts, const std::string& key) const;
    bool operator()(const std::string& key, const AccountName& parts) const { return (*this)(parts, key); }
  };

  struct PatternEntry {
    std::string pattern;
    Entry entry;
  };
  const Entry* FindByPattern(const AccountName& name) const;
  bool PutPattern(std::string_view pattern, std::string_view service_account, Entry entry);

  std::unordered_map<std::string, Entry, Hash, Equal> entries_;
  // By account; the most specific first.
  std::map<std::string, std::vector<PatternEntry>, std::less<>> patterns_;
  size_t pattern_count_ = 0;
  std::map<std::string, Defaults, std::less<>> defaults_;
};

}  // namespace irsa::identity
