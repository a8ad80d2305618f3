#include "irsa/http/message/handshake_failure.h"

namespace irsa::http {

std::string_view HandshakeFailureName(HandshakeFailure failure) {
  switch (failure) {
    case HandshakeFailure::kNoTls:
      return "no-tls";
    case HandshakeFailure::kHelloTooLarge:
      return "hello-too-large";
    case HandshakeFailure::kVersion:
      return "version";
    case HandshakeFailure::kCipher:
      return "cipher";
    case HandshakeFailure::kProtocol:
      return "protocol";
    case HandshakeFailure::kNoCertificate:
      return "no-certificate";
    case HandshakeFailure::kCertificateRefused:
      return "certificate-refused";
    case HandshakeFailure::kNoClientCertificate:
      return "no-client-certificate";
    case HandshakeFailure::kClientCertificate:
      return "client-certificate";
    case HandshakeFailure::kAlert:
      return "alert";
    case HandshakeFailure::kEnded:
      return "ended";
    case HandshakeFailure::kTimeout:
      return "timeout";
    case HandshakeFailure::kOther:
      break;
  }
  return "other";
}

}  // namespace irsa::http
