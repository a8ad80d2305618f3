#include "cipher_suites.h"

#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "http/wire/field_line.h"

namespace irsa::http {
namespace {

// TLS 1.3's suites name no key exchange: TLS_AES_128_GCM_SHA256, but TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
bool IsForTls13(std::string_view name) { return name.find("_WITH_") == std::string_view::npos; }

void Append(std::string& list, std::string_view name) {
  if (!list.empty()) list += ':';
  list += name;
}

// One at a time: in a list, OpenSSL passes over what it does not know.
base::Status CheckSuite(SSL_CTX* context, const std::string& name, std::string_view openssl_name) {
  const std::string suite(openssl_name);
  const bool is_usable = IsForTls13(name) ? SSL_CTX_set_ciphersuites(context, suite.c_str()) == 1
                                          : SSL_CTX_set_cipher_list(context, suite.c_str()) == 1;
  ERR_clear_error();
  if (openssl_name != "(NONE)" && is_usable) return {};
  return base::Error{base::ErrorCode::kInvalid, "cipher suite \"" + name + "\" is unknown or not available"};
}

}  // namespace

base::Status SetCipherSuites(SSL_CTX* context, std::string_view names) {
  if (names.empty()) return {};
  std::string tls12;
  std::string tls13;
  while (true) {
    const size_t comma = names.find(',');
    const std::string name(TrimBlanks(names.substr(0, comma)));
    const std::string_view openssl_name = OPENSSL_cipher_name(name.c_str());
    if (auto status = CheckSuite(context, name, openssl_name); !status.ok()) return status;
    Append(IsForTls13(name) ? tls13 : tls12, openssl_name);
    if (comma == std::string_view::npos) break;
    names.remove_prefix(comma + 1);
  }
  if (tls13.empty()) tls13 = TLS_DEFAULT_CIPHERSUITES;
  bool is_set = SSL_CTX_set_ciphersuites(context, tls13.c_str()) == 1;
  is_set = is_set && (tls12.empty() ? SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)
                                    : SSL_CTX_set_cipher_list(context, tls12.c_str())) == 1;
  if (is_set) return {};
  return base::Error{base::ErrorCode::kInternal, "OpenSSL does not take the cipher suites"};
}

}  // namespace irsa::http
