#include "development_certificates.h"

#include <filesystem>
#include <utility>

#include "irsa/base/files.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_authority.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/key_pair.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

using base::SystemTime;
using crypto::CertificateAuthority;
using CaState = DevelopmentCertificates::CaState;

constexpr const char* kCaCommonName = "irsa development CA";

// nullopt when the directory holds no part of a CA.
Result<std::optional<CertificateAuthority>> ReadAuthority(const CertificateFilePaths& paths, SystemTime now) {
  auto certificate = ReadIfThere(paths.ca_certificate, crypto::kMaxPemBytes);
  if (!certificate.ok()) return std::move(certificate).error();
  auto key = ReadIfThere(paths.ca_key, crypto::kMaxPemBytes);
  if (!key.ok()) return std::move(key).error();
  if (!*certificate && !*key) return std::optional<CertificateAuthority>();
  if (!*certificate || !*key) {
    const auto& [missing, there] =
        *certificate ? std::pair(paths.ca_key, paths.ca_certificate) : std::pair(paths.ca_certificate, paths.ca_key);
    return Error{ErrorCode::kInvalid, there + " exists, but " + missing + " does not"};
  }
  auto authority = CertificateAuthority::Parse({**std::move(certificate), **std::move(key)});
  if (!authority.ok()) return WithContext(std::move(authority).error(), paths.ca_certificate + " with " + paths.ca_key);
  if (now > authority->not_after()) {
    return Error{ErrorCode::kInvalid,
                 paths.ca_certificate + " expired at " + base::FormatRfc3339(authority->not_after())};
  }
  return std::optional(*std::move(authority));
}

// Whether making it anew helps: it does not against a file that may not be read.
bool IsBroken(const Error& error) { return error.code == ErrorCode::kMalformed || error.code == ErrorCode::kInvalid; }

struct ObtainedAuthority {
  CertificateAuthority authority;
  CaState state;
  std::optional<std::string> replaced_because;
};

Result<ObtainedAuthority> ObtainAuthority(const DevelopmentCertificatesRequest& request,
                                          const CertificateFilePaths& paths, SystemTime now) {
  auto existing = ReadAuthority(paths, now);
  if (!existing.ok() && !IsBroken(existing.error())) return std::move(existing).error();
  if (!existing.ok() && !request.force) {
    return Error{existing.error().code,
                 existing.error().message + "; --force creates a new CA, which clients must then trust"};
  }
  if (existing.ok() && *existing) return ObtainedAuthority{**std::move(existing), CaState::kKept, std::nullopt};
  auto made = CertificateAuthority::Create(kCaCommonName, now, request.ca_lifetime);
  if (!made.ok()) return std::move(made).error();
  if (existing.ok()) return ObtainedAuthority{*std::move(made), CaState::kMade, std::nullopt};
  return ObtainedAuthority{*std::move(made), CaState::kReplaced, std::move(existing).error().message};
}

// A pair that someone put there, from cert-manager say, must not be lost to a command run in the wrong directory.
Status CheckMayReplaceServingPair(const std::string& directory, const CertificateFilePaths& paths,
                                  const CertificateAuthority& authority) {
  const auto certificate = ReadIfThere(paths.certificate, crypto::kMaxPemBytes);
  if (!certificate.ok()) return certificate.error();
  if (*certificate) {
    if (crypto::IsIssuedBy(**certificate, authority.pem().certificate)) return {};
    return Error{ErrorCode::kConflict,
                 paths.certificate + " was not issued by the CA in " + directory + "; --force replaces it"};
  }
  const auto key = ReadIfThere(paths.key, crypto::kMaxPemBytes);
  if (!key.ok()) return key.error();
  if (!*key) return {};
  return Error{ErrorCode::kConflict,
               paths.key + " exists, but " + paths.certificate + " does not; --force replaces it"};
}

Status WritePair(const std::string& certificate_path, const std::string& key_path, const crypto::PemPair& pem) {
  constexpr mode_t kForEveryone = 0644;
  constexpr mode_t kForTheOwner = 0600;
  if (auto status = base::WriteFileAtomically(certificate_path, pem.certificate, kForEveryone); !status.ok()) {
    return status;
  }
  return base::WriteFileAtomically(key_path, pem.key, kForTheOwner);
}

Status WriteFiles(const DevelopmentCertificatesRequest& request, const CertificateFilePaths& paths,
                  const ObtainedAuthority& ca, const crypto::PemPair& serving) {
  if (auto status = MakeDirectory(request.directory); !status.ok()) return status;
  if (ca.state != CaState::kKept) {
    if (auto status = WritePair(paths.ca_certificate, paths.ca_key, ca.authority.pem()); !status.ok()) return status;
  }
  return WritePair(paths.certificate, paths.key, serving);
}

}  // namespace

CertificateFilePaths PathsIn(const std::string& directory) {
  const std::filesystem::path path(directory);
  return {path / "ca.crt", path / "ca.key", path / "tls.crt", path / "tls.key"};
}

Result<DevelopmentCertificates> MakeDevelopmentCertificates(const DevelopmentCertificatesRequest& request,
                                                            SystemTime now) {
  const CertificateFilePaths paths = PathsIn(request.directory);
  auto ca = ObtainAuthority(request, paths, now);
  if (!ca.ok()) return std::move(ca).error();
  if (!request.force) {
    if (auto status = CheckMayReplaceServingPair(request.directory, paths, ca->authority); !status.ok())
      return std::move(status).error();
  }
  const auto serving = ca->authority.Issue(request.names, now, request.lifetime);
  if (!serving.ok()) return serving.error();
  // Read back as a server will, for its times and as a last check.
  const auto pair = crypto::ParseKeyPair(serving->certificate, serving->key);
  if (!pair.ok()) return pair.error();
  if (auto status = WriteFiles(request, paths, *ca, *serving); !status.ok()) return std::move(status).error();
  return DevelopmentCertificates{ca->state,
                                 std::move(ca->replaced_because),
                                 ca->authority.pem().certificate,
                                 ca->authority.not_after(),
                                 pair->not_before,
                                 pair->not_after};
}

}  // namespace irsa::cli
