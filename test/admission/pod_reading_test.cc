// ReviewReader::ReadPod: from a pod to the view that the mutation works on.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/admission/review_reader.h"
#include "irsa/base/json.h"

#include "test/admission/pod_text.h"

namespace irsa::admission {
namespace {

using base::Json;
using identity::PodView;

Json FullPod() {
  return Json::parse(R"({
    "metadata": {"name": "unread", "annotations": {"example.org/b": "1", "other.org/c": "2", "example.org/a": ""}},
    "spec": {
      "serviceAccountName": "app", "os": {"name": "linux"},
      "nodeSelector": {"kubernetes.io/os": "linux", "beta.kubernetes.io/os": "linux", "zone": "a"},
      "initContainers": [{"name": "i0", "env": [{"name": "A"}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
      "containers": [
        {"name": "c0"},
        {"name": "c1", "image": "i", "env": [{"name": "B", "value": "1"}, {"name": "AWS_C", "valueFrom": {
          "secretKeyRef": {"optional": true}, "configMapKeyRef": {"optional": false}}}],
         "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": true}, {"name": "w", "mountPath": "/w"}]},
        {"name": "c2", "env": [{"name": "D"}]}],
      "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w"}, {"name": "t", "projected": {"sources": [
        {"configMap": {"name": "x"}}, {"serviceAccountToken": {"audience": "a", "path": "token"}},
        {"serviceAccountToken": {"path": "p"}}, {"downwardAPI": {"items": [
          {"path": "f", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}]}}]}}],
      "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}}}
    }})");
}

TEST(ReadPod, ReadsEveryFieldInTheDocumentsOrder) {
  EXPECT_EQ(Read(FullPod().dump()),
            "account app\n"
            "example.org/a=\n"
            "example.org/b=1\n"
            "init i0: A v@/v\n"
            "container c0:\n"
            "container c1: B AWS_C?secret v@/v:ro w@/w\n"
            "container c2: D\n"
            "volume v\n"
            "volume w\n"
            "volume t:ro token for a p for  f of metadata.name\n");
  EXPECT_EQ(Read(R"({"metadata":{"annotations":{"example.org/z":"1","example.org/a":"2"}}})"),
            "account default\nexample.org/z=1\nexample.org/a=2\n");
}

// What it read before is gone with it, as it would be read out of a document that is no more.
TEST(ReadPod, KnowsNothingAfterTextThatIsNoJson) {
  ReviewReader reader("p");
  std::string good = R"({"metadata":{"name":"web"}})";
  std::string bad = "{";
  ASSERT_TRUE(reader.ReadPod(good).ok());
  ASSERT_FALSE(reader.ReadPod(bad).ok());
  EXPECT_EQ(reader.ReadPod().error().message, "request.object is missing");
  std::string review =
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","object":{}}})";
  ASSERT_TRUE(reader.ReadRequest(review).ok());
  ASSERT_FALSE(reader.ReadRequest(bad).ok());
  EXPECT_EQ(reader.ReadPod().error().message, "request.object is missing");
}

TEST(ReadPod, TakesAnythingMissingAsEmpty) {
  for (const char* pod : {"{}", R"({"metadata":{},"spec":{}})", R"({"metadata":null,"spec":null})",
                          R"({"metadata":{"annotations":null},"spec":{"serviceAccountName":null,"os":null,)"
                          R"("nodeSelector":null,"initContainers":null,"containers":null,"volumes":null}})",
                          R"({"metadata":{"annotations":{}},"spec":{"serviceAccountName":"","os":{"name":null},)"
                          R"("nodeSelector":{"kubernetes.io/os":null},"containers":[],"volumes":[]}})"}) {
    EXPECT_EQ(Read(pod), "account default\n") << pod;
  }
}

TEST(ReadPod, TakesAMissingNameAsEmpty) {
  EXPECT_EQ(Read(R"({"spec":{"containers":[{},{"name":null,"env":null,"volumeMounts":[]}],"volumes":[{}]}})"),
            "account default\ncontainer :\ncontainer :\nvolume \n");
  EXPECT_EQ(Read(R"({"spec":{"containers":[{"name":"c","env":[{}],"volumeMounts":[{"name":null}]}]}})"),
            "account default\ncontainer c:  @\n");
}

TEST(ReadPod, ReadsTheNullOfAnAnnotationAsEmpty) {
  EXPECT_EQ(Read(R"({"metadata":{"annotations":{"example.org/a":null}}})"), "account default\nexample.org/a=\n");
}

TEST(ReadPod, KeepsToThePrefixUpToTheSlash) {
  EXPECT_EQ(Read(R"({"metadata":{"annotations":{"example.org":"1","example.organic/a":2,"x.example.org/a":[]}}})"),
            "account default\n");
}

TEST(ReadPod, KnowsMirrorPodsByTheirAnnotationWhateverItsValue) {
  for (const char* value : {"\"\"", "\"abc\"", "null", "7"}) {
    EXPECT_EQ(Read(std::string(R"({"metadata":{"annotations":{"kubernetes.io/config.mirror":)") + value + "}}}"),
              "account default\nmirror\n");
  }
}

TEST(ReadPod, KnowsWindowsByOsAndByEitherNodeSelector) {
  EXPECT_EQ(Read(R"({"spec":{"os":{"name":"windows"}}})"), "account default\nwindows\n");
  EXPECT_EQ(Read(R"({"spec":{"nodeSelector":{"kubernetes.io/os":"windows"}}})"), "account default\nwindows\n");
  EXPECT_EQ(Read(R"({"spec":{"nodeSelector":{"beta.kubernetes.io/os":"windows"}}})"), "account default\nwindows\n");
  EXPECT_EQ(Read(R"({"spec":{"os":{"name":"Windows"},"nodeSelector":{"os":"windows"}}})"), "account default\n");
}

TEST(ReadPod, KnowsWindowsByTheRequiredNodeAffinity) {
  const auto read = [](const char* terms) {
    return Read(
        std::string(R"({"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":)") +
        R"({"nodeSelectorTerms":)" + terms + "}}}}}");
  };
  const auto is_windows = [&](const char* terms) { return read(terms) == "account default\nwindows\n"; };
  EXPECT_TRUE(
      is_windows(R"([{"matchExpressions":[{"key":"kubernetes.io/os","operator":"In","values":["windows"]}]}])"));
  EXPECT_TRUE(is_windows(R"([{"matchExpressions":[{"key":"zone","operator":"In","values":["a"]},)"
                         R"({"key":"beta.kubernetes.io/os","operator":"In","values":["windows"]}]},)"
                         R"({"matchExpressions":[{"key":"kubernetes.io/os","operator":"In","values":["windows"]}]}])"));
  for (const char* terms :
       {R"([{"matchExpressions":[{"key":"kubernetes.io/os","operator":"In","values":["windows","linux"]}]}])",
        R"([{"matchExpressions":[{"key":"kubernetes.io/os","operator":"In","values":[]}]}])",
        R"([{"matchExpressions":[{"key":"kubernetes.io/os","operator":"NotIn","values":["windows"]}]}])",
        R"([{"matchExpressions":[{"key":"os","operator":"In","values":["windows"]}]}])",
        R"([{"matchFields":[{"key":"kubernetes.io/os","operator":"In","values":["windows"]}]}])",
        R"([{"matchExpressions":[{"key":"kubernetes.io/os","operator":"In","values":["windows"]}]},)"
        R"({"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}])",
        "[{}]", "[]", "null"}) {
    EXPECT_EQ(read(terms), "account default\n") << terms;
  }
  EXPECT_EQ(
      Read(R"({"spec":{"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"preference")"
           R"(:{"matchExpressions":[{"key":"kubernetes.io/os","operator":"In","values":["windows"]}]}}]}}}})"),
      "account default\n");
  EXPECT_EQ(read(R"([{"matchExpressions":[{"values":[1]}]}])"),
            "invalid: spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]"
            ".matchExpressions[0].values[0] is not a string but a number");
}

// The volume that every pod has with the apiserver's token has such files too.
TEST(ReadPod, ReadsFilesOfFieldsOnlyBesideATokenForSomebody) {
  for (const char* audience : {R"("audience":"a",)", ""}) {
    EXPECT_EQ(Read(std::string(R"({"spec":{"volumes":[{"name":"v","projected":{"sources":[)"
                               R"({"downwardAPI":{"items":[{"path":"f","fieldRef":{"fieldPath":"metadata.name"}}]}},)"
                               R"({"serviceAccountToken":{)") +
                   audience + R"("path":"t"}}]}}]}})"),
              *audience == 0 ? "account default\nvolume v:ro t for \n"
                             : "account default\nvolume v:ro t for a f of metadata.name\n");
  }
}

TEST(ReadPod, KnowsVolumesThatAreAlwaysReadOnly) {
  EXPECT_EQ(Read(R"({"spec":{"volumes":[{"name":"a","secret":{}},{"name":"b","configMap":{}},)"
                 R"({"name":"c","downwardAPI":{}},{"name":"d","projected":{}},{"name":"e","hostPath":{}}]}})"),
            "account default\nvolume a:ro\nvolume b:ro\nvolume c:ro\nvolume d:ro\nvolume e\n");
}

TEST(ReadPod, KnowsVariablesFromWhatMayBeMissing) {
  EXPECT_EQ(Read(R"({"spec":{"containers":[{"name":"c","env":[)"
                 R"({"name":"AWS_A","valueFrom":{"secretKeyRef":{"optional":true}}},)"
                 R"({"name":"AWS_B","valueFrom":{"configMapKeyRef":{"optional":true}}},)"
                 R"({"name":"AWS_C","valueFrom":{"secretKeyRef":{"optional":false}}},)"
                 R"({"name":"AWS_D","valueFrom":{"secretKeyRef":{}}},{"name":"AWS_E","valueFrom":{"fieldRef":{}}},)"
                 R"({"name":"F","valueFrom":{"secretKeyRef":{"optional":true}}}]}]}})"),
            "account default\ncontainer c: AWS_A?secret AWS_B?configMap AWS_C AWS_D AWS_E F\n");
}

constexpr const char* kRequired = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
constexpr const char* kTerms =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
constexpr const char* kTerm =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]";

struct Place {
  const char* pointer;
  const char* text;
  const char* expected;
};

std::vector<Place> Places() {
  return {{"", "the pod", "an object"},
          {"/metadata", "metadata", "an object"},
          {"/metadata/annotations", "metadata.annotations", "an object"},
          {"/metadata/annotations/example.org~1a", "metadata.annotations[example.org/a]", "a string"},
          {"/spec", "spec", "an object"},
          {"/spec/serviceAccountName", "spec.serviceAccountName", "a string"},
          {"/spec/os", "spec.os", "an object"},
          {"/spec/os/name", "spec.os.name", "a string"},
          {"/spec/nodeSelector", "spec.nodeSelector", "an object"},
          {"/spec/nodeSelector/kubernetes.io~1os", "spec.nodeSelector[kubernetes.io/os]", "a string"},
          {"/spec/nodeSelector/beta.kubernetes.io~1os", "spec.nodeSelector[beta.kubernetes.io/os]", "a string"},
          {"/spec/initContainers", "spec.initContainers", "a list"},
          {"/spec/initContainers/0", "spec.initContainers[0]", "an object"},
          {"/spec/initContainers/0/name", "spec.initContainers[0].name", "a string"},
          {"/spec/initContainers/0/env", "spec.initContainers[0].env", "a list"},
          {"/spec/initContainers/0/volumeMounts", "spec.initContainers[0].volumeMounts", "a list"},
          {"/spec/containers", "spec.containers", "a list"},
          {"/spec/containers/1", "spec.containers[1]", "an object"},
          {"/spec/containers/1/name", "spec.containers[1].name", "a string"},
          {"/spec/containers/2/env", "spec.containers[2].env", "a list"},
          {"/spec/containers/1/env/1", "spec.containers[1].env[1]", "an object"},
          {"/spec/containers/1/env/1/name", "spec.containers[1].env[1].name", "a string"},
          {"/spec/containers/1/volumeMounts", "spec.containers[1].volumeMounts", "a list"},
          {"/spec/containers/1/volumeMounts/1", "spec.containers[1].volumeMounts[1]", "an object"},
          {"/spec/containers/1/volumeMounts/1/name", "spec.containers[1].volumeMounts[1].name", "a string"},
          {"/spec/containers/1/volumeMounts/1/mountPath", "spec.containers[1].volumeMounts[1].mountPath", "a string"},
          {"/spec/volumes", "spec.volumes", "a list"},
          {"/spec/volumes/1", "spec.volumes[1]", "an object"},
          {"/spec/containers/1/env/1/valueFrom", "spec.containers[1].env[1].valueFrom", "an object"},
          {"/spec/containers/1/env/1/valueFrom/secretKeyRef", "spec.containers[1].env[1].valueFrom.secretKeyRef",
           "an object"},
          {"/spec/containers/1/env/1/valueFrom/configMapKeyRef/optional",
           "spec.containers[1].env[1].valueFrom.configMapKeyRef.optional", "a boolean"},
          {"/spec/containers/1/volumeMounts/0/readOnly", "spec.containers[1].volumeMounts[0].readOnly", "a boolean"},
          {"/spec/volumes/1/name", "spec.volumes[1].name", "a string"},
          {"/spec/volumes/2/projected", "spec.volumes[2].projected", "an object"},
          {"/spec/volumes/2/projected/sources", "spec.volumes[2].projected.sources", "a list"},
          {"/spec/volumes/2/projected/sources/1", "spec.volumes[2].projected.sources[1]", "an object"},
          {"/spec/volumes/2/projected/sources/1/serviceAccountToken",
           "spec.volumes[2].projected.sources[1].serviceAccountToken", "an object"},
          {"/spec/volumes/2/projected/sources/1/serviceAccountToken/audience",
           "spec.volumes[2].projected.sources[1].serviceAccountToken.audience", "a string"},
          {"/spec/volumes/2/projected/sources/1/serviceAccountToken/path",
           "spec.volumes[2].projected.sources[1].serviceAccountToken.path", "a string"},
          {"/spec/volumes/2/projected/sources/3/downwardAPI", "spec.volumes[2].projected.sources[3].downwardAPI",
           "an object"},
          {"/spec/volumes/2/projected/sources/3/downwardAPI/items",
           "spec.volumes[2].projected.sources[3].downwardAPI.items", "a list"},
          {"/spec/volumes/2/projected/sources/3/downwardAPI/items/0",
           "spec.volumes[2].projected.sources[3].downwardAPI.items[0]", "an object"},
          {"/spec/volumes/2/projected/sources/3/downwardAPI/items/0/path",
           "spec.volumes[2].projected.sources[3].downwardAPI.items[0].path", "a string"},
          {"/spec/volumes/2/projected/sources/3/downwardAPI/items/0/fieldRef",
           "spec.volumes[2].projected.sources[3].downwardAPI.items[0].fieldRef", "an object"},
          {"/spec/volumes/2/projected/sources/3/downwardAPI/items/0/fieldRef/fieldPath",
           "spec.volumes[2].projected.sources[3].downwardAPI.items[0].fieldRef.fieldPath", "a string"},
          {"/spec/affinity", "spec.affinity", "an object"},
          {"/spec/affinity/nodeAffinity", "spec.affinity.nodeAffinity", "an object"},
          {"/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution", kRequired, "an object"},
          {"/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms", kTerms,
           "a list"},
          {"/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0", kTerm,
           "an object"}};
}

TEST(ReadPod, RefusesEveryWrongTypeAtEveryLevel) {
  const std::vector<std::pair<const char*, const char*>> values = {
      {"[]", "a list"},   {"{}", "an object"}, {"\"secret\"", "a string"}, {"3", "a number"},
      {"-3", "a number"}, {"2.5", "a number"}, {"true", "a boolean"},      {"1e999", "a number"}};
  ReviewReader reader(kPrefix);
  for (const auto& [pointer, text, expected] : Places()) {
    for (const auto& [value, type] : values) {
      if (std::string(type) == expected) continue;
      Json pod = FullPod();
      pod[Json::json_pointer(pointer)] = "HERE";
      std::string changed = pod.dump();
      changed.replace(changed.find("\"HERE\""), 6, value);
      EXPECT_EQ(Read(reader, changed), std::string("invalid: ") + text + " is not " + expected + " but " + type);
    }
  }
}

TEST(ReadPod, RefusesNullOnlyForThePodAndInLists) {
  for (const auto& [pointer, text, expected] : Places()) {
    Json pod = FullPod();
    pod[Json::json_pointer(pointer)] = nullptr;
    const std::string place = text;
    const bool is_refused = place == "the pod" || place.ends_with("]");
    const bool is_key = place.find('/') != std::string::npos;
    if (is_refused && !is_key) {
      EXPECT_EQ(Read(pod.dump()), "invalid: " + place + " is not " + expected + " but null");
    } else {
      EXPECT_EQ(Read(pod.dump()).substr(0, 8), "account ") << place;
    }
  }
}

// A name that the apiserver makes up has five more characters, and 63 at most.
TEST(ReadPod, KnowsHowLongThePodsNameMayGet) {
  const std::string longest(60, 'g');
  const std::pair<std::string, size_t> cases[] = {{R"("name":"web-0")", 5},
                                                  {R"("generateName":"web-")", 9},
                                                  {R"("name":"web-0","generateName":"web-")", 5},
                                                  {R"("name":"","generateName":"web-")", 9},
                                                  {R"("generateName":")" + longest + "\"", 63},
                                                  {R"("name":1)", 0},
                                                  {R"("labels":{})", 0}};
  for (const auto& [metadata, length] : cases) {
    ReviewReader reader(kPrefix);
    std::string pod = R"({"metadata":{)" + metadata + "}}";
    const auto view = reader.ReadPod(pod);
    ASSERT_TRUE(view.ok()) << metadata;
    EXPECT_EQ((*view)->longest_name, length) << metadata;
  }
}

TEST(ReadPod, KeepsNothingOfTheLastPod) {
  ReviewReader reader(kPrefix);
  Json full = FullPod();
  full["spec"]["os"]["name"] = "windows";
  full["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "";
  EXPECT_NE(Read(reader, full.dump()), "account default\n");
  EXPECT_EQ(Read(reader, "{}"), "account default\n");
  EXPECT_EQ(Read(reader, R"({"spec":{"containers":[{"name":"a","env":[{"name":"A"}]},3]}})").substr(0, 8), "invalid:");
  EXPECT_EQ(Read(reader, R"({"spec":{"containers":[{"name":"b","env":[{"name":"B"}]}]}})"),
            "account default\ncontainer b: B\n");
}

TEST(ReadPod, RefusesAPodThatIsNotJson) {
  EXPECT_EQ(Read("{"), "malformed: not valid JSON");
  EXPECT_EQ(Read(""), "malformed: not JSON: empty");
}

// What has to be added before the label of EKS Pod Identity can be.
TEST(ReadPod, SeesHowMuchThereIsOfLabels) {
  struct Seen {
    bool has_metadata, has_labels;
    std::optional<std::string_view> label;
    bool operator==(const Seen&) const = default;
  };
  const std::pair<const char*, Seen> cases[] = {
      {R"({})", {false, false, {}}},
      {R"({"metadata": null})", {false, false, {}}},
      {R"({"metadata": {}})", {true, false, {}}},
      {R"({"metadata": {"labels": null}})", {true, false, {}}},
      {R"({"metadata": {"labels": {}}})", {true, true, {}}},
      {R"({"metadata": {"labels": {"example.org/pod-identity": "x"}}})", {true, true, {}}},
      {R"({"metadata": {"labels": {"a": "b", "eks.amazonaws.com/pod-identity": "x"}}})", {true, true, "x"}},
      {R"({"metadata": {"labels": {"eks.amazonaws.com/pod-identity": null}}})", {true, true, ""}},
  };
  ReviewReader reader(kPrefix);
  for (const auto& [text, seen] : cases) {
    std::string pod = text;
    const Result<const PodView*> view = reader.ReadPod(pod);
    ASSERT_TRUE(view.ok()) << text;
    EXPECT_EQ((Seen{(*view)->has_metadata, (*view)->has_labels, (*view)->pod_identity_label}), seen) << text;
  }
}

TEST(ReadPod, NamesLabelsOfTheWrongShape) {
  EXPECT_EQ(Read(R"({"metadata": {"labels": "x"}})"), "invalid: metadata.labels is not an object but a string");
  EXPECT_EQ(Read(R"({"metadata": {"labels": {"eks.amazonaws.com/pod-identity": 1}}})"),
            "invalid: metadata.labels[eks.amazonaws.com/pod-identity] is not a string but a number");
  EXPECT_EQ(Read(R"({"metadata": {"labels": {"eks.amazonaws.com/pod-identity": "a",
                                             "eks.amazonaws.com/pod-identity": "b"}}})"),
            "malformed: metadata.labels[eks.amazonaws.com/pod-identity] occurs twice");
}

TEST(PodReading, ReadsTheConfigMapsOfEnvFromWhenItIsTold) {
  const std::string pod = R"({"spec":{"containers":[{"name":"a","envFrom":[
      {"prefix":"P_","configMapRef":{"name":"one","optional":true}},{"secretRef":{"name":"s"}},
      {"configMapRef":{"name":"two"}}]},{"name":"b"}]}})";
  ReviewReader ignores(kPrefix);
  EXPECT_EQ(Read(ignores, pod), "account default\ncontainer a:\ncontainer b:\n");
  ReviewReader reads(kPrefix, EnvFrom::kRead);
  EXPECT_EQ(Read(reads, pod), "account default\ncontainer a: from P_*one from *two\ncontainer b:\n");
  const std::string wrong = R"({"spec":{"containers":[{"name":"a","envFrom":[{"configMapRef":{"name":7}}]}]}})";
  EXPECT_EQ(Read(ignores, wrong), "account default\ncontainer a:\n");
  EXPECT_NE(Read(reads, wrong).find("spec.containers[0].envFrom[0].configMapRef.name is not a string"),
            std::string::npos);
}

}  // namespace
}  // namespace irsa::admission
