// Rules are compiled where they stand in the schema, and what they can cost is added up over it.
#include "kinds-apiextensions/schema/rule_set.h"

#include <cleat/cel/environment.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <span>

#include "kinds-apiextensions/schema/rule_texts.h"
#include "kinds-apiextensions/schema/schema_check.h"

namespace cleat::kinds::extensions {

namespace {

constexpr uint64_t kUnboundedTimes = std::numeric_limits<uint64_t>::max();

std::string costMessage(std::string_view what, uint64_t cost, uint64_t limit) {
  const double factor = static_cast<double>(cost) / static_cast<double>(limit);
  char shown[40];
  std::snprintf(shown, sizeof shown, factor > 100 ? "more than 100x" : factor < 1.5 ? "%fx" : "%.1fx", factor);
  return concat(what, " exceeds budget by factor of ", shown,
                " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and "
                "strings are declared)");
}

// Where a schema stands, as its rules have to know.
struct RulePlace {
  bool isRoot = false;         // of an object of the API
  uint64_t times = 1;          // how often a value of it can be there; kUnboundedTimes: nobody says
  std::string uncorrelatable;  // the part within which nothing can be said to have been there before; empty: none

  RulePlace within(const std::string& path) const {
    RulePlace place = *this;
    if (place.uncorrelatable.empty()) place.uncorrelatable = path;
    return place;
  }
  RulePlace repeated(bool isBounded, int64_t most) const {
    RulePlace place = *this;
    const bool unbounded = !isBounded || times == kUnboundedTimes;
    place.times =
        unbounded ? kUnboundedTimes : cel::saturatingMultiply(times, most < 0 ? 0 : static_cast<uint64_t>(most));
    return place;
  }
};

class RuleCompiler {
 public:
  explicit RuleCompiler(Findings& findings) : findings_(findings), ofSchema_(findings.causes().size()) {}

  // `structure` has the types, `rules` the rules: the same, but in allOf.
  std::unique_ptr<const RuleNode> node(SchemaReader structure, SchemaReader rules, RulePlace place, const Trail& at) {
    auto made = std::make_unique<RuleNode>();
    made->type = str(view(structure.getType()));
    made->isKeyedList = view(structure.getXListType()) == "map";
    made->isAtomicMap = view(structure.getXMapType()) == "atomic";
    RulePlace inner = place;
    inner.isRoot = false;
    children(structure, rules, inner, at, *made);
    const Trail list = member(at, "allOf");
    for (uint32_t i = 0; i < rules.getAllOf().size(); ++i) {
      if (auto below = node(structure, rules.getAllOf()[i], inner, Trail(&list, i))) {
        made->allOf.push_back(std::move(below));
      }
    }
    if (rules.getXValidations().size() > 0 && isSound(at)) compileHere(structure, rules, place, at, *made);
    const bool isEmpty =
        made->rules.empty() && made->properties.empty() && made->allOf.empty() && !made->items && !made->additional;
    return isEmpty ? nullptr : std::move(made);
  }

  void finish(const Trail& at) {
    if (total_ <= kMostSchemaEstimate) return;
    for (const auto& [cost, path] : costly_) {
      findings_.forbidden(
          Path(path),
          "contributed to estimated rule & messageExpression cost total exceeding cost limit for entire "
          "OpenAPIv3 schema");
    }
    findings_.forbidden(pathOf(at),
                        costMessage("x-kubernetes-validations estimated rule & messageExpression cost total for entire "
                                    "OpenAPIv3 schema",
                                    total_, kMostSchemaEstimate));
  }

 private:
  void children(SchemaReader structure, SchemaReader rules, const RulePlace& place, const Trail& at, RuleNode& out) {
    if (structure.hasItems() && structure.getItems().isSchema() && rules.hasItems() && rules.getItems().isSchema()) {
      const RulePlace items = place.repeated(structure.hasMaxItems(), structure.getMaxItems().getValue());
      out.items = below(structure.getItems().getSchema(), rules.getItems().getSchema(),
                        out.isKeyedList ? items : items.within(at.text(TrailKeys::bracketed)), member(at, "items"));
    }
    const RulePlace members = out.isAtomicMap ? place.within(at.text(TrailKeys::bracketed)) : place;
    const Trail properties = member(at, "properties");
    for (auto property : rules.getProperties()) {
      SchemaReader found;
      const std::string_view name = view(property.getKey());
      if (!findProperty(structure, name, found)) continue;
      if (auto made = below(found, property.getValue(), members, key(properties, name))) {
        out.properties.emplace(str(name), std::move(made));
      }
    }
    const auto hasValues = [](SchemaReader schema) {
      return schema.hasAdditionalProperties() && schema.getAdditionalProperties().isSchema();
    };
    if (!hasValues(structure) || !hasValues(rules)) return;
    out.additional = below(structure.getAdditionalProperties().getSchema(), rules.getAdditionalProperties().getSchema(),
                           members.repeated(structure.hasMaxProperties(), structure.getMaxProperties().getValue()),
                           member(at, "additionalProperties"));
  }

  std::unique_ptr<const RuleNode> below(SchemaReader structure, SchemaReader rules, RulePlace place, const Trail& at) {
    place.isRoot = structure.getXEmbeddedResource();
    return node(structure, rules, std::move(place), at);
  }

  // Whether nothing was wrong with the schema here or deeper: what rules speak of has to be right first, or their
  // errors say nothing new.
  bool isSound(const Trail& at) const {
    if (ofSchema_ == 0) return true;
    const Path place = pathOf(at);
    const std::string_view here = place.text();
    const auto isWithin = [&](const StatusCause& cause) {
      return cause.field.starts_with(here) &&
             (cause.field.size() == here.size() || cause.field[here.size()] == '.' || cause.field[here.size()] == '[');
    };
    return std::ranges::none_of(std::span(findings_.causes()).first(ofSchema_), isWithin);
  }

  void compileHere(SchemaReader structure, SchemaReader rules, const RulePlace& place, const Trail& at, RuleNode& out) {
    const Trail list = member(at, "x-kubernetes-validations");
    DeclaredType declared = declaredType(structure, place.isRoot);
    if (!declared.type) {
      return findings_.invalid(
          pathOf(list), "",
          concat("rule declared on schema that does not support validation rules type: '", out.type,
                 "' x-kubernetes-preserve-unknown-fields: '",
                 structure.hasXPreserveUnknownFields() && structure.getXPreserveUnknownFields().getValue(), "'"));
    }
    const uint64_t times =
        place.times != kUnboundedTimes ? place.times : static_cast<uint64_t>(kMostRequestBytes / (declared.least + 1));
    for (uint32_t i = 0; i < rules.getXValidations().size() && !isEnough(findings_); ++i) {
      const Path path = pathOf(Trail(&list, i));
      compileOne(rules, rules.getXValidations()[i], declared, times, place, path, out);
    }
    out.shape = std::move(declared.shape);
  }

  void compileOne(SchemaReader schema, RuleReader rule, const DeclaredType& declared, uint64_t times,
                  const RulePlace& place, const Path& path, RuleNode& out) {
    CompiledRule made;
    made.rule = str(withoutBlanks(view(rule.getRule())));
    made.message = str(withoutBlanks(view(rule.getMessage())));
    made.messageExpression = str(withoutBlanks(view(rule.getMessageExpression())));
    made.reason = str(view(rule.getReason()));
    made.optionalOld = rule.hasOptionalOldSelf() && rule.getOptionalOldSelf().getValue();
    if (rule.getFieldPath().size() > 0) {
      made.fieldPath = rulePath(schema, withoutBlanks(view(rule.getFieldPath()))).value_or("");
    }
    cel::Environment environment(cel::kubernetesFunctions());
    environment.declare("self", declared.type);
    environment.declare("oldSelf", made.optionalOld ? cel::types::optional(declared.type) : declared.type);
    environment.checking().oneElementType = true;
    const cel::Compiled compiled = environment.compile(view(rule.getRule()));
    if (!compiled.program) {
      findings_.invalid(path / "rule", shownRule(rule), concat("compilation failed: ", compiled.message));
    } else if (compiled.program->type()->kind != cel::TypeKind::boolean) {
      findings_.invalid(path / "rule", shownRule(rule), "cel expression must evaluate to a bool");
    } else if (!compiled.program->fault().empty()) {
      findings_.invalid(path / "rule", shownRule(rule),
                        concat("program instantiation failed: ", compiled.program->fault()));
    } else {
      made.program = compiled.program;
      made.usesOld = made.program->uses("oldSelf");
      charge("estimated rule cost", cel::saturatingMultiply(made.program->estimate(declared.type).max, times),
             path / "rule");
    }
    if (!made.messageExpression.empty())
      compileMessage(rule, environment, declared.type, path / "messageExpression", made);
    if (made.usesOld && !place.uncorrelatable.empty()) {
      findings_.invalid(
          path / "rule", rule.getRule(),
          concat("oldSelf cannot be used on the uncorrelatable portion of the schema within ", place.uncorrelatable));
    } else if (made.program && !made.usesOld && rule.hasOptionalOldSelf()) {
      findings_.invalid(path / "optionalOldSelf", rule.getOptionalOldSelf().getValue(),
                        "may not be set if oldSelf is not used in rule");
    }
    if (made.program) out.rules.push_back(std::move(made));
  }

  void compileMessage(RuleReader rule, const cel::Environment& environment, const cel::TypeRef& self, const Path& path,
                      CompiledRule& made) {
    const cel::Compiled compiled = environment.compile(view(rule.getMessageExpression()));
    if (!compiled.program) {
      findings_.invalid(path, shownRule(rule), concat("messageExpression compilation failed: ", compiled.message));
    } else if (compiled.program->type()->kind != cel::TypeKind::text) {
      findings_.invalid(path, shownRule(rule), "messageExpression must evaluate to a string");
    } else if (!compiled.program->fault().empty()) {
      findings_.invalid(path, shownRule(rule), concat("program instantiation failed: ", compiled.program->fault()));
    } else {
      made.messageProgram = compiled.program;
      charge("estimated messageExpression cost", compiled.program->estimate(self).max, path);
    }
  }

  void charge(std::string_view what, uint64_t cost, const Path& path) {
    if (cost > kMostEstimate) findings_.forbidden(path, costMessage(what, cost, kMostEstimate));
    total_ = cel::saturatingAdd(total_, cost);
    costly_.emplace_back(cost, path.text());
    // Those that cost most are worth naming.
    std::sort(costly_.begin(), costly_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    if (costly_.size() > 4) costly_.pop_back();
  }

  Findings& findings_;
  const size_t ofSchema_;  // so many of them were there before
  uint64_t total_ = 0;
  std::vector<std::pair<uint64_t, std::string>> costly_;
};

}  // namespace

std::shared_ptr<const RuleNode> compileRules(SchemaReader schema, const Trail& at, Findings& findings) {
  RuleCompiler compiler(findings);
  auto root = compiler.node(schema, schema, {.isRoot = true, .times = 1, .uncorrelatable = {}}, at);
  compiler.finish(at);
  return root;
}

}  // namespace cleat::kinds::extensions
