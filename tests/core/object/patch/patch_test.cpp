#include "core/object/patch/patch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/object/codec.h"
#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"
#include "tests/core/object/values.h"

namespace cleat::object {
namespace {

namespace json = boost::json;

// The schema of an OpenAPI v2 document, as the reference cases bring it.
class SwaggerSchema : public PatchSchema {
 public:
  SwaggerSchema(const json::object& definitions, const std::string& name) : definitions_(definitions), name_(name) {}

  std::optional<Field> field(std::string_view name) const override {
    const json::value* definition = definitions_.if_contains(name_);
    const json::value* properties = definition ? definition->as_object().if_contains("properties") : nullptr;
    const json::value* property = properties ? properties->as_object().if_contains(name) : nullptr;
    if (!property) return std::nullopt;
    const json::object& said = property->as_object();
    Field out;
    if (auto* strategy = said.if_contains("x-kubernetes-patch-strategy")) out.strategy = strategy->as_string();
    if (auto* key = said.if_contains("x-kubernetes-patch-merge-key")) out.mergeKey = key->as_string();
    const json::value* items = said.if_contains("items");
    const json::value* members = said.if_contains("additionalProperties");
    out.isMap = members != nullptr;
    const json::value* reference = items     ? items->as_object().if_contains("$ref")
                                   : members ? members->as_object().if_contains("$ref")
                                             : said.if_contains("$ref");
    if (reference) {
      std::string target(reference->as_string());
      target.erase(0, target.rfind('/') + 1);
      auto& schema = children_[target];
      if (!schema) schema = std::make_unique<SwaggerSchema>(definitions_, target);
      out.element = schema.get();
    }
    return out;
  }

 private:
  const json::object& definitions_;
  std::string name_;
  mutable std::map<std::string, std::unique_ptr<SwaggerSchema>> children_;
};

struct MergeItem {
  json::value document = test::parse(test::readFile(test::referencePath("patch/swagger-merge-item.json")));
  SwaggerSchema schema{document.at("definitions").as_object(), "mergeItem"};
};

// The order of merged lists is not part of what most cases say: sorted by their key, by value where they have none.
json::value sortMergeLists(const json::value& value, const PatchSchema* schema) {
  json::value out(value);
  if (!out.is_object()) return out;
  for (auto& [name, member] : out.get_object()) {
    PatchSchema::Field field = schema ? schema->field(name).value_or(PatchSchema::Field{}) : PatchSchema::Field{};
    if (member.is_object()) {
      member = sortMergeLists(member, field.isMap ? nullptr : field.element);
    } else if (member.is_array() && field.strategy.starts_with("merge")) {
      json::array& list = member.get_array();
      for (json::value& element : list) element = sortMergeLists(element, field.element);
      std::ranges::stable_sort(list, {}, [&](const json::value& element) {
        const json::object* object = element.if_object();
        const json::value* key = object ? object->if_contains(field.mergeKey) : nullptr;
        return key ? jsonText(*key) : jsonText(element);
      });
    }
  }
  return out;
}

json::object referenceCases(const std::string& name) {
  return test::parse(test::readFile(test::referencePath("patch/" + name))).as_object();
}

void expectPatched(const PatchSchema& schema, const json::value& target, const json::value& patch,
                   const json::value& expected, bool anyOrder, const std::string& what) {
  Result<json::value> result = applyStrategicPatch(schema, target, patch);
  ASSERT_TRUE(result) << what << ": " << result.error().message;
  auto text = [&](const json::value& value) {
    return test::sortedText(anyOrder ? sortMergeLists(value, &schema) : value);
  };
  EXPECT_EQ(text(*result), text(expected))
      << what << "\n  target " << jsonText(target) << "\n  patch  " << jsonText(patch);
}

TEST(StrategicPatch, PassesTheReferenceCasesOfKubernetes) {
  if (!test::hasReference()) GTEST_SKIP() << "no reference data";
  MergeItem item;
  json::object file = referenceCases("strategic-merge-patch-cases.json");
  size_t seen = 0;
  for (const json::value& each : file.at("cases").as_array()) {
    const json::object& said = each.as_object();
    std::string table(said.at("table").as_string());
    std::string what = table + ": " + std::string(said.at("description").as_string());
    ++seen;
    if (said.contains("sorted")) {
      EXPECT_EQ(test::sortedText(sortMergeLists(said.at("original"), &item.schema)),
                test::sortedText(sortMergeLists(said.at("sorted"), &item.schema)))
          << what;
      continue;
    }
    json::value original = said.contains("original") ? said.at("original") : json::value(json::object());
    const json::value& twoWay = said.at("twoWay");
    if (const json::value* error = said.if_contains("expectedErrorGo")) {
      Result<json::value> result = applyStrategicPatch(item.schema, original, twoWay);
      std::string expected(error->as_string());
      ASSERT_FALSE(result) << what;
      EXPECT_NE(result.error().message.find(expected.substr(1, expected.size() - 2)), std::string::npos)
          << what << ": " << result.error().message;
      continue;
    }
    bool anyOrder = table == "createStrategicMergePatchTestCaseData";
    const json::value* expected = said.if_contains("twoWayResult");
    expectPatched(item.schema, original, twoWay, expected ? *expected : said.at("modified"), anyOrder,
                  what + " (two-way)");
    if (const json::value* current = said.if_contains("current")) {
      expectPatched(item.schema, *current, said.at("threeWay"), said.at("result"), anyOrder, what + " (three-way)");
    }
  }
  EXPECT_EQ(seen, 152u);
}

// Objects that became empty do not count.
json::value withoutEmpty(const json::value& value) {
  const json::object* object = value.if_object();
  if (!object) return value;
  json::object out;
  for (const auto& [name, member] : *object) {
    json::value kept = withoutEmpty(member);
    if (!kept.is_object() || !kept.get_object().empty()) out[name] = std::move(kept);
  }
  return out;
}

json::value withoutNulls(const json::value& value) {
  if (const json::object* object = value.if_object()) {
    json::object out;
    for (const auto& [name, member] : *object) {
      if (!member.is_null()) out[name] = withoutNulls(member);
    }
    return out;
  }
  const json::array* array = value.if_array();
  if (!array) return value;
  json::array out;
  for (const json::value& element : *array) out.push_back(withoutNulls(element));
  return out;
}

TEST(MergePatch, PassesTheReferenceCasesOfKubernetes) {
  if (!test::hasReference()) GTEST_SKIP() << "no reference data";
  json::object tables = referenceCases("json-merge-patch-cases.json").at("tables").as_object();
  size_t seen = 0;
  for (const json::value& each : tables.at("createJSONMergePatchTestCaseData").as_array()) {
    const json::object& said = each.as_object();
    Result<json::value> result = applyMergePatch(said.at("current"), said.at("threeWay"));
    ASSERT_TRUE(result);
    EXPECT_EQ(test::sortedText(*result), test::sortedText(said.at("result"))) << said.at("description");
    ++seen;
  }
  // A merge patch onto nothing leaves what is not null. These cases are of clients, which do not look into lists;
  // servers do.
  for (const json::value& each : tables.at("filterNullTestCaseData").as_array()) {
    const json::object& said = each.as_object();
    Result<json::value> result = applyMergePatch(json::object(), said.at("originalObj"));
    ASSERT_TRUE(result);
    json::value expected = withoutNulls(said.at("expectedWithoutNull"));
    EXPECT_EQ(test::sortedText(withoutEmpty(*result)), test::sortedText(withoutEmpty(expected)))
        << said.at("description");
    ++seen;
  }
  EXPECT_EQ(seen, 38u);
}

TEST(MergePatch, KeepsNumbersExact) {
  if (!test::hasReference()) GTEST_SKIP() << "no reference data";
  json::value document = test::parse(test::readFile(test::referencePath("patch/swagger-precision-item.json")));
  SwaggerSchema schema(document.at("definitions").as_object(), "precisionItem");
  json::value target = test::parse(R"({"name":"a","int64":9223372036854775807,"float64":3.141592653589793})");
  json::value patch = test::parse(R"({"name":"b","int32":2147483647})");
  std::string expected = R"({"float64":3.141592653589793,"int32":2147483647,"int64":9223372036854775807,"name":"b"})";
  EXPECT_EQ(test::sortedText(*applyStrategicPatch(schema, target, patch)), expected);
  EXPECT_EQ(test::sortedText(*applyMergePatch(target, patch)), expected);
}

TEST(MergePatch, TakesNullsOutOfTheObjectsInLists) {
  json::value target = json::parse(R"({"list":[1],"object":{"a":1},"other":{}})");
  json::value patch = json::parse(
      R"({"list":[{"a":null,"b":{"c":null,"d":1}},null,[{"e":null}]],"object":{"a":[{"f":null}]},"other":[{"g":null}]})");
  Result<json::value> patched = applyMergePatch(target, patch);
  ASSERT_TRUE(patched);
  EXPECT_EQ(jsonText(*patched), R"({"list":[{"b":{"d":1}},null,[{}]],"object":{"a":[{}]},"other":[{"g":null}]})");
}

TEST(StrategicPatch, MergesContainersByNameAndTolerationsNot) {
  const Kind& pod = test::kind("Pod");
  json::value target = test::parse(R"({"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}],
    "tolerations":[{"key":"x"}],"volumes":[{"name":"v","emptyDir":{}}]},"metadata":{"labels":{"a":"1","b":"2"},"finalizers":["f"]}})");
  json::value patch =
      test::parse(R"({"spec":{"containers":[{"name":"b","image":"2"},{"name":"c"},{"name":"a","$patch":"delete"}],
    "tolerations":[{"key":"y"}],"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]},
    "metadata":{"labels":{"a":null,"c":"3"},"finalizers":["g"]}})");
  Result<json::value> result = applyStrategicPatch(pod, target, patch);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(
      test::sortedText(*result),
      R"({"metadata":{"finalizers":["g","f"],"labels":{"b":"2","c":"3"}},"spec":{"containers":[{"image":"2","name":"b"},)"
      R"({"name":"c"}],"tolerations":[{"key":"y"}],"volumes":[{"hostPath":{"path":"/x"},"name":"v"}]}})");
}

std::string patched(std::string_view target, std::string_view patch) {
  Result<json::value> result = applyJsonPatch(test::parse(target), test::parse(patch));
  return result ? test::sortedText(*result) : std::to_string(result.error().code) + " " + result.error().message;
}

TEST(JsonPatch, DoesWhatTheRfcSays) {
  EXPECT_EQ(
      patched(
          R"({"a":1})",
          R"([{"op":"add","path":"/b","value":[1]},{"op":"add","path":"/b/0","value":0},{"op":"add","path":"/b/-","value":2}])"),
      R"({"a":1,"b":[0,1,2]})");
  EXPECT_EQ(patched(R"({"a":[1,2,3],"b":{"c":1}})", R"([{"op":"remove","path":"/a/1"},{"op":"remove","path":"/b/c"}])"),
            R"({"a":[1,3],"b":{}})");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"replace","path":"/a","value":{"x":null}}])"), R"({"a":{"x":null}})");
  EXPECT_EQ(patched(R"({"a":{"x":1}})",
                    R"([{"op":"move","from":"/a/x","path":"/y"},{"op":"copy","from":"/y","path":"/a/z"}])"),
            R"({"a":{"z":1},"y":1})");
  EXPECT_EQ(patched(R"({"a/b":{"m~n":1}})",
                    R"([{"op":"test","path":"/a~1b/m~0n","value":1},{"op":"replace","path":"/a~1b/m~0n","value":2}])"),
            R"({"a/b":{"m~n":2}})");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])"), R"({"b":2})");
}

TEST(JsonPatch, RefusesWhatDoesNotApply) {
  const char* rejected = "422 the server rejected our request due to an error in our request";
  for (const char* patch : {
           R"([{"op":"test","path":"/a","value":1}])",
           R"([{"op":"test","path":"/a/b","value":null}])",
           R"([{"op":"test","path":"/l/1","value":null}])",
           R"([{"op":"remove","path":"/a"}])",
           R"([{"op":"remove","path":""}])",
           R"([{"op":"add","path":"/a/b","value":1}])",
           R"([{"op":"add","path":"","value":{}}])",
           R"([{"op":"add","path":"/l/5","value":1}])",
           R"([{"op":"add","path":"/l/-3","value":1}])",
           R"([{"op":"remove","path":"/l/-2"}])",
           R"([{"op":"replace","path":"/x/y","value":1}])",
           R"([{"op":"replace","path":"","value":1}])",
           R"([{"op":"move","from":"/l","path":"/l/0"}])",
           R"([{"op":"move","from":"/x","path":"/y"}])",
           R"([{"op":"copy","from":"/l/1","path":"/y"}])",
           R"([{"op":"add"}])",
           R"([{"op":"add","path":"a","value":1}])",
           R"([{"op":"odd","path":"/a","value":1}])",
           R"([{"op":"move","path":"/a"}])",
           R"([null])",
           R"([{}])",
       }) {
    EXPECT_EQ(patched(R"({"l":[1]})", patch), rejected) << patch;
  }
}

TEST(JsonPatch, TakesTheLibertiesThatKubernetesTakes) {
  const char* target = R"({"l":[1]})";
  EXPECT_EQ(patched(target, "null"), target);
  EXPECT_EQ(patched(target, R"([{"op":"replace","path":"/x","value":2}])"), R"({"l":[1],"x":2})");
  EXPECT_EQ(patched(target, R"([{"op":"copy","from":"/x","path":"/y"}])"), R"({"l":[1],"y":null})");
  EXPECT_EQ(patched(target, R"([{"op":"add","path":"/x"}])"), R"({"l":[1],"x":null})");
  EXPECT_EQ(patched(target, R"([{"op":"add","path":"z/x","value":2}])"), R"({"l":[1],"x":2})");
  EXPECT_EQ(patched(target, R"([{"op":"add","path":"/l/-1","value":2},{"op":"add","path":"/l/01","value":3}])"),
            R"({"l":[1,3,2]})");
  EXPECT_EQ(patched(target, R"([{"op":"remove","path":"/l/-1"}])"), R"({"l":[]})");
}

TEST(JsonPatch, IsAListOfOperations) {
  const std::string undecodable = "400 error decoding patch: json: cannot unmarshal ";
  EXPECT_EQ(patched("{}", "{}"), undecodable + "object into Go value of type []handlers.jsonPatchOp");
  EXPECT_EQ(patched("{}", "[1]"), undecodable + "number into Go value of type handlers.jsonPatchOp");
  EXPECT_EQ(patched("{}", R"([{"op":1,"path":"/a"}])"),
            undecodable + "number into Go struct field jsonPatchOp.op of type string");
}

TEST(JsonPatch, IsBoundedInOperationsDepthAndCopies) {
  json::array many;
  for (int i = 0; i <= 10000; ++i) many.push_back({{"op", "test"}, {"path", ""}});
  EXPECT_EQ(applyJsonPatch(json::object(), many).error().message,
            "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001");
  json::array doubling, nesting;
  for (int i = 0; i < 40; ++i) {
    doubling.push_back({{"op", "copy"}, {"from", ""}, {"path", "/c" + std::to_string(i)}});
    std::string path;
    for (int j = 0; j < 20; ++j) path += "/c";
    nesting.push_back({{"op", "add"}, {"path", ""}, {"value", json::object{{"c", json::object()}}}});
  }
  EXPECT_EQ(applyJsonPatch(json::object{{"a", std::string(100, 'x')}}, doubling).error().code, 422);
  std::string path;
  json::array deep;
  for (int i = 0; i < 600; ++i) {
    path += "/c";
    deep.push_back({{"op", "add"}, {"path", path}, {"value", json::object()}});
  }
  EXPECT_EQ(applyJsonPatch(json::object(), deep).error().code, 422);
}

}  // namespace
}  // namespace cleat::object
