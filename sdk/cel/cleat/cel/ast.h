// Expressions as trees, as the parser makes them: macros are expanded, operators are calls ("_+_").
// What checking finds out stands in the same nodes, so a checked tree is evaluated as it is, by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cleat/cel/type.h"
#include "cleat/cel/value.h"

namespace cleat::cel {

struct Overload;
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind : uint8_t { constant, ident, select, call, list, map, object, comprehension };

// Calls that are no functions: they look at their arguments in a manner of their own.
enum class Operator : uint8_t {
  function,
  logicalAnd,
  logicalOr,
  conditional,
  equals,
  differs,
  in,
  inLiteral,  // of a list that is written out, where looking costs nothing
  index,
  optionalIndex,
  optionalSelect,
  notStrictlyFalse,
  logicalNot,
};

// for (variable in range) { if (!condition) break; accumulator = step; } result
struct Comprehension {
  std::string variable, second, accumulator;
  ExprPtr range, initial, condition, step, result;
  int32_t slot = -1, secondSlot = -1, accumulatorSlot = -1;
  bool isBind = false;  // cel.bind: nothing is gone through
};

struct Expr {
  ExprKind kind = ExprKind::constant;
  Operator op = Operator::function;
  bool testOnly = false;   // of a select: has()
  bool isMember = false;   // of a call: args[0] is what it is called on
  bool takesOver = false;  // of an accumulator: nobody reads it again before it is set
  uint16_t depth = 1;
  uint32_t id = 0;      // within its tree
  uint32_t offset = 0;  // in bytes
  std::string name;     // of an ident, a field, a function, a type of objects
  std::string written;  // of the same before it was resolved, where messages show it
  Value constant;
  std::vector<ExprPtr> args;   // operand, arguments, elements; keys and values in turn; values of fields
  std::vector<bool> optional;  // of elements, entries and fields: [?a], {?k: v}
  std::vector<std::string> fields;
  std::unique_ptr<Comprehension> loop;

  TypeRef type;
  int32_t slot = -1;                       // of an ident: where its value is
  std::vector<const Overload*> overloads;  // of a call: those that can be meant

  const Expr& arg(size_t index) const { return *args[index]; }
};

// The name that a chain of selects says ("a.b.c"); empty where it is none.
std::string qualifiedName(const Expr& expr);
ExprPtr cloneExpr(const Expr& expr);
// Whether a variable is spoken of.
bool usesSlot(const Expr& expr, int32_t slot);

namespace ops {

inline constexpr const char* kAnd = "_&&_";
inline constexpr const char* kOr = "_||_";
inline constexpr const char* kNot = "!_";
inline constexpr const char* kNegate = "-_";
inline constexpr const char* kConditional = "_?_:_";
inline constexpr const char* kEquals = "_==_";
inline constexpr const char* kDiffers = "_!=_";
inline constexpr const char* kLess = "_<_";
inline constexpr const char* kLessEquals = "_<=_";
inline constexpr const char* kGreater = "_>_";
inline constexpr const char* kGreaterEquals = "_>=_";
inline constexpr const char* kAdd = "_+_";
inline constexpr const char* kSubtract = "_-_";
inline constexpr const char* kMultiply = "_*_";
inline constexpr const char* kDivide = "_/_";
inline constexpr const char* kModulo = "_%_";
inline constexpr const char* kIn = "@in";
inline constexpr const char* kIndex = "_[_]";
inline constexpr const char* kOptionalIndex = "_[?_]";
inline constexpr const char* kOptionalSelect = "_?._";
inline constexpr const char* kNotStrictlyFalse = "@not_strictly_false";

}  // namespace ops

// The operator that a function's name stands for.
Operator operatorOf(std::string_view function);

}  // namespace cleat::cel
