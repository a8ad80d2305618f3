// Reads an AdmissionReview (admission.k8s.io/v1 and v1beta1) as kube-apiserver sends it.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
//
// The text is walked once, and what the mutation needs comes out as plain views. What it does not need is passed over:
// of that, only UTF-8, the ends of strings and the number of brackets are checked, however deep it is.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "irsa/base/result.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/pod_view.h"

namespace irsa::admission {

// Views point into the text and the reader. They are valid until the reader's next Read, and while the text stays as it
// is.
struct AdmissionRequest {
  std::string_view api_version = {};  // "admission.k8s.io/v1" or "admission.k8s.io/v1beta1"
  std::string_view uid = {};
  std::string_view operation = {};  // "CREATE", …
  std::string_view group = {};      // of the resource; "" is core
  std::string_view version = {};    // of the resource: "v1"
  std::string_view resource = {};   // "pods", …
  std::string_view sub_resource = {};
  std::string_view namespace_name = {};
  std::string_view user_name = {};
};

// The pod template of a workload.
struct PodTemplateView {
  const identity::PodView* pod = nullptr;
  bool opts_out = false;  // has the label by which its pods are not sent to the webhook
};

// The label of pods that want no identity, whatever its value; EKS's webhook has it too.
inline constexpr std::string_view kOptOutLabel = "eks.amazonaws.com/skip-pod-identity-webhook";

// Whether the ConfigMaps of containers' envFrom are in a pod's view.
enum class EnvFrom { kIgnored, kRead };

// Reuses its buffers from one review to the next; for one thread at a time.
class ReviewReader {
 public:
  // `annotation_prefix` without the slash.
  explicit ReviewReader(const std::string& annotation_prefix, EnvFrom env_from = EnvFrom::kIgnored);
  ~ReviewReader();
  ReviewReader(const ReviewReader&) = delete;
  ReviewReader& operator=(const ReviewReader&) = delete;

  // kMalformed, with one sentence that says what is wrong and where: not valid JSON where it is read, a duplicate key
  // there, not an AdmissionReview with a request and a uid. May increase the capacity of `review`: the parser needs
  // padding after the text, and 64 spare bytes save a copy.
  Result<AdmissionRequest> ReadRequest(std::string& review);

  // The pod of the request just read. kInvalid, naming the path ("spec.containers is not a list but a string"), when a
  // part that the mutation reads does not have the shape of a pod's; kMalformed for a duplicate key there. The view
  // belongs to the reader and is valid until its next Read.
  Result<const identity::PodView*> ReadPod();

  // kInvalid when the pod just read has more containers than the 1,000 that are in its view, or more than 10,000
  // elements of another list: it must not be mutated.
  Status CheckLimits() const;

  // The annotations under the prefix of the service account of the request just read, in the document's order; errors
  // as ReadPod's.
  Result<std::span<const identity::Annotation>> ReadAccountAnnotations();

  // The object found in the request's object by going down `path` ({"spec", "template"}); errors as ReadPod's.
  Result<PodTemplateView> ReadPodTemplate(std::span<const std::string_view> path);

  // A pod by itself, for the offline command; both errors as above.
  Result<const identity::PodView*> ReadPod(std::string& pod);

  // What the buffers take, in bytes: they only grow, to what is read.
  size_t memory() const;

 private:
  class Document;
  std::unique_ptr<Document> document_;
};

}  // namespace irsa::admission
