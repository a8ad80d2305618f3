// Any bytes as a certificate chain and its key, and as CAs to trust. No message quotes them.
//
// What follows the first NUL is the key; without one, the whole text is both.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "irsa/crypto/key_pair.h"

namespace {

using irsa::base::ErrorCode;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckError(const irsa::base::Error& error) {
  Require(error.code == ErrorCode::kMalformed || error.code == ErrorCode::kTooLarge ||
          error.code == ErrorCode::kInvalid);
  Require(error.message.size() < 300 && error.message.find("-----") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t split = text.find('\0');
  const std::string_view chain = text.substr(0, split);
  const std::string_view key = split == std::string_view::npos ? text : text.substr(split + 1);
  const auto pair = irsa::crypto::ParseKeyPair(chain, key);
  if (pair.ok()) {
    Require(pair->leaf != nullptr && pair->key != nullptr);
    Require(pair->intermediates.size() < irsa::crypto::kMaxCertificates);
  } else {
    CheckError(pair.error());
  }
  const auto trusted = irsa::crypto::ParseCertificates(text, irsa::crypto::kTrustedCaLimits);
  if (!trusted.ok()) CheckError(trusted.error());
  if (trusted.ok()) Require(!trusted->empty());
  return 0;
}
