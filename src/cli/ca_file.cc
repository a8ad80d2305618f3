#include "irsa/cli/ca_file.h"

#include "irsa/tls/key_pair.h"

namespace irsa::cli {
namespace {

constexpr const char* kEndOfLabel = "CERTIFICATE-----";  // CERTIFICATE, X509 CERTIFICATE, TRUSTED CERTIFICATE

}  // namespace

base::Result<std::string> ReadCaFile(const base::FileReader& files, const std::string& path) {
  base::Result<std::string> pem = files.Read(path, tls::kTrustedCaLimits.bytes);
  if (pem.ok() && pem->find(kEndOfLabel) == std::string::npos) {
    return base::Error{base::ErrorCode::kMalformed, path + " holds no certificate (a PEM block CERTIFICATE)"};
  }
  return pem;
}

}  // namespace irsa::cli
