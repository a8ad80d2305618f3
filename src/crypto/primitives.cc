#include "irsa/crypto/primitives.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "irsa/crypto/openssl.h"

namespace irsa::crypto {
namespace {

constexpr size_t kDigestBytes = 32;

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

using CipherPtr = OpenSslPtr<EVP_CIPHER_CTX>;

enum Direction { kDecrypt = 0, kEncrypt = 1 };  // as EVP_CipherInit_ex takes it

// A context that has taken key, nonce and additional data, and then runs `text` through; null when OpenSSL fails.
CipherPtr RunCipher(Direction direction, std::string_view key, std::string_view nonce, std::string_view additional,
                    std::string_view text, std::string& out) {
  CipherPtr context(EVP_CIPHER_CTX_new());
  int size = 0;
  out.assign(text.size(), '\0');
  const bool done =
      context != nullptr &&
      EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce), direction) == 1 &&
      EVP_CipherUpdate(context.get(), nullptr, &size, Bytes(additional), static_cast<int>(additional.size())) == 1 &&
      EVP_CipherUpdate(context.get(), Bytes(out), &size, Bytes(text), static_cast<int>(text.size())) == 1;
  return done ? std::move(context) : nullptr;
}

bool Finish(EVP_CIPHER_CTX* context) {
  std::array<unsigned char, EVP_MAX_BLOCK_LENGTH> rest{};
  int size = 0;
  return EVP_CipherFinal_ex(context, rest.data(), &size) == 1;
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  std::string digest(kDigestBytes, '\0');
  EVP_Digest(bytes.data(), bytes.size(), Bytes(digest), nullptr, EVP_sha256(), nullptr);
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  std::string digest(kDigestBytes, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(bytes), bytes.size(), Bytes(digest), nullptr);
  return digest;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool FillRandomly(std::span<unsigned char> bytes) {
  return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

std::optional<std::string> EncryptGcm(std::string_view key, std::string_view text, std::string_view additional) {
  std::string nonce(kNonceBytes, '\0');
  if (!FillRandomly({Bytes(nonce), nonce.size()})) return std::nullopt;
  std::string encrypted;
  const CipherPtr context = RunCipher(kEncrypt, key, nonce, additional, text, encrypted);
  if (context == nullptr || !Finish(context.get())) return std::nullopt;
  std::string tag(kTagBytes, '\0');
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) != 1) return std::nullopt;
  return nonce + encrypted + tag;
}

std::optional<std::string> DecryptGcm(std::string_view key, std::string_view sealed, std::string_view additional) {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string_view text = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string decrypted;
  const CipherPtr context = RunCipher(kDecrypt, key, sealed.substr(0, kNonceBytes), additional, text, decrypted);
  if (context == nullptr || EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1 ||
      !Finish(context.get())) {
    return std::nullopt;
  }
  return decrypted;
}

std::string RandomUuid() {
  std::array<unsigned char, 16> bytes{};
  if (FillRandomly(bytes)) {
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  }
  std::string text = Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace irsa::crypto
