#include "certificate_secret.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"

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

Json MetadataOf(const std::string& name) {
  return {{"name", name}, {"annotations", {{CertificateSecret::kAnnotation, CertificateSecret::kSelfManaged}}}};
}

bool HasAnnotation(const Json& metadata) {
  const Json* annotations = base::FindMember(metadata, "annotations");
  const Json* value = annotations == nullptr ? nullptr : base::FindMember(*annotations, CertificateSecret::kAnnotation);
  return value != nullptr && *value == CertificateSecret::kSelfManaged;
}

Result<CertificateSet> ReadData(const Json& secret) {
  CertificateSet set;
  const Json* data = base::FindMember(secret, "data");
  if (data == nullptr) return set;
  for (const Field& field : FieldsOf(set)) {
    const Json* encoded = base::FindMember(*data, field.key);
    if (encoded == nullptr) continue;
    auto text = encoded->is_string() ? base::DecodeBase64(encoded->get_ref<const std::string&>())
                                     : Error{ErrorCode::kMalformed, "not a string"};
    if (!text.ok()) return Error{ErrorCode::kMalformed, std::string("its ") + field.key + " is not base64"};
    *field.text = *std::move(text);
  }
  return set;
}

Status CheckOwner(const Json& secret, const Json& metadata) {
  const auto type = base::StringMember(secret, "type");
  if (type.ok() && *type != kType) {
    return Error{ErrorCode::kInvalid, "it is of type " + *type + ", not " + kType +
                                          ": delete it, or choose another Secret with --tls-secret"};
  }
  const Json* data = base::FindMember(secret, "data");
  bool is_empty = true;
  if (data != nullptr && data->is_object()) {
    for (const Json& value : *data)
      is_empty = is_empty && value.is_string() && value.get_ref<const std::string&>().empty();
  }
  if (is_empty || HasAnnotation(metadata)) return {};
  return Error{ErrorCode::kInvalid, std::string("it is not empty and has no annotation ") +
                                        CertificateSecret::kAnnotation + "=" + CertificateSecret::kSelfManaged +
                                        ", so it is not irsa's: delete it, annotate it if irsa may use it, or choose "
                                        "another Secret with --tls-secret"};
}

Result<StoredCertificates> ReadSecret(const std::string& text) {
  const auto secret = base::ReadJson(text, {.max_bytes = kMaxObjectBytes});
  if (!secret.ok()) return secret.error();
  const Json* metadata = base::FindMember(*secret, "metadata");
  if (metadata == nullptr) return Error{ErrorCode::kMalformed, "the answer is not a Secret: it has no metadata"};
  auto version = base::StringMember(*metadata, "resourceVersion");
  if (!version.ok()) return Error{ErrorCode::kMalformed, "the answer is not a Secret: " + version.error().message};
  if (base::FindMember(*metadata, "deletionTimestamp") != nullptr) {
    return Error{ErrorCode::kUnavailable, "it is being deleted"};
  }
  if (Status ours = CheckOwner(*secret, *metadata); !ours.ok()) return std::move(ours).error();
  auto set = ReadData(*secret);
  if (!set.ok()) return std::move(set).error();
  return StoredCertificates{*std::move(set), *std::move(version)};
}

Status StatusOf(const Result<std::string>& answer) { return answer.ok() ? Status() : answer.error(); }

}  // namespace

kube::ApiRequest RequestBounds::Request(kube::Verb verb, std::string path) const {
  return {.verb = verb,
          .path = std::move(path),
          .body = {},
          .deadline = deadline,
          .max_answer_bytes = kMaxObjectBytes,
          .stop = stop};
}

CertificateSecret::CertificateSecret(kube::ApiServer& api, const std::string& namespace_name, std::string name)
    : api_(api),
      name_(std::move(name)),
      collection_("/api/v1/namespaces/" + namespace_name + "/secrets"),
      title_("secret " + namespace_name + "/" + name_) {}

Result<std::optional<StoredCertificates>> CertificateSecret::Read(const RequestBounds& bounds) const {
  const auto text =
      kube::BodyOf(api_.Send(bounds.Request(kube::Verb::kGet, collection_ + "/" + name_)), "get " + title_);
  if (text.FailedWith(ErrorCode::kNotFound)) return std::optional<StoredCertificates>();
  if (!text.ok()) return text.error();
  auto stored = ReadSecret(*text);
  if (!stored.ok()) return base::WithContext(std::move(stored).error(), title_);
  return std::optional(*std::move(stored));
}

Status CertificateSecret::Create(const CertificateSet& set, const RequestBounds& bounds) const {
  const Json secret = {{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", MetadataOf(name_)},
                       {"type", kType},
                       {"data", DataOf(set)}};
  kube::ApiRequest request = bounds.Request(kube::Verb::kCreate, collection_);
  request.body = secret.dump();
  return StatusOf(kube::BodyOf(api_.Send(request), "create " + title_));
}

Status CertificateSecret::Replace(const StoredCertificates& stored, const CertificateSet& set,
                                  const RequestBounds& bounds) const {
  Json patch = {{"metadata", MetadataOf(name_)}, {"data", DataOf(set)}};
  patch["metadata"]["resourceVersion"] = stored.resource_version;
  kube::ApiRequest request = bounds.Request(kube::Verb::kPatch, collection_ + "/" + name_);
  request.body = patch.dump();
  return StatusOf(kube::BodyOf(api_.Send(request), "patch " + title_));
}

}  // namespace irsa::serve
