#include "irsa/http/client/client_tls.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace irsa::http {
namespace {

Error FromOpenSsl(ErrorCode code, std::string_view what) {
  return {code, std::string(what) + ": " + crypto::OpenSslReason()};
}

Status TrustCertificates(const std::string& pem, SSL_CTX* context) {
  const auto certificates = crypto::ParseCertificates(pem, crypto::kTrustedCaLimits);
  if (!certificates.ok()) return certificates.error();
  for (const crypto::X509Ptr& certificate : *certificates) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
      return FromOpenSsl(ErrorCode::kInvalid, "a CA certificate cannot be used");
    }
  }
  return {};
}

Status UseCertificate(const crypto::KeyPair& pair, SSL_CTX* context) {
  bool used =
      SSL_CTX_use_certificate(context, pair.leaf.get()) == 1 && SSL_CTX_use_PrivateKey(context, pair.key.get()) == 1;
  for (const crypto::X509Ptr& certificate : pair.intermediates) {
    used = used && SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
  }
  if (!used) return FromOpenSsl(ErrorCode::kInvalid, "the client certificate cannot be used");
  return {};
}

void SetRules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(context);
  // A cluster's CA bundle may hold an intermediate without its root; it is trusted all the same, as in Kubernetes' own
  // clients.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

}  // namespace

Result<std::shared_ptr<const ClientTls>> ClientTls::Make(const ClientTlsOptions& options) {
  const crypto::ErrorQueueScope scope;
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context) return FromOpenSsl(ErrorCode::kInternal, "cannot create a TLS context");
  SetRules(context.get());
  if (options.ca_pem.empty() && !options.trust_system_cas) {
    return Error{ErrorCode::kInvalid, "there is no CA certificate to verify servers with"};
  }
  if (options.trust_system_cas && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return FromOpenSsl(ErrorCode::kInternal, "cannot use the system's CA certificates");
  }
  if (!options.ca_pem.empty()) {
    if (Status trusted = TrustCertificates(options.ca_pem, context.get()); !trusted.ok()) {
      return std::move(trusted).error();
    }
  }
  if (options.certificate) {
    if (Status used = UseCertificate(*options.certificate, context.get()); !used.ok()) {
      return std::move(used).error();
    }
  }
  return std::shared_ptr<const ClientTls>(new ClientTls(std::move(context), options.server_name));
}

}  // namespace irsa::http
