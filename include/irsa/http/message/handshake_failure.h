// Why TLS handshakes fail.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace irsa::http {

// Why a TLS handshake failed.
enum class HandshakeFailure {
  kNoTls,                // the first bytes are no TLS
  kHelloTooLarge,        // a ClientHello over 16 KiB, or in too many records
  kVersion,              // no version of TLS in common
  kCipher,               // no cipher suite or group in common
  kProtocol,             // the client offers only other protocols than http/1.1
  kNoCertificate,        // there is no serving certificate
  kCertificateRefused,   // the client does not accept ours: its trust (a webhook's caBundle) is out of date
  kNoClientCertificate,  // one is required, and the client sent none
  kClientCertificate,    // the client's is not signed by the client CA, or not valid
  kAlert,                // the client ended it with another alert
  kEnded,                // the client closed the connection in the middle of it
  kTimeout,              // it was not over in time
  kOther,
};
// "certificate-refused", …, in their order.
inline constexpr auto kHandshakeFailureNames = std::to_array<std::string_view>(
    {"no-tls", "hello-too-large", "version", "cipher", "protocol", "no-certificate", "certificate-refused",
     "no-client-certificate", "client-certificate", "alert", "ended", "timeout", "other"});
static_assert(kHandshakeFailureNames.size() == static_cast<size_t>(HandshakeFailure::kOther) + 1);

inline std::string_view HandshakeFailureName(HandshakeFailure failure) {
  return kHandshakeFailureNames[static_cast<size_t>(failure)];
}

// Takes the client's IP address. Called from any of the server's threads. Not called for a connection that ends or
// times out before sending a byte: load balancers probe whether the port is open. The address is empty when the client
// was gone before it could be read.
using OnHandshakeFailure = std::function<void(HandshakeFailure failure, const std::string& peer_address)>;

}  // namespace irsa::http
