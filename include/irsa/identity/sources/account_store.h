// All service accounts of a cluster, while a watch changes them: what is known of them, in little memory.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"

namespace irsa::identity {

// An account's annotations under the prefix, in one piece of memory: most of what there is of tens of thousands of
// accounts.
class PackedAnnotations {
 public:
  PackedAnnotations() = default;
  // As bytes() gave them.
  explicit PackedAnnotations(std::string_view bytes) : bytes_(bytes) {}

  static PackedAnnotations Pack(const std::vector<Annotation>& annotations);
  // In their order; they point into this object.
  std::vector<Annotation> Unpack() const;

  // Empty when there are none.
  const std::string& bytes() const { return bytes_; }

  bool operator==(const PackedAnnotations&) const = default;

 private:
  std::string bytes_;
};

struct KnownObject {
  PackedAnnotations annotations;
  base::SystemTime since;  // when they were learned, to the second
};

// Names, annotations and the time of their last change, nothing else: about 190 bytes per account. A change copies only
// the account that changed. A new list replaces the accounts in place: it needs no second copy, and readers always find
// the previous or a newer state.
//
// Versions are numbers (VersionNumber in objects.h); 0 stands for one that is no number.
//
// Find, PutLookedUp and size from any thread; the watch's functions from one thread at a time.
class AccountStore {
 public:
  AccountStore();
  ~AccountStore();
  AccountStore(const AccountStore&) = delete;
  AccountStore& operator=(const AccountStore&) = delete;

  // Nothing for an account that is not known.
  std::optional<KnownObject> Find(const AccountName& name) const;
  size_t size() const { return size_; }

  // The watch's.
  void StartReplace();
  // Accounts that were not Put since StartReplace are gone, but for those that were looked up in a later state.
  void FinishReplace(uint64_t version);
  // What the watch says stands against anything but what was looked up in a later state. `now` is since when the
  // account is known if its annotations are new.
  void Put(const AccountName& name, uint64_t version, const PackedAnnotations& annotations, base::SystemTime now = {});
  void Remove(const AccountName& name, uint64_t version);

  // What the apiserver says of one account when asked for it. Kept only if it is newer than all that the watch has
  // seen: else the watch has seen that account's later states too, its end among them. (Without numbers nobody knows.)
  void PutLookedUp(const AccountName& name, uint64_t version, const PackedAnnotations& annotations,
                   base::SystemTime now = {});

 private:
  class Account;
  struct Hash {
    using is_transparent = void;
    size_t operator()(const AccountName& name) const;
    size_t operator()(const Account& account) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Account& a, const Account& b) const;
    bool operator()(const AccountName& a, const Account& b) const;
    bool operator()(const Account& a, const AccountName& b) const;
  };
  // A part of the accounts, so that a reader waits for hardly anybody.
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_set<Account, Hash, Equal> accounts;  // guarded by mutex
  };

  Shard& ShardOf(const AccountName& name) { return shards_[Hash()(name) % shards_.size()]; }
  const Shard& ShardOf(const AccountName& name) const { return shards_[Hash()(name) % shards_.size()]; }
  void Store(Shard& shard, const AccountName& name, Account account);

  std::array<Shard, 32> shards_;
  std::atomic<size_t> size_ = 0;
  // Up to where the watch has seen everything; changed while the shard is locked that the change is about.
  std::atomic<uint64_t> watched_version_ = 0;
  uint32_t round_ = 0;         // of lists; the watch's
  bool is_replacing_ = false;  // the watch's
};

}  // namespace irsa::identity
