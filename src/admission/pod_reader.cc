#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "object_readers.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using identity::ContainerView;
using identity::PodView;
using simdjson::dom::element;

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
constexpr std::string_view kDefaultServiceAccount = "default";
constexpr std::string_view kWindows = "windows";
constexpr std::string_view kOsLabel = "kubernetes.io/os";
constexpr std::string_view kOldOsLabel = "beta.kubernetes.io/os";
constexpr std::string_view kReadBySdks = "AWS_";  // how the variables begin of which more than the name matters

// Each container may add some 500 bytes to the patch: without a bound, a review of half a million empty containers,
// which fits the body's limit, would be answered with a quarter of a gigabyte. A pod that etcd can hold has far fewer.
constexpr size_t kMaxContainers = 1000;

// Empties the lists without giving up their memory.
void Clear(PodView& view) {
  view.service_account_name = kDefaultServiceAccount;
  view.longest_name = 0;
  view.is_mirror = false;
  view.is_windows = false;
  view.has_metadata = false;
  view.has_labels = false;
  view.has_annotations = false;
  view.pod_identity_label.reset();
  view.annotations.clear();
  view.init_containers.clear();
  view.containers.clear();
  view.variables.clear();
  view.mounts.clear();
  view.sources.clear();
  view.volumes.clear();
  view.tokens.clear();
  view.field_files.clear();
}

// Whether a term of a node selector wants Windows: an expression `kubernetes.io/os In [windows]`, with no other value.
Result<bool> IsWindowsTerm(element term, const Path& path) {
  std::array<Field, 1> fields{{{"matchExpressions"}}};
  if (Status status = FindFields(term, path, fields); !status.ok()) return status.error();
  bool is_windows = false;
  Status read = ForEachElement(fields[0], path, [&](element expression, const Path& place) -> Status {
    std::array<Field, 3> parts{{{"key"}, {"operator"}, {"values"}}};
    if (Status status = FindFields(expression, place, parts); !status.ok()) return status;
    const Result<std::string_view> key = StringOf(parts[0], place);
    if (!key.ok()) return key.error();
    const Result<std::string_view> op = StringOf(parts[1], place);
    if (!op.ok()) return op.error();
    size_t values = 0;
    size_t windows = 0;
    Status status = ForEachElement(parts[2], place, [&](element value, const Path& at) -> Status {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return WrongType(at, "a string", value);
      ++values;
      if (text == kWindows) ++windows;
      return {};
    });
    if (!status.ok()) return status;
    is_windows |= (*key == kOsLabel || *key == kOldOsLabel) && *op == "In" && values > 0 && windows == values;
    return {};
  });
  if (!read.ok()) return read.error();
  return is_windows;
}

// A name that is no text is none: it is not for irsa to refuse.
size_t LengthOf(const Field& field) {
  std::string_view text;
  return field.value && field.value->get(text) == simdjson::SUCCESS ? text.size() : 0;
}

// The apiserver cuts a name to generate from, and puts 5 characters behind it.
// https://github.com/kubernetes/apiserver/blob/master/pkg/storage/names/generate.go
size_t LongestName(const Field& name, const Field& generate_name) {
  constexpr size_t kMaxBase = 58;
  constexpr size_t kRandom = 5;
  if (const size_t given = LengthOf(name); given > 0) return given;
  const size_t base = LengthOf(generate_name);
  return base == 0 ? 0 : std::min(base, kMaxBase) + kRandom;
}

}  // namespace

PodReader::PodReader(std::string annotation_prefix, EnvFrom env_from)
    : prefix_(std::move(annotation_prefix)), env_from_(env_from) {
  prefix_ += '/';
}

Status PodReader::Read(element pod) {
  Clear(view_);
  excess_.clear();
  const Path path("the pod");
  std::array<Field, 2> fields{{{"metadata"}, {"spec"}}};
  if (Status status = FindFields(pod, path, fields); !status.ok()) return status;
  if (Status status = ReadMetadata(fields[0], path); !status.ok()) return status;
  return ReadSpec(fields[1], path);
}

Status PodReader::ReadMetadata(const Field& metadata, const Path& pod) {
  if (!metadata.value) return {};
  const Path path(pod, metadata.key);
  std::array<Field, 4> fields{{{"annotations"}, {"labels"}, {"name"}, {"generateName"}}};
  if (Status status = FindFields(*metadata.value, path, fields); !status.ok()) return status;
  view_.has_metadata = true;
  view_.longest_name = LongestName(fields[2], fields[3]);
  if (Status status = ReadLabels(fields[1], path); !status.ok()) return status;
  return ReadAnnotations(fields[0], path);
}

Status PodReader::ReadLabels(const Field& labels, const Path& metadata) {
  if (!labels.value) return {};
  const Path path(metadata, labels.key);
  std::array<Field, 1> fields{{{identity::kPodIdentityLabel}}};
  if (Status status = FindFields(*labels.value, path, fields); !status.ok()) return status;
  view_.has_labels = true;
  const Result<std::string_view> label = StringOf(fields[0], path);
  if (!label.ok()) return label.error();
  if (fields[0].is_present) view_.pod_identity_label = *label;
  return {};
}

Status PodReader::ReadAnnotations(const Field& annotations, const Path& metadata) {
  if (!annotations.value) return {};
  const Path path(metadata, annotations.key);
  simdjson::dom::object object;
  if (annotations.value->get(object) != simdjson::SUCCESS) return WrongType(path, "an object", *annotations.value);
  view_.has_annotations = true;
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
  if (HasDuplicates(keys_)) return Error{ErrorCode::kMalformed, "duplicate key in " + path.Text()};
  return {};
}

Status PodReader::ReadSpec(const Field& spec, const Path& pod) {
  if (!spec.value) return {};
  const Path path(pod, spec.key);
  std::array<Field, 7> fields{{{"serviceAccountName"},
                               {"os"},
                               {"nodeSelector"},
                               {"affinity"},
                               {"initContainers"},
                               {"containers"},
                               {"volumes"}}};
  if (Status status = FindFields(*spec.value, path, fields); !status.ok()) return status;
  const auto& [service_account_name, os, node_selector, affinity, init_containers, containers, volumes] = fields;
  const Result<std::string_view> account = StringOf(service_account_name, path);
  if (!account.ok()) return account.error();
  if (!account->empty()) view_.service_account_name = *account;
  if (Status status = ReadOs(os, path); !status.ok()) return status;
  if (Status status = ReadNodeSelector(node_selector, path); !status.ok()) return status;
  if (Status status = ReadAffinity(affinity, path); !status.ok()) return status;
  if (Status status = ReadContainers(init_containers, path, view_.init_containers); !status.ok()) return status;
  if (Status status = ReadContainers(containers, path, view_.containers); !status.ok()) return status;
  return ForEachElement(volumes, path, [&](element volume, const Path& place) { return ReadVolume(volume, place); });
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
  std::array<Field, 2> fields{{{kOsLabel}, {kOldOsLabel}}};
  if (Status status = FindFields(*selector.value, path, fields); !status.ok()) return status;
  for (const Field& field : fields) {
    const Result<std::string_view> os = StringOf(field, path);
    if (!os.ok()) return os.error();
    if (*os == kWindows) view_.is_windows = true;
  }
  return {};
}

// Of the terms a node has to match one.
Status PodReader::ReadAffinity(const Field& affinity, const Path& spec) {
  if (!affinity.value) return {};
  const Path path(spec, affinity.key);
  std::array<Field, 1> kinds{{{"nodeAffinity"}}};
  if (Status status = FindFields(*affinity.value, path, kinds); !status.ok()) return status;
  const Path node_path(path, kinds[0].key);
  std::array<Field, 1> rules{{{"requiredDuringSchedulingIgnoredDuringExecution"}}};
  if (Status status = FindFieldsIn(kinds[0], node_path, rules); !status.ok()) return status;
  const Path required_path(node_path, rules[0].key);
  std::array<Field, 1> required{{{"nodeSelectorTerms"}}};
  if (Status status = FindFieldsIn(rules[0], required_path, required); !status.ok()) return status;
  size_t terms = 0;
  size_t windows = 0;
  Status read = ForEachElement(required[0], required_path, [&](element term, const Path& place) -> Status {
    const Result<bool> is_windows = IsWindowsTerm(term, place);
    if (!is_windows.ok()) return is_windows.error();
    ++terms;
    if (*is_windows) ++windows;
    return {};
  });
  if (!read.ok()) return read;
  if (terms > 0 && windows == terms) view_.is_windows = true;
  return {};
}

Status PodReader::ReadContainers(const Field& list, const Path& spec, std::vector<ContainerView>& out) {
  return ForEachElement(list, spec, [&](element container, const Path& path) -> Status {
    if (out.size() == kMaxContainers) {
      if (excess_.empty()) excess_ = path.Text() + " exceeds the limit of 1000 containers";
      return {};
    }
    return ReadContainer(container, path, out.emplace_back());
  });
}

Status PodReader::ReadContainer(element value, const Path& path, ContainerView& out) {
  std::array<Field, 4> fields{{{"name"}, {"env"}, {"volumeMounts"}, {"envFrom"}}};
  const size_t wanted = env_from_ == EnvFrom::kRead ? fields.size() : fields.size() - 1;
  if (Status status = FindFields(value, path, std::span(fields).first(wanted)); !status.ok()) return status;
  const auto& [name_field, env, mounts, sources] = fields;
  const Result<std::string_view> name = StringOf(name_field, path);
  if (!name.ok()) return name.error();
  out.name = *name;
  // The elements of a list stand behind each other in one of the view's lists.
  const auto read_all = [&](const Field& list, const auto& elements, size_t& first, size_t& count,
                            const auto& read) -> Status {
    first = elements.size();
    Status status = ForEachElement(list, path, read);
    count = elements.size() - first;
    return status;
  };
  const auto read_variable = [this](element each, const Path& place) { return ReadVariable(each, place); };
  if (Status status = read_all(env, view_.variables, out.first_env, out.env_count, read_variable); !status.ok()) {
    return status;
  }
  const auto read_mount = [this](element each, const Path& place) { return ReadMount(each, place); };
  if (Status status = read_all(mounts, view_.mounts, out.first_mount, out.mount_count, read_mount); !status.ok()) {
    return status;
  }
  const auto read_source = [this](element each, const Path& place) { return ReadSource(each, place); };
  return read_all(sources, view_.sources, out.first_source, out.source_count, read_source);
}

// A Secret is passed over.
Status PodReader::ReadSource(element value, const Path& path) {
  std::array<Field, 2> fields{{{"prefix"}, {"configMapRef"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  if (!fields[1].value) return {};
  const Result<std::string_view> prefix = StringOf(fields[0], path);
  if (!prefix.ok()) return prefix.error();
  const Path reference_path(path, fields[1].key);
  std::array<Field, 1> reference{{{"name"}}};
  if (Status status = FindFields(*fields[1].value, reference_path, reference); !status.ok()) return status;
  const Result<std::string_view> name = StringOf(reference[0], reference_path);
  if (!name.ok()) return name.error();
  view_.sources.push_back({*name, *prefix});
  return {};
}

Status PodReader::ReadVariable(element value, const Path& path) {
  std::array<Field, 2> fields{{{"name"}, {"valueFrom"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  const Result<std::string_view> name = StringOf(fields[0], path);
  if (!name.ok()) return name.error();
  identity::VariableView& variable = view_.variables.emplace_back();
  variable.name = *name;
  if (!fields[1].value || !name->starts_with(kReadBySdks)) return {};
  const Path from_path(path, fields[1].key);
  std::array<Field, 2> sources{{{"secretKeyRef"}, {"configMapKeyRef"}}};
  if (Status status = FindFields(*fields[1].value, from_path, sources); !status.ok()) return status;
  for (const Field& source : sources) {
    const Path source_path(from_path, source.key);
    std::array<Field, 1> optional{{{"optional"}}};
    if (Status status = FindFieldsIn(source, source_path, optional); !status.ok()) return status;
    const Result<bool> is_optional = BoolOf(optional[0], source_path);
    if (!is_optional.ok()) return is_optional.error();
    if (!*is_optional) continue;
    variable.optional_source =
        &source == &sources[0] ? identity::OptionalSource::kSecret : identity::OptionalSource::kConfigMap;
  }
  return {};
}

Status PodReader::ReadMount(element value, const Path& path) {
  std::array<Field, 3> fields{{{"name"}, {"mountPath"}, {"readOnly"}}};
  if (Status status = FindFields(value, path, fields); !status.ok()) return status;
  const Result<std::string_view> name = StringOf(fields[0], path);
  if (!name.ok()) return name.error();
  const Result<std::string_view> mount_path = StringOf(fields[1], path);
  if (!mount_path.ok()) return mount_path.error();
  const Result<bool> is_read_only = BoolOf(fields[2], path);
  if (!is_read_only.ok()) return is_read_only.error();
  view_.mounts.push_back({*name, *mount_path, *is_read_only});
  return {};
}

}  // namespace irsa::admission
