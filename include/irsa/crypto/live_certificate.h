// The current serving pair, for a server whose certificate is renewed while it runs.
#pragma once

#include <memory>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/base/snapshot.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::crypto {

// The server reads it at each handshake; the renewal replaces it.
using LiveCertificate = base::Snapshot<KeyPair>;

// Keeps a LiveCertificate equal to two files. Polls contents: a mounted Secret changes by renaming a link, which a
// watch on the files never reports. Read as a pair, parsed, compared, then swapped; a pair that does not parse or
// belong together (half written) leaves the last good one in place. One thread at a time.
class CertificateFiles {
 public:
  // `files` and `clock` outlive this object.
  CertificateFiles(const base::FileReader& files, const base::Clock& clock, std::string certificate_path,
                   std::string key_path);

  // The first pair, even one that no client will accept; errors name the file, or both when they don't fit each other.
  Result<std::shared_ptr<const KeyPair>> Load();

  // Whether `live` was changed; unchanged files cost two reads and no more. The error, until the files are good again,
  // is returned at each call. A pair that clients will not accept (CheckServes) is an error as well, and replaces only
  // another such pair.
  Result<bool> Poll(LiveCertificate& live);

 private:
  Result<PemPair> ReadTexts() const;
  Result<std::shared_ptr<const KeyPair>> Parse(const PemPair& texts) const;
  Status CheckServesNow(const KeyPair& pair) const;

  const base::FileReader& files_;
  const base::Clock& clock_;
  std::string certificate_path_;
  std::string key_path_;
  PemPair in_use_;  // empty before the first
};

}  // namespace irsa::crypto
