// What a client of an apiserver trusts and shows, as it stands in files that others renew.
#pragma once

#include <memory>
#include <string>

#include "irsa/base/file_reader.h"
#include "irsa/base/result.h"
#include "irsa/http/client_tls.h"
#include "irsa/kube/cluster_config.h"

namespace irsa::kube {

// Whether a token may be sent to this server: over TLS, or to this machine itself.
bool MayShowToken(const http::Url& server);

// For one thread at a time.
class Credentials {
 public:
  // `files` outlives this object.
  Credentials(const base::FileReader& files, ClusterConfig config);

  // Reads everything again. Whether anything is another than before; token and TLS are taken up independently, each
  // whole or not at all. The first error, naming the file and never its content, when one of them could not be.
  struct Outcome {
    bool changed = false;
    base::Status status;
  };
  Outcome Poll();

  // Empty when there is none to be shown.
  const std::string& token() const { return token_; }
  // Null for plain HTTP.
  const std::shared_ptr<const http::ClientTls>& tls() const { return tls_; }

 private:
  struct TlsTexts {
    std::string ca;
    std::string certificate;
    std::string key;

    bool operator==(const TlsTexts&) const = default;
  };

  base::Result<bool> PollToken();
  base::Result<bool> PollTls();
  base::Result<std::string> Read(const TextSource& source) const;
  base::Result<TlsTexts> ReadTlsTexts() const;
  base::Result<std::shared_ptr<const http::ClientTls>> MakeTls(const TlsTexts& texts) const;

  const base::FileReader& files_;
  ClusterConfig config_;
  std::string token_;
  TlsTexts tls_texts_;  // that tls_ was made of
  std::shared_ptr<const http::ClientTls> tls_;
};

}  // namespace irsa::kube
