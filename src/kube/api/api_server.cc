#include "irsa/kube/api/api_server.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"

namespace irsa::kube {
namespace {

// Of a Status object's message: a refusal by an admission plug-in can quote a whole object.
constexpr size_t kMaxMessage = 1024;

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
    case 422:
      return ErrorCode::kInvalid;
    case 401:
    case 403:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 413:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kUnavailable;
  }
}

// The message of the Status object that an apiserver's refusal carries; "" for any other body, such as a proxy's page.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
std::string StatusMessage(std::string_view body) {
  const auto json = base::ReadJson(body);
  if (!json.ok() || base::TextAt(*json, {"kind"}) != "Status") return "";
  return base::Shortened(std::string(base::TextAt(*json, {"message"})), kMaxMessage);
}

}  // namespace

const VerbText& TextOf(Verb verb) {
  static constexpr std::array<VerbText, 7> kTexts = {{{"get", "GET", kJsonType},
                                                      {"list", "GET", kJsonType},
                                                      {"watch", "GET", kJsonType},
                                                      {"create", "POST", kJsonType},
                                                      {"update", "PUT", kJsonType},
                                                      {"patch", "PATCH", "application/merge-patch+json"},
                                                      // JSON is YAML.
                                                      {"apply", "PATCH", "application/apply-patch+yaml"}}};
  return kTexts.at(static_cast<size_t>(verb));
}

Result<std::string> BodyOf(Result<ApiAnswer> answer, std::string_view what) {
  if (!answer.ok()) return base::WithContext(std::move(answer).error(), what);
  if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
  std::string message = "the apiserver answered " + std::to_string(answer->status);
  if (const std::string reason = StatusMessage(answer->body); !reason.empty()) message += ": " + reason;
  return base::WithContext({CodeOf(answer->status), std::move(message)}, what);
}

}  // namespace irsa::kube
