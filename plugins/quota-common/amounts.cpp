#include "quota-common/amounts.h"

namespace cleat::quota {

Amounts readAmounts(TextMapReader map) {
  Amounts amounts;
  for (auto entry : map) amounts.emplace(str(entry.getKey()), Quantity::parseOrZero(entry.getValue()));
  return amounts;
}

void add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) to[name] += amount;
}

void raise(Amounts& to, const Amounts& other) {
  for (const auto& [name, amount] : other) {
    auto [at, fresh] = to.try_emplace(name, amount);
    if (!fresh && at->second < amount) at->second = amount;
  }
}

std::string textOf(const Amounts& amounts) {
  std::string text;
  for (const auto& [name, amount] : amounts) text += concat(text.empty() ? "" : ",", name, "=", amount.text());
  return text;
}

}  // namespace cleat::quota
