#include "certificate_secret.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/kube/api/objects.h"

namespace irsa::serve {
namespace {

using base::Json;

constexpr const char* kType = "kubernetes.io/tls";

// A key of the Secret and where its text goes.
struct Field {
  const char* key;
  std::string* text;
};

std::array<Field, 5> FieldsOf(CertificateSet& set) {
  return {{{"tls.crt", &set.serving.certificate},
           {"tls.key", &set.serving.key},
           {"ca.crt", &set.authority.certificate},
           {"ca.key", &set.authority.key},
           {"old-ca.crt", &set.old_authorities}}};
}

Json DataOf(CertificateSet set) {
  Json data = Json::object();
  for (const Field& field : FieldsOf(set)) data[field.key] = base::EncodeBase64(*field.text);
  return data;
}

Result<CertificateSet> ReadData(const Json& secret) {
  CertificateSet set;
  for (const Field& field : FieldsOf(set)) {
    const Json* encoded = base::At(secret, {"data", field.key});
    if (encoded == nullptr) continue;
    auto text = encoded->is_string() ? base::DecodeBase64(encoded->get_ref<const std::string&>())
                                     : Error{ErrorCode::kMalformed, "not a string"};
    if (!text.ok()) return Error{ErrorCode::kMalformed, std::string("its ") + field.key + " is not base64"};
    *field.text = *std::move(text);
  }
  return set;
}

bool HoldsData(const Json& secret) {
  const Json* data = base::FindMember(secret, "data");
  return data != nullptr && data->is_object() &&
         std::ranges::any_of(*data, [](const Json& value) { return value != ""; });
}

Status CheckOwner(const Json& secret) {
  const std::string_view type = base::TextAt(secret, {"type"});
  if (!type.empty() && type != kType) {
    return Error{ErrorCode::kInvalid, "it is of type " + std::string(type) + ", not " + kType +
                                          ": delete it, or choose another Secret with --tls-secret"};
  }
  const bool is_ours = base::TextAt(secret, {"metadata", "annotations", CertificateSecret::kAnnotation}) ==
                       CertificateSecret::kSelfManaged;
  if (is_ours || !HoldsData(secret)) return {};
  return Error{ErrorCode::kInvalid, std::string("it is not empty and has no annotation ") +
                                        CertificateSecret::kAnnotation + "=" + CertificateSecret::kSelfManaged +
                                        ", so it is not irsa's: delete it, annotate it if irsa may use it, or choose "
                                        "another Secret with --tls-secret"};
}

Result<StoredCertificates> ReadSecret(const Json& secret) {
  const std::string_view version = base::TextAt(secret, {"metadata", "resourceVersion"});
  if (version.empty()) return Error{ErrorCode::kMalformed, "the answer is not a Secret: it has no resourceVersion"};
  if (base::At(secret, {"metadata", "deletionTimestamp"}) != nullptr) {
    return Error{ErrorCode::kUnavailable, "it is being deleted"};
  }
  if (Status ours = CheckOwner(secret); !ours.ok()) return std::move(ours).error();
  auto set = ReadData(secret);
  if (!set.ok()) return std::move(set).error();
  return StoredCertificates{*std::move(set), std::string(version)};
}

}  // namespace

CertificateSecret::CertificateSecret(kube::ApiServer& api, const std::string& namespace_name, std::string name)
    : api_(api),
      name_(std::move(name)),
      collection_(kube::CollectionPath("api/v1", namespace_name, "secrets")),
      title_("secret " + namespace_name + "/" + name_) {}

Result<std::optional<StoredCertificates>> CertificateSecret::Read(kube::ApiRequest request) const {
  request.path = collection_ + "/" + name_;
  const auto secret = kube::RequestObject(api_, request, "get " + title_);
  if (secret.FailedWith(ErrorCode::kNotFound)) return std::optional<StoredCertificates>();
  if (!secret.ok()) return secret.error();
  auto stored = ReadSecret(*secret);
  if (!stored.ok()) return base::WithContext(std::move(stored).error(), title_);
  return std::optional(*std::move(stored));
}

Status CertificateSecret::Write(const StoredCertificates* stored, const CertificateSet& set,
                                kube::ApiRequest request) const {
  Json secret = {{"apiVersion", "v1"},
                 {"kind", "Secret"},
                 {"metadata", {{"name", name_}, {"annotations", {{kAnnotation, kSelfManaged}}}}},
                 {"type", kType},
                 {"data", DataOf(set)}};
  request.verb = kube::Verb::kCreate;
  request.path = collection_;
  if (stored != nullptr) {
    secret["metadata"]["resourceVersion"] = stored->resource_version;
    request.verb = kube::Verb::kPatch;
    request.path += "/" + name_;
  }
  request.body = secret.dump();
  const auto answer = kube::BodyOf(api_.Send(request), (stored == nullptr ? "create " : "patch ") + title_);
  return answer.ok() ? Status() : answer.error();
}

}  // namespace irsa::serve
