// Service accounts, or objects of another kind that is annotated, that the watch has not shown yet, asked for one by
// one: a pod may be created right behind its service account.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/slots.h"
#include "irsa/base/token_bucket.h"
#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/sources/account_store.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::identity {

// A kind of the core group, in v1. Of a kind that is in no namespace, which is Namespace itself, the object team-a is
// named as the account {team-a, ""}.
struct AnnotatedKind {
  std::string_view noun;      // "service account"
  std::string_view resource;  // "serviceaccounts"
  bool is_namespaced = true;
};

inline constexpr AnnotatedKind kServiceAccountKind{"service account", "serviceaccounts"};
inline constexpr AnnotatedKind kNamespaceKind{"namespace", "namespaces", false};

struct AnnotatedObjects {
  AnnotatedKind kind;
  std::string prefix;  // of the annotations that are kept
};

// Whether Kubernetes allows an object of that name. What is no name must not get into a path.
bool CanExist(const AnnotatedKind& kind, const AccountName& name);

// "service account team-a/app", "namespace team-a".
std::string TextOf(const AnnotatedKind& kind, const AccountName& name);

struct LookupOptions {
  std::chrono::milliseconds grace_period{500};      // how long a caller waits
  std::chrono::milliseconds request_timeout{5000};  // how long the apiserver may take, for callers to come
  std::chrono::seconds miss_memory{10};             // for how long it is remembered that an account did not exist
  std::chrono::milliseconds miss_wait{250};         // for the watch to show one of these, before it is asked for again
  size_t max_misses = 10'000;                       // of which that is remembered
  size_t max_waiting_for_missing = 4;               // callers that may wait for one of these at a time
  size_t max_waiting = 5;                           // callers that may wait at a time, with those
  double requests_per_second = 20;
  double burst = 100;
  int threads = 2;          // requests at a time
  size_t max_queued = 100;  // accounts to ask for: more would wait for longer than anybody waits for them
};

// May be used from any thread.
class AccountLookup {
 public:
  // `server`, `store` and `clock` outlive this object. What is found is put into the store.
  AccountLookup(kube::ApiServer& server, AccountStore& store, const base::Clock& clock, AnnotatedObjects objects,
                LookupOptions options);
  ~AccountLookup();
  AccountLookup(const AccountLookup&) = delete;
  AccountLookup& operator=(const AccountLookup&) = delete;

  // The account's annotations; nothing for one that does not exist. Asks the apiserver, once for all callers that want
  // that account, and waits for its answer or the account's appearance in the store, whichever is first, up to the
  // grace period or `deadline`. kUnavailable when by then neither was there.
  //
  // An account that did not exist a short while ago is asked for again only when the watch has not shown it within
  // miss_wait, or half of the time there is: most have appeared by then, and the apiserver is spared. With
  // `may_trust_misses` false it is asked for at once. A few callers at a time may wait, fewer of them for missing
  // accounts; others get kUnavailable at once, so that requests for accounts that do not exist cannot occupy every
  // thread.
  Result<std::optional<PackedAnnotations>> Find(const AccountName& name, base::SteadyTime deadline,
                                                bool may_trust_misses);

  // The watch has put the account into the store. Waits for nothing while nobody asks and no miss is remembered.
  void NoteAppearance(const AccountName& name);

  // Accounts that are asked for or waited for, and misses that are remembered.
  size_t interest() const { return interest_; }

 private:
  using Answer = std::optional<PackedAnnotations>;
  // One account that callers wait for or that is being asked for. Once there is an answer or the account has appeared,
  // new callers begin another.
  struct Inquiry {
    std::string key;
    bool is_asked = false;  // in the queue, or on its way
    bool has_appeared = false;
    std::optional<Answer> answer;
    std::optional<Error> failure;  // of the last request for it
    int callers = 0;
  };
  using InquiryPointer = std::shared_ptr<Inquiry>;
  // One caller's part in an inquiry; made and ended under the lock.
  class Participation;

  InquiryPointer Open(const std::string& key);
  void Queue(const InquiryPointer& inquiry);
  void Close(const InquiryPointer& inquiry);
  bool WasMissing(const std::string& key) const;
  void RememberMiss(const std::string& key);
  void ForgetOldMisses(base::SteadyTime now);

  void Work(const std::stop_token& stop);
  Result<Answer> Ask(const std::string& key, const std::stop_token& stop);
  void Conclude(const InquiryPointer& inquiry, Result<Answer> answer) noexcept;

  kube::ApiServer& server_;
  AccountStore& store_;
  const base::Clock& clock_;
  const AnnotatedObjects objects_;
  const LookupOptions options_;

  std::mutex mutex_;                  // guards what follows, but for the first
  std::atomic<size_t> interest_ = 0;  // inquiries and misses: with none, most appearances need not take the mutex
  std::condition_variable news_;
  std::condition_variable_any work_;
  std::unordered_map<std::string, InquiryPointer> inquiries_;  // by "namespace/name"
  std::deque<InquiryPointer> queue_;
  std::unordered_map<std::string, base::SteadyTime> misses_;  // until when they count
  base::SteadyTime misses_end_;                               // when the last of them ceases to
  base::Slots waiting_for_missing_;
  base::Slots waiting_;
  base::TokenBucket bucket_;
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace irsa::identity
