#include "account_reader.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "object_fields.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Status ReadAnnotations(const Field& annotations, const Path& metadata, const std::string& prefix,
                       std::vector<mutation::Annotation>& out) {
  if (!annotations.value) return {};
  const Path path(metadata, annotations.key);
  simdjson::dom::object object;
  if (annotations.value->get(object) != simdjson::SUCCESS) return WrongType(path, "an object", *annotations.value);
  std::vector<std::string_view> keys;
  for (const auto [key, value] : object) {
    if (!key.starts_with(prefix)) continue;
    std::string_view text;
    if (!value.is_null() && value.get(text) != simdjson::SUCCESS) return WrongType(Path(path, key), "a string", value);
    keys.push_back(key);
    out.push_back({key, text});
  }
  if (HasDuplicates(keys)) return Error{ErrorCode::kMalformed, "a key that is read occurs twice in " + path.Text()};
  return {};
}

}  // namespace

Result<ServiceAccountView> ReadAccount(simdjson::dom::element account, const std::string& prefix) {
  const Path root("the service account");
  std::array<Field, 1> members{{{"metadata"}}};
  if (Status status = FindFields(account, root, members); !status.ok()) return std::move(status).error();
  ServiceAccountView view;
  if (!members[0].value) return view;
  const Path path(root, members[0].key);
  std::array<Field, 2> fields{{{"name"}, {"annotations"}}};
  if (Status status = FindFields(*members[0].value, path, fields); !status.ok()) return std::move(status).error();
  const Result<std::string_view> name = StringOf(fields[0], path);
  if (!name.ok()) return name.error();
  view.name = *name;
  if (Status status = ReadAnnotations(fields[1], path, prefix, view.annotations); !status.ok()) {
    return std::move(status).error();
  }
  return view;
}

}  // namespace irsa::admission
