// From a parsed review to its request, and from a parsed account or pod to what is read of it.
#pragma once

#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/admission/review_reader.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/pod_view.h"

#include "object_fields.h"

namespace irsa::admission {

struct ParsedReview {
  AdmissionRequest request;
  std::optional<simdjson::dom::element> object;  // as it came; none when absent or null
};

// kInvalid, naming the path, for what is no AdmissionReview with a request and a uid; kMalformed for a key twice.
base::Result<ParsedReview> ReadReview(simdjson::dom::element review);

// They point into the document. kInvalid, naming the path, where the account is read and has not an account's shape;
// kMalformed for a key twice there. `prefix` is the annotations', with the slash.
base::Result<std::vector<identity::Annotation>> ReadAccountAnnotations(simdjson::dom::element account,
                                                                       const std::string& prefix);

// Each object is walked once. Keeps the view's lists from one pod to the next; for one thread at a time.
class PodReader {
 public:
  // `annotation_prefix` without the slash.
  PodReader(std::string annotation_prefix, EnvFrom env_from);

  // kInvalid, naming the path, where the mutation reads the pod and it is not of a pod's shape; kMalformed for a key
  // twice there. What is absent or null is as if empty, but for the elements of lists.
  base::Status Read(simdjson::dom::element pod);

  // Of the last Read that succeeded; into the document.
  const identity::PodView& view() const { return view_; }
  // Which container is over the limit, so that it and those after it are not in the view; empty: none.
  const std::string& excess() const { return excess_; }

 private:
  base::Status ReadAnnotations(const Field& annotations, const Path& metadata);
  base::Status ReadLabels(const Field& labels, const Path& metadata);
  base::Status ReadMetadata(const Field& metadata, const Path& pod);
  base::Status ReadSpec(const Field& spec, const Path& pod);
  base::Status ReadOs(const Field& os, const Path& spec);
  base::Status ReadNodeSelector(const Field& selector, const Path& spec);
  base::Status ReadAffinity(const Field& affinity, const Path& spec);
  base::Status ReadContainers(const Field& list, const Path& spec, std::vector<identity::ContainerView>& out);
  base::Status ReadContainer(simdjson::dom::element value, const Path& path, identity::ContainerView& out);
  base::Status ReadVariable(simdjson::dom::element value, const Path& path);
  base::Status ReadSource(simdjson::dom::element value, const Path& path);
  base::Status ReadMount(simdjson::dom::element value, const Path& path);

  base::Status ReadVolume(simdjson::dom::element value, const Path& path);
  base::Status ReadProjectedSource(simdjson::dom::element value, const Path& path);
  base::Status ReadFieldFiles(simdjson::dom::element source, const Path& path);

  std::string prefix_;  // with the slash
  const EnvFrom env_from_;
  identity::PodView view_;
  std::string excess_;
  std::vector<std::string_view> keys_;  // of the annotations that are read
};

}  // namespace irsa::admission
