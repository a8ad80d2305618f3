// What a client of an apiserver trusts and shows, as it stands in files that others renew or as a plug-in gives it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/http/client/client_tls.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin.h"

namespace irsa::kube {

// Whether a token may be sent to this server: over TLS, or to this machine itself and not through a proxy.
bool MayShowToken(const ClusterConfig& config);

// The credential of an exec plug-in, for as long as it is good. For one thread at a time.
class ExecLogin {
 public:
  // What is given outlives this object.
  ExecLogin(const ExecPluginRunner& runner, const base::Clock& clock) : runner_(runner), clock_(clock) {}

  // Runs the plug-in when there is no credential, when it has expired, or when it `is_refused` by the apiserver. Errors
  // are the runner's; a plug-in that failed is not run again for a minute, since it may ask a person each time. A
  // credential that has expired by this machine's clock when it comes is used for a minute: the apiserver decides.
  Status Refresh(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_refused);

  // Null when there is none, or it has expired and there is no other.
  const ExecCredential* credential() const { return credential_ ? &*credential_ : nullptr; }

 private:
  const ExecPluginRunner& runner_;
  const base::Clock& clock_;
  std::optional<ExecCredential> credential_;
  std::optional<base::SystemTime> good_until_;
  std::optional<Error> failure_;  // of the last run
  base::SteadyTime failed_at_;
};

// For one thread at a time.
class Credentials {
 public:
  // `files` outlives this object. Without `login`, a configuration with an exec plug-in is an error.
  Credentials(const base::FileReader& files, ClusterConfig config, std::optional<ExecLogin> login = std::nullopt);

  enum class Reason {
    kDue,      // an exec plug-in is run when its credential has expired
    kRefused,  // the apiserver refused the credentials: it is run at once
  };

  // Reads everything again. Whether anything is another than before; token and TLS are taken up independently, each
  // whole or not at all. The first error, naming the file and never its content, when one of them could not be.
  struct Outcome {
    bool changed = false;
    Status status;
    bool is_usable = true;  // false: what was good before has expired, or there never was anything
  };
  Outcome Poll(Reason reason = Reason::kDue);

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

  Status PollPlugin(Reason reason);
  Result<bool> PollToken();
  Result<std::string> ReadToken() const;
  Result<bool> PollTls();
  Result<std::string> Read(const TextSource& source) const;
  Result<TlsTexts> ReadTlsTexts() const;
  Result<std::shared_ptr<const http::ClientTls>> MakeTls(const TlsTexts& texts) const;
  // What the plug-in gave; null without one.
  const ExecCredential* PluginCredential() const { return login_ ? login_->credential() : nullptr; }
  // Whether the plug-in is the one to give a client certificate.
  bool HasPluginCertificate() const;

  const base::FileReader& files_;
  ClusterConfig config_;
  std::optional<ExecLogin> login_;
  std::string token_;
  TlsTexts tls_texts_;  // that tls_ was made of
  std::shared_ptr<const http::ClientTls> tls_;
};

}  // namespace irsa::kube
