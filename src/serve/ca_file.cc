#include "irsa/serve/ca_file.h"

#include "irsa/crypto/key_pair.h"

namespace irsa::serve {
namespace {

constexpr const char* kEndOfLabel = "CERTIFICATE-----";  // CERTIFICATE, X509 CERTIFICATE, TRUSTED CERTIFICATE

}  // namespace

base::Result<std::string> ReadCaFile(const base::FileReader& files, const std::string& path) {
  base::Result<std::string> pem = files.Read(path, crypto::kTrustedCaLimits.bytes);
  if (pem.ok() && pem->find(kEndOfLabel) == std::string::npos) {
    return base::Error{base::ErrorCode::kMalformed, path + " holds no certificate (a PEM block CERTIFICATE)"};
  }
  return pem;
}

}  // namespace irsa::serve
