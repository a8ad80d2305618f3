// From a pod or a service account in a document to what is read of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/admission/review_reader.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/pod_view.h"

#include "object_reader.h"

namespace irsa::admission {

// Keeps the view's lists from one pod to the next; for one thread at a time. Errors as object_reader.h's, where the
// mutation reads the pod. What is absent or null is as if empty, but for the elements of lists.
class PodReader {
 public:
  // `annotation_prefix` without the slash.
  PodReader(std::string annotation_prefix, EnvFrom env_from);

  Status Read(Cursor& pod);
  // Only the annotations.
  Status ReadAccount(Cursor& account);

  // Of the last Read that succeeded; into the document.
  const identity::PodView& view() const { return view_; }
  // Which element of a list is over the limit, so that it and those after it are not in the view; empty: none.
  const std::string& excess() const { return excess_; }
  // Whether the pod has the label kOptOutLabel.
  bool opts_out() const { return opts_out_; }
  // What the lists take, in bytes.
  size_t memory() const;

 private:
  void Clear();
  // Whether a list of so many elements may have the one at `path`; if not, it is to be passed over.
  bool HasRoom(size_t count, size_t limit, std::string_view elements, const Path& path) {
    if (count >= limit) NoteExcess(limit, elements, path);
    return count < limit;
  }
  void NoteExcess(size_t limit, std::string_view elements, const Path& path);
  Status ReadMetadata(Cursor& json, const Path& path);
  Status ReadLabels(Cursor& json, const Path& path);
  Status ReadAnnotations(Cursor& json, const Path& path);
  Status ReadSpec(Cursor& json, const Path& path);
  Status ReadContainer(Cursor& json, const Path& path, std::vector<identity::ContainerView>& out);
  Status ReadVariable(Cursor& json, const Path& path);
  Status ReadSource(Cursor& json, const Path& path);
  Status ReadVolume(Cursor& json, const Path& path);
  Status ReadProjectedSources(Cursor& json, const Path& path);

  std::string prefix_;  // with the slash
  const EnvFrom env_from_;
  identity::PodView view_;
  std::string excess_;
  bool opts_out_ = false;
  std::vector<std::string_view> keys_;  // of the annotations that are read
};

}  // namespace irsa::admission
