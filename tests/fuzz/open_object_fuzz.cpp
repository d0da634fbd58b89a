// Open kinds: an arbitrary schema, an object by it, and another one. What a schema makes of an object it makes of the
// result again; what is applied twice is applied once; and what differs between two objects is the same whether their
// words or their values are compared.
#include <algorithm>

#include "core/object/apply/apply.h"
#include "core/object/apply/message_compare.h"
#include "core/object/apply/typed_merge.h"
#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "core/object/object.h"
#include "core/object/schema/message_shape.h"
#include "tests/core/object/open/open_kinds.h"
#include "tests/core/object/values.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/value_compare.h"

namespace cleat::fuzz {
namespace {

namespace json = boost::json;
using object::Kind;

object::KindRef kindWith(std::string_view schema) {
  static object::KindRegistry registry;
  if (!test::offerCronTabs(registry, {{.schema = std::string(schema)}})) return nullptr;
  return registry.find("example.com", "v1", "crontabs");
}

Ref<object::Message> decoded(const Kind& kind, const json::value& value) {
  Result<object::Decoded> decoded = object::decode(kind, value, object::FieldValidation::ignore);
  return decoded ? std::move(decoded->message) : nullptr;
}

// By its schema once is by its schema for ever.
void settles(const Kind& kind, const object::Message& message, std::string_view input) {
  require(object::verify(kind, message.words()).has_value(), "a decoded message does not verify", input);
  require(object::checkShape(message, kind.schema).has_value(), "a decoded message has another shape", input);
  std::string text = object::encodeJson(kind, message.words());
  require(object::isJson(text, 500), "the encoder wrote something that is no JSON", input);
  Result<object::Decoded> again =
      object::decodeJson(kind, text, object::FieldValidation::strict, {.maxBytes = text.size(), .maxDepth = 500});
  require(again.has_value(), "encoded text is not accepted again", input);
  require(object::encodeJson(kind, again->message->words()) == text, "decoding is not stable", input);
  // As it comes from the disk.
  auto stored = makeRef<const object::Object>(kind, "", "a", uint64_t{1}, text);
  require(stored->as(kind).get() == stored.get(), "an object by its schema is another one when it is read", input);
}

void apply(const Kind& kind, const object::Message* live, const json::value& applied, std::string_view input) {
  object::FieldWriter writer{.manager = "fuzz", .subresource = "", .wallNanos = 1'700'000'000'000'000'000};
  writer.force = true;
  Result<Ref<const object::Message>> first = object::applyFields(kind, live, applied, writer);
  require(first || first.error().code != 409, "a forced apply has conflicts", input);
  if (!first) return;
  json::value stored = object::toValue(kind, (*first)->words());
  Ref<object::Message> once = decoded(kind, stored);
  require(once != nullptr, "what was applied is not of the kind", input);
  // Who applies nothing owns nothing; then the next apply finds an object that was there before the first one.
  if (once->meta().getManagedFields().size() == 0) return;
  writer.force = false;
  Result<Ref<const object::Message>> second = object::applyFields(kind, once.get(), applied, writer);
  require(second.has_value(), "what was applied cannot be applied again", input);
  require(object::toValue(kind, (*second)->words()) == stored, "applying the same again changes something", input);
}

// As JSON and what was told, or why not.
std::string merged(const Kind& kind, object::JsonArena& arena, object::JsonNode target, const object::JsonNode& patch) {
  object::PatchTree tree(arena);
  if (Result<void> done = object::applyMergePatch(tree, target, patch); !done) return done.error().message;
  auto decoded = object::decodePatched(kind, target, arena, object::FieldValidation::warn);
  if (!decoded) return decoded.error().message;
  std::string out = object::encodeJson(kind, decoded->message->words());
  std::ranges::sort(decoded->warnings);
  for (const std::string& warning : decoded->warnings) out += "\n" + warning;
  return out;
}

// A merge patch makes the same of an object's words as of its text.
void patch(const Kind& kind, const object::Message& live, const json::value& change, std::string_view input) {
  const object::JsonDocument document = object::JsonDocument::of(change);
  const std::string text = object::encodeJson(kind, live.words());
  object::JsonArena arena;
  auto read = object::JsonDocument::read(arena, text, {.maxBytes = text.size(), .maxDepth = 500});
  require(read.has_value(), "encoded text is not read", input);
  const object::JsonNode stored = object::nodeOf(arena, kind, live.words());
  require(object::jsonText(stored) == text, "the nodes of a message say something else than its text", input);
  require(merged(kind, arena, stored, document.root()) == merged(kind, arena, *read, document.root()),
          "a message is patched in another way than its text", input);
}

void update(const Kind& kind, Ref<const object::Message> before, Ref<const object::Message> after,
            std::string_view input) {
  for (const char* subresource : {"", "status"}) {
    object::FieldWriter writer{.manager = "other", .subresource = subresource, .wallNanos = 1};
    Ref<const object::Message> once = object::trackUpdate(kind, before.get(), after, writer);
    require(object::verify(kind, once->words()).has_value(), "a tracked update is not of the kind", input);
    Ref<const object::Message> twice = object::trackUpdate(kind, once.get(), once, writer);
    require(twice.get() == once.get(), "an update to what is there is booked", input);
  }
}

// Without the containers that come or go with what is in them: values count those of maps alone.
void leavesOf(object::FieldSet& set) {
  if (!set.children.empty()) set.member = false;
  for (auto& [step, below] : set.children) leavesOf(below);
}

// All but the metadata, which is no tree, and the status, which is out of reach.
void limit(object::FieldSet& set) {
  for (const char* name : {"f:metadata", "f:apiVersion", "f:kind", "f:status"}) set.children.erase(name);
  leavesOf(set);
}

bool hasNull(const json::value& value) {
  if (const json::object* object = value.if_object()) {
    return std::ranges::any_of(*object, [](const auto& member) { return hasNull(member.value()); });
  }
  const json::array* array = value.if_array();
  return array ? std::ranges::any_of(*array, hasNull) : value.is_null();
}

void compares(const Kind& kind, const object::Message& before, const object::Message& after, std::string_view input) {
  json::value left = object::toValue(kind, before.words()), right = object::toValue(kind, after.words());
  // A null is nothing in a value and something in a tree.
  if (hasNull(left) || hasNull(right)) return;
  object::ValuePlan plan;
  plan.shape = object::Shape::structure;
  plan.codec = kind.codec;
  object::Comparison values = compareValues({&plan, nullptr}, left, right);
  const object::WriteReach reach(kind, "");
  object::Comparison words = object::compareMessages(kind, reach, before.words(), after.words());
  for (auto set : {&object::Comparison::added, &object::Comparison::modified, &object::Comparison::removed}) {
    limit(values.*set);
    limit(words.*set);
    require((values.*set).text() == (words.*set).text(),
            ((values.*set).text() + " in values, in words " + (words.*set).text()).c_str(), input);
  }
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 3);
  Result<boost::json::value> one = object::parseJson(lines[1]), other = object::parseJson(lines[2]);
  object::KindRef kind = one ? fuzz::kindWith(lines[0]) : nullptr;
  if (!kind) return 0;
  Ref<const object::Message> first = fuzz::decoded(*kind, *one);
  if (!first) return 0;
  fuzz::settles(*kind, *first, input);
  fuzz::apply(*kind, nullptr, *one, input);
  Ref<const object::Message> second = other ? fuzz::decoded(*kind, *other) : nullptr;
  if (!second) return 0;
  fuzz::settles(*kind, *second, input);
  fuzz::patch(*kind, *first, *other, input);
  fuzz::compares(*kind, *first, *second, input);
  fuzz::update(*kind, first, second, input);
  fuzz::apply(*kind, first.get(), *other, input);
  return 0;
}
