// The three patches: a line with the object, and what follows is the patch. What comes out is JSON again and, if it is
// of the kind, a message. It is the same whether the object is a message, of which only what is touched is looked at,
// or its text.
#include "core/object/patch/patch.h"

#include <cstdio>

#include "tests/core/object/reference.h"
#include "tests/core/object/values.h"
#include "tests/fuzz/bodies.h"

namespace cleat::fuzz {
namespace {

void check(const object::Kind& kind, const Result<boost::json::value>& patched, std::string_view input) {
  if (!patched) return;
  require(object::isJson(object::jsonText(*patched), 1100), "a patched object is no JSON", input);
  decodeAs(kind, *patched, input);
}

struct Outcome {
  std::string patched, error, json, decodingError;
  std::vector<std::string> warnings;
  bool operator==(const Outcome&) const = default;
};

template <class F>
Outcome outcome(const object::Kind& kind, object::JsonArena& arena, object::JsonNode target, F apply) {
  Outcome out;
  object::PatchTree tree(arena);
  if (Result<void> done = apply(tree, target); !done) {
    out.error = done.error().message;
    return out;
  }
  out.patched = test::sortedText(object::valueOf(target));
  auto decoded = object::decodePatched(kind, target, arena, object::FieldValidation::warn, {"duplicate field \"x\""});
  if (!decoded) {
    out.decodingError = decoded.error().message;
    return out;
  }
  out.json = object::encodeJson(kind, decoded->message->words());
  out.warnings = std::move(decoded->warnings);
  require(object::verify(kind, decoded->message->words()).has_value(), "a patched message does not verify", out.json);
  return out;
}

// The order of members differs where one has gone, which decides which of several faults is found first.
bool sameOutcome(const Outcome& a, const Outcome& b) {
  return a == b || (!a.decodingError.empty() && !b.decodingError.empty() && a.patched == b.patched);
}

template <class F>
void asMessage(const object::Kind& kind, const boost::json::value& target, std::string_view input, F apply) {
  Result<object::Decoded> decoded = object::decode(kind, target, object::FieldValidation::ignore);
  if (!decoded) return;
  const std::string text = object::encodeJson(kind, decoded->message->words());
  object::JsonArena arena;
  auto read = object::JsonDocument::read(arena, text, {.maxBytes = text.size(), .maxDepth = 500});
  require(read.has_value(), "encoded text is not read", input);
  const object::JsonNode stored = object::nodeOf(arena, kind, decoded->message->words());
  require(object::jsonText(stored) == text, "the nodes of a message say something else than its text", input);
  require(object::PatchTree::same(stored, *read), "the nodes of a message differ from those of its text", input);
  const Outcome ofText = outcome(kind, arena, *read, apply), ofMessage = outcome(kind, arena, stored, apply);
  if (!sameOutcome(ofText, ofMessage)) {
    std::fprintf(stderr, "text: %s|%s|%s|%s\nmessage: %s|%s|%s|%s\n", ofText.patched.c_str(), ofText.error.c_str(),
                 ofText.json.c_str(), ofText.decodingError.c_str(), ofMessage.patched.c_str(), ofMessage.error.c_str(),
                 ofMessage.json.c_str(), ofMessage.decodingError.c_str());
  }
  require(sameOutcome(ofText, ofMessage), "a message is patched in another way than its text", input);
}

void asMessages(const object::Kind& kind, const boost::json::value& target, const boost::json::value& patch,
                std::string_view input) {
  const object::JsonDocument document = object::JsonDocument::of(patch);
  using object::JsonNode, object::PatchTree;
  asMessage(kind, target, input,
            [&](PatchTree& tree, JsonNode& node) { return object::applyJsonPatch(tree, node, document.root()); });
  asMessage(kind, target, input,
            [&](PatchTree& tree, JsonNode& node) { return object::applyMergePatch(tree, node, document.root()); });
  asMessage(kind, target, input, [&](PatchTree& tree, JsonNode& node) {
    return object::applyStrategicPatch(kind, tree, node, document.root());
  });
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 2);
  Result<boost::json::value> target = object::parseJson(lines[0]);
  Result<boost::json::value> patch = object::parseJson(lines[1]);
  if (!target || !patch) return 0;
  const object::Kind& kind = fuzz::kindOf(*target);
  fuzz::asMessages(kind, *target, *patch, input);
  fuzz::check(kind, object::applyStrategicPatch(kind, *target, *patch), input);
  fuzz::check(kind, object::applyJsonPatch(*target, *patch), input);
  Result<boost::json::value> merged = object::applyMergePatch(*target, *patch);
  fuzz::check(kind, merged, input);
  if (merged) {
    Result<boost::json::value> twice = object::applyMergePatch(*merged, *patch);
    fuzz::require(twice && *twice == *merged, "a merge patch does something more the second time", input);
  }
  return 0;
}
