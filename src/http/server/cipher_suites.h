// Cipher suites by the names that IANA gave them, as Kubernetes' flags have them:
// https://www.iana.org/assignments/tls-parameters
#pragma once

#include <string_view>

#include <openssl/types.h>

#include "irsa/base/result.h"

namespace irsa::http {

// `names` as TlsOptions::cipher_suites says; empty changes nothing. kInvalid, naming it, for one that OpenSSL does not
// know or would not use.
base::Status SetCipherSuites(SSL_CTX* context, std::string_view names);

}  // namespace irsa::http
