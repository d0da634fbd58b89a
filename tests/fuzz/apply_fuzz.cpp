// Server-side apply as the gate does it: a line with the live object (with whatever it says of its managed fields), and
// what is applied. Applying the same again changes nothing.
#include <cleat/sdk/text.h>

#include "core/object/apply/apply.h"
#include "core/object/apply/created_fields.h"
#include "core/object/apply/message_compare.h"
#include "core/object/apply/said_fields.h"
#include "tests/core/object/values.h"
#include "tests/fuzz/bodies.h"

namespace cleat::fuzz {
namespace {

using object::Kind;

Ref<const object::Message> stored(const Kind& kind, const boost::json::value& value) {
  Result<object::Decoded> decoded = object::decode(kind, value, object::FieldValidation::ignore);
  return decoded ? std::move(decoded->message) : nullptr;
}

// What an apply names is booked in two ways, which agree where both can tell.
void said(const Kind& kind, const boost::json::value& applied, const object::Message& stored, std::string_view input) {
  const object::JsonDocument document = object::JsonDocument::of(applied);
  Result<object::Decoded> decoded = object::decode(kind, document.root(), object::FieldValidation::ignore);
  if (!decoded) return;
  const auto fields = object::saidFields(kind, {kind, ""}, document.root(), decoded->message->words());
  std::string booked = "{}";
  for (auto entry : stored.meta().getManagedFields()) {
    if (view(entry.getManager()) == "fuzz" && view(entry.getOperation()) == "Apply") booked = str(entry.getFieldsV1());
  }
  if (fields && *fields != booked) std::fprintf(stderr, "said %s, booked %s\n", fields->c_str(), booked.c_str());
  require(!fields || *fields == booked, "what is applied names other fields than are booked", input);
}

void apply(const Kind& kind, const object::Message* live, const boost::json::value& applied, std::string_view input) {
  object::FieldWriter writer{.manager = "fuzz", .subresource = "", .wallNanos = 1'700'000'000'000'000'000};
  Result<Ref<const object::Message>> first = object::applyFields(kind, live, applied, writer);
  if (!first && first.error().code == 409) {
    writer.force = true;
    first = object::applyFields(kind, live, applied, writer);
    require(first || first.error().code != 409, "a forced apply has conflicts", input);
  }
  if (!first) return;
  said(kind, applied, **first, input);
  // As it is when it has been stored and read again.
  const boost::json::value once = object::toValue(kind, (*first)->words());
  const Ref<const object::Message> read = stored(kind, once);
  require(read != nullptr, "what was applied is not of the kind", input);
  writer.force = false;
  Result<Ref<const object::Message>> second = object::applyFields(kind, read.get(), applied, writer);
  require(second.has_value(), "what was applied cannot be applied again", input);
  require(object::toValue(kind, (*second)->words()) == once, "applying the same again changes something", input);
}

// An update of one to the other, and what is booked for it.
void update(const Kind& kind, const object::Message& live, Ref<const object::Message> updated, std::string_view input) {
  for (const char* subresource : {"", "status"}) {
    object::FieldWriter writer{.manager = "other", .subresource = subresource, .wallNanos = 1};
    Ref<const object::Message> once = object::trackUpdate(kind, &live, updated, writer);
    require(object::verify(kind, once->words()).has_value(), "a tracked update is not of the kind", input);
    Ref<const object::Message> twice = object::trackUpdate(kind, once.get(), once, writer);
    require(twice.get() == once.get(), "an update to what is there is booked", input);
    const object::WriteReach reach(kind, subresource);
    object::Comparison changes = object::compareMessages(kind, reach, {}, updated->words());
    changes.added.unite(changes.modified);
    const std::string created = object::createdFields(kind, reach, updated->words());
    require(created == (changes.added.empty() ? "" : changes.added.text()), "a create is booked in two ways", input);
  }
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string_view> lines = fuzz::linesOf(input, 2);
  Result<boost::json::value> applied = object::parseJson(lines[1]);
  if (!applied) return 0;
  const object::Kind& kind = fuzz::kindOf(*applied);
  const Ref<const object::Message> wanted = fuzz::stored(kind, *applied);
  if (!wanted) return 0;
  fuzz::apply(kind, nullptr, *applied, input);
  Result<boost::json::value> parsed = object::parseJson(lines[0]);
  const Ref<const object::Message> live = parsed ? fuzz::stored(kind, *parsed) : nullptr;
  if (!live) return 0;
  fuzz::apply(kind, live.get(), *applied, input);
  fuzz::update(kind, *live, wanted, input);
  return 0;
}
