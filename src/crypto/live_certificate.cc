#include "irsa/crypto/live_certificate.h"

#include "irsa/crypto/certificate_inspection.h"

namespace irsa::crypto {

CertificateFiles::CertificateFiles(const base::FileReader& files, const base::Clock& clock,
                                   std::string certificate_path, std::string key_path)
    : files_(files), clock_(clock), certificate_path_(std::move(certificate_path)), key_path_(std::move(key_path)) {}

Result<std::shared_ptr<const KeyPair>> CertificateFiles::Load() {
  auto texts = ReadTexts();
  if (!texts.ok()) return std::move(texts).error();
  auto pair = Parse(*texts);
  if (pair.ok()) in_use_ = *std::move(texts);
  return pair;
}

Result<bool> CertificateFiles::Poll(LiveCertificate& live) {
  auto texts = ReadTexts();
  if (!texts.ok()) return std::move(texts).error();
  const auto current = live.Get();
  const Status serves = current == nullptr ? Status() : CheckServesNow(*current);
  if (*texts == in_use_) {
    if (!serves.ok()) return serves.error();
    return false;
  }
  auto pair = Parse(*texts);
  if (!pair.ok()) return std::move(pair).error();
  const Status fresh_serves = CheckServesNow(**pair);
  if (!fresh_serves.ok() && current != nullptr && serves.ok()) return fresh_serves.error();
  in_use_ = *std::move(texts);
  live.Set(*std::move(pair));
  if (!fresh_serves.ok()) return fresh_serves.error();
  return true;
}

Result<PemPair> CertificateFiles::ReadTexts() const {
  auto certificate = files_.Read(certificate_path_, kMaxPemBytes);
  if (!certificate.ok()) return std::move(certificate).error();
  auto key = files_.Read(key_path_, kMaxPemBytes);
  if (!key.ok()) return std::move(key).error();
  return PemPair{*std::move(certificate), *std::move(key)};
}

Result<std::shared_ptr<const KeyPair>> CertificateFiles::Parse(const PemPair& texts) const {
  auto pair = ParseKeyPair(texts.certificate, texts.key);
  if (!pair.ok()) return WithContext(std::move(pair).error(), certificate_path_ + " with " + key_path_);
  return std::make_shared<const KeyPair>(*std::move(pair));
}

Status CertificateFiles::CheckServesNow(const KeyPair& pair) const {
  Status status = CheckServes(pair, clock_.Now());
  if (status.ok()) return status;
  return WithContext(status.error(), certificate_path_);
}

}  // namespace irsa::crypto
