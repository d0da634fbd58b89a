// JsonNode: a JSON value where it was read, in sixteen bytes: a scalar, or where its text, elements or members stand.
// Bodies and patches are read into nodes (json_document.h) and from there into words, without a tree of values that
// owns its parts: texts stay in what was read, elements and members stand side by side in a JsonArena.
//
// A node that is `stored` stands for a value in the words of a message (patch/patch_tree.h). Nodes are plain values;
// the arena and the text that they refer to outlive them. Private to core/object and the gate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cleat::object {

class TextBuffer;
struct JsonMember;
struct StoredValue;

struct JsonNode {
  enum class Kind : uint8_t { null, boolean, integer, natural, floating, text, array, object, stored };

  Kind kind = Kind::null;
  bool isTrue = false;
  uint8_t room = 0;  // of containers that have grown: there is room for 1 << room in all; 0: for no more
  uint32_t count = 0;
  union {
    int64_t integer = 0;
    uint64_t natural;  // beyond what an integer holds
    double floating;
    const char* chars;
    JsonNode* elements;
    JsonMember* members;
    const StoredValue* stored;
  };

  static JsonNode ofText(std::string_view text);
  static JsonNode ofBoolean(bool value);
  static JsonNode ofInteger(int64_t value);
  static JsonNode ofNatural(uint64_t value);
  static JsonNode ofFloating(double value);
  static JsonNode emptyArray();
  static JsonNode emptyObject();

  bool isNull() const { return kind == Kind::null; }
  bool isText() const { return kind == Kind::text; }
  bool isArray() const { return kind == Kind::array; }
  bool isObject() const { return kind == Kind::object; }
  bool isNumber() const { return kind >= Kind::integer && kind <= Kind::floating; }
  // Each of that kind alone.
  std::string_view text() const { return {chars, count}; }
  std::span<JsonNode> list() const { return {elements, count}; }
  std::span<JsonMember> object() const;
  // A member of an object; null: there is none, or it is no object. Looks at each of them.
  const JsonNode* find(std::string_view name) const;
  // Of a member that is a text; empty otherwise.
  std::string_view textMember(std::string_view name) const;
};

struct JsonMember {
  std::string_view name;
  JsonNode value;
};

inline std::span<JsonMember> JsonNode::object() const { return {members, count}; }

inline JsonNode JsonNode::ofText(std::string_view text) {
  JsonNode node;
  node.kind = Kind::text;
  node.count = static_cast<uint32_t>(text.size());
  node.chars = text.data();
  return node;
}
inline JsonNode JsonNode::ofBoolean(bool value) {
  JsonNode node;
  node.kind = Kind::boolean;
  node.isTrue = value;
  return node;
}
inline JsonNode JsonNode::ofInteger(int64_t value) {
  JsonNode node;
  node.kind = Kind::integer;
  node.integer = value;
  return node;
}
inline JsonNode JsonNode::ofNatural(uint64_t value) {
  JsonNode node;
  node.kind = Kind::natural;
  node.natural = value;
  return node;
}
inline JsonNode JsonNode::ofFloating(double value) {
  JsonNode node;
  node.kind = Kind::floating;
  node.floating = value;
  return node;
}
inline JsonNode JsonNode::emptyArray() {
  JsonNode node;
  node.kind = Kind::array;
  node.elements = nullptr;
  return node;
}
inline JsonNode JsonNode::emptyObject() {
  JsonNode node;
  node.kind = Kind::object;
  node.members = nullptr;
  return node;
}

// Memory that goes all at once. A thread keeps a piece of it for the next one.
class JsonArena {
 public:
  JsonArena() = default;
  ~JsonArena();
  JsonArena(JsonArena&& other) noexcept;
  JsonArena& operator=(JsonArena&& other) noexcept;

  // Aligned for words.
  void* allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (static_cast<size_t>(end_ - at_) < bytes) grow(bytes);
    void* out = at_;
    at_ += bytes;
    return out;
  }
  template <class T>
  T* array(size_t count) {
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  std::string_view keep(std::string_view text);

 private:
  struct Piece;
  void grow(size_t bytes);
  void clear();

  Piece* last_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// The nodes as JSON text, as jsonText() writes values.
void appendNode(TextBuffer& out, const JsonNode& node);
std::string jsonText(const JsonNode& node);

}  // namespace cleat::object
