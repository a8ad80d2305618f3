#include "kubeconfig_entry.h"

#include <utility>

#include "irsa/base/base64.h"

namespace irsa::kube {

using manifest::Value;

const Value* Member(const Value& map, const char* key) {
  if (!map.is_object()) return nullptr;
  const auto member = map.find(key);
  return member == map.end() || member->is_null() ? nullptr : &*member;
}

bool IsSet(const Value* value) {
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_string()) return !value->get_ref<const std::string&>().empty();
  return !value->is_structured() || !value->empty();
}

KubeconfigEntry::KubeconfigEntry(const Value* fields, std::string place, std::filesystem::path folder)
    : fields_(fields), place_(std::move(place)), folder_(std::move(folder)) {}

std::string KubeconfigEntry::Text(const char* key) {
  const Value* value = Find(key);
  if (value == nullptr) return "";
  if (value->is_string()) return value->get<std::string>();
  Refuse(std::string(key) + " is not a string but of type " + value->type_name());
  return "";
}

TextSource KubeconfigEntry::File(const char* path_key) {
  const std::string path = Text(path_key);
  return {"", path.empty() ? "" : (folder_ / path).lexically_normal().string()};
}

TextSource KubeconfigEntry::FileOrData(const char* path_key, const char* data_key) {
  std::string data = Text(data_key);
  std::erase_if(data, [](char c) { return c == '\n' || c == '\r'; });  // as Go's decoder skips them
  auto text = base::DecodeBase64(data);
  if (!text.ok()) Refuse(std::string(data_key) + " is not base64");
  if (!text.ok() || text->empty()) return File(path_key);
  return {*std::move(text), ""};
}

void KubeconfigEntry::RefuseAll(std::span<const Unsupported> unsupported) {
  for (const Unsupported& field : unsupported) {
    if (IsSet(Find(field.key))) Refuse(std::string(field.key) + ": " + field.advice);
  }
}

void KubeconfigEntry::Refuse(std::string reason) {
  if (status_.ok()) status_ = Error{ErrorCode::kInvalid, place_ + ": " + std::move(reason)};
}

}  // namespace irsa::kube
