#include "irsa/admission/review_reader.h"

#include <cassert>
#include <optional>
#include <utility>

#include "json_document.h"
#include "pod_reader.h"
#include "request_reader.h"

namespace irsa::admission {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

class ReviewReader::Document {
 public:
  explicit Document(std::string annotation_prefix) : pods(std::move(annotation_prefix)) {}

  JsonDocument json{kMaxReviewDepth};
  std::optional<simdjson::dom::element> object;  // of the request read last
  PodReader pods;
};

ReviewReader::ReviewReader(std::string annotation_prefix)
    : document_(std::make_unique<Document>(std::move(annotation_prefix))) {}

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

Result<const mutation::PodView*> ReviewReader::ReadPod() {
  if (!document_->object) return Error{ErrorCode::kInvalid, "request.object is missing"};
  if (Status status = document_->pods.Read(*document_->object); !status.ok()) return std::move(status).error();
  return &document_->pods.view();
}

Result<const mutation::PodView*> ReviewReader::ReadPod(std::string& pod) {
  const auto root = document_->json.Parse(pod);
  if (!root.ok()) return root.error();
  document_->object = *root;
  return ReadPod();
}

size_t ReviewReader::capacity() const { return document_->json.capacity(); }

}  // namespace irsa::admission
