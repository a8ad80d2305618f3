#include "irsa/admission/review_reader.h"

#include <optional>
#include <utility>

#include "object_reader.h"
#include "pod_reader.h"

namespace irsa::admission {

namespace {

constexpr std::string_view kVersion1 = "admission.k8s.io/v1";
constexpr std::string_view kVersion1Beta1 = "admission.k8s.io/v1beta1";

Error MissingObject() { return {ErrorCode::kInvalid, "request.object is missing"}; }

// What is found by going down the path.
Status ReadBelow(Cursor& json, const Path& place, std::span<const std::string_view> path, const Reader& read) {
  if (path.empty()) return read(json, place);
  const auto read_below = [&](Cursor& below, const Path& at) { return ReadBelow(below, at, path.subspan(1), read); };
  return ReadObject(json, place, {{path.front(), read_below}});
}

}  // namespace

// The text that is read, and what is read of it.
class ReviewReader::Document {
 public:
  Document(const std::string& annotation_prefix, EnvFrom env_from) : pods(annotation_prefix, env_from) {}

  // All of the text is one value, which `read` reads.
  Status Read(std::string& text, const Path& path, const Reader& read) {
    object.reset();
    pod.reset();
    Result<Cursor> root = json.Parse(text);
    if (!root.ok()) return std::move(root).error();
    if (Status status = read(*root, path); !status.ok()) return status;
    return root->IsAtEnd() ? Status() : NotJson();
  }

  Status ReadReview(Cursor& review, const Path& path, AdmissionRequest& request) {
    std::string_view kind;
    bool has_request = false;
    const auto read_request = [&](Cursor& value, const Path& place) {
      has_request = true;
      return ReadRequest(value, place, request);
    };
    Status status =
        ReadObject(review, path, {{"apiVersion", request.api_version}, {"kind", kind}, {"request", read_request}});
    if (!status.ok()) return status;
    if (kind != "AdmissionReview") return Error{ErrorCode::kInvalid, "kind is not AdmissionReview"};
    if (request.api_version != kVersion1 && request.api_version != kVersion1Beta1) {
      return Error{ErrorCode::kInvalid, "apiVersion is neither admission.k8s.io/v1 nor admission.k8s.io/v1beta1"};
    }
    return has_request ? Status() : Error{ErrorCode::kInvalid, "request is missing"};
  }

  Status ReadRequest(Cursor& value, const Path& path, AdmissionRequest& request) {
    // Where kube-apiserver puts it, the object comes after the resource. So a pod is read in passing.
    const auto read_object = [&](Cursor& here, const Path&) {
      object = here;
      if (request.resource != "pods") return here.Skip();
      Cursor ahead = here;
      pod = pods.Read(ahead);
      if (!pod->ok()) return here.Skip();
      here = ahead;
      return Status();
    };
    Status status = ReadObject(
        value, path,
        {{"uid", request.uid},
         {"resource",
          ObjectOf({{"group", request.group}, {"version", request.version}, {"resource", request.resource}})},
         {"subResource", request.sub_resource},
         {"namespace", request.namespace_name},
         {"operation", request.operation},
         {"userInfo", ObjectOf({{"username", request.user_name}})},
         {"object", read_object}});
    if (status.ok() && request.uid.empty()) return Error{ErrorCode::kInvalid, "request.uid is missing"};
    return status;
  }

  JsonDocument json;
  std::optional<Cursor> object;  // of the request read last
  std::optional<Status> pod;     // of reading it as a pod, if it has been
  PodReader pods;
};

ReviewReader::ReviewReader(const std::string& annotation_prefix, EnvFrom env_from)
    : document_(std::make_unique<Document>(annotation_prefix, env_from)) {}

ReviewReader::~ReviewReader() = default;

Result<AdmissionRequest> ReviewReader::ReadRequest(std::string& review) {
  AdmissionRequest request;
  const auto read_review = [&](Cursor& json, const Path& path) { return document_->ReadReview(json, path, request); };
  const Status status = document_->Read(review, Path("the review"), read_review);
  if (!status.ok()) return WithContext(Error{ErrorCode::kMalformed, status.error().message}, "admission review");
  return request;
}

Result<const identity::PodView*> ReviewReader::ReadPod() {
  if (!document_->object) return MissingObject();
  if (!document_->pod) document_->pod = document_->pods.Read(*document_->object);
  if (!document_->pod->ok()) return document_->pod->error();
  return &document_->pods.view();
}

Result<std::span<const identity::Annotation>> ReviewReader::ReadAccountAnnotations() {
  if (!document_->object) return MissingObject();
  Cursor account = *document_->object;
  if (Status status = document_->pods.ReadAccount(account); !status.ok()) return std::move(status).error();
  return std::span<const identity::Annotation>(document_->pods.view().annotations);
}

Result<PodTemplateView> ReviewReader::ReadPodTemplate(std::span<const std::string_view> path) {
  if (!document_->object) return MissingObject();
  Cursor workload = *document_->object;
  PodReader& pods = document_->pods;
  bool is_found = false;
  const auto read_pod = [&](Cursor& json, const Path&) {
    is_found = true;
    return pods.Read(json);
  };
  Status status = ReadBelow(workload, Path("the object above the pod template"), path, read_pod);
  if (!status.ok()) return std::move(status).error();
  if (!is_found) return Error{ErrorCode::kInvalid, "the pod template is missing"};
  if (Status limits = CheckLimits(); !limits.ok()) return std::move(limits).error();
  return PodTemplateView{.pod = &pods.view(), .opts_out = pods.opts_out()};
}

Result<const identity::PodView*> ReviewReader::ReadPod(std::string& pod) {
  const auto read_pod = [this](Cursor& json, const Path&) { return document_->pods.Read(json); };
  if (Status status = document_->Read(pod, Path("the pod"), read_pod); !status.ok()) return std::move(status).error();
  if (Status status = CheckLimits(); !status.ok()) return std::move(status).error();
  return &document_->pods.view();
}

Status ReviewReader::CheckLimits() const {
  const std::string& excess = document_->pods.excess();
  if (excess.empty()) return {};
  return Error{ErrorCode::kInvalid, excess};
}

size_t ReviewReader::memory() const { return document_->json.memory() + document_->pods.memory(); }

}  // namespace irsa::admission
