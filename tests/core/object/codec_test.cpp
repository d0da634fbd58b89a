#include "core/object/codec.h"

#include <capnp/message.h>
#include <cleat/schema/kinds/core_v1.capnp.h>
#include <gtest/gtest.h>

#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"
#include "core/object/object.h"
#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

const Kind& deployment() { return test::kind("Deployment"); }
const Kind& pod() { return test::kind("Pod"); }
// A kind that has nothing but metadata in its JSON where nothing is said.
const Kind& map() { return test::kind("ConfigMap"); }

std::string roundTrip(const Kind& kind, std::string_view json) {
  Result<Decoded> decoded = decodeJson(kind, json, FieldValidation::strict);
  return decoded ? encodeJson(kind, decoded->message->words()) : "error: " + decoded.error().message;
}

std::string errorOf(const Kind& kind, std::string_view json, FieldValidation validation = FieldValidation::strict) {
  Result<Decoded> decoded = decodeJson(kind, json, validation);
  return decoded ? "" : std::to_string(decoded.error().code) + " " + decoded.error().message;
}

std::string podSpec(std::string_view inner) {
  std::string text = roundTrip(pod(), R"({"spec":)" + std::string(inner) + "}");
  size_t at = text.find(R"("spec":)"), end = text.find(R"(,"status":)");
  return at == std::string::npos ? text : text.substr(at + 7, end - at - 7);
}

TEST(Codec, WritesApiVersionAndKindFirst) {
  EXPECT_EQ(roundTrip(map(), R"({"metadata":{"name":"web"}})"),
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web"}})");
}

TEST(Codec, LeavesRoomForTheRevision) {
  Result<Decoded> decoded =
      decodeJson(map(), R"({"metadata":{"name":"a","resourceVersion":"17"}})", FieldValidation::strict);
  ASSERT_TRUE(decoded);
  Encoded encoded = encode(map(), decoded->message->words(), true);
  EXPECT_EQ(encoded.json, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":""}})");
  EXPECT_EQ(encoded.json.substr(encoded.revisionOffset), R"("}})");
  EXPECT_EQ(encodeJson(map(), decoded->message->words()),
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"17"}})");
}

TEST(Codec, LeavesRoomForTheRevisionOfAnObjectWithoutMetadata) {
  Result<Decoded> decoded = decodeJson(map(), "{}", FieldValidation::strict);
  ASSERT_TRUE(decoded);
  Encoded encoded = encode(map(), decoded->message->words(), true);
  EXPECT_EQ(encoded.json, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"resourceVersion":""}})");
}

TEST(Codec, DistinguishesAbsentFromZeroWhereItMatters) {
  EXPECT_EQ(podSpec(R"({"containers":[{"name":"a"}],"terminationGracePeriodSeconds":0,"priority":null})"),
            R"({"containers":[{"name":"a","resources":{}}],"terminationGracePeriodSeconds":0})");
}

TEST(Codec, KeepsEmptyStructsButNoEmptyLists) {
  EXPECT_EQ(podSpec(R"({"volumes":[{"name":"v","emptyDir":{}}],"containers":[]})"),
            R"({"volumes":[{"name":"v","emptyDir":{}}],"containers":null})");
}

TEST(Codec, LeavesEmptyOptionalListsOut) {
  EXPECT_EQ(podSpec(R"({"containers":[{"name":"a","args":[],"env":[]}],"nodeSelector":{}})"),
            R"({"containers":[{"name":"a","resources":{}}]})");
}

TEST(Codec, WritesRequiredValuesThatAreAbsentAsGoDoes) {
  EXPECT_EQ(podSpec("{}"), R"({"containers":null})");
  EXPECT_EQ(podSpec(R"({"containers":[{}]})"), R"({"containers":[{"name":"","resources":{}}]})");
}

TEST(Codec, SortsMapsByKey) {
  EXPECT_EQ(roundTrip(test::kind("ConfigMap"), R"({"data":{"b":"2","a":"1","":"0"}})"),
            R"({"apiVersion":"v1","kind":"ConfigMap","data":{"":"0","a":"1","b":"2"}})");
}

TEST(Codec, KeepsBytesAsBase64) {
  EXPECT_EQ(roundTrip(test::kind("Secret"), R"({"data":{"a":"AAECAw==","empty":""}})"),
            R"({"apiVersion":"v1","kind":"Secret","data":{"a":"AAECAw==","empty":""}})");
  EXPECT_EQ(
      errorOf(test::kind("Secret"), R"({"data":{"a":"AA=C"}})"),
      R"(400 Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 3 (data.a))");
}

TEST(Codec, TakesNumbersAndTextsForPorts) {
  std::string ports = R"([{"name":"a","port":80,"targetPort":"http"},{"name":"b","port":81,"targetPort":8080}])";
  EXPECT_EQ(roundTrip(test::kind("Service"), R"({"spec":{"ports":)" + ports + "}}"),
            R"({"apiVersion":"v1","kind":"Service","spec":{"ports":)" + ports + R"(},"status":{"loadBalancer":{}}})");
  EXPECT_EQ(
      errorOf(test::kind("Service"), R"({"spec":{"ports":[{"port":1,"targetPort":true}]}})"),
      R"(400 Service in version "v1" cannot be handled as a Service: json: cannot unmarshal bool into Go struct field )"
      "ServicePort.spec.ports.targetPort of type int32");
}

TEST(Codec, BringsQuantitiesIntoCanonicalForm) {
  EXPECT_EQ(
      podSpec(
          R"({"containers":[{"name":"a","resources":{"limits":{"cpu":"1000m","memory":"1024Ki"},"requests":{"cpu":0.5}}}]})"),
      R"({"containers":[{"name":"a","resources":{"limits":{"cpu":"1","memory":"1Mi"},"requests":{"cpu":"500m"}}}]})");
  EXPECT_EQ(errorOf(pod(), R"({"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}})"),
            R"(400 Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression )"
            R"('^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' (spec.containers[0].resources.limits.cpu))");
}

TEST(Codec, BringsTimesIntoCanonicalForm) {
  EXPECT_EQ(roundTrip(map(),
                      R"({"metadata":{"creationTimestamp":"2020-05-05T12:00:00.123+02:00","deletionTimestamp":null}})"),
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"creationTimestamp":"2020-05-05T10:00:00Z"}})");
  EXPECT_EQ(
      roundTrip(test::kind("Lease"), R"({"spec":{"renewTime":"2020-05-05T12:00:00Z"}})"),
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","spec":{"renewTime":"2020-05-05T12:00:00.000000Z"}})");
}

TEST(Codec, NumbersAreTheOnesThatWereWritten) {
  for (double number : {0.1, 1.1, 123456.789, 1e23, 4.444444444444444e51, 1.7976931348623157e308, 5e-324, 2.5e-320}) {
    std::string text = jsonText(boost::json::value(number));
    Result<boost::json::value> parsed = parseJson(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_number<double>(), number) << text;
    EXPECT_EQ(jsonText(*parsed), text);
  }
}

TEST(Codec, RawJsonHasOnlyNumbersThatCanBeReadAgain) {
  for (const char* text : {"1e308", "1e-999999999", "1e-0000000000000001", "0e0", "[1E+2]"}) {
    EXPECT_TRUE(isJson(text)) << text;
    EXPECT_TRUE(parseJson(text)) << text;
  }
  const std::string digits(400, '9');
  for (const char* text : {"1e1111111111111", "1e", "1e+", "1e-", "-", "1e999999999", "-1e309", digits.c_str()}) {
    EXPECT_FALSE(isJson(text)) << text;
    EXPECT_FALSE(parseJson(text)) << text;
  }
}

TEST(Codec, KeepsRawJsonAsItIs) {
  EXPECT_EQ(
      roundTrip(map(), R"({"metadata":{"managedFields":[{"fieldsV1":{"f:a":{".":{}},"n":1.5,"i":[1,null]}}]}})"),
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[{"fieldsV1":{"f:a":{".":{}},"n":1.5,"i":[1,null]}}]}})");
}

TEST(Codec, EscapesOnlyWhatJsonDemands) {
  EXPECT_EQ(roundTrip(map(), R"({"metadata":{"annotations":{"k":"a\"b\\c\n\t\u0001\u001f é \ud83d\ude00 </>"}}})"),
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{\"k\":"
            "\"a\\\"b\\\\c\\n\\t\\u0001\\u001f é \xf0\x9f\x98\x80 </>\"}}}");
}

TEST(Codec, NamesWrongTypesInKubernetesWords) {
  EXPECT_EQ(errorOf(deployment(), R"({"spec":{"replicas":"x"}})"),
            R"(400 Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into )"
            "Go struct field DeploymentSpec.spec.replicas of type int32");
  EXPECT_EQ(errorOf(deployment(), R"({"spec":{"template":{"spec":{"containers":[{"env":[{"value":1}]}]}}}})"),
            R"(400 Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into )"
            "Go struct field EnvVar.spec.template.spec.containers.env.value of type string");
  EXPECT_EQ(errorOf(deployment(), R"({"spec":[]})"),
            R"(400 Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal array into )"
            "Go struct field Deployment.spec of type v1.DeploymentSpec");
  EXPECT_EQ(errorOf(deployment(), R"({"spec":{"replicas":99999999999}})"),
            R"(400 Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number )"
            "99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32");
  EXPECT_EQ(errorOf(pod(), R"({"metadata":{"labels":{"a":1}}})"),
            R"(400 Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into )"
            "Go struct field ObjectMeta.metadata.labels of type string");
}

TEST(Codec, TakesIntegersWrittenAsFractions) {
  EXPECT_EQ(podSpec(R"({"containers":null,"priority":3.0,"activeDeadlineSeconds":1e3})"),
            R"({"containers":null,"activeDeadlineSeconds":1000,"priority":3})");
}

TEST(Codec, ListsAllUnknownAndDuplicateFieldsWhenStrict) {
  EXPECT_EQ(errorOf(pod(), R"({"spec":{"foo":1,"containers":[{"name":"a","bar":2}]},"extra":{}})"),
            R"(400 Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo", )"
            R"(unknown field "spec.containers[0].bar", unknown field "extra")");
  EXPECT_EQ(
      errorOf(deployment(), R"({"spec":{"replicas":1,"replicas":2}})"),
      R"(400 Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: duplicate field "spec.replicas")");
}

TEST(Codec, TellsOfUnknownAndDuplicateFieldsInTheirOrder) {
  EXPECT_EQ(
      errorOf(deployment(), R"({"spec":{"unknownField":"foo","replicas":1,"replicas":2,"strategy":{"b":1,"b":2}}})"),
      R"(400 Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field )"
      R"("spec.unknownField", duplicate field "spec.replicas", unknown field "spec.strategy.b", )"
      R"(duplicate field "spec.strategy.b")");
}

TEST(Codec, DropsUnknownFieldsWithAWarning) {
  Result<Decoded> decoded =
      decodeJson(deployment(), R"({"spec":{"replicas":1,"replicas":2,"foo":1}})", FieldValidation::warn);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->warnings,
            (std::vector<std::string>{R"(duplicate field "spec.replicas")", R"(unknown field "spec.foo")"}));
  EXPECT_NE(encodeJson(deployment(), decoded->message->words()).find(R"("replicas":2)"), std::string::npos);
}

TEST(Codec, TellsOfADuplicateOnceHoweverOftenItComes) {
  EXPECT_TRUE(errorOf(deployment(), R"({"spec":{"replicas":1,"replicas":2,"replicas":3,"x":{"y":1,"y":2}}})")
                  .ends_with(R"(duplicate field "spec.replicas", unknown field "spec.x", duplicate field "spec.x.y")"))
      << errorOf(deployment(), R"({"spec":{"replicas":1,"replicas":2,"replicas":3,"x":{"y":1,"y":2}}})");
}

TEST(Codec, ANullInAMapIsTheZeroValueAndElsewhereNothing) {
  EXPECT_EQ(
      roundTrip(test::kind("ConfigMap"), R"({"data":{"a":null,"b":"x"},"binaryData":{"c":null},"immutable":null})"),
      R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"","b":"x"},"binaryData":{"c":null}})");
  EXPECT_EQ(podSpec(R"({"containers":[{"name":"a","env":null,"resources":{"limits":{"cpu":null,"memory":"1Gi"}}}]})"),
            R"({"containers":[{"name":"a","resources":{"limits":{"cpu":"0","memory":"1Gi"}}}]})");
}

TEST(Codec, AStructThatIsHeldByValueIsAlwaysThereAndEmptyIsNone) {
  const std::string without = R"({"spec":{"containers":[{"name":"a"}]}})";
  Result<Decoded> bare = decodeJson(pod(), without, FieldValidation::strict);
  ASSERT_TRUE(bare);
  EXPECT_EQ(encodeJson(pod(), bare->message->words()),
            R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","resources":{}}]},"status":{}})");
  for (const char* same :
       {R"({"spec":{"containers":[{"name":"a","resources":{}}]},"status":{}})",
        R"({"spec":{"containers":[{"resources":{"limits":{}},"name":"a"}]},"status":{"conditions":[]}})"}) {
    Result<Decoded> decoded = decodeJson(pod(), same, FieldValidation::strict);
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(std::ranges::equal(decoded->message->words(), bare->message->words())) << same;
  }
  // One that is pointed to says something when it is empty.
  EXPECT_NE(podSpec(R"({"containers":[{"name":"a"}],"volumes":[{"name":"v","emptyDir":{}}]})").find(R"("emptyDir":{})"),
            std::string::npos);
}

TEST(Codec, AnEmptyTextThatIsAlwaysWrittenIsNone) {
  const auto same = [](const Kind& kind, const std::string& a, const std::string& b) {
    Result<Decoded> one = decodeJson(kind, a, FieldValidation::strict);
    Result<Decoded> other = decodeJson(kind, b, FieldValidation::strict);
    return one && other && std::ranges::equal(one->message->words(), other->message->words());
  };
  EXPECT_TRUE(same(pod(), R"({"spec":{"containers":[{}]}})", R"({"spec":{"containers":[{"name":""}]}})"));
  // A pointer in Kubernetes, which may be to nothing or to an empty text.
  const auto claim = [](const std::string& spec) {
    return R"({"spec":{"volumes":[{"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{)" + spec + "}}}}]}}";
  };
  EXPECT_FALSE(same(pod(), claim(""), claim(R"("storageClassName":"")")));
}

TEST(Codec, WhatIsAlwaysThereNeedNotBeRequired) {
  EXPECT_EQ(
      roundTrip(test::kind("ClusterRole"), R"({"metadata":{"name":"r"}})"),
      R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"r"},"rules":null})");
}

TEST(Codec, RefusesTextThatIsTooLargeOrTooDeep) {
  Result<boost::json::value> large = parseJson("[1,2,3]", {.maxBytes = 6});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, 413);
  EXPECT_EQ(large.error().message, "Request entity too large: limit is 6");
  Result<boost::json::value> deep = parseJson(std::string(101, '[') + std::string(101, ']'), {.maxDepth = 2});
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().message, "json parse error: nested deeper than the limit of 2 at [0][0]");
}

TEST(Codec, RefusesAShortTextThatUnfoldsToAHugeMessage) {
  std::string text = R"({"spec":{"containers":[{})";
  for (int i = 0; i < 900'000; ++i) text += ",{}";
  text += "]}}";
  EXPECT_TRUE(errorOf(pod(), text).starts_with("413 ")) << errorOf(pod(), text);
}

// In the words of Go, with the field; those without a field are what kube-apiserver 1.37 says of them to the letter.
TEST(Codec, SaysWhereTheSyntaxIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "unexpected end of JSON input"},
      {"{} {}", "invalid character '{' after top-level value"},
      {"nope", "invalid character 'o' in literal null (expecting 'u')"},
      {"\xff", "invalid character 'ÿ' looking for beginning of value"},
      {R"({"a": tru})", "invalid character '}' in literal true (expecting 'e') at a"},
      {R"({"a": {"b": [1, {"c" 2}]}})", "invalid character '2' after object key at a.b[1].c"},
      {R"({"a": {"b": 1 "c": 2}})", "invalid character '\"' after object key:value pair at a.b"},
      {R"({"a": {"b": 1,}})", "invalid character '}' looking for beginning of object key string at a"},
      {R"({"a": [1 2]})", "invalid character '2' after array element at a[0]"},
      {R"({"a": [1,]})", "invalid character ']' looking for beginning of value at a[1]"},
      {R"({"a": "x)", "unexpected end of JSON input at a"},
      {R"({"a": "\x"})", "invalid character 'x' in string escape code at a"},
      {R"({"a": "\u12g4"})", "invalid character 'g' in \\u hexadecimal character escape at a"},
      {"{\"a\": \"\n\"}", "invalid character '\\n' in string literal at a"},
      {R"({"a": -x})", "invalid character 'x' in numeric literal at a"},
      {R"({"a": 1.x})", "invalid character 'x' after decimal point in numeric literal at a"},
      {R"({"a": 1e'})", R"(invalid character '\'' in exponent of numeric literal at a)"},
      {R"({"a": 01})", "invalid character '1' after object key:value pair at a"},
      {"{\"a\": {\"b\": \"\xff\"}}", "invalid UTF-8 in string literal at a.b"},
      {"{\"a\": {\"\xff\": 1}}", "invalid UTF-8 in string literal at a"},
      {R"({"a": "\ud800"})", "half of a surrogate pair in string literal at a"},
      {R"({"a": "\udc00"})", "half of a surrogate pair in string literal at a"},
      {R"({"a": "\ud800\u0041"})", "half of a surrogate pair in string literal at a"},
  };
  for (const auto& [text, wrong] : cases) {
    Result<boost::json::value> value = parseJson(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, 400) << text;
    EXPECT_EQ(value.error().message, "json parse error: " + wrong) << text;
  }
  EXPECT_EQ(parseJson(R"({"a": [1e999]})").error().message,
            "json: cannot unmarshal number 1e999 into Go value of type float64 at a[0]");
  const std::string longPath = parseJson("{\"" + std::string(100'000, 'x') + "\": {\"a\": -}}").error().message;
  EXPECT_TRUE(longPath.ends_with(" at ...")) << longPath.size();
  EXPECT_TRUE(parseJson(R"({"a": "\ud83d\ude00\"\\\/\b\f\n\r\t", "b": [-0.5e-3, 0, [], {}]})"));
}

TEST(Codec, MakesMessagesThatCapnProtoReads) {
  Result<Decoded> decoded = decodeJson(
      pod(),
      R"({"metadata":{"name":"a","labels":{"x":"y"}},"spec":{"nodeName":"n1","containers":[{"name":"c","args":["-v",""]}]}})",
      FieldValidation::strict);
  ASSERT_TRUE(decoded);
  auto reader = decoded->message->root<core_v1::Pod>();
  EXPECT_EQ(reader.getMetadata().getLabels()[0].getValue(), "y");
  EXPECT_EQ(reader.getSpec().getContainers()[0].getArgs()[0], "-v");
  EXPECT_EQ(reader.getSpec().getContainers()[0].getArgs()[1], "");
  EXPECT_EQ(fieldText(pod(), decoded->message->words(), "spec.nodeName"), "n1");
  EXPECT_EQ(fieldText(pod(), decoded->message->words(), "spec.nothing"), "");
  Result<Ref<Message>> checked = Message::checked(decoded->message->words());
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(encodeJson(pod(), (*checked)->words()), encodeJson(pod(), decoded->message->words()));
}

TEST(Codec, EncodesStructsThatAreCompiledIn) {
  capnp::MallocMessageBuilder builder;
  auto status = builder.initRoot<meta_v1::Status>();
  status.setStatus("Failure");
  status.setCode(404);
  status.initDetails().setName("x");
  EXPECT_EQ(encodeStruct(status.asReader()), R"({"status":"Failure","details":{"name":"x"},"code":404})");
  Result<Decoded> options =
      decodeStruct(capnp::Schema::from<meta_v1::DeleteOptions>(),
                   JsonDocument::of(test::parse(R"({"kind":"DeleteOptions","gracePeriodSeconds":0})")).root(),
                   FieldValidation::strict);
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_TRUE(options->message->root<meta_v1::DeleteOptions>().hasGracePeriodSeconds());
}

TEST(Codec, AnObjectFromTheDiskDecodesOnFirstUse) {
  auto stored = makeRef<const Object>(pod(), "ns", "a", 7,
                                      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"ns"}})");
  EXPECT_EQ(stored->message()->meta().getName(), "a");
  EXPECT_EQ(stored->message(), stored->message());
  EXPECT_EQ(stored->key(), "ns/a");
  EXPECT_GT(stored->bytes(), stored->json().size());
}

}  // namespace
}  // namespace cleat::object
