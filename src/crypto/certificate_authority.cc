#include "irsa/crypto/certificate_authority.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/openssl.h"

namespace irsa::crypto {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;
using base::SystemTime;

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxName = 253;
constexpr size_t kMaxCommonName = 64;  // X.520's upper bound
constexpr size_t kMaxQuoted = 300;     // over kMaxName: what is too long can still be recognized

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

// RFC 5280 section 4.1.2.2 wants a positive number of at most 20 octets. 127 bits, the highest of them one: random
// enough to be unique, and always 16 octets.
bool SetSerialNumber(X509* certificate) {
  const OpenSslPtr<BIGNUM> number(BN_new());
  return number != nullptr && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetSubject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool SetTime(ASN1_TIME* field, SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(seconds)) != nullptr;
}

// `value` as in x509v3_config(5). `issuer` may be the certificate itself.
bool AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const OpenSslPtr<X509_EXTENSION> extension(X509V3_EXT_nconf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// An issuer may be without a key identifier; then there is nothing to refer to.
bool AddAuthorityKeyIdentifier(X509* certificate, X509* issuer) {
  return X509_get0_subject_key_id(issuer) == nullptr ||
         AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

// A parsed ServerName holds no comma, so none can smuggle in another entry.
std::string AlternativeNames(std::span<const ServerName> names) {
  std::string value;
  for (const ServerName& name : names) {
    if (!value.empty()) value += ',';
    value += (name.kind == ServerName::Kind::kIp ? "IP:" : "DNS:") + name.text;
  }
  return value;
}

std::string CommonName(std::span<const ServerName> names) {
  const auto fits = [](const ServerName& name) { return name.text.size() <= kMaxCommonName; };
  const auto name = std::ranges::find_if(names, fits);
  return name == names.end() ? "irsa" : name->text;
}

bool Sign(X509* certificate, EVP_PKEY* key) {
  const bool has_its_own_digest = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
  return X509_sign(certificate, key, has_its_own_digest ? nullptr : EVP_sha256()) > 0;
}

struct Validity {
  SystemTime not_before;
  SystemTime not_after;
};

// All that every certificate has, but for the issuer's name.
bool SetFields(X509* certificate, const std::string& common_name, const Validity& validity, EVP_PKEY* key) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && SetSerialNumber(certificate) &&
         SetSubject(certificate, common_name) && SetTime(X509_getm_notBefore(certificate), validity.not_before) &&
         SetTime(X509_getm_notAfter(certificate), validity.not_after) && X509_set_pubkey(certificate, key) == 1;
}

Result<PrivateKeyPtr> GenerateKey() {
  PrivateKeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError("create a key");
  return key;
}

// Self-signed.
Result<X509Ptr> BuildAuthority(const std::string& common_name, const Validity& validity, EVP_PKEY* key) {
  X509Ptr owner(X509_new());
  X509* certificate = owner.get();
  if (certificate != nullptr && SetFields(certificate, common_name, validity, key) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
      AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      AddExtension(certificate, certificate, NID_subject_key_identifier, "hash") && Sign(certificate, key)) {
    return owner;
  }
  return OpenSslError("create a CA certificate");
}

// For `key`, signed by `authority`. `names` is not empty.
Result<X509Ptr> BuildServingCertificate(std::span<const ServerName> names, const Validity& validity, EVP_PKEY* key,
                                        const KeyPair& authority) {
  X509Ptr owner(X509_new());
  X509* certificate = owner.get();
  X509* issuer = authority.leaf.get();
  if (certificate != nullptr && SetFields(certificate, CommonName(names), validity, key) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
      AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
      AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
      AddExtension(certificate, issuer, NID_subject_key_identifier, "hash") &&
      AddAuthorityKeyIdentifier(certificate, issuer) &&
      AddExtension(certificate, issuer, NID_subject_alt_name, AlternativeNames(names)) &&
      Sign(certificate, authority.key.get())) {
    return owner;
  }
  return OpenSslError("create a serving certificate");
}

Result<PemPair> ToPem(X509* certificate, EVP_PKEY* key) {
  const OpenSslPtr<BIO> certificate_bio(BIO_new(BIO_s_mem()));
  const OpenSslPtr<BIO> key_bio(BIO_new(BIO_s_mem()));
  if (!certificate_bio || !key_bio || PEM_write_bio_X509(certificate_bio.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return OpenSslError("write a certificate and its key as PEM");
  }
  return PemPair{BioText(certificate_bio.get()), BioText(key_bio.get())};
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

}  // namespace irsa::crypto
