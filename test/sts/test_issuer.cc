#include "test/sts/test_issuer.h"

#include <stdexcept>
#include <vector>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "irsa/base/base64.h"
#include "irsa/iam/trust_policy_writer.h"
#include "irsa/oidc/public_key.h"

namespace irsa::sts {
namespace {

std::string PublicPem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

// The DER signature as r and s of 32 bytes each (RFC 7518 section 3.4).
std::string RawSignature(const std::vector<unsigned char>& der) {
  const unsigned char* data = der.data();
  ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(numbers), bytes, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(numbers), bytes + 32, 32);
  ECDSA_SIG_free(numbers);
  return raw;
}

std::string Sign(EVP_PKEY* key, const std::string& input) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  std::vector<unsigned char> der(128);
  size_t size = der.size();
  const bool is_signed = EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                         EVP_DigestSign(context, der.data(), &size, bytes, input.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!is_signed) throw std::runtime_error("cannot sign");
  der.resize(size);
  return RawSignature(der);
}

std::string ClaimsJson(const TestClaims& claims) {
  std::string json = "{";
  const std::pair<const char*, const std::string*> members[] = {
      {"iss", &claims.iss}, {"sub", &claims.sub}, {"aud", &claims.aud}, {"exp", &claims.exp}, {"nbf", &claims.nbf}};
  for (const auto& [name, value] : members) {
    if (value->empty()) continue;
    json.append(json.size() == 1 ? "\"" : ",\"").append(name).append("\":").append(*value);
  }
  if (!claims.more.empty()) json.append(",").append(claims.more);
  return json + "}";
}

}  // namespace

std::string TrustPolicyText(std::string_view subject) {
  const std::string text(subject.substr(std::string_view("system:serviceaccount:").size()));
  const size_t colon = text.find(':');
  iam::RolePlan plan;
  plan.issuer = kIssuer;
  plan.account = kAccount;
  plan.service_accounts = {{text.substr(0, colon), text.substr(colon + 1)}};
  return iam::WriteTrustPolicy(plan);
}

TestIssuer::TestIssuer() : key_(EVP_EC_gen("P-256")) {
  if (key_ == nullptr) throw std::runtime_error("cannot make a key");
  const auto pem = oidc::PublicKeysFromPem(PublicPem(key_));
  if (!pem.ok()) throw std::runtime_error(pem.error().message);
  const oidc::PublicKey* key = &pem->front().key;
  key_id_ = key->id();
  jwks_ = oidc::WriteJwks({&key, 1});
}

TestIssuer::~TestIssuer() { EVP_PKEY_free(key_); }

std::string TestIssuer::Token(const TestClaims& claims) const {
  const std::string header = "{\"alg\":\"ES256\",\"kid\":\"" + key_id_ + "\"}";
  const std::string input = base::EncodeBase64Url(header) + "." + base::EncodeBase64Url(ClaimsJson(claims));
  return input + "." + base::EncodeBase64Url(Sign(key_, input));
}

std::shared_ptr<const oidc::JwkSet> TestIssuer::keys() const {
  return std::make_shared<const oidc::JwkSet>(oidc::ParseJwks(jwks_).value());
}

}  // namespace irsa::sts
