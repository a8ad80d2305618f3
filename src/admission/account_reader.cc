#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "object_fields.h"
#include "object_readers.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

Result<std::vector<identity::Annotation>> ReadUnder(const std::string& prefix, const Field& annotations,
                                                    const Path& metadata) {
  std::vector<identity::Annotation> found;
  if (!annotations.value) return found;
  const Path path(metadata, annotations.key);
  simdjson::dom::object object;
  if (annotations.value->get(object) != simdjson::SUCCESS) return WrongType(path, "an object", *annotations.value);
  std::vector<std::string_view> keys;
  for (const auto [key, value] : object) {
    if (!key.starts_with(prefix)) continue;
    std::string_view text;
    if (!value.is_null() && value.get(text) != simdjson::SUCCESS) return WrongType(Path(path, key), "a string", value);
    keys.push_back(key);
    found.push_back({key, text});
  }
  if (HasDuplicates(keys)) return Error{ErrorCode::kMalformed, "duplicate key in " + path.Text()};
  return found;
}

}  // namespace

Result<std::vector<identity::Annotation>> ReadAccountAnnotations(simdjson::dom::element account,
                                                                 const std::string& prefix) {
  const Path root("the service account");
  std::array<Field, 1> members{{{"metadata"}}};
  if (Status status = FindFields(account, root, members); !status.ok()) return std::move(status).error();
  if (!members[0].value) return std::vector<identity::Annotation>();
  const Path path(root, members[0].key);
  std::array<Field, 1> fields{{{"annotations"}}};
  if (Status status = FindFields(*members[0].value, path, fields); !status.ok()) return std::move(status).error();
  return ReadUnder(prefix, fields[0], path);
}

}  // namespace irsa::admission
