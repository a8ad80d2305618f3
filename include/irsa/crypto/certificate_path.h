// Whether a client trusts a server's certificate: the path to one of its roots, found and checked as Go's crypto/x509
// does it, which kube-apiserver verifies webhooks with. https://pkg.go.dev/crypto/x509#Certificate.Verify
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"

namespace irsa::crypto {

// Why there is no path.
struct PathFailure {
  enum class Kind {
    kNoIssuer,     // no root and no intermediate has issued the certificate at which the path ends
    kRootExpired,  // the issuer is among the roots, and is not valid now
    kRefused,  // there is an issuer, and it may not vouch for the certificate, or the certificate is not for servers
  };
  Kind kind = Kind::kNoIssuer;
  std::string text;  // "the intermediate CN=x, which has issued CN=y, is valid from … to …"

  bool operator==(const PathFailure&) const = default;
};

// Of the first certificate of `chain_pem`, by the others in it (in any order; those that lead nowhere do not matter) to
// a certificate of `roots_pem`, each of which is a root whoever has issued it, the certificate itself among them. All
// paths are tried: one that holds is enough. Nothing: there is one. The certificate's own validity and names are not
// looked at. kNoIssuer, too, for texts that hold no certificates.
std::optional<PathFailure> FindPathFailure(std::string_view chain_pem, std::string_view roots_pem,
                                           base::SystemTime now);

}  // namespace irsa::crypto
