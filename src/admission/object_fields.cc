#include "object_fields.h"

#include <algorithm>
#include <cstdint>

#include "irsa/base/text.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::IsAlphanumeric;
using simdjson::dom::element;
using simdjson::dom::element_type;

bool IsIdentifier(std::string_view key) { return std::all_of(key.begin(), key.end(), IsAlphanumeric); }

// The characters of Kubernetes' qualified names, at most as long as those with the longest prefix.
bool IsQualifiedName(std::string_view key) {
  constexpr size_t kMaxLength = 253 + 1 + 63;
  constexpr std::string_view kPunctuation = "-_./";
  return key.size() <= kMaxLength && std::all_of(key.begin(), key.end(), [&](char c) {
           return IsAlphanumeric(c) || kPunctuation.find(c) != std::string_view::npos;
         });
}

std::string_view TypeName(element value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace

std::string Path::Text() const {
  if (parent_ == nullptr) return std::string(name_);
  std::string text = parent_->parent_ == nullptr ? "" : parent_->Text();
  if (index_) return text.append("[").append(std::to_string(*index_)).append("]");
  if (!IsIdentifier(name_)) return text.append("[").append(IsQualifiedName(name_) ? name_ : "...").append("]");
  return text.append(text.empty() ? "" : ".").append(name_);
}

base::Status FindFields(element value, const Path& path, std::span<Field> fields) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return WrongType(path, "an object", value);
  uint64_t sizes = 0;  // a bit for each size that a key may have, up to 63
  for (const Field& wanted : fields) sizes |= uint64_t{1} << (wanted.key.size() % 64);
  for (const simdjson::dom::key_value_pair member : object) {
    // Most keys are none of those wanted, which their sizes tell; comparing the texts takes a call.
    if ((sizes >> (member.key.size() % 64) & 1) == 0) continue;
    const auto field = std::find_if(fields.begin(), fields.end(), [key = member.key](const Field& wanted) {
      return wanted.key.size() == key.size() && wanted.key.front() == key.front() &&
             std::equal(key.begin(), key.end(), wanted.key.begin());
    });
    if (field == fields.end()) continue;
    if (field->is_present) return Error{ErrorCode::kMalformed, Path(path, field->key).Text() + " occurs twice"};
    field->is_present = true;
    if (!member.value.is_null()) field->value = member.value;
  }
  return {};
}

base::Result<std::string_view> StringOf(const Field& field, const Path& object) {
  std::string_view text;
  if (field.value && field.value->get(text) != simdjson::SUCCESS) {
    return WrongType(Path(object, field.key), "a string", *field.value);
  }
  return text;
}

base::Result<bool> BoolOf(const Field& field, const Path& object) {
  bool value = false;
  if (field.value && field.value->get(value) != simdjson::SUCCESS) {
    return WrongType(Path(object, field.key), "a boolean", *field.value);
  }
  return value;
}

bool HasDuplicates(std::vector<std::string_view>& keys) {
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

base::Error WrongType(const Path& path, std::string_view expected, element value) {
  return {ErrorCode::kInvalid, path.Text().append(" is not ").append(expected).append(" but ").append(TypeName(value))};
}

}  // namespace irsa::admission
