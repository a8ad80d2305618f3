#include "test/admission/pod_text.h"

#include <utility>
#include <vector>

namespace irsa::admission {
namespace {

using identity::ContainerView;
using identity::OptionalSource;
using identity::PodView;

void DescribeContainers(const PodView& pod, const std::vector<ContainerView>& containers, const char* kind,
                        std::string& out) {
  for (const ContainerView& container : containers) {
    out.append(kind).append(" ").append(container.name).append(":");
    for (const identity::VariableView& variable : pod.Env(container)) {
      out.append(" ").append(variable.name);
      if (variable.optional_source == OptionalSource::kSecret) out.append("?secret");
      if (variable.optional_source == OptionalSource::kConfigMap) out.append("?configMap");
    }
    for (const identity::MountView& mount : pod.Mounts(container)) {
      out.append(" ").append(mount.volume_name).append("@").append(mount.path).append(mount.is_read_only ? ":ro" : "");
    }
    for (const identity::EnvironmentSourceView& source : pod.Sources(container)) {
      out.append(" from ").append(source.prefix).append("*").append(source.config_map);
    }
    out += '\n';
  }
}

std::string Describe(const PodView& pod) {
  std::string out = "account " + std::string(pod.service_account_name) + "\n";
  if (pod.is_mirror) out += "mirror\n";
  if (pod.is_windows) out += "windows\n";
  for (const auto& [key, value] : pod.annotations) out.append(key).append("=").append(value).append("\n");
  DescribeContainers(pod, pod.init_containers, "init", out);
  DescribeContainers(pod, pod.containers, "container", out);
  for (const identity::VolumeView& volume : pod.volumes) {
    out.append("volume ").append(volume.name).append(volume.is_read_only ? ":ro" : "");
    for (const identity::TokenView& token : pod.Tokens(volume)) {
      out.append(" ").append(token.path).append(" for ").append(token.audience);
    }
    for (const identity::FieldFileView& file : pod.FieldFiles(volume)) {
      out.append(" ").append(file.path).append(" of ").append(file.field);
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string Read(ReviewReader& reader, std::string pod) {
  const Result<const PodView*> view = reader.ReadPod(pod);
  if (view.FailedWith(ErrorCode::kMalformed)) return "malformed: " + view.error().message;
  if (view.FailedWith(ErrorCode::kInvalid)) return "invalid: " + view.error().message;
  if (!view.ok()) return "another code: " + view.error().message;
  return Describe(**view);
}

std::string Read(std::string pod) {
  ReviewReader reader(kPrefix);
  return Read(reader, std::move(pod));
}

std::string Repeat(std::string_view element, size_t count) {
  std::string list(element);
  for (size_t i = 1; i < count; ++i) list.append(",").append(element);
  return list;
}

}  // namespace irsa::admission
