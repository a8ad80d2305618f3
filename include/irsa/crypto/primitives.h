// SHA-256, HMAC, AES-256-GCM and randomness, over bytes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace irsa::crypto {

std::string Sha256(std::string_view bytes);
std::string HmacSha256(std::string_view key, std::string_view bytes);

// In lower case.
std::string Hex(std::string_view bytes);

// Whether the two are the same, in a time that depends on their lengths only.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// Fills `bytes`; false when the system has no randomness.
bool FillRandomly(std::span<unsigned char> bytes);

// `key` has 32 bytes. Of EncryptGcm: nonce (12 bytes, random), ciphertext and tag (16 bytes), one after the other; null
// when OpenSSL fails. DecryptGcm takes that; null when it was not made with this key and additional data.
std::optional<std::string> EncryptGcm(std::string_view key, std::string_view text, std::string_view additional);
std::optional<std::string> DecryptGcm(std::string_view key, std::string_view sealed, std::string_view additional);

// A random UUID (RFC 9562, version 4), all zeros where the system has no randomness.
std::string RandomUuid();

}  // namespace irsa::crypto
