#include "irsa/identity/sources/annotated_objects.h"

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/kube/api/object_view.h"
#include "irsa/kube/api/objects.h"

namespace irsa::identity {
namespace {

// etcd's limit for an object, and what JSON adds.
constexpr size_t kMaxAccountBytes = 4 << 20;

// "/api/v1/namespaces/team-a/serviceaccounts/app". The name can exist.
std::string PathOf(const AnnotatedKind& kind, const AccountName& name) {
  std::string path = "/api/v1/namespaces/" + base::EncodeComponent(name.namespace_name);
  if (kind.is_namespaced) {
    path.append("/").append(kind.resource).append("/").append(base::EncodeComponent(name.service_account));
  }
  return path;
}

}  // namespace

bool CanExist(const AnnotatedKind& kind, const AccountName& name) {
  if (!base::IsDnsLabel(name.namespace_name)) return false;
  return kind.is_namespaced ? base::IsDnsSubdomain(name.service_account) : name.service_account.empty();
}

std::string TextOf(const AnnotatedKind& kind, const AccountName& name) {
  std::string text(kind.noun);
  text.append(" ").append(name.namespace_name);
  if (kind.is_namespaced) text.append("/").append(name.service_account);
  return text;
}

Result<std::optional<FetchedAccount>> FetchAccount(kube::ApiServer& server, const AnnotatedObjects& objects,
                                                   const AccountName& name, base::SteadyTime deadline,
                                                   const std::stop_token& stop) {
  using Answer = std::optional<FetchedAccount>;
  kube::ApiRequest request;
  request.path = PathOf(objects.kind, name);
  request.deadline = deadline;
  request.max_answer_bytes = kMaxAccountBytes;
  request.stop = stop;
  const std::string what = "get " + TextOf(objects.kind, name);
  const Result<base::Json> json = kube::RequestObject(server, request, what);
  if (json.FailedWith(ErrorCode::kNotFound)) return Answer();
  if (!json.ok()) return Error{ErrorCode::kUnavailable, json.error().message};
  const Result<kube::ObjectView> object = kube::ViewObject(*json);
  if (!object.ok()) return Error{ErrorCode::kUnavailable, what + ": " + object.error().message};
  return Answer({.version = kube::VersionNumber(object->resource_version).value_or(0),
                 .annotations = AnnotationsUnder(objects.prefix, *json)});
}

}  // namespace irsa::identity
