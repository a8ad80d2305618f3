// A certificate chain and its private key, checked to belong together.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

namespace irsa::tls {

struct OpenSslDeleter {
  void operator()(X509* certificate) const;
  void operator()(EVP_PKEY* key) const;
  void operator()(BIO* bio) const;
  void operator()(SSL_CTX* context) const;
};
using X509Ptr = std::unique_ptr<X509, OpenSslDeleter>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter>;

// Immutable; shared between threads as a std::shared_ptr<const KeyPair>.
struct KeyPair {
  X509Ptr leaf;
  std::vector<X509Ptr> intermediates;  // in the file's order
  PrivateKeyPtr key;
  base::SystemTime not_before;  // the leaf's
  base::SystemTime not_after;
};

// From PEM texts. kMalformed when one is no certificate or no key (encrypted keys among them), kInvalid when the key is
// not the first certificate's; no message quotes the texts.
base::Result<KeyPair> ParseKeyPair(std::string_view certificate_pem, std::string_view key_pem);

}  // namespace irsa::tls
