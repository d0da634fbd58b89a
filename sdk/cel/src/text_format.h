// `'%s has %d'.format([name, count])`. Private to the library.
#pragma once

#include <string>
#include <string_view>

#include "cleat/cel/value.h"

namespace cleat::cel {

// Numbers and what is in lists are written in the form that Kubernetes keeps, or in the one that the language has come
// to.
enum class TextForm { kubernetes, language };

Value formatText(std::string_view pattern, const ListValue& args, TextForm form);

// What the clauses of a pattern are filled with.
class FormatArguments {
 public:
  virtual ~FormatArguments() = default;
  virtual size_t size() const = 0;
  // Of one clause ('s', 'd', 'f', 'e', 'b', 'o', 'x', 'X') with digits behind the point. An error ends it.
  virtual Value put(char clause, int precision, size_t index) = 0;
};
// What stands between the clauses goes to `out`; `taken`: how many arguments the pattern asks for.
Value fillClauses(std::string_view pattern, FormatArguments& arguments, std::string& out, size_t& taken);
// That a value of this type cannot be written so.
Value formatMismatch(char clause, std::string_view typeName);

// The text between quotes, with what is special in it escaped.
std::string quoted(std::string_view text);

}  // namespace cleat::cel
