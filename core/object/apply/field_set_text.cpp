// Field sets as the text of metadata.managedFields. Every update reads and writes some, so this takes one pass each.
#include "core/object/apply/field_set.h"
#include "core/object/codec.h"
#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

// Reads objects of objects; anything else is no field set.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool whole(FieldSet& set) {
    if (!object(set, 0)) return false;
    blanks();
    return at_ == text_.size();
  }

 private:
  void blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool object(FieldSet& set, size_t depth) {
    if (depth > kMaxFieldSetDepth || !take('{')) return false;
    if (take('}')) {
      set.member = true;
      return true;
    }
    do {
      std::string name;
      if (!take('"') || !string(name) || !take(':')) return false;
      if (name == ".") {
        FieldSet ignored;
        if (!object(ignored, depth + 1)) return false;
        set.member = true;
      } else if (!isFieldStep(name) || !object(set.at(name), depth + 1)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  // After its opening quote. Escapes are those that a step has; of others the slow way knows.
  bool string(std::string& out) {
    while (at_ < text_.size()) {
      const size_t end = text_.find_first_of("\"\\", at_);
      if (end == std::string_view::npos) return false;
      out.append(text_, at_, end - at_);
      at_ = end + 1;
      if (text_[end] == '"') return true;
      if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\\')) return false;
      out += text_[at_++];
    }
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Goes over a text beside a set and counts the members that both have.
class Beside {
 public:
  explicit Beside(std::string_view text) : text_(text) {}

  size_t shared() const { return shared_; }
  // `set` is null below what only the text has. False where the text is not as text() writes it.
  bool object(const FieldSet* set) {
    if (!take('{')) return false;
    if (take('}')) return count(set);
    do {
      std::string_view name;
      if (!take('"') || !string(name) || !take(':')) return false;
      if (name == ".") {
        if (!take('{') || !take('}') || !count(set)) return false;
      } else if (!object(set ? set->find(name) : nullptr)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

 private:
  bool count(const FieldSet* set) {
    if (set && set->member) ++shared_;
    return true;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool string(std::string_view& out) {
    const size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') return escaped(begin, out);
      if (text_[at_] != '"') continue;
      out = text_.substr(begin, at_++ - begin);
      return true;
    }
    return false;
  }
  bool escaped(size_t begin, std::string_view& out) {
    unescaped_.assign(text_, begin, at_ - begin);
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && (++at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\\'))) return false;
      unescaped_ += text_[at_++];
    }
    out = unescaped_;
    return take('"');
  }

  std::string_view text_;
  size_t at_ = 0, shared_ = 0;
  std::string unescaped_;
};

size_t countMembers(const FieldSet& set) {
  size_t count = set.member ? 1 : 0;
  for (const auto& [step, below] : set.children) count += countMembers(below);
  return count;
}

void append(TextBuffer& out, const FieldSet& set) {
  out.append('{');
  if (set.member && !set.children.empty()) out.append(R"(".":{},)");
  for (const auto& [step, below] : set.children) {
    appendJsonString(out, step);
    out.append(':');
    append(out, below);
    out.append(',');
  }
  if (out.back() == ',') out.dropLast();
  out.append('}');
}

}  // namespace

Result<FieldSet> FieldSet::parseText(std::string_view fieldsV1) {
  FieldSet set;
  if (!Reader(fieldsV1).whole(set)) {
    CLEAT_TRY(boost::json::value value, parseJson(fieldsV1));
    return parse(value);
  }
  set.member = false;
  set.tidy();
  return set;
}

std::string FieldSet::text() const {
  TextBuffer out;
  append(out, *this);
  return std::string(out.view());
}

bool FieldSet::meetsText(std::string_view fieldsV1) const {
  if (children.empty()) return false;
  Beside beside(fieldsV1);
  return !beside.object(this) || beside.shared() > 0;
}

bool FieldSet::within(std::string_view fieldsV1) const {
  Beside beside(fieldsV1);
  return beside.object(this) && beside.shared() == countMembers(*this);
}

}  // namespace cleat::object
