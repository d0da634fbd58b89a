#include "core/object/json/json_node.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "core/object/json/json_text.h"
#include "core/object/json/stored_value.h"

namespace cleat::object {

namespace {

constexpr size_t kPieceBytes = 64u << 10;

// The piece that a thread keeps.
struct SparePiece {
  void* piece = nullptr;
  ~SparePiece() { std::free(piece); }
};

SparePiece& sparePiece() {
  thread_local SparePiece spare;
  return spare;
}

}  // namespace

struct JsonArena::Piece {
  Piece* before;
  size_t bytes;
};

JsonArena::~JsonArena() { clear(); }

JsonArena::JsonArena(JsonArena&& other) noexcept
    : last_(std::exchange(other.last_, nullptr)), at_(std::exchange(other.at_, nullptr)),
      end_(std::exchange(other.end_, nullptr)) {}

JsonArena& JsonArena::operator=(JsonArena&& other) noexcept {
  std::swap(last_, other.last_);
  std::swap(at_, other.at_);
  std::swap(end_, other.end_);
  return *this;
}

void JsonArena::grow(size_t bytes) {
  const size_t size =
      std::max(bytes + sizeof(Piece), last_ ? std::min(2 * last_->bytes, size_t{4} << 20) : kPieceBytes);
  void* memory = size == kPieceBytes ? std::exchange(sparePiece().piece, nullptr) : nullptr;
  if (!memory) memory = std::malloc(size);
  if (!memory) throw std::bad_alloc();
  last_ = new (memory) Piece{last_, size};
  at_ = reinterpret_cast<char*>(last_ + 1);
  end_ = static_cast<char*>(memory) + size;
}

void JsonArena::clear() {
  while (last_) {
    Piece* before = last_->before;
    SparePiece& spare = sparePiece();
    if (last_->bytes == kPieceBytes && !spare.piece) {
      spare.piece = last_;
    } else {
      std::free(last_);
    }
    last_ = before;
  }
}

std::string_view JsonArena::keep(std::string_view text) {
  if (text.empty()) return {};
  char* to = array<char>(text.size());
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

const JsonNode* JsonNode::find(std::string_view name) const {
  if (!isObject()) return nullptr;
  for (const JsonMember& member : object()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::string_view JsonNode::textMember(std::string_view name) const {
  const JsonNode* member = find(name);
  return member && member->isText() ? member->text() : std::string_view();
}

void appendNode(TextBuffer& out, const JsonNode& node) {
  using Kind = JsonNode::Kind;
  switch (node.kind) {
    case Kind::stored: return appendStored(out, *node.stored);
    case Kind::null: return out.append("null");
    case Kind::boolean: return out.append(node.isTrue ? "true" : "false");
    case Kind::integer: return appendInteger(out, node.integer);
    case Kind::natural: return appendUnsigned(out, node.natural);
    case Kind::floating: return appendDouble(out, node.floating);
    case Kind::text: return appendJsonString(out, node.text());
    case Kind::array: {
      out.append('[');
      for (uint32_t i = 0; i < node.count; ++i) {
        if (i > 0) out.append(',');
        appendNode(out, node.elements[i]);
      }
      return out.append(']');
    }
    case Kind::object: {
      out.append('{');
      for (uint32_t i = 0; i < node.count; ++i) {
        if (i > 0) out.append(',');
        appendJsonString(out, node.members[i].name);
        out.append(':');
        appendNode(out, node.members[i].value);
      }
      return out.append('}');
    }
  }
}

std::string jsonText(const JsonNode& node) {
  TextBuffer out;
  appendNode(out, node);
  return std::string(out.view());
}

}  // namespace cleat::object
