#include "kinds-common/findings.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cleat::kinds {

Path::Path(const Path& other) { *this = other; }

Path& Path::operator=(const Path& other) {
  if (this == &other) return *this;
  size_ = other.size_;
  many_ = other.many_;
  if (size_ <= few_.size()) std::memcpy(few_.data(), other.few_.data(), size_);
  return *this;
}

void Path::append(std::string_view before, std::string_view text, std::string_view behind) {
  const size_t size = size_ + before.size() + text.size() + behind.size();
  if (size > few_.size()) many_ = str(this->text());
  for (std::string_view part : {before, text, behind}) {
    if (size > few_.size()) {
      many_ += part;
    } else {
      std::memcpy(few_.data() + size_, part.data(), part.size());
      size_ += part.size();
    }
  }
  size_ = size;
}

Path Path::operator/(std::string_view field) const {
  Path path(*this);
  path.append(size_ == 0 ? "" : ".", field, {});
  return path;
}
Path Path::operator[](size_t index) const {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), index).ptr;
  return (*this)[std::string_view(digits.data(), end)];
}
Path Path::operator[](std::string_view key) const {
  Path path(*this);
  path.append("[", key, "]");
  return path;
}

Shown::Shown(std::string_view text) : text_(quoted(text)) {}

Shown Shown::plain(std::string text) {
  Shown shown;
  shown.text_ = std::move(text);
  return shown;
}

namespace {

// The length of the valid UTF-8 sequence at the start of `text`; 0 if there is none.
size_t sequenceLength(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc2 ? 2 : 0;
  if (length == 0 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

char shortEscape(char c) {
  switch (c) {
    case '\a': return 'a';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    case '"': return '"';
    case '\\': return '\\';
    default: return 0;
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    char c = text.front();
    size_t length = sequenceLength(text);
    if (char escape = shortEscape(c)) {
      out += {'\\', escape};
      length = 1;
    } else if (length == 0 || (length == 1 && (c < 0x20 || c == 0x7f))) {
      auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      length = 1;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out += '"';
}

std::string jsonText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      // Go escapes these three as well, for HTML's sake.
      static constexpr char kHex[] = "0123456789abcdef";
      out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out += '"';
}

Shown Shown::list(const std::vector<std::string>& texts) {
  if (texts.empty()) return plain("null");
  std::string out;
  for (const std::string& text : texts) {
    out += out.empty() ? '[' : ',';
    out += jsonText(text);
  }
  return plain(out + "]");
}

void Findings::add(const char* reason, const Path& path, std::string message) {
  causes_.push_back({reason, std::move(message), str(path.text())});
}

void Findings::required(const Path& path, std::string_view detail) {
  add("FieldValueRequired", path, detail.empty() ? "Required value" : concat("Required value: ", detail));
}

void Findings::invalid(const Path& path, const Shown& value, std::string_view detail) {
  std::string message = concat("Invalid value: ", value.text());
  if (!detail.empty()) appendTo(message, concat(": ", detail));
  add("FieldValueInvalid", path, std::move(message));
}

void Findings::invalidEach(const Path& path, const Shown& value, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) invalid(path, value, message);
}

void Findings::forbidden(const Path& path, std::string_view detail) {
  add("FieldValueForbidden", path, detail.empty() ? std::string("Forbidden") : concat("Forbidden: ", detail));
}

void Findings::duplicate(const Path& path, const Shown& value) {
  add("FieldValueDuplicate", path, concat("Duplicate value: ", value.text()));
}

void Findings::notFound(const Path& path, const Shown& value) {
  add("FieldValueNotFound", path, concat("Not found: ", value.text()));
}

void Findings::tooLong(const Path& path, size_t maxBytes) {
  add("FieldValueTooLong", path,
      concat("Too long: may not be more than ", maxBytes, maxBytes == 1 ? " byte" : " bytes"));
}

void Findings::tooLongCharacters(const Path& path, size_t maxCharacters) {
  add("FieldValueTooLong", path,
      concat("Too long: may not be more than ", maxCharacters, maxCharacters == 1 ? " character" : " characters"));
}

void Findings::tooMany(const Path& path, size_t count, size_t maxItems) {
  const char* items = maxItems == 1 ? " item" : " items";
  add("FieldValueTooMany", path, concat("Too many: ", count, ": must have at most ", maxItems, items));
}

void Findings::notSupported(const Path& path, const Shown& value, std::span<const std::string_view> supported) {
  std::string message = concat("Unsupported value: ", value.text());
  const char* separator = ": supported values: ";
  for (std::string_view one : supported) {
    message += separator;
    message += quoted(one);
    separator = ", ";
  }
  add("FieldValueNotSupported", path, std::move(message));
}

std::string violationsText(const Findings& findings) {
  const auto each = [](const StatusCause& cause) { return concat(cause.field, ": ", cause.message); };
  const std::string all = joined(findings.causes(), ", ", each);
  return findings.causes().size() > 1 ? concat("[", all, "]") : all;
}

void checkOneOf(std::string_view value, const Path& path, std::initializer_list<std::string_view> supported,
                Findings& findings) {
  if (std::find(supported.begin(), supported.end(), value) == supported.end()) {
    findings.notSupported(path, value, supported);
  }
}

}  // namespace cleat::kinds
