#include "irsa/crypto/key_pair.h"

#include <algorithm>
#include <utility>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "irsa/crypto/openssl.h"

namespace irsa::crypto {
namespace {

// OpenSSL would otherwise ask for the password on the terminal. `asked` is a bool.
int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Status CheckSize(std::string_view pem, std::string_view what, size_t limit) {
  if (pem.size() <= limit) return {};
  return Error{ErrorCode::kTooLarge, std::string(what) + ": " + std::to_string(pem.size()) +
                                         " bytes, more than the limit of " + std::to_string(limit)};
}

Result<PrivateKeyPtr> ParseKey(std::string_view pem) {
  const ErrorQueueScope scope;
  if (auto status = CheckSize(pem, "key", kMaxPemBytes); !status.ok()) return std::move(status).error();
  // OpenSSL's decoder says just "unsupported" of all that it cannot read, so this is told apart first.
  if (pem.find("PRIVATE KEY-----") == std::string_view::npos) {
    return Error{ErrorCode::kMalformed, "key: no PEM block of type PRIVATE KEY"};
  }
  const OpenSslPtr<BIO> bio = ReadingBio(pem);
  bool asked = false;
  PrivateKeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassword, &asked));
  if (key) return key;
  if (asked) return Error{ErrorCode::kMalformed, "key: it is encrypted; use an unencrypted key"};
  return Error{ErrorCode::kMalformed, "key: what is in the PRIVATE KEY block is not a private key"};
}

// Has OpenSSL take the pair as the server will at a handshake, which also refuses what is too weak for its security
// level: found here, the last good pair stays in use.
Status CheckUsable(const KeyPair& pair) {
  const OpenSslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return OpenSslError("create a TLS context");
  const bool is_taken = SSL_CTX_use_certificate(context.get(), pair.leaf.get()) == 1 &&
                        SSL_CTX_use_PrivateKey(context.get(), pair.key.get()) == 1 &&
                        std::ranges::all_of(pair.intermediates, [&](const X509Ptr& certificate) {
                          return SSL_CTX_add1_chain_cert(context.get(), certificate.get()) == 1;
                        });
  if (is_taken) return {};
  return Error{ErrorCode::kInvalid, "certificate (subject " + NameText(X509_get_subject_name(pair.leaf.get())) +
                                        "): a TLS server cannot use it: " + OpenSslReason()};
}

Status CheckPair(const KeyPair& pair) {
  const ErrorQueueScope scope;
  if (X509_check_private_key(pair.leaf.get(), pair.key.get()) != 1) {
    return Error{ErrorCode::kInvalid, "key does not belong to the first certificate (subject " +
                                          NameText(X509_get_subject_name(pair.leaf.get())) + ")"};
  }
  return CheckUsable(pair);
}

constexpr const char* kEndOfLabel = "CERTIFICATE-----";  // CERTIFICATE, X509 CERTIFICATE, TRUSTED CERTIFICATE

}  // namespace

Result<std::vector<X509Ptr>> ParseCertificates(std::string_view pem, const PemLimits& limits) {
  const ErrorQueueScope scope;
  if (auto status = CheckSize(pem, "certificate", limits.bytes); !status.ok()) return std::move(status).error();
  const OpenSslPtr<BIO> bio = ReadingBio(pem);
  std::vector<X509Ptr> chain;
  bool asked = false;
  while (X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, RefusePassword, &asked)}) {
    if (chain.size() == limits.certificates) {
      return Error{ErrorCode::kTooLarge,
                   "certificate: more than the limit of " + std::to_string(limits.certificates) + " certificates"};
    }
    chain.push_back(std::move(certificate));
  }
  if (!NoFurtherPemBlock()) {
    return Error{ErrorCode::kMalformed, "certificate: number " + std::to_string(chain.size() + 1) +
                                            " is not a certificate: " + OpenSslReason()};
  }
  if (chain.empty()) return Error{ErrorCode::kMalformed, "certificate: no PEM block of type CERTIFICATE"};
  return chain;
}

Result<KeyPair> ParseKeyPair(std::string_view certificate_pem, std::string_view key_pem) {
  auto chain = ParseCertificates(certificate_pem);
  if (!chain.ok()) return std::move(chain).error();
  auto key = ParseKey(key_pem);
  if (!key.ok()) return std::move(key).error();

  KeyPair pair;
  pair.leaf = std::move(chain->front());
  chain->erase(chain->begin());
  pair.intermediates = *std::move(chain);
  pair.key = *std::move(key);
  pair.not_before = ToSystemTime(*X509_get0_notBefore(pair.leaf.get()));
  pair.not_after = ToSystemTime(*X509_get0_notAfter(pair.leaf.get()));
  if (auto status = CheckPair(pair); !status.ok()) return std::move(status).error();
  return pair;
}

Result<std::string> ReadCaFile(const base::FileReader& files, const std::string& path) {
  Result<std::string> pem = files.Read(path, kTrustedCaLimits.bytes);
  if (pem.ok() && pem->find(kEndOfLabel) == std::string::npos) {
    return Error{ErrorCode::kMalformed, path + " holds no certificate (a PEM block CERTIFICATE)"};
  }
  return pem;
}

}  // namespace irsa::crypto
