#include "irsa/crypto/certificate_path.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/key_pair.h"
#include "irsa/crypto/openssl.h"

namespace irsa::crypto {
namespace {

using Kind = PathFailure::Kind;

// Go's limits: so that no set of certificates costs more than that.
constexpr int kMaxSignatureChecks = 100;
constexpr int kMinRsaBits = 1024;

std::string SubjectOf(X509* certificate) { return NameText(X509_get_subject_name(certificate)); }

// Byte by byte: Go does not fold case and spaces in names, as OpenSSL does.
std::string_view BytesOf(const X509_NAME* name) {
  const unsigned char* bytes = nullptr;
  size_t size = 0;
  if (X509_NAME_get0_der(name, &bytes, &size) != 1) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

bool IsNamedAsIssuer(X509* child, X509* candidate) {
  return BytesOf(X509_get_issuer_name(child)) == BytesOf(X509_get_subject_name(candidate));
}

bool HasFlag(X509* certificate, uint32_t flag) { return (X509_get_extension_flags(certificate) & flag) != 0; }

bool HasWeakDigest(X509* certificate) {
  int digest = NID_undef;
  return OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, nullptr) == 1 &&
         (digest == NID_sha1 || digest == NID_md5 || digest == NID_md2);
}

// Searches depth first from the leaf on.
class PathSearch {
 public:
  PathSearch(const std::vector<X509Ptr>& chain, const std::vector<X509Ptr>& roots, base::SystemTime now)
      : chain_(chain), roots_(roots), now_(now) {}

  std::optional<PathFailure> Run() {
    X509* leaf = chain_.front().get();
    if (HasFlag(leaf, EXFLAG_CRITICAL)) {
      return PathFailure{Kind::kRefused, SubjectOf(leaf) + " has an unsupported critical extension"};
    }
    path_.push_back(leaf);
    const bool is_root =
        std::ranges::any_of(roots_, [leaf](const X509Ptr& root) { return X509_cmp(root.get(), leaf) == 0; });
    if (is_root ? EndsHere() : Extend()) return std::nullopt;
    return std::move(failure_);
  }

 private:
  enum class Role { kIntermediate, kRoot };

  // Whether a path goes on from the last certificate to a root.
  bool Extend() {
    const size_t issuers_before = issuers_;
    for (const X509Ptr& root : roots_) {
      if (IsTried(root.get(), Role::kRoot)) return true;
    }
    for (size_t i = 1; i < chain_.size(); ++i) {
      if (IsTried(chain_[i].get(), Role::kIntermediate)) return true;
    }
    if (issuers_ == issuers_before && failure_.kind == Kind::kNoIssuer && path_.size() >= longest_) {
      longest_ = path_.size();
      failure_.text = "no CA or intermediate is the issuer of " + SubjectOf(path_.back());
    }
    return false;
  }

  bool IsTried(X509* candidate, Role role) {
    X509* child = path_.back();
    if (IsInPath(candidate) || !IsNamedAsIssuer(child, candidate)) return false;
    if (++checks_ > kMaxSignatureChecks) {
      Note({Kind::kRefused,
            "more than " + std::to_string(kMaxSignatureChecks) + " signatures would have to be checked"});
      return false;
    }
    EVP_PKEY* key = X509_get0_pubkey(candidate);
    if (key == nullptr || X509_verify(child, key) != 1) return false;  // another CA of that name
    ++issuers_;
    if (auto refusal = RefusalOf(candidate, role)) {
      Note(*std::move(refusal));
      return false;
    }
    path_.push_back(candidate);
    const bool has_path = role == Role::kRoot ? EndsHere() : Extend();
    path_.pop_back();
    return has_path;
  }

  bool IsInPath(X509* candidate) const {
    return std::ranges::any_of(path_, [candidate](X509* each) { return X509_cmp(each, candidate) == 0; });
  }

  // Of one that has signed the last certificate of the path.
  std::optional<PathFailure> RefusalOf(X509* issuer, Role role) const {
    X509* child = path_.back();
    const std::string text = (role == Role::kRoot ? "the CA " : "the intermediate ") + SubjectOf(issuer) +
                             ", which has issued " + SubjectOf(child) + ", ";
    const auto refused = [&text](const std::string& why) { return PathFailure{Kind::kRefused, text + why}; };
    const base::SystemTime not_before = ToSystemTime(*X509_get0_notBefore(issuer));
    const base::SystemTime not_after = ToSystemTime(*X509_get0_notAfter(issuer));
    if (now_ < not_before || now_ > not_after) {
      return PathFailure{
          role == Role::kRoot ? Kind::kRootExpired : Kind::kRefused,
          text + "is valid from " + base::FormatRfc3339(not_before) + " to " + base::FormatRfc3339(not_after)};
    }
    if (HasFlag(issuer, EXFLAG_CRITICAL)) return refused("has an unsupported critical extension");
    // A certificate of version 1 can say nothing of all this; as a root it will do.
    const bool may_be_silent = role == Role::kRoot && X509_get_version(issuer) != X509_VERSION_3;
    if (!HasFlag(issuer, EXFLAG_CA) && !(may_be_silent && !HasFlag(issuer, EXFLAG_BCONS))) {
      return refused("is not a CA certificate");
    }
    if ((X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN) == 0) {
      return refused("may not sign certificates according to its key usage");
    }
    const long most = X509_get_pathlen(issuer);  // -1: any number
    const auto intermediates = static_cast<long>(path_.size()) - 1;
    if (most >= 0 && intermediates > most) {
      return refused("allows " + std::to_string(most) + " intermediates, and the path has " +
                     std::to_string(intermediates));
    }
    if (HasWeakDigest(child)) return refused("has signed it with SHA-1 or MD5");
    if (EVP_PKEY_is_a(X509_get0_pubkey(issuer), "RSA") == 1 &&
        EVP_PKEY_get_bits(X509_get0_pubkey(issuer)) < kMinRsaBits) {
      return refused("has an RSA key of fewer than " + std::to_string(kMinRsaBits) + " bits");
    }
    if (!AllowsNames(issuer)) return refused("excludes the certificate's names by its name constraints");
    return std::nullopt;
  }

  bool AllowsNames(X509* issuer) const {
    const OpenSslPtr<NAME_CONSTRAINTS> constraints(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(issuer, NID_name_constraints, nullptr, nullptr)));
    return constraints == nullptr || NAME_CONSTRAINTS_check(path_.front(), constraints.get()) == X509_V_OK;
  }

  // Whether all of a whole path are for servers, its root among them.
  bool EndsHere() {
    for (X509* each : path_) {
      if (IsForServers(each)) continue;
      Note({Kind::kRefused, SubjectOf(each) + " is not for servers: its extended key usage has no serverAuth"});
      return false;
    }
    return true;
  }

  void Note(PathFailure failure) {
    // The kinds are in the order in which they come near to a path that holds: the nearest is what people want to know.
    if (failure.kind > failure_.kind) failure_ = std::move(failure);
  }

  const std::vector<X509Ptr>& chain_;
  const std::vector<X509Ptr>& roots_;
  const base::SystemTime now_;
  std::vector<X509*> path_;
  int checks_ = 0;
  size_t issuers_ = 0;  // found, whether or not they may vouch for what they have issued
  size_t longest_ = 0;  // path that ended for want of an issuer
  PathFailure failure_;
};

}  // namespace

std::optional<PathFailure> FindPathFailure(std::string_view chain_pem, std::string_view roots_pem,
                                           base::SystemTime now) {
  const auto chain = ParseCertificates(chain_pem);
  const auto roots = ParseCertificates(roots_pem, kTrustedCaLimits);
  if (!chain.ok()) return PathFailure{Kind::kNoIssuer, chain.error().message};
  if (!roots.ok()) return PathFailure{Kind::kNoIssuer, roots.error().message};
  const ErrorQueueScope scope;
  return PathSearch(*chain, *roots, now).Run();
}

}  // namespace irsa::crypto
