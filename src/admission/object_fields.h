// One pass over a JSON object for the few members that are wanted, and errors that say where in the document they are.
#pragma once

#include <cstddef>
#include <optional>
#include <simdjson.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"

namespace irsa::admission {

// A place in the document: links of a chain on the stack, each outliving the next, made into text only for an error.
class Path {
 public:
  // The document itself; named only where it is itself what is wrong: "the pod".
  explicit Path(std::string_view root) : name_(root) {}
  Path(const Path& parent, std::string_view key) : parent_(&parent), name_(key) {}
  Path(const Path& parent, size_t index) : parent_(&parent), index_(index) {}

  // "spec.containers[2].env", "metadata.annotations[example.org/a]"; a key that no one could read is left out: "[...]".
  std::string Text() const;

 private:
  const Path* parent_ = nullptr;
  std::string_view name_;
  std::optional<size_t> index_;
};

struct Field {
  std::string_view key;
  std::optional<simdjson::dom::element> value = {};  // none when the member is absent or null
  bool is_present = false;
};

// Fills in `fields`, whose keys differ, from the members of `value`. kInvalid when that is no object, kMalformed when
// one of the keys occurs twice; others are passed over, however often they occur.
base::Status FindFields(simdjson::dom::element value, const Path& path, std::span<Field> fields);

// The same of the object in `field`, which may be absent: then nothing is filled in.
inline base::Status FindFieldsIn(const Field& field, const Path& path, std::span<Field> fields) {
  return field.value ? FindFields(*field.value, path, fields) : base::Status();
}

// Empty when there is no value; kInvalid when it is no string.
base::Result<std::string_view> StringOf(const Field& field, const Path& object);

// False when there is no value; kInvalid when it is no boolean.
base::Result<bool> BoolOf(const Field& field, const Path& object);

// kInvalid: "<path> is not <expected> but <the value's type>".
base::Error WrongType(const Path& path, std::string_view expected, simdjson::dom::element value);

// Whether a key occurs twice; sorts them. A sort rather than a search per key: an object may come with a hundred
// thousand annotations.
bool HasDuplicates(std::vector<std::string_view>& keys);

// Calls `read` (Status of element and path) for each element of the list until one fails. No value is an empty list;
// kInvalid when it is no list.
template <typename ReadElement>
base::Status ForEachElement(const Field& list, const Path& object, const ReadElement& read) {
  if (!list.value) return {};
  const Path path(object, list.key);
  simdjson::dom::array elements;
  if (list.value->get(elements) != simdjson::SUCCESS) return WrongType(path, "a list", *list.value);
  size_t index = 0;
  for (const simdjson::dom::element element : elements) {
    if (base::Status status = read(element, Path(path, index++)); !status.ok()) return status;
  }
  return {};
}

}  // namespace irsa::admission
