// Keys of a pod that occur twice, and keys in messages.
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "irsa/admission/review_reader.h"

#include "test/admission/pod_text.h"

namespace irsa::admission {
namespace {

TEST(ReadPod, RefusesAKeyTwiceWhereItIsRead) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"metadata":{},"metadata":{}})", "metadata occurs twice"},
      {R"({"spec":null,"spec":{}})", "spec occurs twice"},
      {R"({"metadata":{"annotations":{},"annotations":{}}})", "metadata.annotations occurs twice"},
      {R"({"metadata":{"name":"a","name":"b"}})", "metadata.name occurs twice"},
      {R"({"spec":{"containers":[],"x":1,"containers":[]}})", "spec.containers occurs twice"},
      {R"({"spec":{"serviceAccountName":"a","serviceAccountNam\u0065":"b"}})", "spec.serviceAccountName occurs twice"},
      {R"({"spec":{"os":{"name":"a","name":"a"}}})", "spec.os.name occurs twice"},
      {R"({"spec":{"nodeSelector":{"kubernetes.io/os":"a","kubernetes.io/os":"a"}}})",
       "spec.nodeSelector[kubernetes.io/os] occurs twice"},
      {R"({"spec":{"initContainers":[{"env":[],"env":[]}]}})", "spec.initContainers[0].env occurs twice"},
      {R"({"spec":{"containers":[{},{"name":"a","name":"a"}]}})", "spec.containers[1].name occurs twice"},
      {R"({"spec":{"containers":[{"env":[{"name":"a","name":"a"}]}]}})", "spec.containers[0].env[0].name occurs twice"},
      {R"({"spec":{"containers":[{"volumeMounts":[{"name":"a","name":"a"}]}]}})",
       "spec.containers[0].volumeMounts[0].name occurs twice"},
      {R"({"spec":{"containers":[{"volumeMounts":[{"mountPath":"a","mountPath":"a"}]}]}})",
       "spec.containers[0].volumeMounts[0].mountPath occurs twice"},
      {R"({"spec":{"volumes":[{},{"name":"a","name":"a"}]}})", "spec.volumes[1].name occurs twice"},
      {R"({"metadata":{"annotations":{"example.org/b":"","example.org/a":"","example.org/b":""}}})",
       "duplicate key in metadata.annotations"},
      {R"({"metadata":{"annotations":{"kubernetes.io/config.mirror":"","kubernetes.io/config.mirror":""}}})",
       "duplicate key in metadata.annotations"}};
  for (const auto& [pod, message] : cases) EXPECT_EQ(Read(pod), std::string("malformed: ") + message);
}

TEST(ReadPod, PassesOverAKeyTwiceWhereItIsNotRead) {
  EXPECT_EQ(Read(R"({"status":1,"status":2,"metadata":{"uid":"a","uid":"a","annotations":{"o/a":"1","o/a":"2"}},)"
                 R"("spec":{"x":1,"x":1,"containers":[)"
                 R"({"x":1,"x":1,"envFrom":1,"envFrom":2,"env":[{"value":"1","value":"2"}]}]}})"),
            "account default\ncontainer : \n");
}

// However far the next escape is: what lies between has none, and what has one may be read in any order.
TEST(ReadPod, FindsAnEscapedKeyAtAnyDistance) {
  ReviewReader reader(kPrefix);
  for (const size_t distance : std::initializer_list<size_t>{0, 1, 4000, 4095, 4096, 4097, 9000}) {
    const std::string filler(distance, 'x');
    const std::string escaped = R"({"value":")" + filler +
                                R"(\n","valueFrom":{"secret\u004beyRef":{"optional":true}},)" +
                                R"("na\u006de":"AWS_\u0041"})";
    const std::string plain = R"({"name":"AWS_)" + filler + R"(B"})";
    const std::string pod =
        R"({"spec":{"containers":[{"env":[)" + escaped + "," + plain + R"(]}],"serviceAccount\u004eame":"a"}})";
    EXPECT_EQ(Read(reader, pod), "account a\ncontainer : AWS_A?secret AWS_" + filler + "B\n") << distance;
  }
}

TEST(ReadPod, FindsADuplicateAmongVeryManyAnnotations) {
  std::string annotations;
  for (int i = 0; i < 100000; ++i) annotations += "\"example.org/" + std::to_string(i) + "\":\"\",";
  const std::string begin = R"({"metadata":{"annotations":{)" + annotations;
  ReviewReader reader(kPrefix);
  EXPECT_EQ(Read(reader, begin + R"("example.org/last":""}}})").substr(0, 8), "account ");
  EXPECT_EQ(Read(reader, begin + R"("example.org/50000":""}}})"), "malformed: duplicate key in metadata.annotations");
}

TEST(ReadPod, DoesNotRepeatAnUnreadableKey) {
  EXPECT_EQ(Read(R"({"metadata":{"annotations":{"example.org/a\nb":1}}})"),
            "invalid: metadata.annotations[...] is not a string but a number");
  EXPECT_EQ(Read(R"({"metadata":{"annotations":{"example.org/)" + std::string(400, 'a') + R"(":1}}})"),
            "invalid: metadata.annotations[...] is not a string but a number");
}

}  // namespace
}  // namespace irsa::admission
