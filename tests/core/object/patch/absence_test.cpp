// Absent, null and empty, which each patch tells apart where Kubernetes does: a null asks for absence, an empty text of
// a map is a value, an empty list or map is none, a zero in a box is one, and an empty struct is not an absent one.
#include <gtest/gtest.h>

#include "core/object/codec.h"
#include "core/object/json/json_document.h"
#include "core/object/patch/patch.h"
#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

enum class Type { json, merge, strategic };

// What the patch makes of the object, as JSON without apiVersion, kind and metadata.
std::string patched(Type type, const char* kindName, const std::string& object, const std::string& text) {
  const Kind& kind = test::kind(kindName);
  Result<Decoded> live = decodeJson(kind, object, FieldValidation::strict);
  if (!live) return live.error().message;
  const JsonDocument patch = *JsonDocument::parse(text);
  JsonArena arena;
  PatchTree tree(arena);
  JsonNode node = nodeOf(arena, kind, live->message->words());
  Result<void> done = type == Type::json    ? applyJsonPatch(tree, node, patch.root())
                      : type == Type::merge ? applyMergePatch(tree, node, patch.root())
                                            : applyStrategicPatch(kind, tree, node, patch.root());
  if (!done) return done.error().message;
  Result<Decoded> decoded = decodePatched(kind, node, arena, FieldValidation::strict);
  if (!decoded) return decoded.error().message;
  boost::json::value value = toValue(kind, decoded->message->words());
  for (const char* name : {"apiVersion", "kind", "metadata"}) value.as_object().erase(name);
  return test::sortedText(value);
}

struct Situation {
  const char* kind;
  const char* object;
  const char* patch;
  const char* expected;
};

constexpr const char* kMap = R"({"data":{"a":"1","b":""}})";
constexpr const char* kDeployment =
    R"({"spec":{"replicas":0,"paused":true,"selector":{"matchLabels":{"a":"b"}},"revisionHistoryLimit":0}})";
constexpr const char* kClaim = R"({"spec":{"storageClassName":"","selector":{},"accessModes":["ReadWriteOnce"]}})";
constexpr const char* kPod =
    R"({"spec":{"containers":[{"name":"c","args":["x"]}],"securityContext":{},"volumes":[{"name":"v","emptyDir":{}}],)"
    R"("automountServiceAccountToken":false}})";

// The same for merge and strategic patches.
const Situation kMerged[] = {
    {"ConfigMap", kMap, R"({})", R"({"data":{"a":"1","b":""}})"},
    {"ConfigMap", kMap, R"({"data":{}})", R"({"data":{"a":"1","b":""}})"},
    {"ConfigMap", kMap, R"({"data":null})", R"({})"},
    {"ConfigMap", kMap, R"({"data":{"a":""}})", R"({"data":{"a":"","b":""}})"},
    {"ConfigMap", kMap, R"({"data":{"a":null}})", R"({"data":{"b":""}})"},
    {"ConfigMap", kMap, R"({"data":{"a":null,"b":null}})", R"({})"},
    {"ConfigMap", kMap, R"({"immutable":false})", R"({"data":{"a":"1","b":""},"immutable":false})"},
    {"ConfigMap", R"({"immutable":false})", R"({"immutable":null})", R"({})"},
    {"Secret", R"({"data":{"a":"YQ==","b":""}})", R"({"data":{"a":"","c":""}})", R"({"data":{"a":"","b":"","c":""}})"},
    {"Secret", R"({"data":{"a":"YQ==","b":""}})", R"({"data":{"b":null}})", R"({"data":{"a":"YQ=="}})"},
    {"PersistentVolumeClaim", kClaim, R"({"spec":{"accessModes":[]}})",
     R"({"spec":{"resources":{},"selector":{},"storageClassName":""},"status":{}})"},
    {"PersistentVolumeClaim", kClaim, R"({"spec":{"storageClassName":null,"selector":null}})",
     R"({"spec":{"accessModes":["ReadWriteOnce"],"resources":{}},"status":{}})"},
    {"PersistentVolumeClaim", R"({"spec":{}})", R"({"spec":{"storageClassName":""}})",
     R"({"spec":{"resources":{},"storageClassName":""},"status":{}})"},
};

TEST(Absence, IsToldFromEmptinessByMergeAndStrategicPatches) {
  for (const Situation& each : kMerged) {
    EXPECT_EQ(patched(Type::merge, each.kind, each.object, each.patch), each.expected) << each.patch;
    EXPECT_EQ(patched(Type::strategic, each.kind, each.object, each.patch), each.expected) << each.patch;
  }
}

TEST(Absence, OfNumbersAndFlagsIsNotZero) {
  auto spec = [](Type type, const char* patch) {
    return test::parse(patched(type, "Deployment", kDeployment, patch)).at("spec").as_object();
  };
  for (Type type : {Type::merge, Type::strategic}) {
    boost::json::object kept = spec(type, R"({"spec":{"paused":false}})");
    EXPECT_EQ(kept.at("replicas"), 0);
    EXPECT_EQ(kept.at("revisionHistoryLimit"), 0);
    EXPECT_FALSE(kept.contains("paused"));
    boost::json::object gone = spec(type, R"({"spec":{"replicas":null}})");
    EXPECT_FALSE(gone.contains("replicas"));
    EXPECT_EQ(gone.at("revisionHistoryLimit"), 0);
  }
  EXPECT_FALSE(spec(Type::json, R"([{"op":"remove","path":"/spec/replicas"}])").contains("replicas"));
  EXPECT_FALSE(spec(Type::json, R"([{"op":"replace","path":"/spec/replicas","value":null}])").contains("replicas"));
  EXPECT_EQ(spec(Type::json, R"([{"op":"test","path":"/spec/replicas","value":0}])").at("replicas"), 0);
}

TEST(Absence, OfStructsIsNotAnEmptyOne) {
  auto spec = [](Type type, const char* patch) {
    const std::string text = patched(type, "Pod", kPod, patch);
    return text.starts_with("{") ? test::sortedText(test::parse(text).at("spec")) : text;
  };
  const std::string begin = R"({"automountServiceAccountToken":false,"containers":[{)",
                    end = R"("name":"c","resources":{}}])";
  const std::string whole = begin + R"("args":["x"],)" + end;
  const std::string volumes = R"(,"volumes":[{"emptyDir":{},"name":"v"}]})";
  EXPECT_EQ(spec(Type::merge, "{}"), whole + R"(,"securityContext":{})" + volumes);
  for (Type type : {Type::merge, Type::strategic}) {
    EXPECT_EQ(spec(type, R"({"spec":{"securityContext":null}})"), whole + volumes);
    EXPECT_EQ(spec(type, R"({"spec":{"securityContext":{}}})"), whole + R"(,"securityContext":{})" + volumes);
  }
  // An emptied list is none, and a source that goes takes its struct with it.
  EXPECT_EQ(spec(Type::strategic, R"({"spec":{"containers":[{"name":"c","args":[]}]}})"),
            begin + end + R"(,"securityContext":{})" + volumes);
  EXPECT_EQ(spec(Type::strategic, R"({"spec":{"volumes":[{"name":"v","emptyDir":null}]}})"),
            whole + R"(,"securityContext":{},"volumes":[{"name":"v"}]})");
  EXPECT_EQ(spec(Type::json, R"([{"op":"add","path":"/spec/volumes/0/emptyDir","value":null}])"),
            whole + R"(,"securityContext":{},"volumes":[{"name":"v"}]})");
  EXPECT_EQ(spec(Type::json, R"([{"op":"replace","path":"/spec/volumes","value":[]}])"),
            whole + R"(,"securityContext":{}})");
}

TEST(Absence, IsEqualToNullForTestsOfAJsonPatch) {
  auto of = [](const char* patch) { return patched(Type::json, "ConfigMap", kMap, patch); };
  EXPECT_EQ(of(R"([{"op":"test","path":"/data/x","value":null}])"), R"({"data":{"a":"1","b":""}})");
  EXPECT_EQ(of(R"([{"op":"test","path":"/data/b","value":""}])"), R"({"data":{"a":"1","b":""}})");
  EXPECT_NE(of(R"([{"op":"test","path":"/data/b","value":null}])"), R"({"data":{"a":"1","b":""}})");
  // An empty map is not written. What is not there can be replaced all the same.
  EXPECT_EQ(of(R"([{"op":"replace","path":"/data","value":{}}])"), R"({})");
  EXPECT_EQ(of(R"([{"op":"replace","path":"/binaryData","value":{}}])"), R"({"data":{"a":"1","b":""}})");
  // A null in a map is its zero value.
  EXPECT_EQ(of(R"([{"op":"add","path":"/data/n","value":null}])"), R"({"data":{"a":"1","b":"","n":""}})");
}

TEST(Absence, IsAskedForByDirectivesOfStrategicPatches) {
  auto of = [](const char* patch) { return patched(Type::strategic, "ConfigMap", kMap, patch); };
  EXPECT_EQ(of(R"({"data":{"$patch":"delete"}})"), R"({})");
  EXPECT_EQ(of(R"({"data":{"$patch":"replace"}})"), R"({})");
  EXPECT_EQ(of(R"({"data":{"$patch":"replace","c":"","d":null}})"), R"({"data":{"c":""}})");
  EXPECT_EQ(of(R"({"data":{"$retainKeys":["b"]}})"), R"({"data":{"b":""}})");
}

}  // namespace
}  // namespace cleat::object
