#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "object_fields.h"
#include "object_readers.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

constexpr std::string_view kVersion1 = "admission.k8s.io/v1";
constexpr std::string_view kVersion1Beta1 = "admission.k8s.io/v1beta1";

// A field that is to be a string, and where its text goes.
struct Target {
  const Field& field;
  std::string_view& text;
};

Status ReadStrings(std::initializer_list<Target> targets, const Path& object) {
  for (const auto& [field, text] : targets) {
    const Result<std::string_view> value = StringOf(field, object);
    if (!value.ok()) return value.error();
    text = *value;
  }
  return {};
}

Status ReadResource(const Field& resource, const Path& parent, AdmissionRequest& out) {
  if (!resource.value) return {};
  const Path path(parent, resource.key);
  std::array<Field, 3> fields{{{"group"}, {"version"}, {"resource"}}};
  if (Status status = FindFields(*resource.value, path, fields); !status.ok()) return status;
  return ReadStrings({{fields[0], out.group}, {fields[1], out.version}, {fields[2], out.resource}}, path);
}

Status ReadUser(const Field& user, const Path& parent, AdmissionRequest& out) {
  if (!user.value) return {};
  const Path path(parent, user.key);
  std::array<Field, 1> fields{{{"username"}}};
  if (Status status = FindFields(*user.value, path, fields); !status.ok()) return status;
  return ReadStrings({{fields[0], out.user_name}}, path);
}

Status ReadMembers(simdjson::dom::element request, const Path& path, ParsedReview& out) {
  std::array<Field, 7> fields{
      {{"uid"}, {"operation"}, {"resource"}, {"subResource"}, {"namespace"}, {"userInfo"}, {"object"}}};
  if (Status status = FindFields(request, path, fields); !status.ok()) return status;
  const auto& [uid, operation, resource, sub_resource, namespace_name, user, object] = fields;
  if (Status status = ReadStrings({{uid, out.request.uid},
                                   {operation, out.request.operation},
                                   {sub_resource, out.request.sub_resource},
                                   {namespace_name, out.request.namespace_name}},
                                  path);
      !status.ok()) {
    return status;
  }
  if (out.request.uid.empty()) return Error{ErrorCode::kInvalid, "request.uid is missing"};
  out.object = object.value;
  if (Status status = ReadResource(resource, path, out.request); !status.ok()) return status;
  return ReadUser(user, path, out.request);
}

}  // namespace

Result<ParsedReview> ReadReview(simdjson::dom::element review) {
  const Path path("the review");
  std::array<Field, 3> fields{{{"apiVersion"}, {"kind"}, {"request"}}};
  if (Status status = FindFields(review, path, fields); !status.ok()) return std::move(status).error();
  ParsedReview out;
  std::string_view kind;
  if (Status status = ReadStrings({{fields[0], out.request.api_version}, {fields[1], kind}}, path); !status.ok()) {
    return std::move(status).error();
  }
  if (kind != "AdmissionReview") return Error{ErrorCode::kInvalid, "kind is not AdmissionReview"};
  if (out.request.api_version != kVersion1 && out.request.api_version != kVersion1Beta1) {
    return Error{ErrorCode::kInvalid, "apiVersion is neither admission.k8s.io/v1 nor admission.k8s.io/v1beta1"};
  }
  if (!fields[2].value) return Error{ErrorCode::kInvalid, "request is missing"};
  if (Status status = ReadMembers(*fields[2].value, Path(path, "request"), out); !status.ok()) {
    return std::move(status).error();
  }
  return out;
}

}  // namespace irsa::admission
