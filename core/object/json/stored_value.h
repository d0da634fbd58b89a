// StoredValue: a value in the words of a message that stands for itself in a tree of nodes, unread. Patches and applies
// open, level by level, only what they touch; the rest goes into the next message as words. What is seen of an opened
// level is just what the encoder writes of it as JSON. Private to core/object.
#pragma once

#include "core/object/apply/message_value.h"
#include "core/object/json/json_node.h"
#include "core/object/kind.h"
#include "core/object/message.h"
#include "core/object/open/open_place.h"
#include "core/object/open/open_tree.h"

namespace cleat::object {

struct StoredValue {
  MessageValue value;      // of a struct's; without a plan where it is in the tree of an open object
  words::StructView tree;  // there: a TreeView
  OpenPlace place = {};

  bool isTree() const { return !value.plan; }
  // What it is in JSON, without opening it. Of a field of raw JSON nothing is known: null.
  JsonNode::Kind kind() const;
};

// The object in the words with its fields, of which those that have parts are stored. `kind` and the words outlive it.
JsonNode nodeOf(JsonArena& arena, const Kind& kind, Words words);
// One level of it.
JsonNode opened(JsonArena& arena, const StoredValue& stored);
// A member of a stored or other object, of which no more is opened; false: there is none.
bool peek(JsonArena& arena, const JsonNode& object, std::string_view name, JsonNode& member);

// As JSON.
void appendStored(TextBuffer& out, const StoredValue& stored);

// Whether two places of a schema hold the same words.
bool samePlan(const ValuePlan& a, const ValuePlan& b);

}  // namespace cleat::object
