#include "irsa/crypto/certificate_inspection.h"

#include <array>
#include <utility>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "irsa/base/time_text.h"
#include "irsa/crypto/openssl.h"

namespace irsa::crypto {
namespace {

// "" for a name of another type.
std::string TextOf(const GENERAL_NAME& name) {
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(&name, &type));
  if (type != GEN_DNS && type != GEN_IPADD) return "";
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  const auto size = static_cast<size_t>(ASN1_STRING_length(value));
  if (type == GEN_DNS) return {reinterpret_cast<const char*>(bytes), size};
  if (size != sizeof(in_addr) && size != sizeof(in6_addr)) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = size == sizeof(in_addr) ? AF_INET : AF_INET6;
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

}  // namespace

Result<std::vector<CertificateText>> SplitCertificates(std::string_view pem, const PemLimits& limits) {
  const auto certificates = ParseCertificates(pem, limits);
  if (!certificates.ok()) return certificates.error();
  const ErrorQueueScope scope;
  std::vector<CertificateText> texts;
  for (const X509Ptr& certificate : *certificates) {
    const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_X509(bio.get(), certificate.get()) != 1) {
      return OpenSslError("write a certificate as PEM");
    }
    texts.push_back({BioText(bio.get()), ToSystemTime(*X509_get0_notBefore(certificate.get())),
                     ToSystemTime(*X509_get0_notAfter(certificate.get()))});
  }
  return texts;
}

bool IsIssuedBy(std::string_view certificate_pem, std::string_view issuer_pem) {
  const auto certificates = ParseCertificates(certificate_pem);
  const auto issuers = ParseCertificates(issuer_pem);
  if (!certificates.ok() || !issuers.ok()) return false;
  const ErrorQueueScope scope;
  EVP_PKEY* key = X509_get0_pubkey(issuers->front().get());
  return key != nullptr && X509_verify(certificates->front().get(), key) == 1;
}

std::vector<ServerName> ServerNamesOf(const KeyPair& pair) {
  const ErrorQueueScope scope;
  const OpenSslPtr<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(pair.leaf.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::vector<ServerName> read;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto name = ParseServerName(TextOf(*sk_GENERAL_NAME_value(names.get(), i)));
    if (name.ok()) read.push_back(*std::move(name));
  }
  return read;
}

bool IsForServers(X509* certificate) {
  const uint32_t usage = X509_get_extended_key_usage(certificate);  // all bits: it has no such extension
  return (usage & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
}

Status CheckServes(const KeyPair& pair, base::SystemTime now) {
  const auto wrong = [&pair](const std::string& why) {
    return Error{ErrorCode::kInvalid,
                 "certificate (subject " + NameText(X509_get_subject_name(pair.leaf.get())) + ") " + why};
  };
  if (now >= pair.not_after) return wrong("expired at " + base::FormatRfc3339(pair.not_after));
  if (now + kClockSkew < pair.not_before) {
    return wrong("is not valid before " + base::FormatRfc3339(pair.not_before));
  }
  if (!IsForServers(pair.leaf.get())) return wrong("is not for servers: its extended key usage lacks serverAuth");
  return {};
}

}  // namespace irsa::crypto
