#include "irsa/identity/rules/session_name.h"

#include <algorithm>

#include "irsa/iam/arn.h"

#include "fitting.h"

namespace irsa::identity {
namespace {

constexpr size_t kMaxTemplateBytes = 256;
constexpr std::string_view kPod = "{pod}";
constexpr std::string_view kNamespace = "{namespace}";
constexpr std::string_view kServiceAccount = "{service-account}";

// Appends what `text` begins with, and takes it off; false when that is nothing of a template.
bool TakePart(std::string_view& text, const AccountName& account, std::string& out) {
  struct Placeholder {
    std::string_view name;
    std::string_view value;
  };
  for (const Placeholder& placeholder :
       {Placeholder{kNamespace, account.namespace_name}, Placeholder{kServiceAccount, account.service_account},
        Placeholder{kPod, kPod}}) {
    if (!text.starts_with(placeholder.name)) continue;
    out.append(placeholder.value);
    text.remove_prefix(placeholder.name.size());
    return true;
  }
  if (!iam::IsNameCharacter(text.front())) return false;
  out.push_back(text.front());
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<SessionName> ParseSessionName(const AccountName& account, std::string_view key, std::string_view value,
                                            std::vector<Warning>& warnings) {
  SessionName name;
  bool is_template = value.size() <= kMaxTemplateBytes;
  for (std::string_view rest = value; is_template && !rest.empty();) is_template = TakePart(rest, account, name.text);
  if (!is_template) {
    warnings.push_back(AboutValue(WarningReason::kIgnoredValue, key, value,
                                  "must be letters, digits, _+=,.@- and placeholders; ignored"));
    return std::nullopt;
  }
  name.otherwise.append(account.namespace_name).append(".").append(account.service_account);
  name.otherwise.resize(std::min(name.otherwise.size(), kMaxSessionNameBytes));
  return name;
}

PodSessionName SessionNameFor(const SessionName& name, size_t longest_pod_name) {
  PodSessionName result;
  size_t bytes = 0;
  for (std::string_view rest = name.text; !rest.empty();) {
    if (rest.starts_with(kPod)) {
      result.needs_pod_name = true;
      result.value.append("$(").append(kPodNameVariable).append(")");
      bytes += longest_pod_name;
      rest.remove_prefix(kPod.size());
    } else {
      result.value.push_back(rest.front());
      rest.remove_prefix(1);
      ++bytes;
    }
  }
  const bool is_known = !result.needs_pod_name || longest_pod_name > 0;
  if (!is_known || (bytes >= kMinSessionNameBytes && bytes <= kMaxSessionNameBytes)) return result;
  return {.value = name.otherwise, .needs_pod_name = false, .does_not_fit = true};
}

}  // namespace irsa::identity
