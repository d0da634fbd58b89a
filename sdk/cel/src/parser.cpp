#include "cleat/cel/parser.h"

#include <array>
#include <cstdlib>

#include "lexer.h"
#include "literals.h"
#include "macros.h"
#include "tree_builder.h"
#include "utf8.h"

namespace cleat::cel {

namespace {

constexpr const char* kOperands =
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

bool isReserved(std::string_view name) {
  static constexpr std::array<std::string_view, 17> kReserved{
      "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
      "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
  for (std::string_view word : kReserved) {
    if (word == name) return true;
  }
  return false;
}

bool isLiteralWord(std::string_view name) {
  return name == "true" || name == "false" || name == "null" || name == "in";
}

class Parser {
 public:
  Parser(std::string_view source, const ParseOptions& options) : source_(source), options_(options), build_(options) {}

  Parsed run() {
    Parsed parsed;
    if (characterCount(source_) > options_.maxCharacters) {
      fail(kNowhere, "expression code point size exceeds limit: size: " + std::to_string(characterCount(source_)) +
                         ", limit " + std::to_string(options_.maxCharacters));
    } else if (!utf8::valid(source_)) {
      fail(kNowhere, "expression is not valid UTF-8");
    } else {
      tokens_ = tokenize(source_, issues_);
      ExprPtr expr = expression();
      if (expr && now().kind != TokenKind::end) unexpectedEnd();
      if (issues_.empty()) parsed.expr = std::move(expr);
    }
    parsed.issues = std::move(issues_);
    parsed.nodes = build_.nodes();
    return parsed;
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  const Token& ahead(size_t count) const { return tokens_[std::min(at_ + count, tokens_.size() - 1)]; }
  void step() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool take(std::string_view sign) {
    if (!now().isSign(sign)) return false;
    step();
    return true;
  }
  // Only the first fault is told: what follows from it is of no use.
  ExprPtr fail(uint32_t offset, std::string message) {
    if (!failed_) issues_.push_back({offset, std::move(message)});
    failed_ = true;
    return nullptr;
  }
  std::string shownToken() const { return now().kind == TokenKind::end ? "<EOF>" : std::string(now().written); }
  ExprPtr mismatched(const std::string& expected) {
    return fail(now().offset, "Syntax error: mismatched input '" + shownToken() + "' expecting " + expected);
  }
  bool expect(std::string_view sign) {
    if (take(sign)) return true;
    if (now().kind == TokenKind::end) {
      fail(now().offset, "Syntax error: missing '" + std::string(sign) + "' at '<EOF>'");
    } else {
      mismatched("'" + std::string(sign) + "'");
    }
    return false;
  }
  void unexpectedEnd() {
    if (ahead(1).kind == TokenKind::end) {
      fail(now().offset, "Syntax error: extraneous input '" + shownToken() + "' expecting <EOF>");
    } else {
      mismatched("<EOF>");
    }
  }
  ExprPtr within(ExprPtr expr) {
    if (build_.tooMuch() || build_.tooDeep()) {
      return fail(kNowhere, "expression recursion limit exceeded: " + std::to_string(options_.maxTreeDepth));
    }
    return expr;
  }

  ExprPtr expression() {
    if (++nesting_ > options_.maxNesting) {
      return fail(kNowhere, "expression recursion limit exceeded: " + std::to_string(options_.maxNesting));
    }
    ExprPtr expr = conditional();
    --nesting_;
    return expr;
  }

  ExprPtr conditional() {
    ExprPtr condition = logical(false);
    if (!condition || !now().isSign("?")) return condition;
    const uint32_t offset = now().offset;
    step();
    ExprPtr yes = logical(false);
    if (!yes || !expect(":")) return nullptr;
    ExprPtr no = expression();
    if (!no) return nullptr;
    return within(build_.call(offset, ops::kConditional, exprs(std::move(condition), std::move(yes), std::move(no))));
  }

  // Long chains become trees as flat as can be.
  ExprPtr balanced(const char* op, std::vector<ExprPtr>& terms, const std::vector<uint32_t>& offsets, size_t low,
                   size_t high) {
    if (low == high) return std::move(terms[low]);
    const size_t middle = (low + high + 1) / 2;
    ExprPtr left = balanced(op, terms, offsets, low, middle - 1);
    ExprPtr right = balanced(op, terms, offsets, middle, high);
    return build_.call(offsets[middle - 1], op, exprs(std::move(left), std::move(right)));
  }

  ExprPtr logical(bool isAnd) {
    std::vector<ExprPtr> terms;
    std::vector<uint32_t> offsets;
    while (true) {
      ExprPtr term = isAnd ? relation() : logical(true);
      if (!term) return nullptr;
      terms.push_back(std::move(term));
      if (!now().isSign(isAnd ? "&&" : "||")) break;
      offsets.push_back(now().offset);
      step();
    }
    return within(balanced(isAnd ? ops::kAnd : ops::kOr, terms, offsets, 0, terms.size() - 1));
  }

  struct Binary {
    std::string_view sign;
    const char* function;
  };
  template <size_t N>
  ExprPtr chain(const std::array<Binary, N>& operators, ExprPtr (Parser::*operand)()) {
    ExprPtr left = (this->*operand)();
    while (left) {
      const Binary* found = nullptr;
      for (const Binary& each : operators) {
        if (now().isSign(each.sign) || now().isWord(each.sign)) found = &each;
      }
      if (!found) break;
      const uint32_t offset = now().offset;
      step();
      ExprPtr right = (this->*operand)();
      if (!right) return nullptr;
      left = within(build_.call(offset, found->function, exprs(std::move(left), std::move(right))));
    }
    return left;
  }

  ExprPtr relation() {
    static constexpr std::array<Binary, 7> kRelations{{{"<", ops::kLess},
                                                       {"<=", ops::kLessEquals},
                                                       {">", ops::kGreater},
                                                       {">=", ops::kGreaterEquals},
                                                       {"==", ops::kEquals},
                                                       {"!=", ops::kDiffers},
                                                       {"in", ops::kIn}}};
    return chain(kRelations, &Parser::sum);
  }
  ExprPtr sum() {
    static constexpr std::array<Binary, 2> kSums{{{"+", ops::kAdd}, {"-", ops::kSubtract}}};
    return chain(kSums, &Parser::product);
  }
  ExprPtr product() {
    static constexpr std::array<Binary, 3> kProducts{{{"*", ops::kMultiply}, {"/", ops::kDivide}, {"%", ops::kModulo}}};
    return chain(kProducts, &Parser::unary);
  }

  ExprPtr unary() {
    const uint32_t offset = now().offset;
    const bool negates = now().isSign("-");
    if (!negates && !now().isSign("!")) return member();
    const bool isNumber = ahead(1).kind == TokenKind::integer || ahead(1).kind == TokenKind::floating;
    if (negates && isNumber) return member();
    size_t count = 0;
    while (now().isSign(negates ? "-" : "!")) {
      ++count;
      step();
      const bool numberNext = ahead(1).kind == TokenKind::integer || ahead(1).kind == TokenKind::floating;
      if (negates && now().isSign("-") && numberNext) break;
    }
    ExprPtr operand = member();
    if (!operand || count % 2 == 0) return operand;
    return within(build_.call(offset, negates ? ops::kNegate : ops::kNot, exprs(std::move(operand))));
  }

  ExprPtr member() {
    ExprPtr expr = primary();
    while (expr && !failed_) {
      if (now().isSign(".")) {
        expr = selection(std::move(expr));
      } else if (now().isSign("[")) {
        expr = indexed(std::move(expr));
      } else if (now().isSign("{") && !qualifiedName(*expr).empty()) {
        expr = object(*expr);
      } else {
        break;
      }
      if (expr) expr = within(std::move(expr));
    }
    return expr;
  }

  ExprPtr selection(ExprPtr operand) {
    const uint32_t offset = now().offset;
    step();
    const bool optional = options_.optionals && take("?");
    const bool quoted = options_.escapedNames && now().kind == TokenKind::quotedName;
    if (!quoted && (now().kind != TokenKind::name || isLiteralWord(now().written))) return mismatched("IDENTIFIER");
    std::string name(quoted ? std::string_view(now().content) : now().written);
    step();
    if (optional) {
      ExprPtr field = build_.constant(offset, Value::ownText(std::move(name)));
      return build_.call(offset, ops::kOptionalSelect, exprs(std::move(operand), std::move(field)));
    }
    if (!quoted && now().isSign("(")) {
      const uint32_t open = now().offset;
      step();
      return called(open, name, std::move(operand));
    }
    return build_.select(offset, std::move(operand), std::move(name));
  }

  ExprPtr called(uint32_t offset, const std::string& name, ExprPtr target) {
    MacroCall call{name, std::move(target), {}, offset};
    if (!arguments(")", call.args)) return nullptr;
    ExprPtr expanded;
    Issue issue;
    if (expandMacro(call, options_, build_, expanded, issue)) {
      if (!expanded && !issue.message.empty()) return fail(issue.offset, issue.message);
      return within(std::move(expanded));
    }
    const bool isMember = call.target != nullptr;
    std::vector<ExprPtr> all;
    if (isMember) all.push_back(std::move(call.target));
    for (ExprPtr& arg : call.args) all.push_back(std::move(arg));
    return build_.call(offset, name, std::move(all), isMember);
  }

  bool arguments(std::string_view end, std::vector<ExprPtr>& args) {
    if (take(end)) return true;
    while (true) {
      ExprPtr arg = expression();
      if (!arg) return false;
      args.push_back(std::move(arg));
      if (take(end)) return true;
      if (!now().isSign(",")) return expect(end);
      step();
    }
  }

  ExprPtr indexed(ExprPtr operand) {
    const uint32_t offset = now().offset;
    step();
    const bool optional = options_.optionals && take("?");
    ExprPtr index = expression();
    if (!index || !expect("]")) return nullptr;
    return build_.call(offset, optional ? ops::kOptionalIndex : ops::kIndex,
                       exprs(std::move(operand), std::move(index)));
  }

  ExprPtr object(const Expr& name) {
    ExprPtr expr = build_.make(ExprKind::object, now().offset);
    expr->name = qualifiedName(name);
    step();
    while (!take("}")) {
      const bool optional = options_.optionals && take("?");
      const bool quoted = options_.escapedNames && now().kind == TokenKind::quotedName;
      if (!quoted && now().kind != TokenKind::name) return mismatched("{'}', ',', IDENTIFIER}");
      expr->fields.emplace_back(quoted ? std::string_view(now().content) : now().written);
      step();
      if (!expect(":")) return nullptr;
      ExprPtr value = expression();
      if (!value) return nullptr;
      build_.add(*expr, std::move(value));
      expr->optional.push_back(optional);
      if (!now().isSign("}") && !expect(",")) return nullptr;
    }
    return expr;
  }

  ExprPtr primary() {
    const uint32_t offset = now().offset;
    if (now().isSign("(")) {
      step();
      ExprPtr inner = expression();
      if (!inner || !expect(")")) return nullptr;
      return inner;
    }
    if (now().isSign("[")) return listLiteral();
    if (now().isSign("{")) return mapLiteral();
    if (now().isSign("-") || (now().kind >= TokenKind::integer && now().kind <= TokenKind::bytes)) return literal();
    const bool fromRoot = take(".");
    if (now().kind != TokenKind::name || now().isWord("in") || (fromRoot && isLiteralWord(now().written))) {
      return fromRoot ? mismatched("IDENTIFIER") : mismatched(kOperands);
    }
    std::string name(now().written);
    const uint32_t at = now().offset;
    step();
    if (name == "true" || name == "false") return build_.constant(offset, Value::boolean(name == "true"));
    if (name == "null") return build_.constant(offset, Value::null());
    if (isReserved(name)) return fail(at, "reserved identifier: " + name);
    if (fromRoot) name.insert(0, ".");
    if (!now().isSign("(")) return build_.ident(offset, std::move(name));
    const uint32_t open = now().offset;
    step();
    return called(open, name, nullptr);
  }

  ExprPtr listLiteral() {
    ExprPtr expr = build_.make(ExprKind::list, now().offset);
    step();
    while (!take("]")) {
      const bool optional = options_.optionals && take("?");
      ExprPtr element = expression();
      if (!element) return nullptr;
      build_.add(*expr, std::move(element));
      expr->optional.push_back(optional);
      if (!now().isSign("]") && !expect(",")) return nullptr;
    }
    return expr;
  }

  ExprPtr mapLiteral() {
    ExprPtr expr = build_.make(ExprKind::map, now().offset);
    step();
    while (!take("}")) {
      const bool optional = options_.optionals && take("?");
      ExprPtr key = expression();
      if (!key || !expect(":")) return nullptr;
      ExprPtr value = expression();
      if (!value) return nullptr;
      build_.add(*expr, std::move(key));
      build_.add(*expr, std::move(value));
      expr->optional.push_back(optional);
      if (!now().isSign("}") && !expect(",")) return nullptr;
    }
    return expr;
  }

  ExprPtr literal() {
    const uint32_t offset = now().offset;
    const bool negative = take("-");
    const Token& token = now();
    Value value;
    if (token.kind == TokenKind::integer) value = integerLiteral(token.content, negative);
    if (token.kind == TokenKind::unsignedInteger && !negative) value = unsignedLiteral(token.content);
    if (token.kind == TokenKind::floating) {
      const double number = std::strtod(token.content.c_str(), nullptr);
      value = Value::floating(negative ? -number : number);
    }
    if (token.kind == TokenKind::text) value = Value::ownText(token.content);
    if (token.kind == TokenKind::bytes) value = Value::ownBytes(token.content);
    if (value.isAbsent()) {
      if (negative && token.kind != TokenKind::integer) return mismatched(kOperands);
      return fail(offset, token.kind == TokenKind::integer ? "invalid int literal" : "invalid uint literal");
    }
    step();
    return build_.constant(offset, std::move(value));
  }

  std::string_view source_;
  const ParseOptions& options_;
  TreeBuilder build_;
  std::vector<Token> tokens_;
  std::vector<Issue> issues_;
  size_t at_ = 0;
  size_t nesting_ = 0;
  bool failed_ = false;
};

}  // namespace

Parsed parse(std::string_view source, const ParseOptions& options) { return Parser(source, options).run(); }

}  // namespace cleat::cel
