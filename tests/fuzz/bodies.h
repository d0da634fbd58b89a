// The way of a request's body into a message and out again, for the targets that differ in the form it has: what was
// accepted must come out the same when it goes through once more.
#pragma once

#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "core/object/protobuf/protobuf.h"
#include "tests/core/object/test_kinds.h"
#include "tests/fuzz/fuzz.h"

namespace cleat::fuzz {

inline void roundTrip(const object::Kind& kind, const object::Message& message, std::string_view input) {
  using namespace object;
  std::string text = encodeJson(kind, message.words());
  require(isJson(text, 500), "the encoder wrote something that is no JSON", input);
  require(verify(kind, message.words()).has_value(), "a decoded message does not verify", input);
  Result<Decoded> again = decodeJson(kind, text, FieldValidation::strict, {.maxBytes = text.size(), .maxDepth = 500});
  require(again.has_value(), "encoded text is not accepted again", input);
  require(encodeJson(kind, again->message->words()) == text, "encoding is not stable", input);
  std::string protobuf = encodeProtobuf(kind, message.words());
  Result<ProtobufEnvelope> envelope = openProtobuf(protobuf, {.maxBytes = protobuf.size()});
  require(envelope.has_value(), "the envelope is malformed", input);
  Result<Decoded> fromProtobuf = decodeProtobuf(kind, envelope->raw);
  require(fromProtobuf.has_value(), "encoded protobuf is not accepted again", input);
  require(encodeProtobuf(kind, fromProtobuf->message->words()) == protobuf, "protobuf is not stable", input);
}

inline void decodeAs(const object::Kind& kind, const boost::json::value& value, std::string_view input) {
  Result<object::Decoded> decoded = object::decode(kind, value, object::FieldValidation::warn);
  if (decoded) roundTrip(kind, *decoded->message, input);
}

// The kind that the value names; a Pod if it names none.
inline const object::Kind& kindOf(const boost::json::value& value) {
  const boost::json::object* object = value.if_object();
  const boost::json::value* name = object ? object->if_contains("kind") : nullptr;
  if (name && name->is_string()) {
    const object::CatalogueRef catalogue = test::kinds().latest();
    for (const object::KindRef& kind : catalogue->served()) {
      if (std::string_view(name->get_string()) == kind->name) return *kind;
    }
  }
  static const object::Kind& pod = test::kind("Pod");
  return pod;
}

}  // namespace cleat::fuzz
