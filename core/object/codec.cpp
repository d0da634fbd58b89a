#include "core/object/codec.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/object/go_names.h"
#include "core/object/json/json_decoder.h"
#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"
#include "core/object/open/open_tree.h"
#include "core/object/schema/struct_codec.h"
#include "core/object/words.h"

namespace cleat::object {

namespace {

// Memory that a thread keeps between messages.
constexpr size_t kKeepWords = 1u << 17;

// Where the fields of a value stand in it, by their paths.
void notePlaces(const JsonNode& value, const std::string& path, std::map<std::string, size_t>& places) {
  if (value.isObject()) {
    for (const auto& [name, member] : value.object()) {
      std::string here = path + (path.empty() ? "" : ".") + std::string(name);
      places.try_emplace(here, places.size());
      notePlaces(member, here, places);
    }
  } else if (value.isArray()) {
    for (uint32_t i = 0; i < value.count; ++i) {
      notePlaces(value.elements[i], path + "[" + std::to_string(i) + "]", places);
    }
  }
}

// Problems that name fields (`unknown field "spec.foo"`) in the order of those, behind others (which name lines).
void sortByPlace(const JsonNode& value, std::vector<std::string>& problems) {
  std::map<std::string, size_t> places;
  notePlaces(value, {}, places);
  std::ranges::stable_sort(problems, {}, [&](const std::string& problem) {
    // A field is unknown before it is doubled.
    const bool doubled = problem.starts_with("duplicate field ");
    if (!doubled && !problem.starts_with("unknown field ")) return std::pair(size_t{0}, false);
    size_t begin = problem.find('"') + 1;
    auto place = places.find(problem.substr(begin, problem.rfind('"') - begin));
    return std::pair(place == places.end() ? size_t{0} : place->second + 1, doubled);
  });
}

// `prefix` opens every error: `Deployment in version "v1" cannot be handled as a Deployment: `.
Result<Decoded> decodeAlong(const StructCodec& codec, const std::string& prefix, const JsonNode& value,
                            FieldValidation validation, const std::vector<std::string>& problems, Integers integers,
                            JsonArena* arena = nullptr) {
  thread_local std::vector<uint64_t> buffer;
  Decoded decoded;
  try {
    JsonDecoder decoder(buffer, integers, arena);
    if (!decoder.root(codec, value)) return fail(Status::badRequest(prefix + decoder.problem()));
    if (validation != FieldValidation::ignore) {
      decoded.warnings = problems;
      for (std::string& unknown : decoder.unknown()) decoded.warnings.push_back(std::move(unknown));
      if (!problems.empty() && decoded.warnings.size() > problems.size()) sortByPlace(value, decoded.warnings);
    }
    if (validation == FieldValidation::strict && !decoded.warnings.empty()) {
      return fail(Status::badRequest(prefix + "strict decoding error: " + joined(decoded.warnings, ", ")));
    }
    decoded.message = Message::of(decoder.words());
  } catch (const words::TooManyWords& error) {
    return fail(Status::tooLarge(prefix + "the object unfolds to " + error.what()));
  }
  if (buffer.capacity() > kKeepWords) std::vector<uint64_t>().swap(buffer);
  return decoded;
}

std::string scalarText(const StructCodec& codec, const FieldPlan& field, words::StructView view) {
  switch (field.value.shape) {
    case Shape::boolean: return view.bit(field.offset) ? "true" : "false";
    case Shape::integer:
      switch (field.value.bits) {
        case 32:
          return field.value.isSigned ? std::to_string(view.scalar<int32_t>(field.offset))
                                      : std::to_string(view.scalar<uint32_t>(field.offset));
        case 64:
          return field.value.isSigned ? std::to_string(view.scalar<int64_t>(field.offset))
                                      : std::to_string(view.scalar<uint64_t>(field.offset));
        default: return {};
      }
    case Shape::box: {
      std::optional<words::StructView> box = words::structAt(view.pointer(field.offset));
      return box ? scalarText(*field.value.codec, field.value.codec->fields()[0], *box) : std::string();
    }
    case Shape::text:
    case Shape::dateTime:
    case Shape::microTime:
    case Shape::quantity:
    case Shape::duration: {
      const uint64_t* pointer = view.pointer(field.offset);
      return std::string(pointer ? words::textAt(pointer).value_or("") : "");
    }
    default: (void)codec; return {};
  }
}

// The same below the metadata of an open object.
std::string treeText(words::ListView members, std::string_view path) {
  for (;;) {
    const size_t dot = path.find('.');
    const std::optional<TreeView> member = memberOf(members, path.substr(0, dot));
    if (!member) return {};
    if (dot != std::string_view::npos) {
      if (member->kind() != TreeKind::object) return {};
      members = member->children();
      path.remove_prefix(dot + 1);
      continue;
    }
    switch (member->kind()) {
      case TreeKind::boolean: return member->boolean() ? "true" : "false";
      case TreeKind::integer: return std::to_string(member->integer());
      case TreeKind::text: return std::string(member->text());
      default: return {};
    }
  }
}

}  // namespace

Result<Decoded> decode(const Kind& kind, const boost::json::value& value, FieldValidation validation,
                       const std::vector<std::string>& problems, Integers integers) {
  return decode(kind, JsonDocument::of(value).root(), validation, problems, integers);
}

Result<Decoded> decode(const Kind& kind, const JsonNode& value, FieldValidation validation,
                       const std::vector<std::string>& problems, Integers integers, JsonArena* arena) {
  return decodeAlong(*kind.codec, cannotBeHandled(kind.version, kind.name, kind), value, validation, problems, integers,
                     arena);
}

Result<Decoded> decodePatched(const Kind& kind, const JsonNode& value, JsonArena& arena, FieldValidation validation,
                              const std::vector<std::string>& problems, Integers integers) {
  return decodeAlong(*kind.codec, {}, value, validation, problems, integers, &arena);
}

Result<Decoded> decodeStruct(capnp::StructSchema schema, const JsonNode& value, FieldValidation validation) {
  CLEAT_TRY(const StructCodec* codec, CodecSet::compiledIn().get(schema));
  return decodeAlong(*codec, {}, value, validation, {}, Integers::anyForm);
}

Result<Decoded> decodeJson(const Kind& kind, std::string_view text, FieldValidation validation, const Limits& limits) {
  std::vector<std::string> duplicates;
  bool wantsDuplicates = validation != FieldValidation::ignore;
  CLEAT_TRY(const JsonDocument document, JsonDocument::parse(text, limits, wantsDuplicates ? &duplicates : nullptr));
  return decode(kind, document.root(), validation, duplicates);
}

boost::json::value toValue(const Kind& kind, Words words) {
  std::string text = encodeJson(kind, words);
  // Raw JSON inside may be as deep as the limit allows, below fields that are deep themselves.
  Limits limits{.maxBytes = text.size(), .maxDepth = 500};
  Result<boost::json::value> value = parseJson(text, limits);
  return value ? std::move(*value) : boost::json::value();
}

std::string fieldText(const Kind& kind, Words words, std::string_view path) {
  const StructCodec* codec = kind.codec;
  words::StructView view = words::rootOf(words);
  while (true) {
    size_t dot = path.find('.');
    const FieldPlan* field = codec->find(path.substr(0, dot));
    if (!field) return codec->open() ? treeText(openMembers(view), path) : std::string();
    if (dot == std::string_view::npos) return scalarText(*codec, *field, view);
    if (field->value.shape != Shape::structure) return {};
    view = words::structAt(view.pointer(field->offset)).value_or(words::StructView{});
    codec = field->value.codec;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace cleat::object
