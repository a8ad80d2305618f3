// How many elements of a list are read: each takes more memory than its text.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "irsa/admission/review_reader.h"

#include "test/admission/pod_text.h"

namespace irsa::admission {
namespace {

struct Case {
  std::string begin;
  std::string elements;  // as many as there may be
  std::string one_more;
  std::string end;
  std::string message;
};

std::vector<Case> Cases() {
  const std::string token = R"({"serviceAccountToken":{"audience":"a"}})";
  const std::string file = R"({"path":"f"})";
  const std::string source = R"({"configMapRef":{}})";
  const std::string empty = Repeat("{}", 10000);
  return {
      {R"({"spec":{"containers":[)", Repeat("{}", 1000), ",{}", "]}}",
       "spec.containers[1000] exceeds the limit of 1000 containers"},
      {R"({"spec":{"initContainers":[)", Repeat("{}", 1000), ",{}", "]}}",
       "spec.initContainers[1000] exceeds the limit of 1000 containers"},
      {R"({"spec":{"volumes":[)", empty, ",{}", "]}}", "spec.volumes[10000] exceeds the limit of 10000 volumes"},
      {R"({"spec":{"containers":[{"env":[)", empty, ",{}", "]}]}}",
       "spec.containers[0].env[10000] exceeds the limit of 10000 variables"},
      {R"({"spec":{"containers":[{"env":[)", empty, R"(]},{"env":[{})", "]}]}}",
       "spec.containers[1].env[0] exceeds the limit of 10000 variables"},
      {R"({"spec":{"containers":[{"volumeMounts":[)", empty, ",{}", "]}]}}",
       "spec.containers[0].volumeMounts[10000] exceeds the limit of 10000 volume mounts"},
      {R"({"spec":{"containers":[{"envFrom":[)", Repeat(source, 10000), "," + source, "]}]}}",
       "spec.containers[0].envFrom[10000] exceeds the limit of 10000 sources of variables"},
      {R"({"spec":{"volumes":[{"projected":{"sources":[)", Repeat(token, 10000), "," + token, "]}}]}}",
       "spec.volumes[0].projected.sources[10000].serviceAccountToken exceeds the limit of 10000 projected tokens"},
      {R"({"spec":{"volumes":[{"projected":{"sources":[)" + token + R"(,{"downwardAPI":{"items":[)",
       Repeat(file, 10000), "," + file, "]}}]}}]}}",
       "spec.volumes[0].projected.sources[1].downwardAPI.items[10000] exceeds the limit of 10000 projected files"},
  };
}

TEST(ReadPod, RefusesMoreElementsThanAnyClusterStores) {
  for (const Case& of_list : Cases()) {
    ReviewReader reader("example.org", EnvFrom::kRead);
    std::string allowed = of_list.begin + of_list.elements + of_list.end;
    EXPECT_TRUE(reader.ReadPod(allowed).ok()) << of_list.message;
    std::string refused = of_list.begin + of_list.elements + of_list.one_more + of_list.end;
    const auto pod = reader.ReadPod(refused);
    ASSERT_FALSE(pod.ok()) << of_list.message;
    EXPECT_EQ(pod.error().message, of_list.message);
  }
}

// However many there are, the view has no more.
TEST(ReadPod, TakesLittleMemoryForAGreatManyElements) {
  for (const std::string_view list : {"volumes", "containers", "initContainers"}) {
    ReviewReader reader("example.org");
    std::string pod = R"({"spec":{")" + std::string(list) + "\":[" + Repeat("{}", 1000000) + "]}}";
    EXPECT_FALSE(reader.ReadPod(pod).ok());
    EXPECT_LE(reader.memory(), 4 * pod.capacity() + (2U << 20)) << list;
  }
}

}  // namespace
}  // namespace irsa::admission
