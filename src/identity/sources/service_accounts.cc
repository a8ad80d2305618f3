#include "irsa/identity/sources/service_accounts.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {
namespace {

using manifest::Object;
using manifest::Value;

constexpr size_t kMaxAnnotationKeyBytes = 317;  // a prefix of 253, a slash, a name of 63

Status CheckNames(const Object& object, std::string_view namespace_name) {
  if (object.name.empty()) return Error{ErrorCode::kInvalid, "a service account without a name"};
  if (object.name.find('/') != std::string::npos) {
    return Error{ErrorCode::kInvalid,
                 "service account " + base::Quoted(object.name, kMaxQuotedBytes) + ": not a name Kubernetes allows"};
  }
  if (!base::IsDnsLabel(namespace_name)) {
    return Error{ErrorCode::kInvalid, "service account " + object.name + ": " +
                                          base::Quoted(namespace_name, kMaxQuotedBytes) + " is not a namespace's name"};
  }
  return {};
}

// What to say of an annotation whose value is no string.
std::string NotAString(const std::string& key, const Value& value, std::string_view prefix) {
  const std::string text = base::Quoted(key, kMaxAnnotationKeyBytes) + " is not a string but ";
  const std::string nested = NestedAnnotation(key, value, prefix);
  if (nested.empty()) return text + "of type " + value.type_name() + ": quote it";
  return text + "a map: helm --set needs the dots escaped: " + nested;
}

// Points into `object`.
Result<std::vector<Annotation>> ReadAnnotations(const Value& object, std::string_view prefix) {
  std::vector<Annotation> annotations;
  const auto metadata = object.find("metadata");  // an object: it holds the name
  const auto map = metadata->find("annotations");
  if (map == metadata->end() || map->is_null()) return annotations;
  if (!map->is_object()) {
    return Error{ErrorCode::kInvalid, "its annotations are not a map but of type " + std::string(map->type_name())};
  }
  for (const auto& [key, value] : map->get_ref<const Value::object_t&>()) {
    if (!value.is_string() && !value.is_null()) {
      return Error{ErrorCode::kInvalid, "its annotation " + NotAString(key, value, prefix)};
    }
    annotations.push_back({key, value.is_null() ? std::string_view() : value.get_ref<const std::string&>()});
  }
  return annotations;
}

Result<IdentityIndex::Entry> ResolveEntry(const AccountName& name, const Value& service_account,
                                          const Settings& settings) {
  Result<std::vector<Annotation>> annotations = ReadAnnotations(service_account, settings.annotation_prefix);
  if (!annotations) return std::move(annotations).error();
  AccountIdentity identity = ResolveIdentity(name, *annotations, settings);
  if (!SaysAnything(identity)) return IdentityIndex::Entry();
  return IdentityIndex::Entry(std::make_shared<const AccountIdentity>(std::move(identity)));
}

Status AddServiceAccount(const Object& object, std::string_view namespace_name, const Settings& settings,
                         IdentityIndex& index) {
  if (Status status = CheckNames(object, namespace_name); !status) return status;
  const std::string account = "service account " + std::string(namespace_name) + "/" + object.name;
  Result<IdentityIndex::Entry> entry = ResolveEntry({namespace_name, object.name}, *object.value, settings);
  if (!entry) return base::WithContext(std::move(entry).error(), account);
  if (!index.Put(namespace_name, object.name, *std::move(entry))) {
    return Error{ErrorCode::kInvalid, account + " occurs twice"};
  }
  return {};
}

bool IsNamespace(const Object& object) {
  return object.kind == "Namespace" && (object.api_version.empty() || object.api_version == "v1");
}

Status AddNamespace(const Object& object, const Settings& settings, IdentityIndex& index) {
  if (!base::IsDnsLabel(object.name)) {
    return Error{ErrorCode::kInvalid,
                 "namespace " + base::Quoted(object.name, kMaxQuotedBytes) + ": not a name Kubernetes allows"};
  }
  const Result<std::vector<Annotation>> annotations = ReadAnnotations(*object.value, settings.annotation_prefix);
  if (!annotations) return base::WithContext(annotations.error(), "namespace " + object.name);
  NamespaceDefaults defaults = ResolveNamespace(*annotations, settings);
  if (!index.PutDefaults(object.name, std::make_shared<const NamespaceDefaults>(std::move(defaults)))) {
    return Error{ErrorCode::kInvalid, "namespace " + object.name + " occurs twice"};
  }
  return {};
}

}  // namespace

std::string NestedAnnotation(std::string_view key, const Value& value, std::string_view prefix) {
  std::string dotted(key);
  const Value* at = &value;
  while (at->is_object() && !at->empty() &&
         dotted.size() <= kMaxAnnotationKeyBytes) {  // of several annotations, the first
    dotted.append(".").append(at->begin().key());
    at = &*at->begin();
  }
  if (!value.is_object() || !dotted.starts_with(std::string(prefix) + "/")) return {};
  std::string escaped;
  for (const char c : base::Quoted(dotted, kMaxAnnotationKeyBytes))
    escaped.append(c == '.' ? "\\." : std::string(1, c));
  return escaped;
}

bool IsServiceAccount(const Object& object) {
  return object.kind == "ServiceAccount" && (object.api_version.empty() || object.api_version == "v1");
}

Result<IdentityIndex> IndexServiceAccounts(std::span<const Object> objects, std::string_view default_namespace,
                                           const Settings& settings) {
  IdentityIndex index;
  for (const Object& object : objects) {
    Status added;
    if (IsServiceAccount(object)) {
      added = AddServiceAccount(object, object.namespace_name.empty() ? default_namespace : object.namespace_name,
                                settings, index);
    } else if (settings.uses_default_roles && IsNamespace(object)) {
      added = AddNamespace(object, settings, index);
    }
    if (!added) return base::WithContext(std::move(added).error(), object.place);
  }
  return index;
}

}  // namespace irsa::identity
