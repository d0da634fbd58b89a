#include "core/object/patch/element_order.h"

#include <algorithm>
#include <optional>

namespace cleat::object {

std::vector<JsonNode> arranged(std::vector<IdentifiedNode> merged, const ElementOrder& wanted,
                               const ElementOrder& live) {
  using Item = IdentifiedNode;
  std::vector<Item> ordered, others;
  for (Item& item : merged) (wanted.contains(item.id) ? ordered : others).push_back(std::move(item));
  std::ranges::stable_sort(ordered, {}, [&](const Item& item) { return wanted.at(item.id); });
  auto livePlace = [&](const Item& item) {
    auto it = live.find(item.id);
    return it == live.end() ? std::optional<size_t>() : it->second;
  };
  std::ranges::stable_sort(others, [&](const Item& a, const Item& b) {
    return livePlace(a).value_or(SIZE_MAX) < livePlace(b).value_or(SIZE_MAX);
  });
  std::vector<JsonNode> out;
  auto left = others.begin(), right = ordered.begin();
  while (left != others.end() || right != ordered.end()) {
    bool takeLeft = right == ordered.end();
    if (!takeLeft && left != others.end()) {
      std::optional<size_t> a = livePlace(*left), b = livePlace(*right);
      takeLeft = a && b && *a < *b;
    }
    out.push_back(takeLeft ? left++->value : right++->value);
  }
  return out;
}

}  // namespace cleat::object
