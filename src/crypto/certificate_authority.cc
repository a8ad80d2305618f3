#include "irsa/crypto/certificate_authority.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/openssl.h"

#include "certificate_builder.h"

namespace irsa::crypto {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxName = 253;
constexpr size_t kMaxQuoted = 300;  // over kMaxName: what is too long can still be recognized

bool IsLetterDigitOrHyphen(char c) { return IsAlphanumeric(c) || c == '-'; }

std::optional<std::string> CanonicalAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, text.c_str(), bytes.data()) != 1) continue;
    return ::inet_ntop(family, bytes.data(), canonical.data(), canonical.size());
  }
  return std::nullopt;
}

// What is wrong with a label; empty when nothing is.
std::string LabelFault(std::string_view label) {
  if (label.empty()) return "a label is empty";
  if (label.size() > kMaxLabel) return "a label is longer than 63 characters";
  if (!std::ranges::all_of(label, IsLetterDigitOrHyphen)) {
    return "a label may hold letters, digits and hyphens only";
  }
  if (label.front() == '-' || label.back() == '-') return "a label may not begin or end with a hyphen";
  return {};
}

// What is wrong with a DNS name; empty when nothing is.
std::string DnsFault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxName) return "it is longer than 253 characters";
  if (name.starts_with("*.")) name.remove_prefix(2);
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (std::string fault = LabelFault(label); !fault.empty()) return fault;
    if (dot != std::string_view::npos) {
      name.remove_prefix(dot + 1);
      continue;
    }
    if (std::ranges::all_of(label, IsDigit)) return "the last label is a number";
    return {};
  }
}

using base::SystemTime;

Result<SystemTime> EndOf(SystemTime now, std::chrono::seconds lifetime) {
  const auto longest = std::chrono::floor<std::chrono::seconds>(SystemTime::max() - now);
  if (lifetime > std::chrono::seconds::zero() && lifetime <= longest) return now + lifetime;
  return Error{ErrorCode::kInvalid, "a lifetime of " + std::to_string(lifetime.count()) + " s is not from 1 s to " +
                                        std::to_string(longest.count()) + " s"};
}

Result<std::vector<ServerName>> ParseNames(std::span<const std::string> texts) {
  if (texts.empty()) return Error{ErrorCode::kInvalid, "a serving certificate needs at least one name"};
  if (texts.size() > kMaxServerNames) {
    return Error{ErrorCode::kInvalid, std::to_string(texts.size()) + " names for a serving certificate, more than " +
                                          std::to_string(kMaxServerNames)};
  }
  std::vector<ServerName> names;
  for (const std::string& text : texts) {
    auto name = ParseServerName(text);
    if (!name.ok()) return std::move(name).error();
    if (std::ranges::find(names, *name) == names.end()) names.push_back(*std::move(name));
  }
  return names;
}

std::string Subject(const KeyPair& pair) { return NameText(X509_get_subject_name(pair.leaf.get())); }

Status CheckIsAuthority(const KeyPair& pair) {
  constexpr int kVersion3Authority = 1;  // other values are what passed for one before basicConstraints
  if (X509_check_ca(pair.leaf.get()) == kVersion3Authority) return {};
  return Error{ErrorCode::kInvalid, "certificate (subject " + Subject(pair) + ") is not a CA's"};
}

Status CheckIsValid(const KeyPair& pair, SystemTime now) {
  const bool early = now < pair.not_before;
  if (!early && now <= pair.not_after) return {};
  return Error{ErrorCode::kInvalid, "the CA (subject " + Subject(pair) + ") " +
                                        (early ? "is not valid before " + base::FormatRfc3339(pair.not_before)
                                               : "expired at " + base::FormatRfc3339(pair.not_after))};
}

}  // namespace

Result<ServerName> ParseServerName(std::string_view text) {
  std::string name(text);
  // inet_pton would read up to a null character only; no DNS name holds one either.
  if (text.find('\0') == std::string_view::npos) {
    if (auto address = CanonicalAddress(name)) return ServerName{ServerName::Kind::kIp, *std::move(address)};
  }
  if (const std::string fault = DnsFault(text); !fault.empty()) {
    return Error{ErrorCode::kInvalid,
                 "\"" + name.substr(0, kMaxQuoted) + "\" is neither an IP address nor a DNS name: " + fault};
  }
  return ServerName{ServerName::Kind::kDns, base::LowerCase(name)};
}

CertificateAuthority::CertificateAuthority(KeyPair pair, PemPair pem) : pair_(std::move(pair)), pem_(std::move(pem)) {}

Result<CertificateAuthority> CertificateAuthority::Create(const std::string& common_name, SystemTime now,
                                                          std::chrono::seconds lifetime) {
  const ErrorQueueScope scope;
  if (common_name.empty() || common_name.size() > kMaxCommonName) {
    return Error{ErrorCode::kInvalid, "\"" + common_name + "\" is not a common name of 1 to 64 characters"};
  }
  const auto end = EndOf(now, lifetime);
  if (!end.ok()) return end.error();
  const auto key = GenerateKey();
  if (!key.ok()) return key.error();
  const auto certificate = BuildAuthority(common_name, {now - kClockSkew, *end}, key->get());
  if (!certificate.ok()) return certificate.error();
  auto pem = ToPem(certificate->get(), key->get());
  if (!pem.ok()) return std::move(pem).error();
  return Parse(*std::move(pem));
}

Result<CertificateAuthority> CertificateAuthority::Parse(PemPair pem) {
  auto pair = ParseKeyPair(pem.certificate, pem.key);
  if (!pair.ok()) return std::move(pair).error();
  const ErrorQueueScope scope;
  if (auto status = CheckIsAuthority(*pair); !status.ok()) return std::move(status).error();
  return CertificateAuthority(*std::move(pair), std::move(pem));
}

Result<PemPair> CertificateAuthority::Issue(std::span<const std::string> names, SystemTime now,
                                            std::chrono::seconds lifetime) const {
  const ErrorQueueScope scope;
  const auto parsed = ParseNames(names);
  if (!parsed.ok()) return parsed.error();
  const auto end = EndOf(now, lifetime);
  if (!end.ok()) return end.error();
  if (auto status = CheckIsValid(pair_, now); !status.ok()) return std::move(status).error();
  const auto key = GenerateKey();
  if (!key.ok()) return key.error();
  const Validity validity{std::max(now - kClockSkew, pair_.not_before), std::min(*end, pair_.not_after)};
  const auto certificate = BuildServingCertificate(*parsed, validity, key->get(), pair_);
  if (!certificate.ok()) return certificate.error();
  return ToPem(certificate->get(), key->get());
}

bool CertificateAuthority::HasIssued(std::string_view certificate_pem) const {
  return IsIssuedBy(certificate_pem, pem_.certificate);
}

}  // namespace irsa::crypto
