#include "pod_reader.h"

#include <algorithm>
#include <array>
#include <utility>

namespace irsa::admission {
namespace {

using identity::ContainerView;
using identity::OptionalSource;

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
constexpr std::string_view kDefaultServiceAccount = "default";
constexpr std::string_view kWindows = "windows";
constexpr std::string_view kOsLabel = "kubernetes.io/os";
constexpr std::string_view kOldOsLabel = "beta.kubernetes.io/os";
constexpr std::string_view kReadBySdks = "AWS_";  // how the variables begin of which more than the name matters

// Each container may add some 500 bytes to the patch: without a bound, a review of half a million empty containers,
// which fits the body's limit, would be answered with a quarter of a gigabyte. A pod that etcd can hold has far fewer.
constexpr size_t kMaxContainers = 1000;
// Of each other list, in all containers and volumes together: an element of three bytes takes up to 56, and twice that
// while its list grows. Annotations are not bounded: their keys are about as long as what they take.
constexpr size_t kMaxElements = 10000;

// Whether an expression of a node selector is `kubernetes.io/os In [windows]`, with no other value.
Status ReadExpression(Cursor& json, const Path& path, bool& is_windows) {
  std::string_view key;
  std::string_view op;
  size_t values = 0;
  size_t windows = 0;
  const auto read_value = [&](Cursor& value, const Path& place) {
    std::string_view text;
    Status status = ReadText(value, place, text);
    ++values;
    if (text == kWindows) ++windows;
    return status;
  };
  Status status = ReadObject(json, path, {{"key", key}, {"operator", op}, {"values", ListOf(read_value)}});
  if ((key == kOsLabel || key == kOldOsLabel) && op == "In" && values > 0 && windows == values) is_windows = true;
  return status;
}

// Whether the affinity wants Windows: a node has to match one of the terms, and all of the term's expressions.
Status ReadAffinity(Cursor& json, const Path& path, bool& is_windows) {
  size_t terms = 0;
  size_t windows = 0;
  const auto read_term = [&](Cursor& term, const Path& place) {
    bool is_windows_term = false;
    const auto read_expression = [&](Cursor& expression, const Path& at) {
      return ReadExpression(expression, at, is_windows_term);
    };
    Status status = ReadObject(term, place, {{"matchExpressions", ListOf(read_expression)}});
    ++terms;
    if (is_windows_term) ++windows;
    return status;
  };
  Status status = ReadObject(json, path,
                             {{"nodeAffinity", ObjectOf({{"requiredDuringSchedulingIgnoredDuringExecution",
                                                          ObjectOf({{"nodeSelectorTerms", ListOf(read_term)}})}})}});
  if (terms > 0 && windows == terms) is_windows = true;
  return status;
}

// The apiserver cuts a name to generate from, and puts 5 characters behind it.
// https://github.com/kubernetes/apiserver/blob/master/pkg/storage/names/generate.go
size_t LongestName(size_t name, size_t generate_name) {
  constexpr size_t kMaxBase = 58;
  constexpr size_t kRandom = 5;
  if (name > 0) return name;
  return generate_name == 0 ? 0 : std::min(generate_name, kMaxBase) + kRandom;
}

}  // namespace

PodReader::PodReader(std::string annotation_prefix, EnvFrom env_from)
    : prefix_(std::move(annotation_prefix)), env_from_(env_from) {
  prefix_ += '/';
}

size_t PodReader::memory() const {
  const auto of = [](const auto&... lists) { return (0 + ... + (lists.capacity() * sizeof(lists[0]))); };
  return of(view_.annotations, view_.init_containers, view_.containers, view_.variables, view_.mounts, view_.sources,
            view_.volumes, view_.tokens, view_.field_files, keys_);
}

// Empties the lists without giving up their memory.
void PodReader::Clear() {
  view_.service_account_name = kDefaultServiceAccount;
  view_.longest_name = 0;
  view_.is_mirror = false;
  view_.is_windows = false;
  view_.has_metadata = false;
  view_.has_labels = false;
  view_.has_annotations = false;
  view_.pod_identity_label.reset();
  view_.annotations.clear();
  view_.init_containers.clear();
  view_.containers.clear();
  view_.variables.clear();
  view_.mounts.clear();
  view_.sources.clear();
  view_.volumes.clear();
  view_.tokens.clear();
  view_.field_files.clear();
  excess_.clear();
  opts_out_ = false;
}

Status PodReader::Read(Cursor& json) {
  Clear();
  const auto read_metadata = [this](Cursor& metadata, const Path& path) { return ReadMetadata(metadata, path); };
  const auto read_spec = [this](Cursor& spec, const Path& path) { return ReadSpec(spec, path); };
  return ReadObject(json, Path("the pod"), {{"metadata", read_metadata}, {"spec", read_spec}});
}

Status PodReader::ReadAccount(Cursor& json) {
  Clear();
  const auto read_annotations = [this](Cursor& annotations, const Path& path) {
    return ReadAnnotations(annotations, path);
  };
  return ReadObject(json, Path("the service account"), {{"metadata", ObjectOf({{"annotations", read_annotations}})}});
}

void PodReader::NoteExcess(size_t limit, std::string_view elements, const Path& path) {
  if (!excess_.empty()) return;
  excess_ = path.Text() + " exceeds the limit of " + std::to_string(limit) + " ";
  excess_ += elements;
}

Status PodReader::ReadMetadata(Cursor& json, const Path& path) {
  size_t name = 0;
  size_t generate_name = 0;
  // A name that is no text is none: it is not for irsa to refuse.
  const auto length_to = [](size_t& length) {
    return [&length](Cursor& value, const Path& place) {
      Cursor copy = value;
      std::string_view text;
      if (ReadText(copy, place, text).ok()) length = text.size();
      return value.Skip();
    };
  };
  const auto read_labels = [this](Cursor& labels, const Path& place) { return ReadLabels(labels, place); };
  const auto read_annotations = [this](Cursor& annotations, const Path& place) {
    return ReadAnnotations(annotations, place);
  };
  Status status = ReadObject(json, path,
                             {{"name", length_to(name)},
                              {"generateName", length_to(generate_name)},
                              {"labels", read_labels},
                              {"annotations", read_annotations}});
  view_.has_metadata = true;
  view_.longest_name = LongestName(name, generate_name);
  return status;
}

Status PodReader::ReadLabels(Cursor& json, const Path& path) {
  view_.has_labels = true;
  const auto read_label = [this](Cursor& value, const Path& place) {
    if (place.key() == kOptOutLabel) opts_out_ = true;
    if (place.key() != identity::kPodIdentityLabel) return value.Skip();
    if (view_.pod_identity_label) return OccursTwice(place);
    std::string_view& text = view_.pod_identity_label.emplace();
    return value.TakeLiteral("null") ? Status() : ReadText(value, place, text);
  };
  return ReadMap(json, path, read_label);
}

Status PodReader::ReadAnnotations(Cursor& json, const Path& path) {
  view_.has_annotations = true;
  keys_.clear();
  const auto read_annotation = [this](Cursor& value, const Path& place) {
    const std::string_view key = place.key();
    const bool is_mirror = key == kMirrorAnnotation;
    const bool has_prefix = key.starts_with(prefix_);
    if (is_mirror) view_.is_mirror = true;
    if (is_mirror || has_prefix) keys_.push_back(key);
    if (!has_prefix) return value.Skip();
    std::string_view& text = view_.annotations.emplace_back(identity::Annotation{key, {}}).value;
    return value.TakeLiteral("null") ? Status() : ReadText(value, place, text);
  };
  if (Status status = ReadMap(json, path, read_annotation); !status.ok()) return status;
  // A sort rather than a search per key: an object may come with a hundred thousand annotations.
  std::sort(keys_.begin(), keys_.end());
  if (std::adjacent_find(keys_.begin(), keys_.end()) == keys_.end()) return {};
  return Error{ErrorCode::kMalformed, "duplicate key in " + path.Text()};
}

Status PodReader::ReadSpec(Cursor& json, const Path& path) {
  std::string_view account;
  std::string_view os;
  std::string_view os_label;
  std::string_view old_os_label;
  bool has_windows_affinity = false;
  const auto read_affinity = [&](Cursor& affinity, const Path& place) {
    return ReadAffinity(affinity, place, has_windows_affinity);
  };
  const auto read_init_container = [this](Cursor& container, const Path& place) {
    return ReadContainer(container, place, view_.init_containers);
  };
  const auto read_container = [this](Cursor& container, const Path& place) {
    return ReadContainer(container, place, view_.containers);
  };
  const auto read_volume = [this](Cursor& volume, const Path& place) { return ReadVolume(volume, place); };
  Status status = ReadObject(json, path,
                             {{"serviceAccountName", account},
                              {"os", ObjectOf({{"name", os}})},
                              {"nodeSelector", ObjectOf({{kOsLabel, os_label}, {kOldOsLabel, old_os_label}})},
                              {"affinity", read_affinity},
                              {"initContainers", ListOf(read_init_container)},
                              {"containers", ListOf(read_container)},
                              {"volumes", ListOf(read_volume)}});
  if (!account.empty()) view_.service_account_name = account;
  view_.is_windows = os == kWindows || os_label == kWindows || old_os_label == kWindows || has_windows_affinity;
  return status;
}

Status PodReader::ReadContainer(Cursor& json, const Path& path, std::vector<ContainerView>& out) {
  if (!HasRoom(out.size(), kMaxContainers, "containers", path)) return json.Skip();
  // What a list's elements become stands behind each other in one of the view's lists.
  ContainerView& view = out.emplace_back();
  view.first_env = view_.variables.size();
  view.first_mount = view_.mounts.size();
  view.first_source = view_.sources.size();
  const auto read_variable = [this](Cursor& variable, const Path& place) { return ReadVariable(variable, place); };
  const auto read_mount = [this](Cursor& mount, const Path& place) {
    if (!HasRoom(view_.mounts.size(), kMaxElements, "volume mounts", place)) return mount.Skip();
    identity::MountView& read = view_.mounts.emplace_back();
    return ReadObject(mount, place,
                      {{"name", read.volume_name}, {"mountPath", read.path}, {"readOnly", read.is_read_only}});
  };
  const auto read_source = [this](Cursor& source, const Path& place) { return ReadSource(source, place); };
  const auto read_env = ListOf(read_variable);
  const auto read_mounts = ListOf(read_mount);
  Status status = env_from_ == EnvFrom::kRead
                      ? ReadObject(json, path,
                                   {{"name", view.name},
                                    {"env", read_env},
                                    {"volumeMounts", read_mounts},
                                    {"envFrom", ListOf(read_source)}})
                      : ReadObject(json, path, {{"name", view.name}, {"env", read_env}, {"volumeMounts", read_mounts}});
  view.env_count = view_.variables.size() - view.first_env;
  view.mount_count = view_.mounts.size() - view.first_mount;
  view.source_count = view_.sources.size() - view.first_source;
  return status;
}

Status PodReader::ReadVariable(Cursor& json, const Path& path) {
  if (!HasRoom(view_.variables.size(), kMaxElements, "variables", path)) return json.Skip();
  identity::VariableView& view = view_.variables.emplace_back();
  std::optional<Cursor> from;
  Status status = ReadObject(json, path, {{"name", view.name}, {"valueFrom", from}});
  if (!status.ok() || !from || !view.name.starts_with(kReadBySdks)) return status;
  bool is_optional_secret = false;
  bool is_optional_config_map = false;
  status = ReadObject(*from, Path(path, "valueFrom"),
                      {{"secretKeyRef", ObjectOf({{"optional", is_optional_secret}})},
                       {"configMapKeyRef", ObjectOf({{"optional", is_optional_config_map}})}});
  if (is_optional_secret) view.optional_source = OptionalSource::kSecret;
  if (is_optional_config_map) view.optional_source = OptionalSource::kConfigMap;
  return status;
}

// A Secret is passed over.
Status PodReader::ReadSource(Cursor& json, const Path& path) {
  if (!HasRoom(view_.sources.size(), kMaxElements, "sources of variables", path)) return json.Skip();
  std::optional<Cursor> prefix;
  std::optional<std::string_view> name;
  const auto read_reference = [&name](Cursor& reference, const Path& place) {
    return ReadObject(reference, place, {{"name", name.emplace()}});
  };
  Status status = ReadObject(json, path, {{"prefix", prefix}, {"configMapRef", read_reference}});
  if (!status.ok() || !name) return status;
  std::string_view prefix_text;
  if (prefix) status = ReadText(*prefix, Path(path, "prefix"), prefix_text);
  view_.sources.push_back({*name, prefix_text});
  return status;
}

Status PodReader::ReadVolume(Cursor& json, const Path& path) {
  if (!HasRoom(view_.volumes.size(), kMaxElements, "volumes", path)) return json.Skip();
  identity::VolumeView& view = view_.volumes.emplace_back();
  view.first_token = view_.tokens.size();
  view.first_field_file = view_.field_files.size();
  const auto read_sources = [this](Cursor& sources, const Path& place) { return ReadProjectedSources(sources, place); };
  const auto read_projected = [&](Cursor& projected, const Path& place) {
    view.is_read_only = true;
    return ReadObject(projected, place, {{"sources", read_sources}});
  };
  const auto note_read_only = [&](Cursor& kind, const Path&) {
    view.is_read_only = true;
    return kind.Skip();
  };
  Status status = ReadObject(json, path,
                             {{"name", view.name},
                              {"projected", read_projected},
                              {"secret", note_read_only},
                              {"configMap", note_read_only},
                              {"downwardAPI", note_read_only}});
  view.token_count = view_.tokens.size() - view.first_token;
  view.field_file_count = view_.field_files.size() - view.first_field_file;
  return status;
}

Status PodReader::ReadProjectedSources(Cursor& json, const Path& path) {
  bool has_audience = false;
  const auto read_token = [&](Cursor& token, const Path& place) {
    if (!HasRoom(view_.tokens.size(), kMaxElements, "projected tokens", place)) return token.Skip();
    identity::TokenView& view = view_.tokens.emplace_back();
    Status read = ReadObject(token, place, {{"audience", view.audience}, {"path", view.path}});
    has_audience |= !view.audience.empty();
    return read;
  };
  Cursor again = json;
  Status status = ReadList(json, path, ObjectOf({{"serviceAccountToken", read_token}}));
  // The volume that every pod has, with the apiserver's token, is none of irsa's.
  if (!status.ok() || !has_audience) return status;
  const auto read_file = [this](Cursor& item, const Path& place) {
    if (!HasRoom(view_.field_files.size(), kMaxElements, "projected files", place)) return item.Skip();
    identity::FieldFileView& view = view_.field_files.emplace_back();
    return ReadObject(item, place, {{"path", view.path}, {"fieldRef", ObjectOf({{"fieldPath", view.field}})}});
  };
  return ReadList(again, path, ObjectOf({{"downwardAPI", ObjectOf({{"items", ListOf(read_file)}})}}));
}

}  // namespace irsa::admission
