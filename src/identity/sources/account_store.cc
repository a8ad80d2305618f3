#include "irsa/identity/sources/account_store.h"

#include <chrono>
#include <cstring>
#include <new>
#include <utility>

#include "irsa/base/hash.h"

namespace irsa::identity {
namespace {

uint32_t SecondsOf(base::SystemTime time) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

using Size = uint32_t;  // an object's annotations are 256 KiB at most

void AppendText(std::string_view text, std::string& bytes) {
  const auto size = static_cast<Size>(text.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes.append(text);
}

std::string_view TakeText(std::string_view& bytes) {
  Size size = 0;
  std::memcpy(&size, bytes.data(), sizeof(size));
  const std::string_view text = bytes.substr(sizeof(size), size);
  bytes.remove_prefix(sizeof(size) + size);
  return text;
}

}  // namespace

PackedAnnotations PackedAnnotations::Pack(const std::vector<Annotation>& annotations) {
  PackedAnnotations packed;
  for (const Annotation& annotation : annotations) {
    AppendText(annotation.key, packed.bytes_);
    AppendText(annotation.value, packed.bytes_);
  }
  return packed;
}

std::vector<Annotation> PackedAnnotations::Unpack() const {
  std::vector<Annotation> annotations;
  for (std::string_view rest = bytes_; !rest.empty();) {
    const std::string_view key = TakeText(rest);
    annotations.push_back({key, TakeText(rest)});
  }
  return annotations;
}

// One allocation: the header, then the namespace, the name and the packed annotations.
class AccountStore::Account {
 public:
  // `since` in seconds since 1970.
  Account(const AccountName& name, uint64_t version, uint32_t round, bool is_looked_up, std::string_view annotations,
          uint32_t since) {
    // Not std::make_unique, which would fill it with zeros first.
    bytes_.reset(
        new char[sizeof(Header) + name.namespace_name.size() + name.service_account.size() + annotations.size()]);
    new (bytes_.get()) Header{.version = version,
                              .round = round,
                              .annotations_size = static_cast<uint32_t>(annotations.size()),
                              .since = since,
                              .namespace_size = static_cast<uint8_t>(name.namespace_name.size()),
                              .name_size = static_cast<uint8_t>(name.service_account.size()),
                              .is_looked_up = is_looked_up};
    char* end = bytes_.get() + sizeof(Header);
    for (const std::string_view text : {name.namespace_name, name.service_account, annotations}) {
      end += text.copy(end, text.size());
    }
  }

  AccountName name() const {
    return {Text(0, header().namespace_size), Text(header().namespace_size, header().name_size)};
  }
  std::string_view annotations() const {
    return Text(size_t{header().namespace_size} + header().name_size, header().annotations_size);
  }
  uint64_t version() const { return header().version; }
  uint32_t round() const { return header().round; }
  uint32_t since() const { return header().since; }
  bool is_looked_up() const { return header().is_looked_up; }

  // The one thing that changes in an account that is in a set: it has no part in its hash.
  void SetRound(uint32_t round) const { header().round = round; }

 private:
  struct Header {
    uint64_t version;
    uint32_t round;  // of the list that had it last
    uint32_t annotations_size;
    uint32_t since;
    uint8_t namespace_size;  // Kubernetes's names have at most 253 characters
    uint8_t name_size;
    bool is_looked_up;  // and not seen by the watch since
  };

  Header& header() const { return *std::launder(reinterpret_cast<Header*>(bytes_.get())); }
  std::string_view Text(size_t offset, size_t size) const { return {bytes_.get() + sizeof(Header) + offset, size}; }

  std::unique_ptr<char[]> bytes_;
};

size_t AccountStore::Hash::operator()(const AccountName& name) const {
  return base::HashOf(name.namespace_name, name.service_account);
}

size_t AccountStore::Hash::operator()(const Account& account) const { return (*this)(account.name()); }

bool AccountStore::Equal::operator()(const Account& a, const Account& b) const { return a.name() == b.name(); }
bool AccountStore::Equal::operator()(const AccountName& a, const Account& b) const { return a == b.name(); }
bool AccountStore::Equal::operator()(const Account& a, const AccountName& b) const { return a.name() == b; }

AccountStore::AccountStore() = default;
AccountStore::~AccountStore() = default;

std::optional<KnownObject> AccountStore::Find(const AccountName& name) const {
  const Shard& shard = ShardOf(name);
  const std::lock_guard lock(shard.mutex);
  const auto account = shard.accounts.find(name);
  if (account == shard.accounts.end()) return std::nullopt;
  return KnownObject{PackedAnnotations(account->annotations()),
                     base::SystemTime(std::chrono::seconds(account->since()))};
}

void AccountStore::StartReplace() {
  ++round_;
  is_replacing_ = true;
}

void AccountStore::FinishReplace(uint64_t version) {
  is_replacing_ = false;
  watched_version_ = version;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    size_ -= std::erase_if(shard.accounts, [this, version](const Account& account) {
      return account.round() != round_ && !(account.is_looked_up() && account.version() > version);
    });
  }
}

void AccountStore::Put(const AccountName& name, uint64_t version, const PackedAnnotations& annotations,
                       base::SystemTime now) {
  Shard& shard = ShardOf(name);
  const std::lock_guard lock(shard.mutex);
  const auto known = shard.accounts.find(name);
  if (known != shard.accounts.end() && known->is_looked_up() && known->version() > version) {
    known->SetRound(round_);
  } else {
    const bool is_same = known != shard.accounts.end() && known->annotations() == annotations.bytes();
    const uint32_t since = is_same ? known->since() : SecondsOf(now);
    Store(shard, name, Account(name, version, round_, false, annotations.bytes(), since));
  }
  // What a list says of one account says nothing of the others.
  if (!is_replacing_) watched_version_ = version;
}

void AccountStore::Remove(const AccountName& name, uint64_t version) {
  Shard& shard = ShardOf(name);
  const std::lock_guard lock(shard.mutex);
  if (!is_replacing_) watched_version_ = version;
  const auto known = shard.accounts.find(name);
  if (known == shard.accounts.end() || (known->is_looked_up() && known->version() > version)) return;
  shard.accounts.erase(known);
  --size_;
}

void AccountStore::PutLookedUp(const AccountName& name, uint64_t version, const PackedAnnotations& annotations,
                               base::SystemTime now) {
  Shard& shard = ShardOf(name);
  const std::lock_guard lock(shard.mutex);
  if (version <= watched_version_) return;
  const auto known = shard.accounts.find(name);
  if (known != shard.accounts.end() && known->version() >= version) return;
  Store(shard, name, Account(name, version, 0, true, annotations.bytes(), SecondsOf(now)));
}

void AccountStore::Store(Shard& shard, const AccountName& name, Account account) {
  // One that is known is replaced without new memory, which may have run out.
  if (const auto known = shard.accounts.find(name); known != shard.accounts.end()) {
    auto node = shard.accounts.extract(known);
    node.value() = std::move(account);
    shard.accounts.insert(std::move(node));
    return;
  }
  shard.accounts.insert(std::move(account));
  ++size_;
}

}  // namespace irsa::identity
