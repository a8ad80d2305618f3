// What certificates contain, to decide which of them to keep: their names, issuer and validity.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/crypto/certificate_authority.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::crypto {

// One certificate of a bundle.
struct CertificateText {
  std::string pem;  // as OpenSSL writes it, without the text that may stand around a block
  base::SystemTime not_before;
  base::SystemTime not_after;

  bool operator==(const CertificateText&) const = default;
};

// All certificates of a PEM text, in its order. Errors as ParseCertificates'.
Result<std::vector<CertificateText>> SplitCertificates(std::string_view pem, const PemLimits& limits = {});

// Whether the first certificate of the one text was signed by the key of the first of the other; false when either is
// no certificate.
bool IsIssuedBy(std::string_view certificate_pem, std::string_view issuer_pem);

// The leaf's subject alternative names that ParseServerName could have read, in the certificate's order.
std::vector<ServerName> ServerNamesOf(const KeyPair& pair);

// Whether the extended key usage, if it has one, is for servers.
bool IsForServers(X509* certificate);

// Whether clients can accept the pair's certificate now: it has not expired, its notBefore has come or will within
// kClockSkew, and its extended key usage, if it has one, is for servers. kInvalid, with the reason. Names are not
// checked: they depend on the connection.
Status CheckServes(const KeyPair& pair, base::SystemTime now);

}  // namespace irsa::crypto
