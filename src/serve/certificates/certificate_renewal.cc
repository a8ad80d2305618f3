#include "certificate_renewal.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_authority.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::serve {
namespace {

using base::SystemTime;
using crypto::CertificateAuthority;
using crypto::PemPair;

constexpr const char* kAuthorityName = "irsa webhook CA";
// Authorities are renewed a third of a life before they expire, so that there is one old one at most unless somebody
// has them replaced by hand, again and again; readers take crypto::kMaxCertificates.
constexpr size_t kMaxOldAuthorities = 8;

// Life is divided first: that of a certificate without end would not bear multiplication.
SystemTime RenewalTime(SystemTime not_before, SystemTime not_after) {
  return not_before + (not_after - not_before) / 3 * 2;
}
SystemTime LastMoment(SystemTime not_before, SystemTime not_after) { return not_after - (not_after - not_before) / 10; }

Error NotValidYet(const char* what, SystemTime not_before) {
  return {ErrorCode::kInvalid, std::string(what) + " is not valid before " + base::FormatRfc3339(not_before) +
                                   ": this machine's clock may be behind the clock of its issuer"};
}

// What is wrong with the authority so that another must take its place; "" when nothing is.
Result<std::string> AuthorityFault(const PemPair& pem, SystemTime now) {
  if (pem.certificate.empty() && pem.key.empty()) return std::string("there is no CA");
  const auto authority = CertificateAuthority::Parse(pem);
  if (!authority.ok()) return "the CA is damaged (" + authority.error().message + ")";
  if (now < authority->not_before()) return NotValidYet("the CA", authority->not_before());
  if (now >= authority->not_after()) return std::string("the CA has expired");
  if (now >= RenewalTime(authority->not_before(), authority->not_after())) {
    return std::string("the CA has passed two thirds of its lifetime");
  }
  return std::string();
}

// The certificates of all texts that are not `current` and have not expired, each once.
std::string StillValid(std::initializer_list<std::string_view> texts, const std::string& current, SystemTime now) {
  std::vector<std::string> kept;
  for (const std::string_view text : texts) {
    const auto certificates = crypto::SplitCertificates(text);
    if (!certificates.ok()) continue;
    for (const crypto::CertificateText& certificate : *certificates) {
      const bool is_known = std::ranges::find(kept, certificate.pem) != kept.end();
      if (now >= certificate.not_after || certificate.pem == current || is_known) continue;
      if (kept.size() < kMaxOldAuthorities) kept.push_back(certificate.pem);
    }
  }
  std::string joined;
  for (const std::string& pem : kept) joined += pem;
  return joined;
}

// The first of the names that the pair is not for; "" when it is for all.
std::string UncoveredName(const crypto::KeyPair& pair, const std::vector<std::string>& names) {
  const std::vector<crypto::ServerName> covered = crypto::ServerNamesOf(pair);
  const auto is_uncovered = [&covered](const std::string& text) {
    const auto name = crypto::ParseServerName(text);
    return name.ok() && std::ranges::find(covered, *name) == covered.end();
  };
  const auto uncovered = std::ranges::find_if(names, is_uncovered);
  return uncovered == names.end() ? "" : *uncovered;
}

// What is wrong with the serving pair of `set` so that it must not stay; "" when nothing is.
Result<std::string> ServingFault(const CertificateSet& set, const CertificateRules& rules, SystemTime now) {
  if (set.serving.certificate.empty() && set.serving.key.empty()) return std::string("there is no serving certificate");
  const auto pair = crypto::ParseKeyPair(set.serving.certificate, set.serving.key);
  if (!pair.ok()) return "the serving pair is damaged (" + pair.error().message + ")";
  if (now < pair->not_before) return NotValidYet("the serving certificate", pair->not_before);
  if (now >= LastMoment(pair->not_before, pair->not_after)) {
    return "the serving certificate expires at " + base::FormatRfc3339(pair->not_after);
  }
  if (const std::string name = UncoveredName(*pair, rules.names); !name.empty()) {
    return "the serving certificate is not for " + name;
  }
  if (!IsIssuedWithin(set.serving, TrustBundle(set))) {
    return std::string("the serving certificate's CA is no longer trusted");
  }
  return std::string();
}

// Why a serving pair without fault should be renewed all the same; "" when it should not. A pair of an authority that
// is not trusted everywhere must wait.
std::string RenewalReason(const CertificateSet& set, bool is_trusted, SystemTime now) {
  const bool is_by_current = crypto::IsIssuedBy(set.serving.certificate, set.authority.certificate);
  if (!is_by_current) return is_trusted ? "the new CA is now trusted" : "";
  const auto pair = crypto::ParseKeyPair(set.serving.certificate, set.serving.key);
  const bool is_old = pair.ok() && now >= RenewalTime(pair->not_before, pair->not_after);
  return is_old ? "the serving certificate has passed two thirds of its lifetime" : "";
}

// The plan as it grows: authorities first, since what is served depends on them.
class Planner {
 public:
  Planner(const CertificateSituation& situation, const CertificateRules& rules)
      : situation_(situation), rules_(rules), is_trusted_(situation.is_trusted) {
    if (situation.stored != nullptr) target_ = *situation.stored;
  }

  Status PlanAuthority() {
    auto fault = AuthorityFault(target_.authority, situation_.now);
    if (!fault.ok()) return std::move(fault).error();
    if (fault->empty()) {
      KeepAuthorityAlone();
      return {};
    }
    auto created = CertificateAuthority::Create(kAuthorityName, situation_.now, rules_.authority_lifetime);
    if (!created.ok()) return base::WithContext(std::move(created).error(), "a new CA");
    const CertificateSet before = std::exchange(target_, {created->pem(), "", target_.serving});
    const CertificateSet& known = situation_.last_good == nullptr ? before : *situation_.last_good;
    target_.old_authorities = StillValid(
        {before.authority.certificate, before.old_authorities, known.authority.certificate, known.old_authorities},
        target_.authority.certificate, situation_.now);
    is_trusted_ = false;
    Because(*fault);
    return {};
  }

  void PlanOldAuthorities() {
    const bool is_damaged =
        !target_.old_authorities.empty() && !crypto::SplitCertificates(target_.old_authorities).ok();
    const bool has_better = is_damaged && situation_.last_good != nullptr;
    const std::string old = has_better ? situation_.last_good->old_authorities : target_.old_authorities;
    std::string valid = StillValid({old}, target_.authority.certificate, situation_.now);
    if (valid == target_.old_authorities) return;
    target_.old_authorities = std::move(valid);
    Because(is_damaged ? "the old CAs are damaged" : "an old CA has expired or is not a CA");
  }

  Status PlanServing() {
    auto fault = ServingFault(target_, rules_, situation_.now);
    if (!fault.ok()) return std::move(fault).error();
    if (!fault->empty()) {
      Because(*fault);
      return is_trusted_ || !TakeLastGoodPair() ? Issue() : Status();
    }
    const std::string reason = RenewalReason(target_, is_trusted_, situation_.now);
    if (reason.empty()) return {};
    Because(reason);
    return Issue();
  }

  CertificatePlan TakePlan() { return {std::move(target_), std::move(reason_)}; }

 private:
  void Because(const std::string& reason) { reason_ += (reason_.empty() ? "" : "; ") + reason; }

  // Whoever may write the Secret may add old authorities, in their place; here they would pass unseen.
  void KeepAuthorityAlone() {
    const auto certificates = crypto::SplitCertificates(target_.authority.certificate);
    if (!certificates.ok() || certificates->front().pem == target_.authority.certificate) return;
    target_.authority.certificate = certificates->front().pem;
    Because("there are other certificates with the CA's");
  }

  // Whether the pair that this replica still has will do for as long as the authority is not trusted.
  bool TakeLastGoodPair() {
    if (situation_.last_good == nullptr) return false;
    CertificateSet with_last_good = target_;
    with_last_good.serving = situation_.last_good->serving;
    const auto fault = ServingFault(with_last_good, rules_, situation_.now);
    if (!fault.ok() || !fault->empty()) return false;
    target_ = std::move(with_last_good);
    return true;
  }

  Status Issue() {
    const auto authority = CertificateAuthority::Parse(target_.authority);
    if (!authority.ok()) return authority.error();
    auto pair = authority->Issue(Names(), situation_.now, rules_.certificate_lifetime);
    if (!pair.ok()) return base::WithContext(std::move(pair).error(), "a new serving certificate");
    target_.serving = *std::move(pair);
    return {};
  }

  // While a release that wants other names replaces one that does not know of them, a pair for just one's own names
  // would be replaced by the other at once, and back. So the names of a pair that lacks some stay until it is renewed.
  std::vector<std::string> Names() const {
    std::vector<std::string> names = rules_.names;
    const auto pair = crypto::ParseKeyPair(target_.serving.certificate, target_.serving.key);
    if (!pair.ok() || UncoveredName(*pair, names).empty()) return names;
    for (const crypto::ServerName& name : crypto::ServerNamesOf(*pair)) {
      if (names.size() < crypto::kMaxServerNames) names.push_back(name.text);
    }
    return names;
  }

  const CertificateSituation& situation_;
  const CertificateRules& rules_;
  CertificateSet target_;
  std::string reason_;
  bool is_trusted_;
};

}  // namespace

Result<CertificatePlan> PlanCertificates(const CertificateSituation& situation, const CertificateRules& rules) {
  Planner planner(situation, rules);
  if (Status planned = planner.PlanAuthority(); !planned.ok()) return std::move(planned).error();
  planner.PlanOldAuthorities();
  if (Status planned = planner.PlanServing(); !planned.ok()) return std::move(planned).error();
  return planner.TakePlan();
}

bool IsIssuedWithin(const PemPair& serving, const std::string& bundle) {
  const auto issuers = crypto::SplitCertificates(bundle);
  return issuers.ok() && std::ranges::any_of(*issuers, [&serving](const auto& issuer) {
           return crypto::IsIssuedBy(serving.certificate, issuer.pem);
         });
}

std::string TrustBundle(const CertificateSet& set) {
  const bool ends_in_line = set.authority.certificate.empty() || set.authority.certificate.ends_with('\n');
  return set.authority.certificate + (ends_in_line ? "" : "\n") + set.old_authorities;
}

}  // namespace irsa::serve
