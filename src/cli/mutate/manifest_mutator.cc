#include "manifest_mutator.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "irsa/admission/review_reader.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/pod_mutator.h"
#include "irsa/identity/sources/container_credentials_file.h"
#include "irsa/identity/sources/service_accounts.h"

namespace irsa::cli {
namespace {

using base::LowerCase;
using manifest::Object;
using manifest::Value;

struct PodPlace {
  std::string_view kind;
  std::string_view group;  // "" is core
  std::string_view path;   // from the object's root to what has the shape of a pod
};

constexpr std::array<PodPlace, 8> kPodPlaces = {{
    {"Pod", "", ""},
    {"ReplicationController", "", "/spec/template"},
    {"Deployment", "apps", "/spec/template"},
    {"StatefulSet", "apps", "/spec/template"},
    {"DaemonSet", "apps", "/spec/template"},
    {"ReplicaSet", "apps", "/spec/template"},
    {"Job", "batch", "/spec/template"},
    {"CronJob", "batch", "/spec/jobTemplate/spec/template"},
}};

// An object without an apiVersion is taken for Kubernetes's own kind: passing it over would be a silent failure.
const PodPlace* FindPodPlace(const Object& object) {
  const std::string_view version = object.api_version;
  const std::string_view group = version.substr(0, version.find('/') == version.npos ? 0 : version.find('/'));
  const auto place = std::ranges::find_if(kPodPlaces, [&](const PodPlace& candidate) {
    return candidate.kind == object.kind && (version.empty() || candidate.group == group);
  });
  return place == kPodPlaces.end() ? nullptr : &*place;
}

// As text for a terminal: names are foreign.
std::string Printable(std::string_view text) {
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  return is_printable ? std::string(text) : base::Quoted(text);
}

std::string NameOf(const Object& object) {
  if (!object.name.empty()) return object.name;
  const Value::json_pointer generated("/metadata/generateName");
  const Value* name = object.value->contains(generated) ? &object.value->at(generated) : nullptr;
  return name != nullptr && name->is_string() ? name->get<std::string>() : std::string();
}

// Of a workload's pods. A Deployment's get the most: "-", a hash of up to 10 characters, "-" and 5 random ones.
size_t LongestPodName(const Object& object) {
  constexpr size_t kAdded = 17;
  constexpr size_t kLongest = 63;  // of names that are generated
  const size_t name = NameOf(object).size();
  return name == 0 ? 0 : std::min(name + kAdded, kLongest);
}

// "spec.template" for "/spec/template"
std::string Dotted(std::string_view pointer) {
  std::string path(pointer.substr(1));
  std::ranges::replace(path, '/', '.');
  return path;
}

// "deployment/web"
std::string Label(const Object& object) { return LowerCase(object.kind) + "/" + Printable(NameOf(object)); }

// With paths from the object's root.
Value ObjectPatch(const std::string& pod_patch, std::string_view pod_path) {
  Value patch = Value::parse(pod_patch);
  for (Value& operation : patch) operation["path"].get_ref<std::string&>().insert(0, pod_path);
  return patch;
}

// `serviceAccount` is the field's old name, which the API still takes where the new one is not given.
std::string AccountOf(const Value& pod, const identity::PodView& view) {
  const auto text = [&](const char* path) {
    const Value::json_pointer pointer(path);
    return pod.contains(pointer) && pod.at(pointer).is_string() ? pod.at(pointer).get<std::string>() : std::string();
  };
  const std::string old_name = text("/spec/serviceAccount");
  return text("/spec/serviceAccountName").empty() && !old_name.empty() ? old_name
                                                                       : std::string(view.service_account_name);
}

// Whether the webhook is never sent such pods: its objectSelector leaves them out, whatever the label's value.
bool OptsOut(const Value& pod) {
  const Value::json_pointer labels("/metadata/labels");
  return pod.contains(labels) && pod.at(labels).contains(admission::kOptOutLabel);
}

bool IsConfigMap(const Object& object) {
  return object.kind == "ConfigMap" && (object.api_version.empty() || object.api_version == "v1");
}

class Mutator {
 public:
  Mutator(const identity::IdentityIndex& manifest_accounts, const OtherAccounts& others,
          std::string_view default_namespace, const identity::Settings& settings)
      : manifest_accounts_(manifest_accounts),
        others_(others),
        default_namespace_(default_namespace),
        settings_(settings),
        reader_(settings.annotation_prefix,
                settings.respects_env_from ? admission::EnvFrom::kRead : admission::EnvFrom::kIgnored) {}

  // Before any object is visited, wherever it stands.
  void TakeConfigMap(const Object& object) {
    const std::string namespace_name = object.namespace_name.empty() ? default_namespace_ : object.namespace_name;
    identity::ConfigMapKeys keys{.name = object.name, .is_read = true};
    const auto data = object.value->find("data");
    if (data != object.value->end() && data->is_object()) {
      for (const auto& [key, value] : data->get_ref<const Value::object_t&>()) {
        if (identity::MattersAsVariable(key)) keys.keys.push_back(key);
      }
    }
    config_maps_[namespace_name].push_back(std::move(keys));
  }

  void Visit(const Object& object) {
    const std::string namespace_name = object.namespace_name.empty() ? default_namespace_ : object.namespace_name;
    if (identity::IsServiceAccount(object)) {
      WarnOfAccount(namespace_name, object.name, FindAccount({namespace_name, object.name}));
    } else if (const PodPlace* place = FindPodPlace(object)) {
      const std::string title = Label(object) + " in " + Printable(namespace_name);
      if (Status status = Mutate(object, *place, namespace_name, title); !status) {
        report_.errors.push_back(base::WithContext(std::move(status).error(), object.place + ": " + title));
      }
    }
  }

  MutationReport Take() { return std::move(report_); }

 private:
  // Null for an account in neither source.
  const identity::IdentityIndex::Entry* FindAccount(const identity::AccountName& name) const {
    const identity::IdentityIndex::Entry* entry = manifest_accounts_.Find(name);
    return entry != nullptr ? entry : others_.identities.Find(name);
  }

  // Null where default roles are not used, or none of the sources has the namespace.
  identity::IdentityIndex::Defaults FindDefaults(std::string_view namespace_name) const {
    auto defaults = manifest_accounts_.FindDefaults(namespace_name);
    return defaults != nullptr ? defaults : others_.identities.FindDefaults(namespace_name);
  }

  // Once for each account.
  void WarnOfAccount(const std::string& namespace_name, const std::string& name,
                     const identity::IdentityIndex::Entry* entry) {
    if (entry == nullptr || *entry == nullptr || !warned_.emplace(namespace_name, name).second) return;
    Warn("serviceaccount/" + name + " in " + namespace_name, (*entry)->warnings);
  }

  // Once for each namespace.
  void WarnOfNamespace(const std::string& namespace_name, const identity::NamespaceDefaults* defaults) {
    if (defaults == nullptr || !warned_.emplace(namespace_name, "").second) return;
    Warn("namespace/" + namespace_name, defaults->warnings);
  }

  void Warn(const std::string& title, const std::vector<identity::Warning>& warnings) {
    for (const identity::Warning& warning : warnings) {
      report_.notices.push_back(title + ": warning: " + warning.text);
    }
  }

  void Warn(const std::string& title, const identity::Mutation& mutation) {
    Warn(title, mutation.warnings);
    if (mutation.untold.empty()) return;
    report_.notices.push_back(title + ": warning: " + std::to_string(mutation.untold.size()) +
                              " more warnings are not shown");
  }

  Status Mutate(const Object& object, const PodPlace& place, const std::string& namespace_name,
                const std::string& title) {
    const Value::json_pointer path{std::string(place.path)};
    if (!object.value->contains(path)) return Error{ErrorCode::kInvalid, Dotted(place.path) + " is missing"};
    if (OptsOut(object.value->at(path))) {
      report_.notices.push_back(title + ": note: " + (place.path.empty() ? "its label " : "its pods' label ") +
                                std::string(admission::kOptOutLabel) + " opts out, so it is left unchanged");
      return {};
    }
    WarnOfNestedAnnotations(title, object.value->at(path));
    std::string pod = object.value->at(path).dump();
    const Result<const identity::PodView*> view = reader_.ReadPod(pod);
    if (!view) return place.path.empty() ? view.error() : base::WithContext(view.error(), Dotted(place.path));
    if ((*view)->is_mirror) return {};

    const std::string account = AccountOf(object.value->at(path), **view);
    const identity::IdentityIndex::Entry* known = FindAccount({namespace_name, account});
    const bool is_listed = others_.pod_identities.Find({namespace_name, account}) != nullptr;
    const auto defaults = FindDefaults(namespace_name);
    const bool has_default = defaults != nullptr && !defaults->role_arn.empty();
    if (known == nullptr && !is_listed && !has_default) {
      report_.notices.push_back(title + ": note: its service account " + Printable(account) +
                                " is not among the service accounts given, so it gets no identity");
    }
    WarnOfAccount(namespace_name, account, known);
    WarnOfNamespace(namespace_name, defaults.get());
    identity::IdentityIndex::Entry entry = known == nullptr ? nullptr : *known;
    if (is_listed) entry = identity::WithPodIdentity({namespace_name, account}, entry, settings_);
    entry = identity::WithDefaults({namespace_name, account}, entry, defaults.get(), settings_);
    if (entry == nullptr || !entry->identity) {
      Warn(title, identity::CheckPodAnnotations(**view, settings_));
      return {};
    }
    identity::PodView of_template;
    const identity::PodView* of_pod = *view;
    if (!place.path.empty() && !entry->identity->session_name.empty()) {
      of_template = **view;
      of_template.longest_name = LongestPodName(object);
      of_pod = &of_template;
    }
    const identity::Mutation mutation =
        identity::MutatePod(*of_pod, *entry->identity, settings_, config_maps_[namespace_name]);
    Warn(title, mutation);
    if (mutation.is_too_large) {
      return Error{ErrorCode::kTooLarge,
                   "its patch would exceed " + std::to_string(identity::kMaxPatchBytes) + " bytes"};
    }
    if (!mutation.patch.empty()) Apply(object, namespace_name, ObjectPatch(mutation.patch, place.path));
    return {};
  }

  // No pod of such a manifest is ever created, so no warning of the webhook's says it.
  void WarnOfNestedAnnotations(const std::string& title, const Value& pod) {
    const Value::json_pointer path("/metadata/annotations");
    if (!pod.contains(path) || !pod.at(path).is_object()) return;
    for (const auto& [key, value] : pod.at(path).get_ref<const Value::object_t&>()) {
      const std::string nested = identity::NestedAnnotation(key, value, settings_.annotation_prefix);
      if (nested.empty()) continue;
      report_.notices.push_back(title + ": warning: its annotation " + base::Quoted(key) +
                                " is a map: helm --set needs the dots escaped: " + nested);
    }
  }

  void Apply(const Object& object, const std::string& namespace_name, Value patch) {
    Value after = object.value->patch(patch);
    Value before = std::exchange(*object.value, after);
    report_.mutated.push_back({Label(object) + " (" + Printable(namespace_name) + ")", object.kind, namespace_name,
                               NameOf(object), std::move(patch), std::move(before), std::move(after)});
  }

  const identity::IdentityIndex& manifest_accounts_;
  const OtherAccounts& others_;
  std::string default_namespace_;
  const identity::Settings& settings_;
  admission::ReviewReader reader_;
  std::set<std::pair<std::string, std::string>> warned_;
  std::map<std::string, std::vector<identity::ConfigMapKeys>> config_maps_;  // of the manifests, by namespace
  MutationReport report_;
};

}  // namespace

MutationReport MutateObjects(std::span<const Object> objects, const OtherAccounts& others,
                             std::string_view default_namespace, const identity::Settings& settings) {
  const Result<identity::IdentityIndex> manifest_accounts =
      identity::IndexServiceAccounts(objects, default_namespace, settings);
  if (!manifest_accounts) return {{}, {}, {manifest_accounts.error()}};
  Mutator mutator(*manifest_accounts, others, default_namespace, settings);
  for (const Object& object : objects) {
    if (settings.respects_env_from && IsConfigMap(object)) mutator.TakeConfigMap(object);
  }
  for (const Object& object : objects) mutator.Visit(object);
  return mutator.Take();
}

}  // namespace irsa::cli
