#include "irsa/tls/live_certificate.h"

namespace irsa::tls {

CertificateFiles::CertificateFiles(const base::FileReader& files, std::string certificate_path, std::string key_path)
    : files_(files), certificate_path_(std::move(certificate_path)), key_path_(std::move(key_path)) {}

base::Result<std::shared_ptr<const KeyPair>> CertificateFiles::Load() {
  auto texts = ReadTexts();
  if (!texts.ok()) return std::move(texts).error();
  return Parse(*std::move(texts));
}

base::Result<bool> CertificateFiles::Poll(LiveCertificate& live) {
  auto texts = ReadTexts();
  if (!texts.ok()) return std::move(texts).error();
  if (*texts == in_use_) return false;
  auto pair = Parse(*std::move(texts));
  if (!pair.ok()) return std::move(pair).error();
  live.Set(*std::move(pair));
  return true;
}

base::Result<CertificateFiles::Texts> CertificateFiles::ReadTexts() const {
  auto certificate = files_.Read(certificate_path_, kMaxPemBytes);
  if (!certificate.ok()) return std::move(certificate).error();
  auto key = files_.Read(key_path_, kMaxPemBytes);
  if (!key.ok()) return std::move(key).error();
  return Texts{*std::move(certificate), *std::move(key)};
}

base::Result<std::shared_ptr<const KeyPair>> CertificateFiles::Parse(Texts texts) {
  auto pair = ParseKeyPair(texts.certificate, texts.key);
  if (!pair.ok()) return WithContext(std::move(pair).error(), certificate_path_ + " with " + key_path_);
  in_use_ = std::move(texts);
  return std::make_shared<const KeyPair>(*std::move(pair));
}

}  // namespace irsa::tls
