// Which parts of a capacity may be asked for: a list of amounts, or a range with steps.
#include <cleat/sdk/quantity.h>

#include <array>
#include <set>

#include "kinds-resource/device_rules.h"
#include "kinds-resource/slice_rules.h"

namespace cleat::kinds::resource {

namespace {

constexpr size_t kMaxAmounts = 10;

struct Amount {
  Quantity quantity;
  std::string text;
  bool present = false;

  Amount() = default;
  Amount(bool has, capnp::Text::Reader said) : quantity(Quantity::parseOrZero(said)), text(str(said)), present(has) {}
};

bool isWhole(const Amount& amount) { return Quantity::of(amount.quantity.value()) == amount.quantity; }
bool isMilli(const Amount& amount) { return Quantity::ofMilli(amount.quantity.milliValue()) == amount.quantity; }

// The number itself, by which two amounts are the same one.
std::string numberText(const Amount& amount) {
  if (isWhole(amount)) return std::to_string(amount.quantity.value());
  const int64_t milli = amount.quantity.milliValue();
  std::string digits = std::to_string(milli % 1000 + 1000).substr(1);
  return concat(milli / 1000, ".", digits);
}

void checkAmounts(v1::CapacityRequestPolicy::Reader policy, const Amount& all, const Path& path, Findings& findings) {
  const Amount usual(policy.hasDefault(), policy.getDefault());
  std::vector<Amount> amounts;
  for (auto text : policy.getValidValues()) amounts.emplace_back(true, text);
  for (size_t i = 1; i < amounts.size(); ++i) {
    if (amounts[i - 1].quantity > amounts[i].quantity) {
      findings.invalid(path[i], amounts[i].text, "values must be sorted in ascending order");
    }
  }
  bool found = false;
  if (amounts.size() > kMaxAmounts) {
    findings.tooMany(path, amounts.size(), kMaxAmounts);
  } else {
    for (size_t i = 0; i < amounts.size(); ++i) {
      found |= amounts[i].quantity == usual.quantity;
      if (amounts[i].quantity > all.quantity) {
        findings.invalid(path[i], amounts[i].text, concat("option is larger than capacity value: ", all.text));
      }
    }
    std::set<std::string> seen;
    for (size_t i = 0; i < amounts.size(); ++i) {
      if (!seen.insert(numberText(amounts[i])).second) findings.duplicate(path[i], numberText(amounts[i]));
    }
  }
  if (!found) findings.invalid(path, usual.text, "default value is not valid according to the requestPolicy");
}

struct Range {
  Amount usual, min, max, step;
  bool milli = false;  // counted in thousandths, because something in it is no whole number

  std::array<std::pair<const Amount*, const char*>, 4> members() const {
    return {{{&usual, "default"}, {&min, "min"}, {&max, "max"}, {&step, "step"}}};
  }
  int64_t counted(const Amount& amount) const { return milli ? amount.quantity.milliValue() : amount.quantity.value(); }
};

void checkBounds(const Range& range, const Amount& all, const Path& path, Findings& findings) {
  const auto& [usual, min, max, step, milli] = range;
  if (min.quantity > all.quantity) {
    findings.invalid(path / "min", min.text, concat("min is larger than capacity value: ", all.text));
  }
  if (usual.quantity < min.quantity) {
    findings.invalid(path / "default", usual.text, concat("default is less than min: ", min.text));
  }
  if (!max.present) return;
  if (min.quantity > max.quantity) {
    findings.invalid(path / "max", min.text, concat("min is larger than max: ", max.text));
  }
  if (max.quantity > all.quantity) {
    findings.invalid(path / "max", max.text, concat("max is larger than capacity value: ", all.text));
  }
  if (usual.quantity > max.quantity) {
    findings.invalid(path / "default", usual.text, concat("default is more than max: ", max.text));
  }
}

// Whether all of it can be counted.
bool checkCountable(const Range& range, const Path& path, Findings& findings) {
  bool countable = true;
  for (auto [amount, name] : range.members()) {
    if (!amount->present) continue;
    if (range.milli && !isMilli(*amount)) {
      findings.invalid(path / name, amount->text, "value cannot be represented as a milli value");
      countable = false;
    } else if (!range.milli && amount->quantity < Quantity()) {
      findings.invalid(path / name, amount->text, kNotNegative);
      countable = false;
    }
  }
  return countable;
}

void checkStep(const Range& range, const Amount& amount, const Path& path, Findings& findings) {
  // What is between two numbers of 64 bits may take one more.
  __extension__ using Int128 = __int128;
  const Int128 distance = Int128(range.counted(amount)) - range.counted(range.min);
  if (distance % range.counted(range.step) == 0) return;
  findings.invalid(
      path, amount.text,
      concat("value is not a multiple of a given step (", range.step.text, ") from (", range.min.text, ")"));
}

void checkRange(v1::CapacityRequestPolicy::Reader policy, const Amount& all, const Path& path, Findings& findings) {
  auto said = policy.getValidRange();
  Range range{{policy.hasDefault(), policy.getDefault()},
              {said.hasMin(), said.getMin()},
              {said.hasMax(), said.getMax()},
              {said.hasStep(), said.getStep()}};
  if (!range.min.present) return findings.required(path / "min", "required when validRange is defined");
  checkBounds(range, all, path, findings);
  for (auto [amount, name] : range.members()) range.milli |= amount->present && !isWhole(*amount);
  if (range.milli && !checkCountable(range, path, findings)) return;
  if (!range.step.present) return;
  if (range.step.quantity <= Quantity()) {
    return findings.invalid(path / "step", range.step.text, "must be greater than zero");
  }
  const Quantity next = range.min.quantity + range.step.quantity;
  if (next > all.quantity) {
    findings.invalid(path / "step", range.step.text,
                     concat("one step ", next.text(), " is larger than capacity value: ", all.text));
  }
  if (!range.milli && !checkCountable(range, path, findings)) return;
  checkStep(range, range.usual, path / "step", findings);
  if (range.max.present) checkStep(range, range.max, path / "step", findings);
}

}  // namespace

void checkRequestPolicy(v1::DeviceCapacity::Reader capacity, const Path& path, Findings& findings) {
  auto policy = capacity.getRequestPolicy();
  const Amount all(true, capacity.getValue());
  const bool listed = policy.getValidValues().size() > 0, ranged = policy.hasValidRange();
  if (listed && ranged) {
    return findings.forbidden(
        path,
        "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at "
        "the same time");
  }
  if (!listed && !ranged) return;
  if (!policy.hasDefault()) {
    return findings.required(path / "default",
                             concat("required when ", listed ? "validValues" : "validRange", " is defined"));
  }
  if (listed) return checkAmounts(policy, all, path / "validValues", findings);
  checkRange(policy, all, path / "validRange", findings);
}

}  // namespace cleat::kinds::resource
