#include "kinds-apiextensions/schema/schema_compiler.h"

#include <capnp/message.h>

#include <algorithm>

namespace cleat::kinds::extensions {

namespace {

uint8_t typeBit(std::string_view type) {
  if (type == "object") return kObjectType;
  if (type == "array") return kArrayType;
  if (type == "string") return kTextType;
  if (type == "integer") return kIntegerType;
  if (type == "number") return kNumberType;
  return type == "boolean" ? kBooleanType : 0;
}

constexpr uint8_t kHolds = SchemaNode::holdsLists | SchemaNode::holdsEmbedded;

SchemaRule withSize(SchemaRule::Kind kind, int64_t size) {
  SchemaRule rule{.kind = kind};
  rule.size = size;
  return rule;
}
SchemaRule withNumber(SchemaRule::Kind kind, double number) {
  SchemaRule rule{.kind = kind};
  rule.number = number;
  return rule;
}
SchemaRule withRange(SchemaRule::Kind kind, SchemaRange range) {
  SchemaRule rule{.kind = kind};
  rule.range = range;
  return rule;
}

}  // namespace

std::shared_ptr<CompiledSchema> SchemaCompiler::compile(SchemaReader schema) {
  SchemaCompiler compiler;
  compiler.newNode(schema);
  compiler.keepValues();
  CompiledSchema& made = *compiler.out_;
  made.nodes_.shrink_to_fit();
  made.properties_.shrink_to_fit();
  made.rules_.shrink_to_fit();
  made.names_.shrink_to_fit();
  made.alternatives_.shrink_to_fit();
  made.patterns_.shrink_to_fit();
  made.texts_.shrink_to_fit();
  return std::move(compiler.out_);
}

uint32_t SchemaCompiler::newNode(SchemaReader schema) {
  auto place = static_cast<uint32_t>(out_->nodes_.size());
  out_->nodes_.emplace_back();
  node(schema, place);
  return place;
}

void SchemaCompiler::node(SchemaReader schema, uint32_t place) {
  SchemaNode made;
  types(schema, made);
  out_->nodes_[place] = made;
  // Children make the list of nodes grow, so that no reference into it stays valid.
  uint8_t holds = children(schema, place);
  if (made.listType != ListType::atomic) holds |= SchemaNode::holdsLists;
  if (made.has(SchemaNode::embedded)) holds |= SchemaNode::holdsEmbedded;
  out_->nodes_[place].flags |= holds;
  SchemaRange range = rules(schema, made);
  out_->nodes_[place].rules = range;
}

void SchemaCompiler::types(SchemaReader schema, SchemaNode& out) {
  std::string_view type = view(schema.getType());
  out.types = typeBit(type);
  if (schema.getXIntOrString()) out.types = kIntegerType | kTextType;
  out.format = schema.getXIntOrString() ? Format::none : formatOf(view(schema.getFormat()), type);
  if (schema.getNullable()) out.flags |= SchemaNode::nullable;
  if (schema.hasXPreserveUnknownFields() && schema.getXPreserveUnknownFields().getValue()) {
    out.flags |= SchemaNode::preservesUnknown;
  }
  if (schema.getXEmbeddedResource()) out.flags |= SchemaNode::embedded;
  std::string_view list = view(schema.getXListType());
  out.listType = list == "set" ? ListType::set : list == "map" ? ListType::map : ListType::atomic;
}

// What the children hold, for the flags.
uint8_t SchemaCompiler::children(SchemaReader schema, uint32_t place) {
  uint8_t holds = 0;
  if (schema.hasItems() && schema.getItems().isSchema()) {
    uint32_t items = newNode(schema.getItems().getSchema());
    out_->nodes_[place].items = items;
    holds |= out_->nodes_[items].flags & kHolds;
  }
  if (schema.hasAdditionalProperties()) {
    auto additional = schema.getAdditionalProperties();
    if (additional.isSchema()) {
      uint32_t made = newNode(additional.getSchema());
      out_->nodes_[place].additional = made;
      holds |= out_->nodes_[made].flags & kHolds;
    } else {
      out_->nodes_[place].flags |= additional.getAllows() ? SchemaNode::open : SchemaNode::closed;
    }
  }
  SchemaRange range = properties(schema.getProperties(), holds);
  out_->nodes_[place].properties = range;
  return holds;
}

SchemaRange SchemaCompiler::properties(capnp::List<apiextensions_v1::JSONSchemaPropsEntry>::Reader properties,
                                       uint8_t& holds) {
  std::vector<SchemaProperty> made;
  for (auto property : properties) {
    uint32_t place = newNode(property.getValue());
    holds |= out_->nodes_[place].flags & kHolds;
    made.push_back({text(view(property.getKey())), place});
  }
  auto name = [this](const SchemaProperty& property) { return out_->text(property.name); };
  std::ranges::stable_sort(made, {}, name);
  auto& all = out_->properties_;
  SchemaRange range{static_cast<uint32_t>(all.size()), static_cast<uint32_t>(made.size())};
  all.insert(all.end(), made.begin(), made.end());
  return range;
}

// A node's rules stand in the order in which Kubernetes looks at them.
SchemaRange SchemaCompiler::rules(SchemaReader schema, const SchemaNode& node) {
  std::vector<SchemaRule> made;
  junctors(schema, made);
  texts(schema, node, made);
  bounds(schema, made);
  if (schema.getEnum().size() > 0) made.push_back(withRange(SchemaRule::enumeration, values(schema.getEnum())));
  if (schema.getRequired().size() > 0) made.push_back(withRange(SchemaRule::required, names(schema.getRequired())));
  if (node.listType == ListType::map) {
    made.push_back(withRange(SchemaRule::mapKeys, names(schema.getXListMapKeys())));
  }
  auto& all = out_->rules_;
  SchemaRange range{static_cast<uint32_t>(all.size()), static_cast<uint32_t>(made.size())};
  all.insert(all.end(), made.begin(), made.end());
  return range;
}

void SchemaCompiler::junctors(SchemaReader schema, std::vector<SchemaRule>& out) {
  auto add = [&](SchemaRule::Kind kind, capnp::List<Props>::Reader all) {
    if (all.size() > 0) out.push_back(withRange(kind, alternatives(all)));
  };
  add(SchemaRule::anyOf, schema.getAnyOf());
  add(SchemaRule::oneOf, schema.getOneOf());
  add(SchemaRule::allOf, schema.getAllOf());
  if (schema.hasNot()) out.push_back(withRange(SchemaRule::none, {newNode(schema.getNot()), 1}));
}

void SchemaCompiler::texts(SchemaReader schema, const SchemaNode& node, std::vector<SchemaRule>& out) {
  if (schema.hasMaxLength()) out.push_back(withSize(SchemaRule::maxLength, schema.getMaxLength().getValue()));
  if (schema.hasMinLength()) out.push_back(withSize(SchemaRule::minLength, schema.getMinLength().getValue()));
  std::string_view pattern = view(schema.getPattern());
  if (!pattern.empty()) {
    auto [place, isNew] = patterns_.try_emplace(str(pattern), static_cast<uint32_t>(out_->patterns_.size()));
    if (isNew) out_->patterns_.push_back(Pattern::of(pattern));
    out.push_back(withRange(SchemaRule::pattern, {place->second, 1}));
  }
  if (node.format != Format::none) {
    out.push_back(withRange(SchemaRule::formatName, text(view(schema.getFormat()))));
  }
}

void SchemaCompiler::bounds(SchemaReader schema, std::vector<SchemaRule>& out) {
  if (schema.hasMultipleOf()) out.push_back(withNumber(SchemaRule::multipleOf, schema.getMultipleOf().getValue()));
  if (schema.hasMinimum()) {
    auto kind = schema.getExclusiveMinimum() ? SchemaRule::exclusiveMinimum : SchemaRule::minimum;
    out.push_back(withNumber(kind, schema.getMinimum().getValue()));
  }
  if (schema.hasMaximum()) {
    auto kind = schema.getExclusiveMaximum() ? SchemaRule::exclusiveMaximum : SchemaRule::maximum;
    out.push_back(withNumber(kind, schema.getMaximum().getValue()));
  }
  auto size = [&](SchemaRule::Kind kind, bool present, meta_v1::Int64Value::Reader value) {
    if (present) out.push_back(withSize(kind, value.getValue()));
  };
  size(SchemaRule::minItems, schema.hasMinItems(), schema.getMinItems());
  size(SchemaRule::maxItems, schema.hasMaxItems(), schema.getMaxItems());
  size(SchemaRule::minProperties, schema.hasMinProperties(), schema.getMinProperties());
  size(SchemaRule::maxProperties, schema.hasMaxProperties(), schema.getMaxProperties());
}

SchemaRange SchemaCompiler::names(capnp::List<capnp::Text>::Reader all) {
  SchemaRange range{static_cast<uint32_t>(out_->names_.size()), all.size()};
  for (capnp::Text::Reader name : all) out_->names_.push_back(text(view(name)));
  return range;
}

SchemaRange SchemaCompiler::alternatives(capnp::List<Props>::Reader all) {
  std::vector<uint32_t> made;
  for (SchemaReader alternative : all) made.push_back(newNode(alternative));
  SchemaRange range{static_cast<uint32_t>(out_->alternatives_.size()), static_cast<uint32_t>(made.size())};
  out_->alternatives_.insert(out_->alternatives_.end(), made.begin(), made.end());
  return range;
}

SchemaRange SchemaCompiler::values(capnp::List<apiextensions_v1::JSON>::Reader all) {
  SchemaRange range{static_cast<uint32_t>(values_.size()), all.size()};
  for (auto value : all) values_.push_back(JsonTree::parse(view(value.getRaw())).value_or(JsonTree()));
  return range;
}

SchemaRange SchemaCompiler::text(std::string_view text) {
  auto place = kept_.find(text);
  if (place != kept_.end()) return place->second;
  SchemaRange range{static_cast<uint32_t>(out_->texts_.size()), static_cast<uint32_t>(text.size())};
  out_->texts_ += text;
  kept_.emplace(text, range);
  return range;
}

void SchemaCompiler::keepValues() {
  if (values_.empty()) return;
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<open_v1::JsonValue>().initList(static_cast<uint32_t>(values_.size()));
  for (uint32_t i = 0; i < list.size(); ++i) copyJson(values_[i].view(), list[i]);
  out_->values_ = JsonTree(JsonView(message.getRoot<open_v1::JsonValue>().asReader()));
}

}  // namespace cleat::kinds::extensions
