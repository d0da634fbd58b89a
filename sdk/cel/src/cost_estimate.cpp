// What an expression can cost at most, from what its types say about sizes. Follows upstream's rules, so that a
// definition that is taken there is taken here.
#include <algorithm>
#include <map>
#include <optional>

#include "cleat/cel/ast.h"
#include "cleat/cel/cost.h"
#include "cost_lists.h"
#include "cost_place.h"
#include "cost_replaced.h"

namespace cleat::cel {

namespace {

using Size = CostRange;
using MaybeSize = std::optional<Size>;

constexpr Size kUnknown{0, kUnlimited};
constexpr uint64_t kMostFormatName = 64, kMostFormatPattern = 128;

bool isScalar(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean:
    case TypeKind::floating:
    case TypeKind::duration:
    case TypeKind::integer:
    case TypeKind::timestamp:
    case TypeKind::unsignedInteger:
    case TypeKind::type: return true;
    default: return false;
  }
}

// What is known of the elements of a list or a map.
struct Entry {
  bool isList = true;
  Size key, value;

  Entry with(const Entry& other) const { return {isList, key.with(other.key), value.with(other.value)}; }
};

struct Variable {
  Place place;
  MaybeSize size;
  std::optional<Entry> entry;
};

class Estimator {
 public:
  explicit Estimator(TypeRef root) : schema_(std::move(root)) {}

  CostRange cost(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::constant: return {};
      case ExprKind::ident: return {1, 1};
      case ExprKind::select: return selectCost(expr);
      case ExprKind::call: return callCostOf(expr);
      case ExprKind::list: return listCost(expr);
      case ExprKind::map: return mapCost(expr);
      case ExprKind::object: {
        CostRange sum{kObjectCost, kObjectCost};
        for (const ExprPtr& arg : expr.args) sum = sum + cost(*arg);
        return sum;
      }
      case ExprKind::comprehension: return expr.loop->isBind ? bindCost(expr) : loopCost(expr);
    }
    return {};
  }

 private:
  const Variable* variable(const Expr& expr) const {
    if (expr.kind != ExprKind::ident) return nullptr;
    auto found = locals_.find(expr.slot);
    return found == locals_.end() ? nullptr : &found->second;
  }

  Place place(const Expr& expr) const {
    if (expr.kind == ExprKind::ident) {
      const Variable* local = variable(expr);
      return local ? local->place : Place{true, expr.type};
    }
    if (expr.kind == ExprKind::select && !expr.testOnly) {
      return schema_.field(place(expr.arg(0)), expr.written.empty() ? expr.name : expr.written);
    }
    if (expr.kind == ExprKind::call && expr.op == Operator::index) return schema_.element(place(expr.arg(0)));
    return {};
  }
  static MaybeSize declaredSize(const TypeRef& type) {
    if (!type || !type->sized) return std::nullopt;
    return Size{0, type->maxSize};
  }

  MaybeSize sizeOf(const Expr& expr) const {
    if (auto found = sizes_.find(&expr); found != sizes_.end()) return found->second;
    if (expr.kind == ExprKind::constant) {
      if (expr.constant.is(ValueKind::text) || expr.constant.is(ValueKind::bytes))
        return fixed(literalSize(expr.constant));
      return fixed(1);
    }
    if (expr.kind == ExprKind::list) return fixed(expr.args.size());
    if (expr.kind == ExprKind::map) return fixed(expr.args.size() / 2);
    if (MaybeSize size = declaredSize(place(expr).type)) return size;
    if (isScalar(*expr.type)) return fixed(1);
    const Variable* local = variable(expr);
    return local ? local->size : std::nullopt;
  }
  static uint64_t literalSize(const Value& text) {
    if (text.is(ValueKind::bytes)) return text.asText().size();
    // Bytes that go on with a character do not begin one.
    return static_cast<uint64_t>(std::ranges::count_if(text.asText(), [](char c) { return (c & 0xC0) != 0x80; }));
  }
  static Size fixed(uint64_t size) { return {size, size}; }
  Size sizeOrUnknown(const Expr& expr) const { return sizeOf(expr).value_or(kUnknown); }

  std::optional<Entry> entryOf(const Expr& expr) const {
    if (auto found = entries_.find(&expr); found != entries_.end()) return found->second;
    const Variable* local = variable(expr);
    return local ? local->entry : std::nullopt;
  }

  CostRange selectCost(const Expr& expr) {
    CostRange sum = cost(expr.arg(0));
    if (expr.testOnly) return sum;
    switch (expr.arg(0).type->kind) {
      case TypeKind::map:
      case TypeKind::object:
      case TypeKind::parameter: return sum + CostRange{1, 1};
      default: return sum;
    }
  }

  CostRange listCost(const Expr& expr) {
    CostRange sum{kListCost, kListCost};
    Size element{expr.args.empty() ? 0 : kUnlimited, 0};
    for (const ExprPtr& arg : expr.args) {
      sum = sum + cost(*arg);
      element = element.with(sizeOrUnknown(*arg));
    }
    entries_[&expr] = {true, fixed(1), element};
    return sum;
  }

  CostRange mapCost(const Expr& expr) {
    CostRange sum{kMapCost, kMapCost};
    const uint64_t least = expr.args.empty() ? 0 : kUnlimited;
    Entry entry{false, {least, 0}, {least, 0}};
    for (size_t i = 0; i < expr.args.size(); i += 2) {
      sum = sum + cost(expr.arg(i)) + cost(expr.arg(i + 1));
      entry.key = entry.key.with(sizeOrUnknown(expr.arg(i)));
      entry.value = entry.value.with(sizeOrUnknown(expr.arg(i + 1)));
    }
    entries_[&expr] = entry;
    return sum;
  }

  // Puts the variable in for as long as `use` runs.
  CostRange bindCost(const Expr& expr) {
    const Comprehension& loop = *expr.loop;
    CostRange sum = cost(*loop.range) + cost(*loop.initial);
    locals_[loop.accumulatorSlot] = {place(*loop.initial), sizeOf(*loop.initial), entryOf(*loop.initial)};
    sum = sum + cost(*loop.result);
    if (MaybeSize size = sizeOf(*loop.result)) sizes_[&expr] = size;
    if (auto entry = entryOf(*loop.result)) entries_[&expr] = *entry;
    locals_.erase(loop.accumulatorSlot);
    return sum;
  }

  void enterLoop(const Comprehension& loop) {
    const std::optional<Entry> entry = entryOf(*loop.range);
    const Place range = place(*loop.range);
    const bool isList = entry ? entry->isList : loop.range->type->kind == TypeKind::list;
    Variable key, value;
    key.place = schema_.key(range);
    value.place = schema_.element(range);
    if (entry) {
      key.size = entry->key;
      value.size = entry->value;
    }
    if (loop.secondSlot >= 0) {
      locals_[loop.slot] = key;
      locals_[loop.secondSlot] = value;
    } else {
      locals_[loop.slot] = isList ? value : key;
    }
  }

  CostRange loopCost(const Expr& expr) {
    const Comprehension& loop = *expr.loop;
    CostRange sum = cost(*loop.range) + cost(*loop.initial);
    locals_[loop.accumulatorSlot] = {place(*loop.initial), sizeOf(*loop.initial), entryOf(*loop.initial)};
    enterLoop(loop);
    const CostRange each = cost(*loop.condition) + cost(*loop.step);
    const std::optional<Entry> step = entryOf(*loop.step);
    locals_.erase(loop.slot);
    if (loop.secondSlot >= 0) locals_.erase(loop.secondSlot);
    sum = sum + cost(*loop.result);
    locals_.erase(loop.accumulatorSlot);
    const Size count = sizeOrUnknown(*loop.range);
    if (loop.initial->kind == ExprKind::constant) sizes_[&expr] = sizeOf(*loop.initial);
    if (loop.initial->kind == ExprKind::list || loop.initial->kind == ExprKind::map) {
      sizes_[&expr] = count;
      if (step) entries_[&expr] = *step;
    }
    return sum + count * each;
  }

  struct Call {
    CostRange cost;
    MaybeSize resultSize;
  };

  CostRange callCostOf(const Expr& expr) {
    std::vector<CostRange> costs;
    CostRange sum;
    for (const ExprPtr& arg : expr.args) {
      costs.push_back(cost(*arg));
      sum = sum + costs.back();
    }
    switch (expr.op) {
      case Operator::logicalAnd:
      case Operator::logicalOr: return {costs[0].min, saturatingAdd(costs[0].max, costs[1].max)};
      case Operator::conditional: {
        sizes_[&expr] = sizeOrUnknown(expr.arg(1)).with(sizeOrUnknown(expr.arg(2)));
        const auto yes = entryOf(expr.arg(1)), no = entryOf(expr.arg(2));
        if (yes && no) entries_[&expr] = yes->with(*no);
        return costs[0] + costs[1].with(costs[2]);
      }
      case Operator::equals:
        if (expr.arg(0).type->kind == TypeKind::opaque && sameType(*expr.arg(0).type, *expr.arg(1).type)) {
          return sum + opaqueEquality(expr);
        }
        return sum + comparison(expr);
      case Operator::differs: return sum + comparison(expr);
      case Operator::index:
        if (auto entry = entryOf(expr.arg(0))) sizes_[&expr] = entry->value;
        return sum + CostRange{1, 1};
      default: break;
    }
    if (expr.name == "dyn") {
      if (MaybeSize size = sizeOf(expr.arg(0))) sizes_[&expr] = size;
      if (auto entry = entryOf(expr.arg(0))) entries_[&expr] = *entry;
      return sum + CostRange{1, 1};
    }
    CostRange most{kUnlimited, 0};
    MaybeSize size;
    for (const Overload* overload : expr.overloads) {
      const Call call = makesList(overload->cost) ? listCall(expr, *overload) : overloadCost(expr, overload->cost);
      most = most.with(call.cost);
      if (call.resultSize) size = size ? size->with(*call.resultSize) : *call.resultSize;
    }
    if (expr.overloads.empty()) most = {1, 1};
    if (size) sizes_[&expr] = size;
    return sum + most;
  }

  CostRange comparison(const Expr& expr) const {
    const uint64_t most = std::min(sizeOrUnknown(expr.arg(0)).max, sizeOrUnknown(expr.arg(1)).max);
    return CostRange{most > 0 ? uint64_t{1} : 0, most}.times(kTraversalFactor);
  }

  // What libraries bring is compared in one step, but for texts that stay texts.
  CostRange opaqueEquality(const Expr& expr) const {
    const Type& type = *expr.arg(0).type;
    if (isOptional(expr.arg(0).type)) return comparison(expr);
    if (type.name == "kubernetes.NamedFormat") return CostRange{1, kMostFormatName}.times(kTraversalFactor);
    if (type.name != "kubernetes.URL") return {1, 1};
    return CostRange{1, sizeOf(expr.arg(1)).value_or(fixed(1)).max}.times(kTraversalFactor);
  }

  // To find something out about a list: for each element 1, and what a text takes to be gone through.
  CostRange listTraversal(const Expr& list) const {
    if (list.type->kind != TypeKind::list) return sizeOrUnknown(list).times(kTraversalFactor);
    CostRange each{1, 1};
    const Type& element = *list.type->parameters[0];
    if (element.kind == TypeKind::text || element.kind == TypeKind::bytes) {
      each = each + elementSize(list).times(kTraversalFactor);
    }
    return sizeOrUnknown(list) * each;
  }
  Size elementSize(const Expr& list) const {
    const Place range = place(list);
    return range.isKnown ? declaredSize(schema_.element(range).type).value_or(kUnknown) : kUnknown;
  }

  Call listCall(const Expr& expr, const Overload& overload) const {
    const auto literal = [&](size_t arg) -> std::optional<uint64_t> {
      const bool isNumber = expr.args.size() > arg && expr.arg(arg).kind == ExprKind::constant &&
                            expr.arg(arg).constant.is(ValueKind::integer) && expr.arg(arg).constant.asInteger() >= 0;
      return isNumber ? std::optional(static_cast<uint64_t>(expr.arg(arg).constant.asInteger())) : std::nullopt;
    };
    const bool isRange = overload.cost == CostRule::listRange, byKeys = overload.cost == CostRule::listSortBy;
    ListCall call;
    if (!isRange) call.list = sizeOrUnknown(expr.arg(0));
    if (byKeys) call.keys = sizeOrUnknown(expr.arg(1));
    call.first = literal(isRange ? 0 : 1);
    call.second = literal(2);
    if (overload.cost == CostRule::listFlatten && expr.args.size() == 1) call.first = 1;
    const Type& compared = *overload.params[byKeys ? 1 : 0];
    if (compared.kind == TypeKind::list) {
      const TypeKind element = compared.parameters[0]->kind;
      call.isText = element == TypeKind::text || element == TypeKind::bytes;
    }
    const ListCallEstimate estimate = estimateListCall(overload.cost, call);
    return {estimate.cost, estimate.size};
  }

  Call overloadCost(const Expr& expr, CostRule rule) {
    const auto size = [&](size_t arg) { return sizeOrUnknown(expr.arg(arg)); };
    switch (rule) {
      case CostRule::one: return {{1, 1}, std::nullopt};
      case CostRule::authorization: return {{350'000, 350'000}, std::nullopt};
      case CostRule::listTraversal: return {listTraversal(expr.arg(0)), std::nullopt};
      case CostRule::traversal: return {size(0).times(kTraversalFactor), size(0)};
      case CostRule::scan: return {size(0).times(kTraversalFactor), std::nullopt};
      case CostRule::scanPrefix: return {size(1).times(kTraversalFactor), std::nullopt};
      case CostRule::twice: return {size(0).times(2 * kTraversalFactor), std::nullopt};
      case CostRule::replace: return {size(0).times(2 * kTraversalFactor), replacedSize(size(0), size(1), size(2))};
      case CostRule::split: return {size(0).times(2 * kTraversalFactor), Size{0, splitMost(expr)}};
      case CostRule::join: return joined(expr);
      case CostRule::find:
      case CostRule::matches: {
        const CostRange text = (size(0) + Size{1, 1}).times(kTraversalFactor);
        MaybeSize found;
        if (rule == CostRule::find) found = Size{0, size(0).max};
        return {text * size(1).times(kRegexFactor), found};
      }
      case CostRule::contains: return {size(0).times(kTraversalFactor) * size(1).times(kTraversalFactor), std::nullopt};
      case CostRule::membership: return {size(1), std::nullopt};
      case CostRule::comparison: return {comparison(expr), std::nullopt};
      default: return otherCost(expr, rule);
    }
  }

  Call otherCost(const Expr& expr, CostRule rule) {
    const auto size = [&](size_t arg) { return sizeOrUnknown(expr.arg(arg)); };
    switch (rule) {
      case CostRule::concatenation:
      case CostRule::listConcatenation: {
        const Size both = size(0) + size(1);
        const auto left = entryOf(expr.arg(0)), right = entryOf(expr.arg(1));
        if (left && right) entries_[&expr] = left->with(*right);
        if (rule == CostRule::listConcatenation) return {{1, 1}, both};
        return {both.times(kTraversalFactor), both};
      }
      case CostRule::textToBytes:
        return {size(0).times(kTraversalFactor), Size{size(0).min, saturatingMultiply(size(0).max, 4)}};
      case CostRule::bytesToText: return {size(0).times(kTraversalFactor), Size{size(0).min / 4, size(0).max}};
      case CostRule::quote: return {size(0).times(kTraversalFactor), size(0) * Size{1, 2} + Size{2, 2}};
      case CostRule::format: return {size(0).times(kTraversalFactor), std::nullopt};
      case CostRule::setProduct: return {size(0) * size(1) + CostRange{1, 1}, std::nullopt};
      case CostRule::setProductTwice: return {size(0) * size(1) * CostRange{2, 2} + CostRange{1, 1}, std::nullopt};
      case CostRule::validateFormat:
        return {size(1).times(kTraversalFactor).times(kMostFormatPattern * kRegexFactor), std::nullopt};
      default: return addressCost(expr, rule);
    }
  }

  Call addressCost(const Expr& expr, CostRule rule) const {
    const Size address{4, 16};
    CostRange sum = (address + address).times(kTraversalFactor);
    if (rule == CostRule::cidrInCidr || rule == CostRule::cidrTextInCidr) {
      sum = sum + address.times(kTraversalFactor) + CostRange{1, 1};
    }
    if (rule == CostRule::addressTextInCidr || rule == CostRule::cidrTextInCidr) {
      sum = sum + sizeOrUnknown(expr.arg(1)).times(kTraversalFactor);
    }
    return {sum, std::nullopt};
  }

  uint64_t splitMost(const Expr& expr) const {
    if (expr.args.size() > 2 && expr.arg(2).kind == ExprKind::constant && expr.arg(2).constant.is(ValueKind::integer) &&
        expr.arg(2).constant.asInteger() >= 0) {
      return static_cast<uint64_t>(expr.arg(2).constant.asInteger());
    }
    return sizeOrUnknown(expr.arg(0)).max;
  }

  Call joined(const Expr& expr) const {
    const Size list = sizeOrUnknown(expr.arg(0));
    Size text = list * elementSize(expr.arg(0));
    if (expr.args.size() > 1) {
      text = text + sizeOrUnknown(expr.arg(1)) * Size{list.min > 0 ? list.min - 1 : 0, list.max > 0 ? list.max - 1 : 0};
    }
    return {text.times(kTraversalFactor), text};
  }

  Places schema_;
  std::map<int32_t, Variable> locals_;
  std::map<const Expr*, MaybeSize> sizes_;
  std::map<const Expr*, Entry> entries_;
};

}  // namespace

CostRange estimateCost(const Expr& expr, const TypeRef& root) { return Estimator(root).cost(expr); }

}  // namespace cleat::cel
