// What holds for every pod, tried on many: the patch only adds, a second mutation changes nothing, and whoever should
// have an identity has one.
#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/identity/rules/pod_mutator.h"

#include "test/identity/pod_json.h"

namespace irsa::identity {
namespace {

constexpr unsigned kPods = 500;
constexpr std::array<const char*, 4> kExpiration = {"30", "3600", "x", "99999999999"};
constexpr std::array<const char*, 6> kSkip = {"c0", "i0,c1", "nobody", "\"c0", "c0,c1,c2,i0,i1", ""};

constexpr std::array<const char*, 4> kInclude = {"c0,i0", "nobody", "\"c0", "c0,c1,c2,i0,i1"};
constexpr std::array<const char*, 4> kSessionNames = {"", "{pod}", "n.{pod}.{pod}", "literal"};

constexpr std::array<const char*, 2> kConfigs = {"", "own"};  // none of them irsa's

constexpr std::array<const char*, 3> kLabels = {"enabled", "disabled", ""};

// All the token's, but for the last two.
constexpr std::array<const char*, 8> kTokenPaths = {"/t", "/t/", "t", "//t/.", "/x/../t", "/./t", "/t/x", "/tt"};

// The same pods everywhere: std::mt19937's numbers are specified, the standard distributions' are not.
class PodGenerator {
 public:
  // The names, in its pods, of what `setup` gives.
  PodGenerator(unsigned seed, const ProviderSetup& setup) : random_(seed), setup_(setup) {}

  Json Pod() {
    Json pod = {{"metadata", {{"name", "x"}}}, {"spec", {{"unknown", {{"kept", true}}}}}};
    Json& spec = pod["spec"];
    spec["containers"] = Containers("c", 1 + Below(3));
    const Json init_containers = Containers("i", Below(3));
    SetList(spec, "initContainers", init_containers);
    SetList(spec, "volumes",
            Some({{{"name", "data"}}, TokenVolume(VolumeName(1)), TokenVolume(VolumeName(2)), {{"name", "more"}}}));
    if (Below(2) == 0) pod["metadata"]["annotations"]["p/skip-containers"] = kSkip[Below(kSkip.size())];
    if (Below(6) == 0) pod["metadata"]["annotations"]["p/include-containers"] = kInclude[Below(kInclude.size())];
    if (Below(3) == 0) pod["metadata"]["annotations"]["p/token-expiration"] = kExpiration[Below(kExpiration.size())];
    if (Below(8) == 0) pod["metadata"]["annotations"]["p/aws-config"] = kConfigs[Below(kConfigs.size())];
    SetLabels(pod);
    if (Below(4) == 0) spec["nodeSelector"]["kubernetes.io/os"] = "windows";
    return pod;
  }

  // What an account may say of its pods, all of it together or not.
  Identity Varied(Identity identity) {
    identity.regional_sts = Below(2) == 0;
    identity.use_fips = Below(2) == 0;
    if (Below(2) == 0) identity.region = "own";
    const std::string template_text = kSessionNames[Below(kSessionNames.size())];
    if (!template_text.empty()) identity.session_name = {template_text, "n.a"};
    if (Below(4) == 0) identity.containers.skipped = std::vector<std::string>{"c1", "i0"};
    if (Below(4) == 0) identity.containers.included = std::vector<std::string>{"c0", "c1"};
    if (Below(2) == 0) identity.profiles = {{"a", "ROLE-A"}, {"b", "ROLE-B", "a"}};
    return identity;
  }

  unsigned Below(size_t bound) { return static_cast<unsigned>(random_() % bound); }

 private:
  std::string VolumeName(size_t number) const { return TokenVolumeName(setup_.volume_name, number); }

  // No metadata at all, no labels, null, none of them, another one, or the label itself.
  void SetLabels(Json& pod) {
    Json& metadata = pod["metadata"];
    const unsigned form = Below(6);
    if (form == 0 && !metadata.contains("annotations")) pod.erase("metadata");
    if (form == 2) metadata["labels"] = nullptr;
    if (form == 3) metadata["labels"] = Json::object();
    if (form >= 4) metadata["labels"] = {{"app", "x"}};
    if (form == 5) metadata["labels"][std::string(kPodIdentityLabel)] = kLabels[Below(kLabels.size())];
  }

  // Each of `items` or not.
  Json Some(const std::vector<Json>& items) {
    Json list = Json::array();
    for (const Json& item : items) {
      if (Below(3) == 0) list.push_back(item);
    }
    return list;
  }

  // An empty list is left out, null, or empty.
  void SetList(Json& object, const char* key, const Json& list) {
    const unsigned form = Below(3);
    if (!list.empty() || form == 0) {
      object[key] = list;
    } else if (form == 1) {
      object[key] = nullptr;
    }
  }

  // irsa's own, or one that only has its name.
  Json TokenVolume(const std::string& name) {
    const char* audience = Below(2) == 0 ? "AUD" : "vault";
    const std::string path(Below(4) == 0 ? "other" : setup_.token_path);
    Json sources = {{{"serviceAccountToken", {{"audience", audience}, {"path", path}}}}};
    if (Below(2) == 0) {
      const Json item = {{"path", Below(4) == 0 ? "other" : "config"},
                         {"fieldRef", {{"fieldPath", "metadata.annotations['p/aws-config']"}}}};
      sources.push_back({{"downwardAPI", {{"items", {item}}}}});
    }
    return Below(3) == 0 ? Json{{"name", name}, {"emptyDir", Json::object()}}
                         : Json{{"name", name}, {"projected", {{"sources", sources}}}};
  }

  Json Containers(const std::string& prefix, unsigned count) {
    Json list = Json::array();
    for (unsigned i = 0; i < count; ++i) {
      Json container = {{"name", prefix + std::to_string(i)}, {"unknown", {1, {{"kept", nullptr}}}}};
      std::vector<Json> variables;
      for (const char* name : {"A", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN",
                               "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_PROFILE", "AWS_ACCESS_KEY_ID",
                               "AWS_USE_FIPS_ENDPOINT", "AWS_ROLE_SESSION_NAME", "IRSA_POD_NAME", "AWS_CONFIG_FILE"}) {
        variables.push_back({{"name", name}, {"value", "own"}, {"unknown", 1}});
      }
      SetList(container, "env", Some(variables));
      SetList(container, "volumeMounts",
              Some({{{"name", "data"}, {"mountPath", "/data"}},
                    {{"name", "data"}, {"mountPath", kTokenPaths[Below(kTokenPaths.size())]}},
                    {{"name", VolumeName(1)}, {"mountPath", "/elsewhere"}},
                    {{"name", VolumeName(2)}, {"mountPath", kTokenPaths[Below(kTokenPaths.size())]}}}));
      list.push_back(container);
    }
    return list;
  }

  std::mt19937 random_;
  const ProviderSetup setup_;
};

// Whether `after` holds all of `before`, lists only longer at their ends and objects only with more members.
bool Extends(const Json& after, const Json& before) {
  if (before.is_object() && after.is_object()) {
    return std::all_of(before.items().begin(), before.items().end(), [&after](const auto& member) {
      return after.contains(member.key()) && Extends(after[member.key()], member.value());
    });
  }
  if (before.is_array() && after.is_array() && before.size() <= after.size()) {
    return std::equal(before.begin(), before.end(), after.begin(),
                      [](const Json& one, const Json& other) { return Extends(other, one); });
  }
  return before == after || (before.is_null() && after.is_structured());
}

// `add` to one of the three lists that may grow, or of the label or the annotation.
bool IsAddition(const Json& operation) {
  std::string path = operation["path"];
  if (path.ends_with("/-")) path.resize(path.size() - 2);
  const bool is_in_container = path.starts_with("/spec/containers/") || path.starts_with("/spec/initContainers/");
  return operation["op"] == "add" &&
         (path == "/spec/volumes" || path == "/metadata" || path == "/metadata/labels" ||
          path == "/metadata/labels/eks.amazonaws.com~1pod-identity" || path == "/metadata/annotations" ||
          path == "/metadata/annotations/p~1aws-config" ||
          (is_in_container && (path.ends_with("/env") || path.ends_with("/volumeMounts"))));
}

bool HasName(const Json& container, const char* list, std::string_view name) {
  const auto items = container.find(list);
  return items != container.end() &&
         std::any_of(items->begin(), items->end(), [name](const Json& item) { return item["name"] == name; });
}

bool IsTokenVolume(const Json& volumes, std::string_view name, const ProviderSetup& setup) {
  return std::any_of(volumes.begin(), volumes.end(), [&](const Json& volume) {
    if (volume["name"] != name) return false;
    const Json& token = volume["projected"]["sources"][0]["serviceAccountToken"];
    return token["audience"] == "AUD" && token["path"] == setup.token_path;
  });
}

bool IsTokenPath(std::string_view path) {
  return std::find(kTokenPaths.begin(), kTokenPaths.end() - 2, path) != kTokenPaths.end() - 2;
}

// Of a container that is not skipped: its token is mounted, where it says or at the token's path, or something of the
// pod's own is there.
void ExpectIdentity(const Json& container, const Json& before, std::string_view volume, const ProviderSetup& setup) {
  EXPECT_TRUE(HasName(container, "env", setup.source_variable)) << container;
  EXPECT_TRUE(HasName(container, "env", setup.token_file_variable)) << container;
  const Json& mounts = container["volumeMounts"];
  const bool has_own_file = HasName(before, "env", setup.token_file_variable);
  EXPECT_TRUE(std::any_of(mounts.begin(), mounts.end(), [&](const Json& mount) {
    return IsTokenPath(mount["mountPath"].get<std::string>()) || (mount["name"] == volume && has_own_file);
  })) << container;
}

Json LabelsOf(const Json& pod) { return pod.value("metadata", Json::object()).value("labels", Json()); }

Json AnnotationOf(const Json& pod) {
  const Json metadata = pod.value("metadata", Json::object());
  return metadata.contains("annotations") ? metadata["annotations"].value("p/aws-config", Json()) : Json();
}

std::vector<Json> AllContainers(const Json& pod) {
  std::vector<Json> all;
  for (const char* list : {"initContainers", "containers"}) {
    for (const Json& container : pod["spec"].value(list, Json::array())) all.push_back(container);
  }
  return all;
}

// Whether irsa's config file is given to a container: then the pod has the text, and its volume makes the file.
bool ExpectConfig(const Json& pod, std::string_view volume_name) {
  const Json given = {{"name", "AWS_CONFIG_FILE"}, {"value", "/t/config"}};
  const std::vector<Json> containers = AllContainers(pod);
  if (std::none_of(containers.begin(), containers.end(), [&given](const Json& container) {
        const Json env = container.value("env", Json::array());
        return std::find(env.begin(), env.end(), given) != env.end();
      })) {
    return false;
  }
  EXPECT_TRUE(AnnotationOf(pod).is_string()) << pod;
  const PodView view = ViewOf(pod, "p");
  for (const VolumeView& volume : view.volumes) {
    const auto files = view.FieldFiles(volume);
    EXPECT_TRUE(volume.name != volume_name || std::any_of(files.begin(), files.end(),
                                                          [](const FieldFileView& file) {
                                                            return file.path == "config" &&
                                                                   file.field == "metadata.annotations['p/aws-config']";
                                                          }))
        << pod;
  }
  return true;
}

class EveryMethod : public ::testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(PodMutator, EveryMethod, ::testing::Values(Method::kWebIdentity, Method::kPodIdentity));

TEST_P(EveryMethod, OnlyAddsAndOnlyOnceWhateverThePod) {
  const Identity plain{"ROLE", "AUD", std::chrono::seconds(86400), true, GetParam()};
  Settings settings;
  settings.annotation_prefix = "p";
  settings.token_mount_path = settings.container_credentials.token_mount_path = "/t";
  settings.default_region = "R";
  const ProviderSetup setup = SetupOf(plain, settings);
  PodGenerator generator(20240229, setup);
  unsigned changed = 0;
  unsigned foreign = 0;  // in which a volume has irsa's name
  unsigned configured = 0;
  for (unsigned i = 0; i < kPods; ++i) {
    const Json before = generator.Pod();
    SCOPED_TRACE(before.dump());
    const Identity identity = generator.Varied(plain);
    const Mutation mutation = MutatePod(ViewOf(before, "p"), identity, settings);
    const Json after = Applied(before, mutation.patch);
    changed += mutation.patch.empty() ? 0 : 1;

    const Json patch = mutation.patch.empty() ? Json::array() : Json::parse(mutation.patch);
    EXPECT_TRUE(std::all_of(patch.begin(), patch.end(), IsAddition)) << patch;
    EXPECT_TRUE(Extends(after, before)) << after;
    const Mutation again = MutatePod(ViewOf(after, "p"), identity, settings);
    EXPECT_EQ(again.patch, "");

    const std::string volume(ChooseTokenVolume(ViewOf(before, "p"), setup));
    EXPECT_EQ(ChooseTokenVolume(ViewOf(after, "p"), setup), volume);
    const bool has_annotations = AnnotationsOf(before, "p").size() > (AnnotationOf(before).is_null() ? 0U : 1U) ||
                                 identity.containers != ContainerNames{};
    bool is_mounted = false;
    const std::vector<Json> containers_before = AllContainers(before);
    const std::vector<Json> containers = AllContainers(after);
    for (size_t c = 0; c < containers.size(); ++c) {
      is_mounted |= HasName(containers[c], "volumeMounts", volume);
      if (!has_annotations) ExpectIdentity(containers[c], containers_before[c], volume, setup);
    }
    EXPECT_TRUE(!is_mounted || IsTokenVolume(after["spec"]["volumes"], volume, setup)) << after;
    EXPECT_TRUE(!setup.labels_pods || has_annotations || after["metadata"]["labels"].contains(kPodIdentityLabel));
    EXPECT_TRUE(setup.labels_pods || LabelsOf(after) == LabelsOf(before));
    EXPECT_TRUE(!identity.profiles.empty() || AnnotationOf(after) == AnnotationOf(before));
    configured += ExpectConfig(after, volume) ? 1 : 0;
    foreign += volume == setup.volume_name ? 0 : 1;
  }
  EXPECT_GT(foreign, kPods / 10);
  EXPECT_GT(configured, kPods / 10);
  EXPECT_GT(changed, kPods / 2);
  EXPECT_LT(changed, kPods);
}

}  // namespace
}  // namespace irsa::identity
