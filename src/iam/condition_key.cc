#include "irsa/iam/condition_key.h"

#include <algorithm>
#include <array>
#include <string>

#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

struct KnownKey {
  std::string_view name;  // in lower case; a slash at the end: whatever follows it
  KeyKind kind;
};

using enum KeyKind;

constexpr std::array kKnownKeys = {
    KnownKey{"aws:currenttime", kTime},           KnownKey{"aws:epochtime", kTime},
    KnownKey{"aws:requesttag/", kSession},        KnownKey{"aws:tagkeys", kSession},
    KnownKey{"sts:transitivetagkeys", kSession},  KnownKey{"sts:sourceidentity", kSession},
    KnownKey{"aws:sourceip", kRequest},           KnownKey{"aws:securetransport", kRequest},
    KnownKey{"aws:useragent", kRequest},          KnownKey{"aws:requestedregion", kRequest},
    KnownKey{"sts:rolesessionname", kRequest},    KnownKey{"aws:resourceaccount", kSomeRequests},
    KnownKey{"aws:resourceorgid", kSomeRequests}, KnownKey{"aws:resourceorgpaths", kSomeRequests},
    KnownKey{"aws:resourcetag/", kSomeRequests},  KnownKey{"iam:resourcetag/", kSomeRequests},
    KnownKey{"aws:referer", kSomeRequests},       KnownKey{"aws:sourcevpc", kSomeRequests},
    KnownKey{"aws:sourcevpcarn", kSomeRequests},  KnownKey{"aws:sourcevpce", kSomeRequests},
    KnownKey{"aws:vpcsourceip", kSomeRequests},   KnownKey{"aws:vpceaccount", kSomeRequests},
    KnownKey{"aws:vpceorgid", kSomeRequests},     KnownKey{"aws:vpceorgpaths", kSomeRequests},
};

KeyKind KindOfClaim(std::string_view claim) {
  if (claim == "sub") return kSubject;
  if (claim == "aud") return kAudience;
  return claim == "amr" || claim == "azp" || claim == "oaud" || claim == "email" ? kOptionalClaim : kUnmappedClaim;
}

}  // namespace

std::string_view KeyIssuer(std::string_view key) {
  // The name of a tag may hold dots.
  for (const std::string_view prefix : {"aws:", "iam:", "sts:"}) {
    if (base::LowerCase(key.substr(0, prefix.size())) == prefix) return {};
  }
  const size_t colon = key.rfind(':');
  if (colon == std::string_view::npos) return {};  // a name of something else
  const std::string_view issuer = key.substr(0, colon);
  return issuer.find_first_of("./") == std::string_view::npos ? std::string_view() : issuer;
}

KeyKind KindOfKey(std::string_view key) {
  const std::string lower = base::LowerCase(key);
  if (const std::string_view issuer = KeyIssuer(lower); !issuer.empty()) {
    return KindOfClaim(std::string_view(lower).substr(issuer.size() + 1));
  }
  for (const KnownKey& known : kKnownKeys) {
    if (known.name.ends_with('/') ? lower.size() > known.name.size() && lower.starts_with(known.name)
                                  : lower == known.name) {
      return known.kind;
    }
  }
  return kNeverInRequest;
}

bool IsDecidedByRequest(std::string_view key) {
  switch (KindOfKey(key)) {
    case kSubject:
    case kAudience:
    case kOptionalClaim:
    case kUnmappedClaim:
    case kTime:
    case kSession:
      return true;
    case kRequest:
      return base::EqualsIgnoringCase(key, "aws:SecureTransport");
    case kSomeRequests:
    case kNeverInRequest:
      break;
  }
  return false;
}

bool IsAddressKey(std::string_view key) {
  return base::EqualsIgnoringCase(key, "aws:SourceIp") || base::EqualsIgnoringCase(key, "aws:VpcSourceIp");
}

}  // namespace irsa::iam
