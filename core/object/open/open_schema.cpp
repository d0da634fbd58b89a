#include "core/object/open/open_schema.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

#include "core/object/codec.h"

namespace cleat::object {
namespace {

namespace json = boost::json;

constexpr size_t kMaxDepth = 200;
constexpr size_t kMaxNodes = 100'000;

std::string_view textIn(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool flagIn(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

const json::object* objectIn(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

OpenNode::Merging mergingOf(std::string_view listType) {
  if (listType == "atomic") return OpenNode::Merging::atomic;
  if (listType == "set") return OpenNode::Merging::set;
  if (listType == "map") return OpenNode::Merging::map;
  return OpenNode::Merging::unsaid;
}

class Parser {
 public:
  bool tooMuch = false;

  std::unique_ptr<const OpenNode> node(const json::object& said) {
    if (depth_ >= kMaxDepth || ++nodes_ > kMaxNodes) {
      tooMuch = true;
      return nullptr;
    }
    ++depth_;
    auto out = std::make_unique<OpenNode>();
    facts(said, *out);
    children(said, *out);
    --depth_;
    return out;
  }

 private:
  static void facts(const json::object& said, OpenNode& out) {
    out.isObject = textIn(said, "type") == "object";
    out.isArray = textIn(said, "type") == "array";
    out.nullable = flagIn(said, "nullable");
    out.preservesUnknown = flagIn(said, "x-kubernetes-preserve-unknown-fields");
    out.embedded = flagIn(said, "x-kubernetes-embedded-resource");
    out.list = mergingOf(textIn(said, "x-kubernetes-list-type"));
    out.atomicMap = textIn(said, "x-kubernetes-map-type") == "atomic";
    const json::value* keys = said.if_contains("x-kubernetes-list-map-keys");
    if (const json::array* list = keys ? keys->if_array() : nullptr) {
      for (const json::value& key : *list) {
        if (key.is_string()) out.mapKeys.emplace_back(key.get_string());
      }
    }
    const json::value* byDefault = said.if_contains("default");
    // A default of null is none.
    if (byDefault && !byDefault->is_null()) {
      out.byDefault = std::make_unique<const JsonDocument>(JsonDocument::of(*byDefault));
    }
  }

  void children(const json::object& said, OpenNode& out) {
    if (const json::object* properties = objectIn(said, "properties")) {
      out.properties.reserve(properties->size());
      for (const auto& [name, schema] : *properties) {
        const json::object* child = schema.if_object();
        if (child) out.properties.push_back({std::string(name), node(*child)});
      }
      std::erase_if(out.properties, [](const OpenNode::Property& property) { return !property.node; });
      std::ranges::sort(out.properties, {}, &OpenNode::Property::name);
    }
    if (const json::object* items = objectIn(said, "items")) out.items = node(*items);
    if (const json::object* additional = objectIn(said, "additionalProperties")) out.additional = node(*additional);
    out.anyAdditional = flagIn(said, "additionalProperties");
    out.hasDefaults = out.byDefault || std::ranges::any_of(out.properties, [](const OpenNode::Property& property) {
                        return property.node->hasDefaults;
                      });
  }

  size_t depth_ = 0, nodes_ = 0;
};

}  // namespace

const OpenNode* OpenNode::property(std::string_view name) const {
  auto found = std::ranges::lower_bound(properties, name, {}, &Property::name);
  return found != properties.end() && found->name == name ? found->node.get() : nullptr;
}

Result<std::unique_ptr<const OpenSchema>> OpenSchema::parse(const std::string& text, const std::string& where) {
  Limits limits{.maxBytes = text.size(), .maxDepth = 2 * kMaxDepth};
  Result<json::value> value = parseJson(text, limits);
  if (!value) return fail(Status::badRequest(where + ": its schema: " + value.error().message));
  const json::object* root = value->if_object();
  if (!root) return fail(Status::badRequest(where + ": its schema is no object"));
  Parser parser;
  auto schema = std::make_unique<OpenSchema>();
  schema->root_ = parser.node(*root);
  if (parser.tooMuch) {
    return fail(Status::badRequest(where + ": its schema is deeper than " + std::to_string(kMaxDepth) +
                                   " or has more than " + std::to_string(kMaxNodes) + " parts"));
  }
  schema->json_ = text;
  return std::unique_ptr<const OpenSchema>(std::move(schema));
}

}  // namespace cleat::object
