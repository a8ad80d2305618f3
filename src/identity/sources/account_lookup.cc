#include "irsa/identity/sources/account_lookup.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/guarded.h"
#include "irsa/base/text.h"
#include "irsa/kube/api/objects.h"

namespace irsa::identity {
namespace {

constexpr size_t kMaxAccountBytes = 4 << 20;  // etcd's limit for an object, and what JSON adds

std::string KeyOf(const AccountName& name) {
  return std::string(name.namespace_name).append("/").append(name.service_account);
}

AccountName NameIn(std::string_view key) {
  const size_t slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

// "/api/v1/namespaces/team-a/serviceaccounts/app". The name can exist.
std::string PathOf(const AnnotatedKind& kind, const AccountName& name) {
  return kind.is_namespaced ? kube::ObjectPath("api/v1", name.namespace_name, kind.resource, name.service_account)
                            : kube::ObjectPath("api/v1", {}, kind.resource, name.namespace_name);
}

}  // namespace

bool CanExist(const AnnotatedKind& kind, const AccountName& name) {
  if (!base::IsDnsLabel(name.namespace_name)) return false;
  return kind.is_namespaced ? base::IsDnsSubdomain(name.service_account) : name.service_account.empty();
}

std::string TextOf(const AnnotatedKind& kind, const AccountName& name) {
  std::string text(kind.noun);
  text.append(" ").append(name.namespace_name);
  if (kind.is_namespaced) text.append("/").append(name.service_account);
  return text;
}

class AccountLookup::Participation {
 public:
  Participation(AccountLookup& lookup, const std::string& key) : lookup_(lookup), inquiry_(lookup.Open(key)) {
    ++inquiry_->callers;
  }
  ~Participation() {
    if (--inquiry_->callers == 0 && !inquiry_->is_asked) lookup_.Close(inquiry_);
  }
  Participation(const Participation&) = delete;
  Participation& operator=(const Participation&) = delete;

  const InquiryPointer& inquiry() const { return inquiry_; }

 private:
  AccountLookup& lookup_;
  const InquiryPointer inquiry_;
};

AccountLookup::AccountLookup(kube::ApiServer& server, AccountStore& store, const base::Clock& clock,
                             AnnotatedObjects objects, LookupOptions options)
    : server_(server),
      store_(store),
      clock_(clock),
      objects_(std::move(objects)),
      options_(options),
      waiting_for_missing_(options.max_waiting_for_missing),
      waiting_(options.max_waiting),
      bucket_(options.requests_per_second, options.burst) {
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
}

AccountLookup::~AccountLookup() = default;

Result<std::optional<PackedAnnotations>> AccountLookup::Find(const AccountName& name, base::SteadyTime deadline,
                                                             bool may_trust_misses) {
  if (!CanExist(objects_.kind, name)) return Answer();
  const auto unknown = [&](const std::string& why) {
    return Error{ErrorCode::kUnavailable, TextOf(objects_.kind, name) + why + "; retry"};
  };
  const std::string plural = std::string(objects_.kind.noun) + "s";
  const std::string key = KeyOf(name);
  std::unique_lock lock(mutex_);
  const Participation participation(*this, key);
  const InquiryPointer& inquiry = participation.inquiry();
  const bool was_missing = may_trust_misses && WasMissing(key);
  // What appeared before there was an inquiry to tell is in the store by now.
  if (!store_.Find(name)) {
    const auto has_news = [&inquiry] { return inquiry->has_appeared || inquiry->answer.has_value(); };
    auto left = std::min<base::SteadyTime::duration>(options_.grace_period, deadline - clock_.SteadyNow());
    const std::optional<base::Slots::Slot> slot_for_missing = was_missing ? waiting_for_missing_.Take() : std::nullopt;
    if (was_missing && !slot_for_missing) {
      return unknown(" did not exist a moment ago, and too many requests are already waiting for such " + plural);
    }
    const std::optional<base::Slots::Slot> slot = waiting_.Take();
    if (!slot) {
      Queue(inquiry);
      return unknown(" is not known yet, and too many requests are already waiting for " + plural);
    }
    if (was_missing) {
      const auto of_watch = std::min<base::SteadyTime::duration>(options_.miss_wait, left / 2);
      news_.wait_for(lock, of_watch, has_news);
      left -= of_watch;
    }
    if (!has_news()) Queue(inquiry);
    news_.wait_for(lock, left, has_news);
  }
  // The watch may have something newer than the answer, and knows all that it showed.
  if (auto known = store_.Find(name)) return Answer(std::move(known->annotations));
  if (inquiry->answer) return *inquiry->answer;
  if (inquiry->has_appeared) return Answer();
  if (inquiry->failure) return *inquiry->failure;
  return unknown(" is not known yet, and the apiserver did not confirm in time whether it exists");
}

void AccountLookup::Queue(const InquiryPointer& inquiry) {
  if (inquiry->is_asked || queue_.size() >= options_.max_queued || !bucket_.Take(clock_.SteadyNow())) return;
  queue_.push_back(inquiry);
  inquiry->is_asked = true;
  work_.notify_one();
}

void AccountLookup::NoteAppearance(const AccountName& name) {
  if (interest_ == 0) return;
  const std::string key = KeyOf(name);
  const std::lock_guard lock(mutex_);
  interest_ -= misses_.erase(key);
  ForgetOldMisses(clock_.SteadyNow());
  const auto found = inquiries_.find(key);
  if (found == inquiries_.end()) return;
  const InquiryPointer inquiry = found->second;
  inquiry->has_appeared = true;
  Close(inquiry);
}

AccountLookup::InquiryPointer AccountLookup::Open(const std::string& key) {
  if (const auto open = inquiries_.find(key); open != inquiries_.end()) return open->second;
  auto inquiry = std::make_shared<Inquiry>();
  inquiry->key = key;
  inquiries_.emplace(key, inquiry);
  ++interest_;
  return inquiry;
}

// No more callers join it, and those it has look at what came of it.
void AccountLookup::Close(const InquiryPointer& inquiry) {
  const auto open = inquiries_.find(inquiry->key);
  if (open == inquiries_.end() || open->second != inquiry) return;
  inquiries_.erase(open);
  --interest_;
  news_.notify_all();
}

bool AccountLookup::WasMissing(const std::string& key) const {
  const auto miss = misses_.find(key);
  return miss != misses_.end() && clock_.SteadyNow() < miss->second;
}

void AccountLookup::RememberMiss(const std::string& key) {
  const base::SteadyTime now = clock_.SteadyNow();
  ForgetOldMisses(now);
  if (misses_.size() >= options_.max_misses) return;
  misses_end_ = now + options_.miss_memory;
  if (misses_.insert_or_assign(key, misses_end_).second) ++interest_;
}

// All at once, when the last of them is old or there are as many as may be: one by one would cost more than it saves.
void AccountLookup::ForgetOldMisses(base::SteadyTime now) {
  if (now < misses_end_ && misses_.size() < options_.max_misses) return;
  interest_ -= std::erase_if(misses_, [now](const auto& miss) { return miss.second <= now; });
}

void AccountLookup::Work(const std::stop_token& stop) {
  while (true) {
    InquiryPointer inquiry;
    {
      std::unique_lock lock(mutex_);
      if (!work_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
      inquiry = std::move(queue_.front());
      queue_.pop_front();
      if (inquiry->has_appeared) continue;
    }
    // Whatever goes wrong there is this account's failure, and the thread goes on. Without memory for its text, this
    // one stands, which is so short that it takes none.
    Result<Answer> answer = Error{ErrorCode::kUnavailable, "out of memory"};
    base::CallGuarded([&] { answer = Ask(inquiry->key, stop); },
                      [&](std::string_view what) {
                        answer = Error{ErrorCode::kInternal,
                                       "get " + TextOf(objects_.kind, NameIn(inquiry->key)) + ": " + std::string(what)};
                      });
    Conclude(inquiry, std::move(answer));
  }
}

// kUnavailable for any answer but the object or that there is none, such as a missing permission: the caller only needs
// to know that the state is unknown.
Result<AccountLookup::Answer> AccountLookup::Ask(const std::string& key, const std::stop_token& stop) {
  const AccountName name = NameIn(key);
  kube::ApiRequest request;
  request.path = PathOf(objects_.kind, name);
  request.deadline = clock_.SteadyNow() + options_.request_timeout;
  request.max_answer_bytes = kMaxAccountBytes;
  request.stop = stop;
  const std::string what = "get " + TextOf(objects_.kind, name);
  const Result<base::Json> json = kube::RequestObject(server_, request, what);
  if (json.FailedWith(ErrorCode::kNotFound)) return Answer();
  if (!json.ok()) return Error{ErrorCode::kUnavailable, json.error().message};
  const Result<kube::ObjectView> object = kube::ViewObject(*json);
  if (!object.ok()) return Error{ErrorCode::kUnavailable, what + ": " + object.error().message};
  PackedAnnotations annotations = PackedAnnotations::Pack(AnnotationsIn(*json, objects_.prefix));
  store_.PutLookedUp(name, kube::VersionNumber(object->resource_version).value_or(0), annotations, clock_.Now());
  return Answer(std::move(annotations));
}

void AccountLookup::Conclude(const InquiryPointer& inquiry, Result<Answer> answer) noexcept {
  const std::lock_guard lock(mutex_);
  inquiry->is_asked = false;
  if (answer.ok()) {
    // One that has appeared since was created after the answer was made.
    if (!answer->has_value() && !inquiry->has_appeared) {
      base::CallGuarded([&] { RememberMiss(inquiry->key); });  // asking again is never wrong
    }
    inquiry->answer = *std::move(answer);
    Close(inquiry);
  } else {
    // The watch may still show it in time, so callers wait on.
    inquiry->failure = std::move(answer).error();
    if (inquiry->callers == 0) Close(inquiry);
  }
}

}  // namespace irsa::identity
