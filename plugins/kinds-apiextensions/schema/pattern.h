// Pattern: a regular expression of a schema. Go's syntax is RE2's, and matching takes time linear in the text whatever
// the expression.
//
// The same few expressions occur in many schemas, and most are never used. So equal ones are one Pattern, which is
// compiled when it is first asked; until then it is its text.
#pragma once

#include <cleat/sdk/status.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace cleat::kinds::extensions {

class Pattern {
 public:
  // Longer ones are refused.
  static constexpr size_t kMostBytes = 16 * 1024;

  // What the expression compiles to, in instructions, or why it does not, in Go's words: "error parsing regexp: missing
  // closing ): `(`".
  static Result<size_t> check(std::string_view expression);

  // Any thread may call it. An expression that `check` refuses matches everything.
  static std::shared_ptr<const Pattern> of(std::string_view expression);

  explicit Pattern(std::string_view expression);
  ~Pattern();
  Pattern(const Pattern&) = delete;

  const std::string& text() const { return text_; }
  // Whether it matches somewhere in the text.
  bool matches(std::string_view text) const;
  // How many steps looking through so many bytes takes at worst.
  size_t stepsFor(size_t bytes) const;

 private:
  const re2::RE2& compiled() const;

  std::string text_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace cleat::kinds::extensions
