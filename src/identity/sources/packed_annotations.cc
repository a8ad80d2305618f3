#include "irsa/identity/sources/packed_annotations.h"

#include <cstdint>
#include <cstring>

#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

using Size = uint32_t;  // an object's annotations are 256 KiB at most

void AppendText(std::string_view text, std::string& bytes) {
  const auto size = static_cast<Size>(text.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes.append(text);
}

std::string_view TakeText(std::string_view& bytes) {
  Size size = 0;
  std::memcpy(&size, bytes.data(), sizeof(size));
  const std::string_view text = bytes.substr(sizeof(size), size);
  bytes.remove_prefix(sizeof(size) + size);
  return text;
}

}  // namespace

void PackedAnnotations::Add(const Annotation& annotation) {
  AppendText(annotation.key, bytes_);
  AppendText(annotation.value, bytes_);
}

std::vector<Annotation> PackedAnnotations::Unpack() const {
  std::vector<Annotation> annotations;
  for (std::string_view rest = bytes_; !rest.empty();) {
    const std::string_view key = TakeText(rest);
    annotations.push_back({key, TakeText(rest)});
  }
  return annotations;
}

PackedAnnotations AnnotationsUnder(std::string_view prefix, const base::Json& object) {
  PackedAnnotations packed;
  const base::Json* annotations = base::At(object, {"metadata", "annotations"});
  if (annotations == nullptr || !annotations->is_object()) return packed;
  for (const auto& [key, value] : annotations->get_ref<const base::Json::object_t&>()) {
    if (!AnnotationName(key, prefix)) continue;
    packed.Add({key, value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view()});
  }
  return packed;
}

}  // namespace irsa::identity
