#include "pod_reader.h"

#include <array>
#include <utility>

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using mutation::ContainerView;
using mutation::PodView;
using simdjson::dom::element;

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
constexpr std::string_view kDefaultServiceAccount = "default";
constexpr std::string_view kWindows = "windows";

// Each container may add some 500 bytes to the patch: without a bound, a review of half a million empty containers,
// which fits the body's limit, would be answered with a quarter of a gigabyte. A pod that etcd can hold has far fewer.
constexpr size_t kMaxContainers = 1000;

// Empties the lists without giving up their memory.
void Clear(PodView& view) {
  view.service_account_name = kDefaultServiceAccount;
  view.is_mirror = false;
  view.is_windows = false;
  view.annotations.clear();
  view.init_containers.clear();
  view.containers.clear();
  view.env_names.clear();
  view.mounts.clear();
  view.volume_names.clear();
}

// Appends the name of an element (a variable, a volume) to `names`.
Status ReadName(element value, const Path& path, std::vector<std::string_view>& names) {
  std::array<Field, 1> fields{{{"name"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  const Result<std::string_view> name = StringOf(fields[0], path);
  if (!name.ok()) return name.error();
  names.push_back(*name);
  return {};
}

}  // namespace

PodReader::PodReader(std::string annotation_prefix) : prefix_(std::move(annotation_prefix)) { prefix_ += '/'; }

Status PodReader::Read(element pod) {
  Clear(view_);
  const Path path("the pod");
  std::array<Field, 2> fields{{{"metadata"}, {"spec"}}};
  if (Status status = FindFields(pod, path, fields); !status.ok()) return status;
  if (Status status = ReadMetadata(fields[0], path); !status.ok()) return status;
  return ReadSpec(fields[1], path);
}

Status PodReader::ReadMetadata(const Field& metadata, const Path& pod) {
  if (!metadata.value) return {};
  const Path path(pod, metadata.key);
  std::array<Field, 1> fields{{{"annotations"}}};
  if (Status status = FindFields(*metadata.value, path, fields); !status.ok()) return status;
  return ReadAnnotations(fields[0], path);
}

Status PodReader::ReadAnnotations(const Field& annotations, const Path& metadata) {
  if (!annotations.value) return {};
  const Path path(metadata, annotations.key);
  simdjson::dom::object object;
  if (annotations.value->get(object) != simdjson::SUCCESS) return WrongType(path, "an object", *annotations.value);
  keys_.clear();
  for (const auto [key, value] : object) {
    const bool is_mirror = key == kMirrorAnnotation;
    const bool has_prefix = key.starts_with(prefix_);
    if (is_mirror) view_.is_mirror = true;
    if (is_mirror || has_prefix) keys_.push_back(key);
    if (!has_prefix) continue;
    std::string_view text;
    if (!value.is_null() && value.get(text) != simdjson::SUCCESS) return WrongType(Path(path, key), "a string", value);
    view_.annotations.push_back({key, text});
  }
  if (HasDuplicates(keys_)) return Error{ErrorCode::kMalformed, "a key that is read occurs twice in " + path.Text()};
  return {};
}

Status PodReader::ReadSpec(const Field& spec, const Path& pod) {
  if (!spec.value) return {};
  const Path path(pod, spec.key);
  std::array<Field, 6> fields{
      {{"serviceAccountName"}, {"os"}, {"nodeSelector"}, {"initContainers"}, {"containers"}, {"volumes"}}};
  if (Status status = FindFields(*spec.value, path, fields); !status.ok()) return status;
  const auto& [service_account_name, os, node_selector, init_containers, containers, volumes] = fields;
  const Result<std::string_view> account = StringOf(service_account_name, path);
  if (!account.ok()) return account.error();
  if (!account->empty()) view_.service_account_name = *account;
  if (Status status = ReadOs(os, path); !status.ok()) return status;
  if (Status status = ReadNodeSelector(node_selector, path); !status.ok()) return status;
  if (Status status = ReadContainers(init_containers, path, view_.init_containers); !status.ok()) return status;
  if (Status status = ReadContainers(containers, path, view_.containers); !status.ok()) return status;
  return ForEachElement(volumes, path,
                        [&](element volume, const Path& place) { return ReadName(volume, place, view_.volume_names); });
}

Status PodReader::ReadOs(const Field& os, const Path& spec) {
  if (!os.value) return {};
  const Path path(spec, os.key);
  std::array<Field, 1> fields{{{"name"}}};
  if (Status status = FindFields(*os.value, path, fields); !status.ok()) return status;
  const Result<std::string_view> name = StringOf(fields[0], path);
  if (!name.ok()) return name.error();
  if (*name == kWindows) view_.is_windows = true;
  return {};
}

Status PodReader::ReadNodeSelector(const Field& selector, const Path& spec) {
  if (!selector.value) return {};
  const Path path(spec, selector.key);
  std::array<Field, 2> fields{{{"kubernetes.io/os"}, {"beta.kubernetes.io/os"}}};
  if (Status status = FindFields(*selector.value, path, fields); !status.ok()) return status;
  for (const Field& field : fields) {
    const Result<std::string_view> os = StringOf(field, path);
    if (!os.ok()) return os.error();
    if (*os == kWindows) view_.is_windows = true;
  }
  return {};
}

Status PodReader::ReadContainers(const Field& list, const Path& spec, std::vector<ContainerView>& out) {
  return ForEachElement(list, spec, [&](element container, const Path& path) -> Status {
    if (out.size() == kMaxContainers) {
      return Error{ErrorCode::kInvalid, path.Text() + " is one container more than the limit of 1000"};
    }
    return ReadContainer(container, path, out.emplace_back());
  });
}

Status PodReader::ReadContainer(element value, const Path& path, ContainerView& out) {
  std::array<Field, 3> fields{{{"name"}, {"env"}, {"volumeMounts"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  const auto& [name_field, env, mounts] = fields;
  const Result<std::string_view> name = StringOf(name_field, path);
  if (!name.ok()) return name.error();
  out.name = *name;
  out.first_env = view_.env_names.size();
  if (Status status = ForEachElement(
          env, path, [&](element variable, const Path& place) { return ReadName(variable, place, view_.env_names); });
      !status.ok()) {
    return status;
  }
  out.env_count = view_.env_names.size() - out.first_env;
  out.first_mount = view_.mounts.size();
  if (Status status =
          ForEachElement(mounts, path, [&](element mount, const Path& place) { return ReadMount(mount, place); });
      !status.ok()) {
    return status;
  }
  out.mount_count = view_.mounts.size() - out.first_mount;
  return {};
}

Status PodReader::ReadMount(element value, const Path& path) {
  std::array<Field, 2> fields{{{"name"}, {"mountPath"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  const Result<std::string_view> name = StringOf(fields[0], path);
  if (!name.ok()) return name.error();
  const Result<std::string_view> mount_path = StringOf(fields[1], path);
  if (!mount_path.ok()) return mount_path.error();
  view_.mounts.push_back({*name, *mount_path});
  return {};
}

}  // namespace irsa::admission
