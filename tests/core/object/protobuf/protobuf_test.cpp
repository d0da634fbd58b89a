#include "core/object/protobuf/protobuf.h"

#include <capnp/message.h>
#include <gtest/gtest.h>

#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

std::string protobufOf(const Kind& kind, std::string_view json) {
  Result<Decoded> decoded = decodeJson(kind, json, FieldValidation::strict);
  return decoded ? encodeProtobuf(kind, decoded->message->words()) : decoded.error().message;
}

TEST(Protobuf, HasAnEnvelopeThatNamesTheKind) {
  std::string body = protobufOf(test::kind("Deployment"), R"({"metadata":{"name":"web"}})");
  Result<ProtobufEnvelope> envelope = openProtobuf(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->apiVersion, "apps/v1");
  EXPECT_EQ(envelope->kind, "Deployment");
  Result<Decoded> decoded = decodeProtobuf(test::kind("Deployment"), envelope->raw);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->message->meta().getName(), "web");
}

TEST(Protobuf, KeepsWhatIsAbsentAndWhatIsZeroApart) {
  std::string json =
      R"({"apiVersion":"v1","kind":"Pod","spec":{"volumes":[{"name":"v","emptyDir":{}}],)"
      R"("containers":[{"name":"c","resources":{},"livenessProbe":{"httpGet":{"port":"http"},"periodSeconds":5}}],)"
      R"("terminationGracePeriodSeconds":0},"status":{}})";
  const Kind& pod = test::kind("Pod");
  std::string body = protobufOf(pod, json);
  Result<Decoded> decoded = decodeProtobuf(pod, openProtobuf(body)->raw);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(encodeJson(pod, decoded->message->words()), json);
}

// A text that Go has behind a pointer is nil there when it is absent, not a pointer to nothing.
TEST(Protobuf, SaysNothingOfAnOptionalTextThatIsAbsent) {
  // name, readOnly, mountPath, subPath and subPathExpr of a mount; what follows is the next field.
  const std::string mount("\x0a\x01v\x10\x00\x1a\x02/d\x22\x00\x32\x00", 13);
  auto afterMount = [&](std::string_view extra) {
    std::string json = R"({"spec":{"containers":[{"name":"c","volumeMounts":[{"name":"v","mountPath":"/d")";
    std::string body = protobufOf(test::kind("Pod"), json.append(extra).append("}]}]}}"));
    size_t at = body.find(mount);
    return at == std::string::npos ? "no mount" : body.substr(at + mount.size(), 2);
  };
  EXPECT_NE(afterMount(""), std::string("\x3a\x00", 2)) << "recursiveReadOnly";
  EXPECT_NE(afterMount(""), "no mount");
  EXPECT_EQ(afterMount(R"(,"recursiveReadOnly":"Disabled")"), "\x3a\x08");
}

TEST(Protobuf, ShowsTheMetadataOfAnyKindAlone) {
  const Kind& map = test::kind("ConfigMap");
  Result<Decoded> decoded =
      decodeJson(map, R"({"metadata":{"name":"m","labels":{"a":"b"}},"data":{"k":"v"}})", FieldValidation::strict);
  ASSERT_TRUE(decoded);
  const std::string body = encodeProtobufPartial(decoded->message->words());
  Result<ProtobufEnvelope> envelope = openProtobuf(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->apiVersion, "meta.k8s.io/v1");
  EXPECT_EQ(envelope->kind, "PartialObjectMetadata");
  EXPECT_EQ(envelope->raw, encodeProtobufPartialMessage(decoded->message->words()));
  Result<Decoded> again = decodeProtobuf(map, envelope->raw);
  ASSERT_TRUE(again);
  EXPECT_EQ(encodeJson(map, again->message->words()),
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","labels":{"a":"b"}}})");
}

TEST(Protobuf, RefusesWhatIsMalformed) {
  EXPECT_FALSE(openProtobuf("{}"));
  EXPECT_FALSE(openProtobuf(std::string_view("k8s\0\x0a\xff", 6)));
  const Kind& pod = test::kind("Pod");
  for (std::string_view raw :
       {std::string_view("\x0a\x05\x0a", 3), std::string_view("\x08\x01", 2), std::string_view("\x0a", 1),
        std::string_view("\x0a\x03\x0a\x01\xff", 5), std::string_view("\x0b", 1)}) {
    EXPECT_FALSE(decodeProtobuf(pod, raw));
  }
  std::string body =
      protobufOf(pod, R"({"metadata":{"name":"x","labels":{"a":"b"}},"spec":{"containers":[{"name":"c"}]}})");
  std::string_view raw = openProtobuf(body)->raw;
  for (size_t size = 0; size < raw.size(); ++size) (void)decodeProtobuf(pod, raw.substr(0, size));
}

TEST(Protobuf, WritesListsAndStatuses) {
  const Kind& pod = test::kind("Pod");
  Result<Decoded> one = decodeJson(pod, R"({"metadata":{"name":"a"}})", FieldValidation::strict);
  capnp::MallocMessageBuilder builder;
  auto meta = builder.initRoot<meta_v1::ListMeta>();
  meta.setResourceVersion(9);
  const std::string item = encodeProtobufMessage(pod, one->message->words());
  std::string items = protobufListMetadata(meta.asReader());
  for (int i = 0; i < 2; ++i) items += protobufItemOpening(item.size()) + item;
  std::string list = protobufOpening("v1", "PodList", items.size()) + items + std::string(protobufClosing());
  Result<ProtobufEnvelope> envelope = openProtobuf(list);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->kind, "PodList");
  EXPECT_NE(envelope->raw.find('9'), std::string::npos);

  capnp::MallocMessageBuilder statusBuilder;
  auto status = statusBuilder.initRoot<meta_v1::Status>();
  status.setCode(404);
  status.setReason("NotFound");
  std::string body = encodeProtobufStruct("v1", "Status", status.asReader());
  Result<Decoded> decoded = decodeProtobufStruct(capnp::Schema::from<meta_v1::Status>(), openProtobuf(body)->raw);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->message->root<meta_v1::Status>().getCode(), 404);
}

TEST(Protobuf, WhatJsonWritesAsOneOfItsMembersIsAMessage) {
  KindRegistry registry;
  capnp::MallocMessageBuilder description;
  test::describe(description.initRoot<role::KindsDescription>(), test::compileSchema({"apiextensions_v1"}),
                 {{"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false,
                   "apiextensions_v1"}});
  ASSERT_TRUE(registry.add("test", description.getRoot<role::KindsDescription>().asReader()));
  const KindRef kind = registry.findResource("apiextensions.k8s.io", "customresourcedefinitions");
  const Kind& definition = *kind;
  const std::string json =
      R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"a"},"spec":{)"
      R"("group":"g","names":{"plural":"a","kind":"A"},"scope":"Namespaced","versions":[{"name":"v1","served":true,)"
      R"("storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"list":{"type":"array",)"
      R"("items":{"type":"string","enum":["a",null,1]}},"map":{"type":"object","additionalProperties":true},)"
      R"("typed":{"type":"object","default":{"x":[1]},"additionalProperties":{"type":"integer"}}}}}}]}})";
  Result<Decoded> decoded = decodeJson(definition, json, FieldValidation::strict);
  ASSERT_TRUE(decoded) << decoded.error().message;
  const std::string body = encodeProtobuf(definition, decoded->message->words());
  Result<ProtobufEnvelope> envelope = openProtobuf(body);
  ASSERT_TRUE(envelope);
  Result<Decoded> back = decodeProtobuf(definition, envelope->raw);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(encodeJson(definition, back->message->words()), encodeJson(definition, decoded->message->words()));
}

TEST(Protobuf, ASpanOfTimeIsANumberOfNanoseconds) {
  const Kind& metrics = test::kind("PodMetrics");
  const auto windowOf = [&](const std::string& window) {
    const std::string json =
        R"({"metadata":{"name":"a"},"timestamp":"2026-03-01T12:00:00Z","window":")" + window + R"(","containers":[]})";
    Result<Decoded> decoded = decodeJson(metrics, json, FieldValidation::strict);
    if (!decoded) return decoded.error().message;
    const std::string body = encodeProtobuf(metrics, decoded->message->words());
    Result<Decoded> back = decodeProtobuf(metrics, openProtobuf(body)->raw);
    const std::string text = encodeJson(metrics, back->message->words());
    const size_t at = text.find("\"window\":\"") + 10;
    return text.substr(at, text.find('"', at) - at) +
           (body.find("\x1a\x06\x08\x80\x94\xeb\xdc\x03") != std::string::npos ? " in nanoseconds" : "");
  };
  EXPECT_EQ(windowOf("1s"), "1s in nanoseconds");
  EXPECT_EQ(windowOf("15s"), "15s");
  EXPECT_EQ(windowOf("90s"), "1m30s");
  EXPECT_EQ(windowOf("-1h"), "-1h0m0s");
  EXPECT_EQ(windowOf("0.001s"), "1ms");
  EXPECT_NE(windowOf("soon").find("time: invalid duration \"soon\""), std::string::npos) << windowOf("soon");
}

}  // namespace
}  // namespace cleat::object
