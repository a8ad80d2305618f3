#include "irsa/admission/review_reader.h"

#include <array>
#include <optional>
#include <utility>

#include "json_document.h"
#include "object_fields.h"
#include "object_readers.h"

namespace irsa::admission {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

namespace {

Error MissingObject() { return {ErrorCode::kInvalid, "request.object is missing"}; }

// Whether the object has the label in metadata.labels. What is no map has none: an API object has just strings there.
bool HasLabel(simdjson::dom::element object, std::string_view label) {
  simdjson::dom::object labels;
  simdjson::dom::element value;
  return object["metadata"]["labels"].get(labels) == simdjson::SUCCESS && labels[label].get(value) == simdjson::SUCCESS;
}

}  // namespace

class ReviewReader::Document {
 public:
  Document(const std::string& annotation_prefix, EnvFrom env_from)
      : prefix(annotation_prefix + "/"), pods(annotation_prefix, env_from) {}

  JsonDocument json{kMaxReviewDepth};
  std::optional<simdjson::dom::element> object;  // of the request read last
  const std::string prefix;                      // of annotations, with the slash
  PodReader pods;
};

ReviewReader::ReviewReader(const std::string& annotation_prefix, EnvFrom env_from)
    : document_(std::make_unique<Document>(annotation_prefix, env_from)) {}

ReviewReader::~ReviewReader() = default;

Result<AdmissionRequest> ReviewReader::ReadRequest(std::string& review) {
  document_->object.reset();
  const auto root = document_->json.Parse(review);
  if (!root.ok()) return WithContext(root.error(), "admission review");
  const Result<ParsedReview> read = ReadReview(*root);
  if (!read.ok()) return WithContext(Error{ErrorCode::kMalformed, read.error().message}, "admission review");
  document_->object = read->object;
  return read->request;
}

Result<const identity::PodView*> ReviewReader::ReadPod() {
  if (!document_->object) return MissingObject();
  if (Status status = document_->pods.Read(*document_->object); !status.ok()) return std::move(status).error();
  return &document_->pods.view();
}

Result<std::vector<identity::Annotation>> ReviewReader::ReadAccountAnnotations() {
  if (!document_->object) return MissingObject();
  return admission::ReadAccountAnnotations(*document_->object, document_->prefix);
}

Result<PodTemplateView> ReviewReader::ReadPodTemplate(std::span<const std::string_view> path) {
  if (!document_->object) return MissingObject();
  simdjson::dom::element place = *document_->object;
  for (const std::string_view key : path) {
    std::array<Field, 1> fields{{{key}}};
    if (Status status = FindFields(place, Path("the object above the pod template"), fields); !status.ok()) {
      return std::move(status).error();
    }
    if (!fields[0].value) return Error{ErrorCode::kInvalid, std::string(key) + " is missing above the pod template"};
    place = *fields[0].value;
  }
  if (Status status = document_->pods.Read(place); !status.ok()) return std::move(status).error();
  if (Status status = CheckContainers(); !status.ok()) return std::move(status).error();
  return PodTemplateView{.pod = &document_->pods.view(), .opts_out = HasLabel(place, kOptOutLabel)};
}

Result<const identity::PodView*> ReviewReader::ReadPod(std::string& pod) {
  document_->object.reset();
  const auto root = document_->json.Parse(pod);
  if (!root.ok()) return root.error();
  document_->object = *root;
  Result<const identity::PodView*> read = ReadPod();
  if (!read.ok()) return read;
  if (Status status = CheckContainers(); !status.ok()) return std::move(status).error();
  return read;
}

Status ReviewReader::CheckContainers() const {
  const std::string& excess = document_->pods.excess();
  if (excess.empty()) return {};
  return Error{ErrorCode::kInvalid, excess};
}

size_t ReviewReader::capacity() const { return document_->json.capacity(); }

}  // namespace irsa::admission
