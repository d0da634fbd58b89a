// Expressions from text to trees. The limits keep what strangers write small: nothing that follows recurses deeper than
// the tree is deep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cleat/cel/ast.h"
#include "cleat/cel/source.h"

namespace cleat::cel {

struct ParseOptions {
  size_t maxCharacters = 100'000;
  uint16_t maxNesting = 250;     // of parentheses, calls and the like
  uint16_t maxTreeDepth = 1000;  // of the tree that comes of it
  size_t maxNodes = 200'000;     // macros repeat what is written once
  bool optionals = true;         // a.?b, a[?b], optMap
  bool bind = false;             // cel.bind
  bool existsOne = false;        // existsOne(x, p) beside exists_one(x, p)
  bool sortBy = true;            // list.sortBy(x, key)
  bool twoVariables = true;      // all(i, v, p) and its like
  bool escapedNames = false;     // a.`b-c`
};

struct Parsed {
  ExprPtr expr;  // null where there are issues
  std::vector<Issue> issues;
  uint32_t nodes = 0;
};

Parsed parse(std::string_view source, const ParseOptions& options = {});

}  // namespace cleat::cel
