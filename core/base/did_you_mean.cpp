#include "core/base/did_you_mean.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <numeric>

namespace cleat::base {
namespace {

// How many letters have to be put in, left out, exchanged or swapped with their neighbour.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> beforeLast(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + other});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], beforeLast[j - 2] + 1);
    }
    beforeLast.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace

std::string didYouMean(std::string_view typed, const std::vector<std::string>& known) {
  const size_t most = std::max<size_t>(1, std::min<size_t>(typed.size() / 4, 3));
  const std::string* nearest = nullptr;
  size_t least = most + 1;
  for (const std::string& name : known) {
    const size_t longer = std::max(name.size(), typed.size()), shorter = std::min(name.size(), typed.size());
    if (name == typed || longer - shorter > most) continue;
    if (const size_t far = distance(typed, name); far < least) {
      least = far;
      nearest = &name;
    }
  }
  return nearest ? concat("; did you mean ", inQuotes(*nearest), "?") : std::string();
}

}  // namespace cleat::base
