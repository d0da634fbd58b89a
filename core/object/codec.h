// The codecs that are built from a kind's schema by reflection: JSON (strict field checking, pruning, canonical output)
// and the generic value form that patches work on. Nothing here is compiled against a kind.
#pragma once

#include <capnp/dynamic.h>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::object {

struct Limits {
  size_t maxBytes = 3u << 20;  // as the Kubernetes API server
  size_t maxDepth = 100;
};
// Of each sort of problem that does not keep a body from being read, so many are told.
inline constexpr size_t kMaxStrictErrors = 100;

// What to do about fields that the schema does not know, and about duplicates (fieldValidation of the API).
enum class FieldValidation { ignore, warn, strict };

// Whether an integer may be written as 1.0 or 1e3. JSON that Go reads into its structs has plain ones only; what has
// gone through YAML or a tree of values on its way has not kept how they were written.
enum class Integers { anyForm, plain };

struct JsonNode;  // json/json_node.h
class JsonArena;

struct Decoded {
  Ref<Message> message;
  std::vector<std::string> warnings;  // `unknown field "spec.foo"`
};

// Parses JSON text within the limits. Errors are 400 with the position. Of equal keys the last one wins; `duplicates`,
// when not null, collects what is to be said of them: `duplicate field "spec.replicas"`.
Result<boost::json::value> parseJson(std::string_view text, const Limits& limits = {},
                                     std::vector<std::string>* duplicates = nullptr);
// YAML (one document) to the same value form, for bodies with that content type. Of equal keys is said: `line 3: key
// "a" already set in map`.
Result<boost::json::value> parseYaml(std::string_view text, const Limits& limits = {},
                                     std::vector<std::string>* duplicates = nullptr);
// The one error that a strict reader of YAML gives for all of them.
std::string strictYamlError(const std::vector<std::string>& duplicates);

// A value with the kind's fields to its message. Wrong types are a 400 that names the path as Kubernetes does
// (`json: cannot unmarshal string into Go struct field …` is theirs; ours names kind and path); strict unknown fields
// are a 400 with all of them listed ("strict decoding error: unknown field …"). `apiVersion` and `kind` in the value
// are ignored here. `problems` were found in the text, and count like unknown fields.
Result<Decoded> decode(const Kind& kind, const boost::json::value& value, FieldValidation validation,
                       const std::vector<std::string>& problems = {}, Integers integers = Integers::anyForm);
// The same of a text that was read into nodes, as bodies are.
// `arena`: where what is stored in the value is opened, if it has to be.
Result<Decoded> decode(const Kind& kind, const JsonNode& value, FieldValidation validation,
                       const std::vector<std::string>& problems = {}, Integers integers = Integers::anyForm,
                       JsonArena* arena = nullptr);
// The same of what a patch has made; an error has nothing of the kind in front.
Result<Decoded> decodePatched(const Kind& kind, const JsonNode& value, JsonArena& arena, FieldValidation validation,
                              const std::vector<std::string>& problems = {}, Integers integers = Integers::anyForm);

// The same for a compiled-in struct that is no kind of object (DeleteOptions): Schema::from<meta_v1::DeleteOptions>().
Result<Decoded> decodeStruct(capnp::StructSchema schema, const JsonNode& value, FieldValidation validation);

// Parse and decode at once.
Result<Decoded> decodeJson(const Kind& kind, std::string_view text, FieldValidation validation,
                           const Limits& limits = {});

struct Encoded {
  std::string json;
  // Where the digits of metadata.resourceVersion stand (between its quotes). They are left empty, with room
  // for them in the string, so that the store can put in the revision when it is known: "resourceVersion":"".
  size_t revisionOffset = 0;
};

// The canonical JSON of a message: apiVersion and kind first, then fields in the schema's order. `withRevision`
// leaves the room described above; without it the message's own resourceVersion is written if not 0 (revisionOffset is
// 0).
Encoded encode(const Kind& kind, Words words, bool withRevision);
std::string encodeJson(const Kind& kind, Words words);

// The value form of a message, for patches.
boost::json::value toValue(const Kind& kind, Words words);

// Any struct of the SDK's own schemas (Status and the like) to JSON text by the same rules.
std::string encodeStruct(capnp::DynamicStruct::Reader reader);

// Whether words that passed Message::checked also fit the kind: the right type behind every pointer, texts that are
// UTF-8, raw JSON that is JSON. Asked of what a plugin made, once; what is taken for granted of a message from then on.
// `known`: words that fit it, of which these may have been made: a text that stands there in the same place is not read
// again.
Result<void> verify(const Kind& kind, Words words, Words known = {});

// The text of a string or integer field at a JSON path ("spec.nodeName"), for field selectors; "" where absent.
std::string fieldText(const Kind& kind, Words words, std::string_view path);

}  // namespace cleat::object
