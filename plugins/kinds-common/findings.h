// Findings: the wrong fields of an object, in the words of Kubernetes' field errors, so that `kubectl apply` of a wrong
// manifest prints what people know. A validating function takes the value, its Path and the Findings to add to:
//
//   void checkReplicas(int32_t replicas, const Path& path, Findings& findings) {
//     if (replicas < 0) findings.invalid(path, replicas, kNotNegative);
//   }
//
// Values, cheap to copy; no threads involved.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/text.h>

#include <array>
#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::kinds {

// Where a field is: (Path("spec") / "containers")[0] / "image" reads spec.containers[0].image.
class Path {
 public:
  explicit Path(std::string_view field) { append({}, field, {}); }
  Path(const Path& other);
  Path& operator=(const Path& other);

  Path operator/(std::string_view field) const;  // .field
  Path operator[](size_t index) const;           // [3]
  Path operator[](std::string_view key) const;   // [app]
  // Stands in the path itself.
  std::string_view text() const { return size_ > few_.size() ? many_ : std::string_view(few_.data(), size_); }

 private:
  void append(std::string_view before, std::string_view text, std::string_view behind);

  // Most objects have nothing wrong, and none of their paths is read: they are made without memory of their own.
  size_t size_ = 0;
  std::array<char, 120> few_;
  std::string many_;  // instead of `few_`, where that is too small
};

// A wrong value as an error shows it: texts quoted, numbers plain.
class Shown {
 public:
  Shown(std::string_view text);  // NOLINT: meant to convert
  Shown(const char* text) : Shown(std::string_view(text)) {}
  Shown(const std::string& text) : Shown(std::string_view(text)) {}
  Shown(capnp::Text::Reader text) : Shown(view(text)) {}
  Shown(bool value) : text_(value ? "true" : "false") {}
  template <std::integral I>
  Shown(I value) : text_(std::to_string(value)) {}

  // As it is: JSON, as composites are shown, or the bare word null.
  static Shown plain(std::string text);
  static Shown null() { return plain("null"); }
  static Shown list(const std::vector<std::string>& texts);  // ["a","b"]

  const std::string& text() const { return text_; }

 private:
  Shown() = default;
  std::string text_;
};

// The text in double quotes, escaped as Go's %q does.
std::string quoted(std::string_view text);
// The text as a JSON string.
std::string jsonText(std::string_view text);

class Findings {
 public:
  void required(const Path& path, std::string_view detail = {});
  void invalid(const Path& path, const Shown& value, std::string_view detail);
  void forbidden(const Path& path, std::string_view detail = {});
  void duplicate(const Path& path, const Shown& value);
  void notFound(const Path& path, const Shown& value);
  void tooLong(const Path& path, size_t maxBytes);
  void tooLongCharacters(const Path& path, size_t maxCharacters);
  void tooMany(const Path& path, size_t count, size_t maxItems);
  void notSupported(const Path& path, const Shown& value, std::span<const std::string_view> supported);
  void notSupported(const Path& path, const Shown& value, std::initializer_list<std::string_view> supported) {
    notSupported(path, value, std::span(supported.begin(), supported.size()));
  }

  // A finding in words of the caller's own, for those that are made away from a Findings.
  void add(StatusCause cause) { causes_.push_back(std::move(cause)); }

  // One `invalid` for each of the messages.
  void invalidEach(const Path& path, const Shown& value, const std::vector<std::string>& messages);

  void warn(std::string warning) { warnings_.push_back(std::move(warning)); }

  bool empty() const { return causes_.empty(); }
  const std::vector<StatusCause>& causes() const { return causes_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void add(const char* reason, const Path& path, std::string message);
  std::vector<StatusCause> causes_;
  std::vector<std::string> warnings_;
};

inline constexpr std::string_view kNotNegative = "must be greater than or equal to 0";
inline constexpr std::string_view kImmutable = "field is immutable";

// Adds a notSupported finding unless `value` is one of `supported`.
void checkOneOf(std::string_view value, const Path& path, std::initializer_list<std::string_view> supported,
                Findings& findings);

// All of them in one line: "a: Required value", "[a: Required value, b: …]" of several.
std::string violationsText(const Findings& findings);

}  // namespace cleat::kinds
