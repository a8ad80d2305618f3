#include <utility>

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include "irsa/oidc/public_key.h"

#include "key_parameters.h"

namespace irsa::oidc {
namespace {

using crypto::ErrorQueueScope;
using crypto::OpenSslPtr;

// One PEM block; what it held is wiped, since it may be a private key.
class PemBlock {
 public:
  // False at the end of the text, where no further block begins, and at a broken one.
  bool Read(BIO* bio) {
    Free();
    return PEM_read_bio(bio, &name_, &header_, &data_, &size_) == 1;
  }
  PemBlock() = default;
  ~PemBlock() { Free(); }
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;

  std::string_view type() const { return name_; }
  std::string_view der() const { return {reinterpret_cast<const char*>(data_), static_cast<size_t>(size_)}; }
  bool IsEncrypted() const {
    return type() == PEM_STRING_PKCS8 || std::string_view(header_).find("ENCRYPTED") != std::string_view::npos;
  }

 private:
  void Free() {
    OPENSSL_free(name_);
    OPENSSL_free(header_);
    OPENSSL_clear_free(data_, static_cast<size_t>(size_));
    name_ = header_ = nullptr;
    data_ = nullptr;
    size_ = 0;
  }

  char* name_ = nullptr;
  char* header_ = nullptr;
  unsigned char* data_ = nullptr;
  long size_ = 0;
};

enum class BlockKind { kPublic, kRsaPublic, kCertificate, kPrivate, kOther };

BlockKind KindOf(std::string_view type) {
  if (type == PEM_STRING_PUBLIC) return BlockKind::kPublic;
  if (type == PEM_STRING_RSA_PUBLIC) return BlockKind::kRsaPublic;
  if (type == PEM_STRING_X509) return BlockKind::kCertificate;
  if (type == PEM_STRING_PKCS8INF || type == PEM_STRING_PKCS8 || type == PEM_STRING_RSA ||
      type == PEM_STRING_ECPRIVATEKEY)
    return BlockKind::kPrivate;
  return BlockKind::kOther;
}

// Null when the bytes are not that, or are followed by others.
OpenSslPtr<EVP_PKEY> DecodeKey(BlockKind kind, std::string_view der) {
  const unsigned char* place = crypto::Bytes(der);
  const auto size = static_cast<long>(der.size());
  OpenSslPtr<EVP_PKEY> key;
  if (kind == BlockKind::kPublic) {
    key.reset(d2i_PUBKEY(nullptr, &place, size));
  } else if (kind == BlockKind::kRsaPublic) {
    key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &place, size));
  } else if (kind == BlockKind::kPrivate) {
    key.reset(d2i_AutoPrivateKey(nullptr, &place, size));
  } else if (const OpenSslPtr<X509> certificate{d2i_X509(nullptr, &place, size)}) {
    key.reset(X509_get_pubkey(certificate.get()));
  }
  return place == crypto::Bytes(der) + der.size() ? std::move(key) : nullptr;
}

// Made anew from its numbers, so that however the key was written, it is checked and has the id Go computes.
Result<PublicKey> FromHandle(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    return PublicKey::FromRsa(KeyNumber(key, OSSL_PKEY_PARAM_RSA_N), KeyNumber(key, OSSL_PKEY_PARAM_RSA_E));
  }
  char group[32] = {};
  if (EVP_PKEY_is_a(key, "EC") == 1) EVP_PKEY_get_group_name(key, group, sizeof group, nullptr);
  if (const Curve* curve = FindCurve([&group](const Curve& one) { return std::string_view(group) == one.group; })) {
    return PublicKey::FromEc(curve->type, KeyNumber(key, OSSL_PKEY_PARAM_EC_PUB_X, curve->coordinate_bytes),
                             KeyNumber(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve->coordinate_bytes));
  }
  const char* type = EVP_PKEY_get0_type_name(key);
  return Error{ErrorCode::kInvalid, "a key of type " +
                                        std::string(group[0] != '\0' ? group
                                                    : type           ? type
                                                                     : "unknown") +
                                        ", which is neither RSA nor on the curves P-256, P-384 and P-521"};
}

Result<PemKey> FromBlock(const PemBlock& block, BlockKind kind) {
  if (block.IsEncrypted()) return Error{ErrorCode::kMalformed, "an encrypted private key; pass its public half"};
  const OpenSslPtr<EVP_PKEY> handle = DecodeKey(kind, block.der());
  if (!handle) return Error{ErrorCode::kMalformed, "unreadable " + std::string(block.type())};
  Result<PublicKey> key = FromHandle(handle.get());
  if (!key.ok()) return std::move(key).error();
  return PemKey{*std::move(key), kind == BlockKind::kPrivate};
}

}  // namespace

Result<std::vector<PemKey>> PublicKeysFromPem(std::string_view pem) {
  const ErrorQueueScope scope;
  if (pem.size() > kMaxKeyFileBytes) {
    return Error{ErrorCode::kTooLarge, std::to_string(pem.size()) + " bytes of PEM, more than the limit of " +
                                           std::to_string(kMaxKeyFileBytes)};
  }
  const OpenSslPtr<BIO> bio = crypto::ReadingBio(pem);
  std::vector<PemKey> keys;
  PemBlock block;
  int number = 1;
  for (; block.Read(bio.get()); ++number) {
    const BlockKind kind = KindOf(block.type());
    if (kind == BlockKind::kOther) continue;
    Result<PemKey> key = FromBlock(block, kind);
    if (!key.ok()) return base::WithContext(std::move(key).error(), "PEM block " + std::to_string(number));
    keys.push_back(*std::move(key));
  }
  if (!crypto::NoFurtherPemBlock()) {
    return Error{ErrorCode::kMalformed, "PEM block " + std::to_string(number) + ": unreadable PEM"};
  }
  if (keys.empty()) return Error{ErrorCode::kMalformed, "no PEM block with a public key"};
  return keys;
}

}  // namespace irsa::oidc
