#include <gtest/gtest.h>

#include <algorithm>

#include "core/object/codec.h"
#include "core/object/json/json_document.h"
#include "core/object/patch/patch.h"
#include "core/object/protobuf/protobuf.h"
#include "tests/core/object/reference.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

// "apps.v1.Deployment": the name of a fully populated object among Kubernetes' own test data.
std::string fixtureName(const Kind& kind) {
  return (kind.group.empty() ? "core" : kind.group) + "." + kind.version + "." + kind.name;
}

// Revisions are numbers here; Kubernetes allows any text. This one is as long as what it replaces.
constexpr const char* kAnyRevision = "resourceVersionValue";
constexpr const char* kRevision = "10000000000000000077";

void replaceRevisions(boost::json::value& value) {
  if (auto* object = value.if_object()) {
    for (auto& [name, member] : *object) {
      if (name == "resourceVersion" && member == kAnyRevision) {
        member = kRevision;
      } else {
        replaceRevisions(member);
      }
    }
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) replaceRevisions(element);
  }
}

// All of it, down to the last.
JsonNode opened(PatchTree& tree, JsonNode node) {
  tree.open(node);
  if (node.isObject()) {
    for (JsonMember& member : node.object()) member.value = opened(tree, member.value);
  } else if (node.isArray()) {
    for (JsonNode& element : node.list()) element = opened(tree, element);
  }
  return node;
}

class Fixtures : public testing::TestWithParam<size_t> {
 protected:
  const Kind& kind() const { return *test::kinds().latest()->served()[GetParam()]; }
};

TEST_P(Fixtures, SurviveTheWayFromJsonToAMessageAndBack) {
  std::string path = test::referencePath("api-fixtures/" + fixtureName(kind()) + ".json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no reference data";
  boost::json::value original = test::parse(test::readFile(path));
  replaceRevisions(original);

  Result<Decoded> decoded = decode(kind(), original, FieldValidation::strict);
  ASSERT_TRUE(decoded) << decoded.error().message;
  std::string text = encodeJson(kind(), decoded->message->words());
  EXPECT_EQ(test::sortedText(test::parse(text)), test::sortedText(original));
  EXPECT_TRUE(verify(kind(), decoded->message->words()));

  Result<Decoded> again = decodeJson(kind(), text, FieldValidation::strict);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encodeJson(kind(), again->message->words()), text);
}

// What a patch does not touch is taken over as words, and what it looks into is what the JSON of the object says.
TEST_P(Fixtures, ArePatchedInTheirWords) {
  std::string path = test::referencePath("api-fixtures/" + fixtureName(kind()) + ".json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no reference data";
  boost::json::value original = test::parse(test::readFile(path));
  replaceRevisions(original);
  Result<Decoded> decoded = decode(kind(), original, FieldValidation::strict);
  ASSERT_TRUE(decoded) << decoded.error().message;
  const std::string text = encodeJson(kind(), decoded->message->words());
  JsonArena arena;
  JsonNode untouched = nodeOf(arena, kind(), decoded->message->words());
  EXPECT_EQ(jsonText(untouched), text);
  const JsonDocument read = *JsonDocument::parse(text);
  EXPECT_TRUE(PatchTree::same(untouched, read.root()));

  const Ref<const Message> canonical = decode(kind(), read.root(), FieldValidation::strict)->message;
  PatchTree tree(arena);
  JsonNode open = opened(tree, untouched);
  EXPECT_EQ(jsonText(open), text);
  for (const JsonNode& node : {untouched, open, read.root()}) {
    Result<Decoded> again = decodePatched(kind(), node, arena, FieldValidation::strict);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(encodeJson(kind(), again->message->words()), text);
    EXPECT_TRUE(verify(kind(), again->message->words()));
    EXPECT_TRUE(std::ranges::equal(again->message->words(), canonical->words()));
  }
}

std::string readProtobuf(const std::string& path) {
  std::string body = test::readFile(path);
  for (size_t at = 0; (at = body.find(kAnyRevision, at)) != std::string::npos;) body.replace(at, 20, kRevision);
  return body;
}

TEST_P(Fixtures, MeanTheSameInProtobufAndInJson) {
  std::string path = test::referencePath("api-fixtures/" + fixtureName(kind()));
  if (!std::filesystem::exists(path + ".pb")) GTEST_SKIP() << "no reference data";
  boost::json::value original = test::parse(test::readFile(path + ".json"));
  replaceRevisions(original);
  std::string body = readProtobuf(path + ".pb");
  Result<ProtobufEnvelope> envelope = openProtobuf(body);
  ASSERT_TRUE(envelope) << envelope.error().message;
  EXPECT_EQ(envelope->kind, kind().name);
  EXPECT_EQ(envelope->apiVersion, kind().apiVersion());

  Result<Decoded> decoded = decodeProtobuf(kind(), envelope->raw);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(test::sortedText(test::parse(encodeJson(kind(), decoded->message->words()))), test::sortedText(original));

  std::string written = encodeProtobuf(kind(), decoded->message->words());
  Result<Decoded> again = decodeProtobuf(kind(), openProtobuf(written)->raw);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encodeJson(kind(), again->message->words()), encodeJson(kind(), decoded->message->words()));
}

// Places of the kinds that Kubernetes' test data has: APIServices and metrics are in modules of their own.
std::vector<size_t> kindsWithData() {
  std::vector<size_t> places;
  for (size_t i = 0; i < test::kindNames().size(); ++i) {
    const std::string_view group = test::kindNames()[i].group;
    if (group != "apiregistration.k8s.io" && group != "metrics.k8s.io") places.push_back(i);
  }
  return places;
}

INSTANTIATE_TEST_SUITE_P(AllKinds, Fixtures, testing::ValuesIn(kindsWithData()), [](const auto& info) {
  const test::KindNames& names = test::kindNames()[info.param];
  // Some kinds have several versions, or are in two groups.
  const std::string group = names.group;
  return group.substr(0, group.find('.')) + names.version + names.kind;
});

}  // namespace
}  // namespace cleat::object
